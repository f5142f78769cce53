"""The quoter of grade A: what Uniswap's own pools would do with an exact amount, at one block of the chain."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from app.domain.chains import CHAINS
from app.domain.fields import as_field
from app.domain.orders import Side
from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal
from app.market import rpc
from app.market.costs import Costs
from app.market.gas import Fees
from app.market.line import Clock
from app.market.node import Nodes
from app.market.pinned import Block, Moved, Pinned, Priced, amount_of, block_ask, block_of
from app.market.quoting import of_one_token
from app.market.rungs import Rungs
from app.market.source import Garbled
from app.market.uniswap import Route
from app.market.ways import Ways

_T = TypeVar("_T")
_log = logging.getLogger("drydock.quote")


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
        self._holds = holds
        self._ways = Ways(nodes, clock)
        self._fees: Fees | None = None
        self._costs = Costs(self.chain_id, clock)

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        """The best swap, at the newest block. One more try at the new head where the block went away meanwhile.

        With `block`, along the best way that is known now, at that block; quote_failed where the node does not have it,
        or no longer what stood in it.
        """
        amount = amount_of(ask)
        if isinstance(amount, Refusal):
            return amount
        began, symbol = self._mono, ask.token.symbol
        if block is None:
            outcome = await self._tried(symbol, lambda: self._at_head(ask, amount))
        else:
            outcome = await self._measured(ask, amount, block)
        took = round((self._mono - began) * 1000)
        said, token = outcome.code if isinstance(outcome, Refusal) else outcome.route, as_field(symbol)
        _log.debug("[QUOTE] token=%s side=%s exact=%s outcome=%r ms=%d", token, ask.side, ask.exact, said, took)
        return outcome

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        """Swaps of one token at the newest block: two round trips where their ways are known.

        Each goes the way that is known for its size. Where none is, it goes that of the largest swap of its side, and
        only for this one is a way searched: ten levels reckon with a ladder, which is asked for at every tick, and what
        a smaller size would gain elsewhere is less than that takes; the account that trades quotes its exact size. A
        side that gives nothing at all along its ways is searched anew the next time, a side without any way not for
        ten minutes. The gas is that of `gas`, at the same block unless it was reckoned within its life.
        """
        of_one_token(asks)
        if not asks:
            return []
        began, symbol = self._mono, asks[0].token.symbol
        outcome = await self._tried(symbol, lambda: self._ladder(asks))
        took = round((self._mono - began) * 1000)
        had = outcome.code if isinstance(outcome, Refusal) else sum(isinstance(one, Swap) for one in outcome)
        _log.debug("[QUOTE] token=%s several=%d had=%r ms=%d", as_field(symbol), len(asks), had, took)
        return outcome

    async def gas(self, token_address: str) -> Gas | Refusal:
        """The gas of a swap like the last that was quoted for this token, at present fees; of a usual one before."""
        fresh = self._costs.fresh(token_address)
        if fresh:
            return fresh
        plan = self._costs.plan(token_address)
        replies = await self._nodes.ask(plan.asks("latest"), "gas")
        if isinstance(replies, Refusal):
            return replies
        try:
            found = plan.read(replies)
        except (Garbled, Moved) as error:
            return self._failed("gas", error)
        self._costs.learn(token_address, found, plan)
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

    async def _tried(self, what: str, attempt: Callable[[], Awaitable[_T | Refusal]]) -> _T | Refusal:
        """What is attempted at the newest block; once more at the new one where that went away meanwhile."""
        try:
            return await attempt()
        except Moved as error:
            _log.info("[QUOTE] chain=%d moved=%r", self.chain_id, str(error))
        except Garbled as error:
            return self._failed(what, error)
        try:
            return await attempt()
        except (Moved, Garbled) as error:
            return self._failed(what, error)

    async def _at_head(self, ask: Ask, amount: int) -> Swap | Refusal:
        block = await self._newest()
        if isinstance(block, Refusal):
            return block
        known = self._ways.known(ask)
        priced = await self._priced(ask, amount, known, block) if known else None
        if priced is None:
            best = await self._ways.searched(ask, amount, block)
            if isinstance(best, Refusal):
                self._ways.forget(ask)
                return best
            self._ways.keep(ask, best)
            priced = await self._priced(ask, amount, best, block)
        if isinstance(priced, Priced):
            self._fees = priced.fees
            self._costs.keep(ask.token, priced)
            return priced.swap
        return priced or self._failed(ask.token.symbol, Garbled("the best pool gave nothing"))

    async def _newest(self) -> Block | Refusal:
        replies = await self._nodes.ask([block_ask("latest")], "head")
        return replies if isinstance(replies, Refusal) else block_of(replies[0])

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
        route = self._ways.known(ask) or await self._ways.searched(ask, amount, block)
        priced = route if isinstance(route, Refusal) else await self._priced(ask, amount, route, block)
        if isinstance(priced, Priced):
            return priced.swap
        return priced or Refusal("quote_failed", f"The pools could not take this size at block {number}.")

    async def _priced(self, ask: Ask, amount: int, route: Route, block: Block) -> Priced | Refusal | None:
        """What comes out along this route; None where its pools do not give it. Raises Garbled and Moved."""
        fees = self._fees if self._fees and self._fees.block == block.number else None
        holds = ask.side is Side.SELL or self._holds(ask.token.address)
        pinned = Pinned(ask, amount, route, block, self.source, fees, self._ways.places, holds)
        replies = await self._nodes.ask(pinned.asks(), "quote")
        if isinstance(replies, Refusal):
            return replies
        return pinned.read(replies)

    async def _ladder(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        """Raises Garbled and Moved."""
        block = await self._newest()
        if isinstance(block, Refusal):
            return block
        rungs = await self._rungs(asks, block)
        if isinstance(rungs, Refusal):
            return rungs
        refused = [one for one in rungs.swaps if isinstance(one, Refusal)]
        if len(refused) == len(asks):
            return [*refused]
        address, asked = asks[0].token.address, rungs.asks()
        fresh, plan = self._costs.fresh(address), self._costs.plan(address)
        replies = await self._nodes.ask([*asked, *([] if fresh else plan.asks(block.tag))], "ladder")
        if isinstance(replies, Refusal):
            return replies
        gas = fresh or plan.read(replies[len(asked) :])
        if not fresh:
            self._costs.learn(address, gas, plan)
        outcomes = rungs.read(replies, gas)
        self._forget_dry(asks, outcomes)
        return outcomes

    async def _rungs(self, asks: Sequence[Ask], block: Block) -> Rungs | Refusal:
        amounts = [amount_of(ask) for ask in asks]
        sized = [(ask, amount) for ask, amount in zip(asks, amounts, strict=True) if isinstance(amount, int)]
        ways = await self._ways.several(sized, block)
        if isinstance(ways, Refusal):
            return ways

        def pinned(ask: Ask, amount: int | Refusal) -> Pinned | Refusal:
            if isinstance(amount, Refusal):
                return amount
            way = ways[ask]
            if isinstance(way, Refusal):
                return way
            return Pinned(ask, amount, way, block, self.source, None, {}, holds=True)

        return Rungs(block, tuple(pinned(ask, amount) for ask, amount in zip(asks, amounts, strict=True)))

    def _forget_dry(self, asks: Sequence[Ask], outcomes: Sequence[Swap | Refusal]) -> None:
        """Where no size of a side can be had, its ways are not the best any more."""
        giving = {(one.ask.side, one.ask.exact) for one in outcomes if isinstance(one, Swap)}
        for ask in asks:
            if (ask.side, ask.exact) not in giving:
                self._ways.forget(ask)

    def _failed(self, what: str, error: Exception) -> Refusal:
        _log.info("[QUOTE] chain=%d what=%r failed=%r", self.chain_id, what, str(error))
        name = CHAINS[self.chain_id].name
        return Refusal("quote_failed", f"The node for {name} gave no usable answer about {what}.")
