"""The quoter of grade A: what Uniswap's own pools would do with an exact amount, at one block of the chain."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain.chains import CHAINS
from app.domain.money import plain
from app.domain.orders import Side
from app.domain.quotes import Ask, Gas, Leg, Swap
from app.domain.refusal import Refusal
from app.domain.registry import usdc_of
from app.domain.tokens import Token
from app.market import gas, overrides, rpc
from app.market.gas import Fees
from app.market.line import Clock
from app.market.node import Nodes
from app.market.overrides import HOLDER, Places
from app.market.pinned import Block, Moved, Pinned, Priced, Reply, block_ask, block_of, returned
from app.market.search import Search
from app.market.source import Garbled
from app.market.uniswap import BOOKS, SLOT0, Route, sqrt_price, swap_data, units_of

# How long the best way is taken to be the best way, and how long gas that was reckoned may be told again, in seconds.
SEARCH_LIFE = 600.0
GAS_LIFE = 2.0
# What a swap through one pool is planned to use before any was quoted: the middle of what is seen on the chains.
PLANNED_UNITS = 150_000

_Key = tuple[str, Side, Leg, int]
_log = logging.getLogger("drydock.quote")


@dataclass(frozen=True, slots=True)
class _Way:
    """The best route, and when (monotonic seconds) it was found."""

    route: Route
    at: float


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a swap of a token cost last, and when (monotonic seconds); `units` and `data` to reckon it anew."""

    gas: Gas
    units: int
    data: str
    at: float


