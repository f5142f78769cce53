"""The REST application: routes, problems and the document that describes them."""

import asyncio
import threading
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from app.api import (
    account,
    alerts,
    bot,
    decisions,
    docs,
    figures,
    levels,
    logs,
    metrics,
    orders,
    problem,
    routes,
    sessions,
    stream,
    trades,
)
from app.api.document import finished
from app.api.etags import Etags, has_head
from app.api.pages import Pages
from app.api.problem import Problem
from app.runtime.release import release

_PARTS = (orders, trades, account, bot, levels, decisions, routes, figures, sessions, alerts, logs, stream, metrics)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class _Rest(FastAPI):
    """FastAPI, with a document that tells of everything that is answered."""

    def __init__(self, **told: Any) -> None:
        self._latch = threading.Lock()
        self._document: dict[str, Any] | None = None
        super().__init__(**told)

    def openapi(self) -> dict[str, Any]:
        """The document, made when it is first asked for, which takes most of a second: not for an event loop."""
        with self._latch:
            if self._document is None:
                self._document = finished(super().openapi())
            return self._document


def application() -> FastAPI:
    """FastAPI with everything under /api; what it does not know elsewhere falls through to the page."""
    api = _Rest(
        title="Drydock",
        version=release(),
        # FastAPI's own route makes the document on the event loop.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.pages = Pages()
    api.add_middleware(Etags)
    problem.install(api)
    for part in _PARTS:
        api.include_router(part.router)

    async def _document(_: Request) -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(api.openapi))

    @api.get("/api/docs", include_in_schema=False)
    async def _docs() -> HTMLResponse:
        # FastAPI's own page loads its script from elsewhere, which the guard's rules forbid.
        return HTMLResponse(await asyncio.to_thread(lambda: docs.page(api.openapi())))

    api.add_route("/api/openapi.json", _document, include_in_schema=False)

    last = _Unknown(list(api.router.routes))
    api.router.routes += [Route("/api", last), Route("/api/{path:path}", last), Route("/metrics", last)]
    return api


class _Unknown:
    """Answers whatever no route of the API does: any path, any method."""

    def __init__(self, routes: list[BaseRoute]) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed = [method for method in _METHODS if self._answers({**scope, "method": method})]
        if not allowed:
            raise Problem(404, "not_found", f"There is nothing at {scope['path'][:100]}.")
        extra = {"allow": ", ".join(allowed)}
        sentence = f"{scope['path'][:100]} can be asked with {extra['allow']} only."
        await problem.problem(405, "method_not_allowed", sentence, extra)(scope, receive, send)

    def _answers(self, scope: Scope) -> bool:
        if scope["method"] == "HEAD" and has_head(scope["path"]):
            scope = {**scope, "method": "GET"}
        return any(route.matches(scope)[0] is Match.FULL for route in self._routes)
