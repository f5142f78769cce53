"""Quoting: what every market offers to whoever wants to swap, be it live, recorded or invented."""

from typing import Protocol

from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal


class Quoter(Protocol):
    """A market's pools. Nothing here ever fills: it says what a fill would be. The world's failures come back as
    refusals, with one sentence each: rpc_unreachable, wrong_chain, no_pool, beyond_liquidity, quote_failed."""

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        """The best swap for the exact amount, gas included, at the newest known block; with `block`, at exactly that
        block of the chain, to measure a fill against it. A market that has no blocks ignores it."""
        ...

    async def gas(self, token_address: str) -> Gas | Refusal:
        """The gas that a swap of this token is likely to cost now, for sizing before there is a quote."""
        ...

    async def head(self) -> int | None:
        """The newest block; None where the market has none, or none can be had."""
        ...
