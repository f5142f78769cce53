"""The control desk: steers a running double over HTTP, from another process or a browser test."""

from collections.abc import Awaitable, Callable
from decimal import InvalidOperation
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.double.mischief import Mischief

if TYPE_CHECKING:
    from tests.double.server import Double

Order = Callable[["Double", dict[str, Any]], object]


def _misbehave(double: "Double", body: dict[str, Any]) -> None:
    double.misbehave(body["source"], Mischief(body["mischief"]), body.get("asset"))


def _behave(double: "Double", body: dict[str, Any]) -> None:
    double.behave(body.get("source"))


def _price(double: "Double", body: dict[str, Any]) -> None:
    double.set_price(body["asset"], str(body["price"]), always=bool(body.get("always")))


def _skew(double: "Double", body: dict[str, Any]) -> None:
    double.skew(body["source"], body["asset"], str(body["factor"]))


def _deploy(double: "Double", body: dict[str, Any]) -> object:
    identity = (body["symbol"], body.get("name", body["symbol"]), int(body.get("decimals", 18)))
    liquidity, price = body.get("liquidity_usd"), str(body.get("price", "1"))
    asset = double.deploy(
        int(body["chain_id"]),
        body["address"],
        *identity,
        liquidity_usd=None if liquidity is None else str(liquidity),
        price=price,
    )
    return {"asset": asset}


_ORDERS: dict[str, Order] = {
    "misbehave": _misbehave,
    "behave": _behave,
    "price": _price,
    "skew": _skew,
    "deploy": _deploy,
}


def control_routes(double: "Double") -> list[Route]:
    """POST /control/{order} with a JSON object; GET /control/requests[?source=], over_budget and prices."""

    async def requests(http: Request) -> Response:
        source = http.query_params.get("source")
        fields = ("sources", "method", "path", "query", "at")
        return JSONResponse([{name: getattr(one, name) for name in fields} for one in double.requests(source)])

    async def over_budget(http: Request) -> Response:
        return JSONResponse(double.over_budget())

    async def prices(http: Request) -> Response:
        return JSONResponse({asset: str(double.price(asset)) for asset in double.tape.assets})

    orders = [Route(f"/control/{name}", _taken(double, order), methods=["POST"]) for name, order in _ORDERS.items()]
    views = {"requests": requests, "over_budget": over_budget, "prices": prices}
    return orders + [Route(f"/control/{name}", view) for name, view in views.items()]


def _taken(double: "Double", order: Order) -> Callable[[Request], Awaitable[Response]]:
    async def take(http: Request) -> Response:
        try:
            done = order(double, await http.json())
        except (ValueError, KeyError, TypeError, InvalidOperation) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 422)
        return JSONResponse(done if isinstance(done, dict) else {"done": True})

    return take