class ChainQuoter:
    """Uniswap V3 on one chain. Everything of a quote is read at one block, the newest that the node has.

    The best way is searched over every fee, direct and through one token between; for ten minutes it is then known
    for a token, a side and a power of ten of the amount. `holds` says whether the wallet has some of a token (by
    address) already, which makes receiving it cheaper. `stands_for` names the testnet that borrows these pools.
    """

    def __init__(
        self,
        nodes: Nodes,
        clock: Clock,
        *,
        stands_for: str = "",
        holds: Callable[[str], bool] = lambda _address: True,
    ) -> None:
        self.chain_id = nodes.chain_id
        name = CHAINS[self.chain_id].name
        self.source = f"Uniswap V3 on {name}, for {stands_for}" if stands_for else "Uniswap V3"
        self._nodes = nodes
        self._clock = clock
        self._book = BOOKS[self.chain_id]
        self._holds = holds
        self._ways: dict[_Key, _Way] = {}
        self._places: dict[str, Places] = {}
        self._fees: Fees | None = None
        self._costs: dict[str, _Cost] = {}

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        """The best swap, at the newest block. One more try at the new head where the block went away meanwhile.

        With `block`, along the best way that is known now, at that block; quote_failed where the node does not have it,
        or no longer what stood in it.
        """
        amount = units_of(ask.amount, (ask.pays if ask.exact is Leg.PAY else ask.receives).decimals)
        if amount is None:
            return Refusal("quote_failed", f"{plain(ask.amount)[:40]} is not an amount that a swap can carry.")
        began = self._mono
        outcome = await (self._tried(ask, amount) if block is None else self._measured(ask, amount, block))
        took = round((self._mono - began) * 1000)
        said = outcome.code if isinstance(outcome, Refusal) else outcome.route
        token = ask.token.symbol
        _log.debug("[QUOTE] token=%s side=%s exact=%s outcome=%r ms=%d", token, ask.side, ask.exact, said, took)
        return outcome

    async def gas(self, token_address: str) -> Gas | Refusal:
        """The gas of a swap like the last that was quoted for this token, at present fees; of a usual one before."""
        known = self._costs.get(token_address.lower())
        if known and self._mono - known.at < GAS_LIFE:
            return known.gas
        units, data = (known.units, known.data) if known else (PLANNED_UNITS, self._usual(token_address))
        basis = known.gas.basis if known else "declared"
        asks = [gas.fees_ask("latest"), *gas.data_asks(self.chain_id, self._book.router, data, "latest", units)]
        replies = await self._nodes.ask(asks, "gas")
        if isinstance(replies, Refusal):
            return replies
        try:
            fees = gas.fees(rpc.answered({1: replies[0]}, 1), self.chain_id)
            found = gas.cost(self.chain_id, fees, units, basis, [returned(reply) for reply in replies[1:]])
        except (Garbled, Moved) as error:
            return self._failed("gas", error)
        self._costs[token_address.lower()] = _Cost(found, units, data, self._mono)
        return found

    async def head(self) -> int | None:
        replies = await self._nodes.ask([("eth_blockNumber", [])], "head")
        try:
            return None if isinstance(replies, Refusal) else rpc.int_of(rpc.answered({1: replies[0]}, 1))
        except Garbled:
            return None

    @property
    def _mono(self) -> float:
        return self._clock.instant().mono

    async def _tried(self, ask: Ask, amount: int) -> Swap | Refusal:
        try:
            return await self._at_head(ask, amount)
        except Moved as error:
            _log.info("[QUOTE] chain=%d moved=%r", self.chain_id, str(error))
        except Garbled as error:
            return self._failed(ask.token.symbol, error)
        try:
            return await self._at_head(ask, amount)
        except (Moved, Garbled) as error:
            return self._failed(ask.token.symbol, error)

    async def _at_head(self, ask: Ask, amount: int) -> Swap | Refusal:
        replies = await self._nodes.ask([block_ask("latest")], "head")
        if isinstance(replies, Refusal):
            return replies
        block, key = block_of(replies[0]), _key(ask)
        known = self._known(key)
        priced = await self._priced(ask, amount, known, block) if known else None
        if priced is None:
            best = await self._searched(ask, amount, block)
            if isinstance(best, Refusal):
                self._ways.pop(key, None)
                return best
            self._ways[key] = _Way(best, self._mono)
            priced = await self._priced(ask, amount, best, block)
        if isinstance(priced, Priced):
            self._keep(ask.token, priced)
            return priced.swap
        return priced or self._failed(ask.token.symbol, Garbled("the best pool gave nothing"))

    async def _measured(self, ask: Ask, amount: int, number: int) -> Swap | Refusal:
        """The swap at a block that may not be the newest: nothing that is found there is kept for the next quote."""
        try:
            return await self._at_block(ask, amount, number)
        except (Moved, Garbled) as error:
            return self._failed(f"block {number}", error)

    async def _at_block(self, ask: Ask, amount: int, number: int) -> Swap | Refusal:
        replies = await self._nodes.ask([block_ask(hex(number))], "block")
        if isinstance(replies, Refusal):
            return replies
        block = block_of(replies[0])
        if block.number != number:
            raise Moved("the node answered for another block")
        route = self._known(_key(ask)) or await self._searched(ask, amount, block)
        priced = route if isinstance(route, Refusal) else await self._priced(ask, amount, route, block)
        if isinstance(priced, Priced):
            return priced.swap
        return priced or Refusal("quote_failed", f"The pools could not take this size at block {number}.")

    def _known(self, key: _Key) -> Route | None:
        way = self._ways.get(key)
        return way.route if way and self._mono - way.at < SEARCH_LIFE else None

    async def _priced(self, ask: Ask, amount: int, route: Route, block: Block) -> Priced | Refusal | None:
        """What comes out along this route; None where its pools do not give it. Raises Garbled and Moved."""
        fees = self._fees if self._fees and self._fees.block == block.number else None
        holds = ask.side is Side.SELL or self._holds(ask.token.address)
        pinned = Pinned(ask, amount, route, block, self.source, fees, self._places, holds)
        replies = await self._nodes.ask(pinned.asks(), "quote")
        if isinstance(replies, Refusal):
            return replies
        return pinned.read(replies)

    async def _searched(self, ask: Ask, amount: int, block: Block) -> Route | Refusal:
        """The best route; finds out, too, where the tokens keep their balances. Raises Garbled and Moved."""
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
            return Refusal("quote_failed", f"This is too little {ask.pays.symbol} for the pools to give anything.")
        _log.info("[QUOTE] token=%s side=%s route=%r of=%d", ask.token.symbol, ask.side, best.route.label, len(found))
        return best.route

    def _learn(self, tokens: Sequence[Token], replies: Sequence[Reply]) -> None:
        for number, token in enumerate(tokens):
            found = overrides.places(replies[2 * number], replies[2 * number + 1], self._book.router)
            if found:
                self._places[token.address] = found
            else:
                _log.info("[GAS] token=%s overrides=none units=quoter", token.symbol)

    async def _why_nothing(self, ask: Ask, ways: Sequence[Route], block: Block) -> Refusal:
        """Whether there is no way at all, or none that is deep enough. Raises Garbled and Moved."""
        pools = list(dict.fromkeys(pool for way in ways for pool in way.pools(self._book.factory)))
        replies = await self._nodes.ask([rpc.eth_call(pool, SLOT0, block.tag) for pool in pools], "pools")
        if isinstance(replies, Refusal):
            return replies
        said = {pool: returned(reply) for pool, reply in zip(pools, replies, strict=True)}
        open_ = {pool for pool, data in said.items() if data and sqrt_price(data)}
        name, token = CHAINS[self.chain_id].name, ask.token.symbol
        if any(open_.issuperset(way.pools(self._book.factory)) for way in ways):
            return Refusal("beyond_liquidity", f"The {token} pools of Uniswap V3 on {name} cannot take this size.")
        return Refusal("no_pool", f"Uniswap V3 on {name} has no pool that trades {token} for {ask.usdc.symbol}.")

    def _keep(self, token: Token, priced: Priced) -> None:
        costs, self._fees = priced.swap.gas, priced.fees
        units = costs.units
        if self.chain_id in gas.ARBITRUM and costs.basis == "estimate":
            units += costs.l1_wei // max(costs.unit_wei, 1)
        self._costs[token.address.lower()] = _Cost(costs, units, priced.data, self._mono)
        level = f"units={costs.units} unit_wei={costs.unit_wei} l1_wei={costs.l1_wei} basis={costs.basis}"
        _log.debug("[GAS] token=%s %s", token.symbol, level)

    def _usual(self, address: str) -> str:
        """The call of a swap of this token through one pool."""
        token = Token(self.chain_id, address, "", "", 18)
        return swap_data(Route((usdc_of(self.chain_id), token), (500,)), Leg.PAY, 0x2A7D3C1B, 0x3C9E58D0A1B2, HOLDER)

    def _failed(self, what: str, error: Exception) -> Refusal:
        _log.info("[QUOTE] chain=%d what=%r failed=%r", self.chain_id, what, str(error))
        name = CHAINS[self.chain_id].name
        return Refusal("quote_failed", f"The node for {name} gave no usable answer about {what}.")


def _key(ask: Ask) -> _Key:
    return (ask.token.address, ask.side, ask.exact, ask.amount.adjusted())
