"""GET /metrics: what Prometheus scrapes."""

from collections.abc import Callable
from functools import cache

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest
from starlette.datastructures import State
from starlette.responses import Response

from app.api.cable import Cable
from app.api.door import house
from app.api.exposition import Exposition

router = APIRouter()
_TEXT = {"schema": {"type": "string"}}


@router.get("/metrics/", include_in_schema=False)
@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": _TEXT, "application/openmetrics-text": _TEXT}}},
)
async def metrics(request: Request) -> Response:
    """What the desk has counted since its start, for Prometheus; as OpenMetrics where that is accepted."""
    house()
    encode, kind = _encoder(request.headers.get("accept", ""))
    return Response(encode(_registry(request.app.state)), headers={"content-type": kind, "cache-control": "no-store"})


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """What the caller reads. The library fails on versions that are no numbers: who names one gets plain text."""
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        return generate_latest, CONTENT_TYPE_PLAIN_0_0_4


@cache
def _registry(state: State) -> CollectorRegistry:
    """One of the application's own: the library's holds whatever any other library puts there. To make it is I/O."""

    def cable() -> Cable | None:
        return getattr(state, "cable", None)

    registry = CollectorRegistry()
    registry.register(Exposition(cable))
    ProcessCollector(registry=registry)
    return registry
