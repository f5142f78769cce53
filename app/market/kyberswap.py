"""KyberSwap: the best way for an exact amount paid, keyless, on the mainnets."""

from dataclasses import dataclass

from app.domain.quotes import Ask, Leg
from app.market.aggregators import CLIENT_ID, Offer, amount_in, base_units, gas_units, route_of, same_token
from app.market.budget import per_second
from app.market.decode import Json, refusal, table
from app.market.source import Call, Card, Garbled

_CHAINS = {1: "ethereum", 10: "optimism", 137: "polygon", 8453: "base", 42161: "arbitrum"}


@dataclass(frozen=True, slots=True)
class KyberSwap:
    """Takes an exact amount to pay only. An error is an object with a `code` other than 0."""

    url: str = ""

    @property
    def card(self) -> Card:
        return Card(
            name="kyberswap",
            title="KyberSwap",
            group="kyberswap",
            rank=0,
            base_urls=(self.url or "https://aggregator-api.kyberswap.com",),
            allowances=(per_second(3),),
            headers=(("x-client-id", CLIENT_ID),),
        )

    def covers(self, ask: Ask) -> bool:
        return ask.token.chain_id in _CHAINS and ask.exact is Leg.PAY

    def call(self, ask: Ask) -> Call:
        path = f"/{_CHAINS[ask.token.chain_id]}/api/v1/routes"
        asked = (
            ("tokenIn", ask.pays.address),
            ("tokenOut", ask.receives.address),
            ("amountIn", str(base_units(ask.pays, ask.amount))),
            ("gasInclude", "true"),
        )
        return Call(path, path, (ask.token,), asked)

    def parse(self, payload: object, ask: Ask) -> Offer:
        answer = table(payload, "the answer")
        code = answer.get("code")
        if not isinstance(code, int) or isinstance(code, bool):
            raise Garbled("an answer without a code")
        if code != 0:
            raise refusal(answer.get("message"), code)
        route = table(table(answer.get("data"), "data").get("routeSummary"), "the route")
        same_token(route.get("tokenIn"), ask.pays)
        same_token(route.get("tokenOut"), ask.receives)
        pay = amount_in(ask.pays, route.get("amountIn"))
        if pay != ask.amount:
            raise Garbled("the answer is about another amount")
        receive = amount_in(ask.receives, route.get("amountOut"))
        return Offer(pay, receive, gas_units(route.get("gas")), route_of(_exchanges(route.get("route"))))


def _exchanges(route: Json) -> list[Json]:
    """The exchanges of a route, which is a list of ways, each a list of pools; what is not is passed over."""
    ways = [way for way in route if isinstance(way, list)] if isinstance(route, list) else []
    return [pool.get("exchange") for way in ways for pool in way if isinstance(pool, dict)]
