"""Several swaps of one token at one block, the pure part: the calls of one batch, and what the replies come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.quotes import Gas, Swap
from app.domain.refusal import Refusal
from app.market import rpc
from app.market.pinned import Block, Pinned, Reply, beyond, block_ask, returned, slot0_ask, too_little


@dataclass(frozen=True, slots=True)
class Rungs:
    """Swaps that are all pinned to `block`, each along a way of its own; what is refused already stays in its place.

    Their amounts and spots are what `Pinned` reads; their gas is reckoned once for all, by whoever asks.
    """

    block: Block
    swaps: tuple[Pinned | Refusal, ...]

    def asks(self) -> list[rpc.Ask]:
        """The calls of one batch: the block, each swap's quote, and each pool's price once."""
        tag = self.block.tag
        quotes = [swap.quote_ask for swap in self._pinned]
        return [block_ask(tag), *quotes, *(slot0_ask(pool, tag) for pool in self._pools)]

    def read(self, replies: Sequence[Reply], gas: Gas) -> list[Swap | Refusal]:
        """In the order of the swaps; refused as beyond_liquidity where the pools do not give all that is asked, and as
        quote_failed where that is nothing. Raises Garbled and Moved."""
        self.block.stands(replies[0])
        count = len(self._pinned)
        said = iter(replies[1 : 1 + count])
        slots = {pool: returned(reply) for pool, reply in zip(self._pools, replies[1 + count :], strict=False)}

        def outcome(swap: Pinned) -> Swap | Refusal:
            found = swap.found(next(said))
            if found is None:
                return beyond(swap.ask)
            if not found.amount:
                return too_little(swap.ask)
            return swap.swap(found, [slots[pool] for pool in swap.pools], gas)

        return [swap if isinstance(swap, Refusal) else outcome(swap) for swap in self.swaps]

    @property
    def _pinned(self) -> list[Pinned]:
        return [swap for swap in self.swaps if isinstance(swap, Pinned)]

    @property
    def _pools(self) -> list[str]:
        return list(dict.fromkeys(pool for swap in self._pinned for pool in swap.pools))
