"""The best ways through the pools of one chain: searched over every fee, and remembered for ten minutes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.chains import CHAINS
from app.domain.fields import as_field
from app.domain.orders import Side
from app.domain.quotes import Ask, Leg
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.market import overrides, rpc
from app.market.line import Clock
from app.market.node import Nodes
from app.market.overrides import Places
from app.market.pinned import Block, Reply, beyond, returned, too_little
from app.market.quoting import WAYLESS
from app.market.search import Search
from app.market.uniswap import BOOKS, SLOT0, Route, sqrt_price

# How long the best way is taken to be the best way, in seconds.
SEARCH_LIFE = 600.0

_Size = tuple[str, Side, Leg, int]
_Flank = tuple[str, Side, Leg]
_log = logging.getLogger("drydock.quote")


@dataclass(frozen=True, slots=True)
class _Way:
    """The best route, and when (monotonic seconds) it was found."""

    route: Route
    at: float


class Ways:
    """A way is known for a token, a side and a power of ten of the amount. `places` are where tokens keep their
    balances, by address; a search finds them out."""

    def __init__(self, nodes: Nodes, clock: Clock) -> None:
        self.chain_id = nodes.chain_id
        self._nodes = nodes
        self._clock = clock
        self._book = BOOKS[self.chain_id]
        self._ways: dict[_Size, _Way] = {}
        self._barren: dict[_Flank, tuple[Refusal, float]] = {}
        self._places: dict[str, Places] = {}

    @property
    def places(self) -> Mapping[str, Places]:
        return self._places

    def known(self, ask: Ask) -> Route | None:
        way = self._ways.get(_size(ask))
        return way.route if way and self._mono - way.at < SEARCH_LIFE else None

    def keep(self, ask: Ask, route: Route) -> None:
        self._ways[_size(ask)] = _Way(route, self._mono)

    def forget(self, ask: Ask) -> None:
        self._ways.pop(_size(ask), None)

    async def searched(self, ask: Ask, amount: int, block: Block) -> Route | Refusal:
        """The best route for so many base units; not kept. Raises Garbled and Moved."""
        search = Search(ask, amount, block)
        strange = [token for token in (ask.pays, ask.receives) if token.address not in self._places]
        asks = search.asks()
        probes = [probe for token in strange for probe in overrides.probes(token.address, self._book.router, block.tag)]
        replies = await self._nodes.ask([*asks, *probes], "search")
        if isinstance(replies, Refusal):
            return replies
        self._learn(strange, replies[len(asks) :])
        found = search.found(replies)
        if not found:
            return await self._why_nothing(ask, search.ways, block)
        best = search.best(found, replies)
        if not best.quoted.amount:
            return too_little(ask)
        token = as_field(ask.token.symbol)
        _log.info("[QUOTE] token=%s side=%s route=%r of=%d", token, ask.side, best.route.label, len(found))
        return best.route

    async def several(self, sized: Sequence[tuple[Ask, int]], block: Block) -> dict[Ask, Route | Refusal] | Refusal:
        """The way of each of several swaps of one token, given with their base units: its own where that is known, else
        the one of its side. Refused as a whole where no node answers. Raises Garbled and Moved."""
        flanks: dict[_Flank, list[tuple[Ask, int]]] = {}
        for ask, amount in sorted(sized, key=lambda pair: pair[1], reverse=True):
            flanks.setdefault(_flank(ask), []).append((ask, amount))
        found: dict[Ask, Route | Refusal] = {}
        for falling in flanks.values():
            shared = await self._shared(falling, block)
            if isinstance(shared, Refusal) and shared.code not in WAYLESS:
                return shared
            found |= {ask: self.known(ask) or shared for ask, _ in falling}
        return found

    async def _shared(self, falling: Sequence[tuple[Ask, int]], block: Block) -> Route | Refusal:
        """The way of the largest swap of a side that the pools can take. Those above it are then taken to go the same
        way, so that they are not searched for at every turn; nor is a side for which there was none at all."""
        barren = self._barren_of(falling[0][0])
        why: Refusal | None = barren
        for place, (ask, amount) in enumerate(falling):
            found = self.known(ask) or barren or await self.searched(ask, amount, block)
            if isinstance(found, Route):
                for larger, _ in falling[: place + 1]:
                    if not self.known(larger):
                        self.keep(larger, found)
                return found
            if found.code not in WAYLESS:
                return found
            why = why or found
            if found.code == "no_pool":
                break
        assert why is not None
        if barren is None:
            self._barren[_flank(falling[0][0])] = (why, self._mono)
        return why

    def _barren_of(self, ask: Ask) -> Refusal | None:
        why, at = self._barren.get(_flank(ask), (None, 0.0))
        return why if self._mono - at < SEARCH_LIFE else None

    @property
    def _mono(self) -> float:
        return self._clock.instant().mono

    def _learn(self, tokens: Sequence[Token], replies: Sequence[Reply]) -> None:
        for number, token in enumerate(tokens):
            found = overrides.places(replies[2 * number], replies[2 * number + 1], self._book.router)
            if found:
                self._places[token.address] = found
            else:
                _log.info("[GAS] token=%s overrides=none units=quoter", as_field(token.symbol))

    async def _why_nothing(self, ask: Ask, ways: Sequence[Route], block: Block) -> Refusal:
        """Whether there is no way at all, or none that is deep enough. Raises Garbled and Moved."""
        pools = list(dict.fromkeys(pool for way in ways for pool in way.pools(self._book.factory)))
        replies = await self._nodes.ask([rpc.eth_call(pool, SLOT0, block.tag) for pool in pools], "pools")
        if isinstance(replies, Refusal):
            return replies
        said = {pool: returned(reply) for pool, reply in zip(pools, replies, strict=True)}
        open_ = {pool for pool, data in said.items() if data and sqrt_price(data)}
        if any(open_.issuperset(way.pools(self._book.factory)) for way in ways):
            return beyond(ask)
        name, token = CHAINS[self.chain_id].name, ask.token.symbol
        return Refusal("no_pool", f"Uniswap V3 on {name} has no pool that trades {token} for {ask.usdc.symbol}.")


def _size(ask: Ask) -> _Size:
    return (*_flank(ask), ask.amount.adjusted())


def _flank(ask: Ask) -> _Flank:
    return (ask.token.address, ask.side, ask.exact)
