"""Velora, once ParaSwap: the best way for an exact amount paid or received, keyless, on the mainnets."""

from dataclasses import dataclass

from app.domain.quotes import Ask, Leg
from app.market.aggregators import Offer, amount_in, base_units, gas_units, route_of, same_token
from app.market.budget import per_minute, per_second
from app.market.decode import Json, raise_error, table
from app.market.source import Call, Card, Garbled

_NETWORKS = frozenset({1, 10, 137, 8453, 42161})


@dataclass(frozen=True, slots=True)
class Velora:
    """Its SELL has an exact amount to pay, its BUY an exact amount to receive, whichever the trader calls it. Its limit
    is not published; a call a second has to do."""

    url: str = ""

    @property
    def card(self) -> Card:
        return Card(
            name="velora",
            title="Velora",
            group="velora",
            rank=1,
            base_urls=(self.url or "https://api.paraswap.io",),
            allowances=(per_second(1), per_minute(30)),
        )

    def covers(self, ask: Ask) -> bool:
        return ask.token.chain_id in _NETWORKS

    def call(self, ask: Ask) -> Call:
        exact = ask.pays if ask.exact is Leg.PAY else ask.receives
        asked = (
            ("srcToken", ask.pays.address),
            ("srcDecimals", str(ask.pays.decimals)),
            ("destToken", ask.receives.address),
            ("destDecimals", str(ask.receives.decimals)),
            ("amount", str(base_units(exact, ask.amount))),
            ("side", _side(ask)),
            ("network", str(ask.token.chain_id)),
            ("version", "6.2"),
        )
        return Call("/prices", "/prices", (ask.token,), asked)

    def parse(self, payload: object, ask: Ask) -> Offer:
        answer = table(payload, "the answer")
        raise_error(answer)
        route = table(answer.get("priceRoute"), "the route")
        network = route.get("network")
        if route.get("side") != _side(ask) or not isinstance(network, int) or network != ask.token.chain_id:
            raise Garbled("the answer is to another question")
        if route.get("maxImpactReached") is True:
            raise Garbled("the route moves the price by more than its provider allows")
        same_token(route.get("srcToken"), ask.pays)
        same_token(route.get("destToken"), ask.receives)
        pay = amount_in(ask.pays, route.get("srcAmount"))
        receive = amount_in(ask.receives, route.get("destAmount"))
        if ask.amount != (pay if ask.exact is Leg.PAY else receive):
            raise Garbled("the answer is about another amount")
        return Offer(pay, receive, gas_units(route.get("gasCost")), route_of(_exchanges(route.get("bestRoute"))))


def _side(ask: Ask) -> str:
    return "SELL" if ask.exact is Leg.PAY else "BUY"


def _exchanges(route: Json) -> list[Json]:
    """The exchanges of a route: parts that have swaps that have exchanges; what is not there is passed over."""
    swaps = [swap for part in _tables(route) for swap in _tables(part.get("swaps"))]
    return [one.get("exchange") for swap in swaps for one in _tables(swap.get("swapExchanges"))]


def _tables(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
