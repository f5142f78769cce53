"""The search for the best way through the pools at one block, the pure part: what to ask, and which way is best."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import minus, product, ratio, total
from app.domain.quotes import WEI, Ask, Leg
from app.market import gas, rpc
from app.market.pinned import Block, Moved, Reply, returned
from app.market.source import Garbled
from app.market.uniswap import (
    BOOKS,
    FEES,
    LIQUIDITY,
    SLOT0,
    Quoted,
    Route,
    native_coin,
    quote_data,
    quoted,
    routes,
    spot,
    sqrt_price,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A way that gives all that is asked, and what QuoterV2 says of it."""

    route: Route
    quoted: Quoted

    @property
    def units(self) -> int:
        """The gas of the whole transaction, about."""
        return self.quoted.gas + gas.beyond_quoter(len(self.route.fees), holds=True)


@dataclass(frozen=True, slots=True)
class Search:
    """All ways for `amount` base units of an ask, at a block."""

    ask: Ask
    amount: int
    block: Block

    @property
    def ways(self) -> tuple[Route, ...]:
        return routes(self._chain_id, self.ask.pays, self.ask.receives)

    def asks(self) -> list[rpc.Ask]:
        """Every way's quote, the fees of the next block, and the pools that tell what the native coin is worth."""
        book, tag, ask = BOOKS[self._chain_id], self.block.tag, self.ask
        asked = [rpc.eth_call(book.quoter, quote_data(way, ask.exact, self.amount), tag) for way in self.ways]
        pools = [way.pools(book.factory)[0] for way in self._native_ways]
        asked.append(gas.fees_ask(tag))
        return asked + [rpc.eth_call(pool, data, tag) for pool in pools for data in (SLOT0, LIQUIDITY)]

    def found(self, replies: Sequence[Reply]) -> list[Found]:
        """The ways that give all that is asked. Raises Garbled, and Moved where none does and the node failed."""
        found: list[Found] = []
        failed: Moved | None = None
        for way, reply in zip(self.ways, replies, strict=False):
            try:
                data = returned(reply)
            except Moved as error:
                failed = error
                continue
            quote = quoted(data, way) if data else None
            if quote and not quote.dry:
                found.append(Found(way, quote))
        if failed and not found:
            raise failed
        return found

    def best(self, found: Sequence[Found], replies: Sequence[Reply]) -> Found:
        """The way that receives most, or pays least, after its gas, as Uniswap's own router compares; before its gas
        where the node does not tell what that is worth. The fee of the data on a second layer is left out: it is about
        the same for every way."""
        pays_exactly = self.ask.exact is Leg.PAY
        most = (max if pays_exactly else min)(found, key=lambda way: way.quoted.amount)
        unit = self._unit_usdc(replies)
        if unit is None or not most.quoted.amount:
            return most
        toll = self._in_other_leg(unit, most)

        def kept(way: Found) -> Decimal:
            cost, amount = product(toll, Decimal(way.units)), Decimal(way.quoted.amount)
            return total(amount if pays_exactly else minus(amount), minus(cost))

        return max((way for way in found if way.quoted.amount), key=kept)

    @property
    def _chain_id(self) -> int:
        return self.ask.token.chain_id

    @property
    def _native_ways(self) -> tuple[Route, ...]:
        native = native_coin(self._chain_id)
        return tuple(Route((native, self.ask.usdc), (fee,)) for fee in FEES) if native else ()

    def _unit_usdc(self, replies: Sequence[Reply]) -> Decimal | None:
        """What a unit of gas costs in whole USDC, by the pool that holds most; None where the replies do not tell."""
        fees_said, *said = replies[len(self.ways) : len(self.ways) + 1 + 2 * len(self._native_ways)]
        pools = [(_word(said[2 * n + 1]), _root(said[2 * n]), way) for n, way in enumerate(self._native_ways)]
        depth, root, way = max(pools, key=lambda pool: pool[0] if pool[1] else 0, default=(0, 0, None))
        if not (depth and root and way):
            return None
        try:
            wei = gas.fees(fees_said, self._chain_id).unit_wei
        except Garbled:
            return None
        return product(ratio(Decimal(wei), WEI), spot(way.tokens, [root]))

    def _in_other_leg(self, usdc: Decimal, most: Found) -> Decimal:
        """Whole USDC in base units of the leg that is not exact."""
        units = product(usdc, Decimal(10) ** self.ask.usdc.decimals)
        other = self.ask.receives if self.ask.exact is Leg.PAY else self.ask.pays
        if other.key == self.ask.usdc.key:
            return units
        return ratio(product(units, Decimal(most.quoted.amount)), Decimal(self.amount))


def _word(reply: Reply) -> int:
    """The first word of what a pool returned; 0 where it returned none."""
    try:
        data = returned(reply)
    except (Moved, Garbled):
        return 0
    return int.from_bytes(data[:32], "big") if data else 0


def _root(reply: Reply) -> int:
    """The price of a pool; 0 where it has none."""
    try:
        data = returned(reply)
        return sqrt_price(data) if data else 0
    except (Moved, Garbled):
        return 0
