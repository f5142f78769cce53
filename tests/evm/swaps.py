"""Asks put to the product's quoter, and the same swaps really executed, for the tests of quotes and gas."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import httpx

from app.domain.money import rounded_down
from app.domain.orders import Side
from app.domain.quotes import Ask, Leg, Swap
from app.domain.tokens import Token
from app.market import uniswap
from app.market.node import Nodes
from app.market.quoter import ChainQuoter
from app.market.uniswap import Route
from tests.clock import FakeClock
from tests.evm.market import DEPTHS, Market, Moved

ENDLESS = 2**256 - 1
# Dollars per whole token in a market of the tests, and so about what an ask is worth.
PRICES = {"USDC": 1, "WETH": 3500, "LINK": 14}


class Counter:
    """The product's quoter of a market, asked in dollars. `urls` stand in for the market's own node."""

    def __init__(
        self, market: Market, client: httpx.AsyncClient, clock: FakeClock, *urls: str, stands_for: str = ""
    ) -> None:
        self.market = market
        self.nodes = Nodes(market.chain_id, urls or (market.url,), client, clock)
        self.quoter = ChainQuoter(self.nodes, clock, stands_for=stands_for)

    def ask(self, dollars: float, side: Side = Side.BUY, exact: Leg = Leg.PAY, token: Token | None = None) -> Ask:
        """An ask whose exact leg is worth so many dollars, WETH where no token is named."""
        token = token or self.market.weth
        leg = token if (exact is Leg.PAY) == (side is Side.SELL) else self.market.usdc
        amount = rounded_down(Decimal(str(dollars)) / PRICES[leg.symbol], min(leg.decimals, 12))
        return Ask(token, self.market.usdc, side, exact, amount)

    async def swap(self, ask: Ask) -> Swap:
        found = await self.quoter.quote(ask)
        assert isinstance(found, Swap), found
        return found

    async def code(self, ask: Ask) -> str:
        found = await self.quoter.quote(ask)
        assert not isinstance(found, Swap), found
        assert found.sentence.endswith(".")
        assert found.sentence.isprintable()
        return found.code


def route_of(swap: Swap) -> Route:
    """The route that goes by the quote's own name for it."""
    ask = swap.ask
    ways = uniswap.routes(ask.token.chain_id, ask.pays, ask.receives)
    return next(way for way in ways if way.label == swap.route)


def executed(market: Market, ask: Ask, route: Route) -> Moved:
    """What the router really does with this ask, with no limit on the other leg. Raises Refused."""
    exact = ask.pays if ask.exact is Leg.PAY else ask.receives
    limit = 0 if ask.exact is Leg.PAY else ENDLESS
    data = uniswap.swap_data(route, ask.exact, base_units(ask.amount, exact), limit, market.anvil.trader)
    return market.executed(data, ask.pays, ask.receives)


def base_units(amount: Decimal, token: Token) -> int:
    units = amount * Decimal(10**token.decimals)
    assert units == units.to_integral_value()
    return int(units)


def only(market: Market, fee: int) -> None:
    """Leave WETH and USDC the pool of this fee alone."""
    for other in DEPTHS:
        if other != fee:
            market.lab.place(market.pool(market.weth, market.usdc, other), "0x")


def every_way(counter: Counter, sizes: Sequence[float], token: Token | None = None) -> list[Ask]:
    """Both sides, either leg exact, in every size."""
    make: Callable[..., Ask] = counter.ask
    return [make(size, side, exact, token) for side in Side for exact in Leg for size in sizes]
