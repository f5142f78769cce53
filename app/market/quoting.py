"""Quoting: what every market offers to whoever wants to swap, be it live, recorded or invented."""

from collections.abc import Sequence
from typing import Protocol

from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal

# What is refused where the world is well and there only is no way for this swap.
WAYLESS = frozenset({"no_pool", "beyond_liquidity", "quote_failed"})


class Quoter(Protocol):
    """A market's pools. Nothing here ever fills: it says what a fill would be. The world's failures come back as
    refusals, with one sentence each: rpc_unreachable, wrong_chain, no_pool, beyond_liquidity, quote_failed."""

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        """The best swap for the exact amount, gas included, at the newest known block; with `block`, at exactly that
        block of the chain, to measure a fill against it. A market that has no blocks ignores it."""
        ...

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        """Swaps of one token, either side, all at one newest block and in one batch: for a ladder, to reckon with and
        not to fill. The answers stand in the order of the asks, refused as beyond_liquidity and so on where that one
        cannot be had; one refusal where none can be asked for. The gas is reckoned once for all of them, as `gas` does.

        Raises ValueError where the asks are of several tokens.
        """
        ...

    async def gas(self, token_address: str) -> Gas | Refusal:
        """The gas that a swap of this token is likely to cost now, for sizing before there is a quote."""
        ...

    async def head(self) -> int | None:
        """The newest block; None where the market has none, or none can be had."""
        ...


def of_one_token(asks: Sequence[Ask]) -> None:
    """Raises ValueError where the asks are of several tokens: that is a bug of who asks."""
    if len({(ask.token.key, ask.usdc.key) for ask in asks}) > 1:
        raise ValueError("several swaps are of one token")
