"""Measuring: what the same size would have been filled at a block later, and after half a minute."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.money import product, ratio, significant, total
from app.domain.quotes import Ask, Swap
from app.domain.refusal import Refusal
from app.domain.trades import Trade, TradeStatus
from app.store.database import Store, StoreRefused
from app.store.trades import measured, unmeasured
from app.trading.bell import Bell, Topic
from app.trading.venue import Venue

LATER = timedelta(seconds=30)
# Whoever asks so much later measures the market and not the fill.
TOO_LATE = timedelta(seconds=60)
# More at once would be asking the node without end; what is over this many stays unmeasured.
MOST_WAITING = 100

_log = logging.getLogger("drydock.quote")


@dataclass(slots=True)
class _Waiting:
    """A trade whose errors are still to be measured."""

    trade: Trade
    ask: Ask
    next_block: Decimal | None = None
    has_next: bool = False


class Measuring:
    """Quotes fills again. `work` does what is due, and is to be called about once a second."""

    def __init__(self, venue: Venue, store: Store, bell: Bell) -> None:
        self._venue = venue
        self._store = store
        self._bell = bell
        self._waiting: dict[str, _Waiting] = {}

    def hear(self, trade: Trade) -> None:
        """Remember a trade that was just filled."""
        if trade.status is TradeStatus.FILLED and len(self._waiting) < MOST_WAITING:
            ask = self._venue.paying(trade.token, trade.side, trade.pay)
            self._waiting[trade.id] = _Waiting(trade, ask, has_next=trade.block_number is None)

    async def resume(self, account_id: str) -> None:
        """Go on with what a restart interrupted. Raises StoreRefused."""
        since = self._venue.now() - TOO_LATE
        for trade in await asyncio.to_thread(unmeasured, self._store, account_id, since):
            self.hear(trade)

    async def work(self) -> None:
        """Measure what is due."""
        if not self._waiting:
            return
        now = self._venue.now()
        waits_for_block = any(not item.has_next for item in self._waiting.values())
        head = await self._venue.quoter.head() if waits_for_block else None
        for item in list(self._waiting.values()):
            await self._look(item, head, now)

    async def _look(self, item: _Waiting, head: int | None, now: datetime) -> None:
        trade, age = item.trade, now - item.trade.at
        if not item.has_next and head is not None and trade.block_number is not None and head > trade.block_number:
            item.next_block, item.has_next = await self._error(item, trade.block_number + 1), True
            await self._write(item, None)
        if age >= LATER:
            self._waiting.pop(trade.id, None)
            await self._write(item, await self._error(item) if age < TOO_LATE else None)

    async def _error(self, item: _Waiting, block: int | None = None) -> Decimal | None:
        swap = await self._venue.again(item.ask, block)
        if isinstance(swap, Refusal):
            _log.info("[QUOTE] trade=%s measured=no why=%r", item.trade.id, swap.sentence)
            return None
        if (swap.grade, swap.source) != (item.trade.grade, item.trade.quote_source):
            # Another's opinion says nothing about this fill.
            return None
        # A head that stands still says nothing.
        if item.trade.block_number is not None and swap.block_number == item.trade.block_number:
            return None
        return error_bps(item.trade, swap)

    async def _write(self, item: _Waiting, after: Decimal | None) -> None:
        try:
            await asyncio.to_thread(measured, self._store, item.trade.id, item.next_block, after)
        except StoreRefused as error:
            _log.warning("[QUOTE] trade=%s measured=no why=%r", item.trade.id, str(error))
        else:
            self._bell.ring(Topic.ACCOUNT)


def error_bps(trade: Trade, later: Swap) -> Decimal:
    """How much worse (+) or better (−) the later quote is than the fill, in basis points of what was received per
    unit paid."""
    ours = product(trade.receive, later.pay)
    theirs = product(later.receive, trade.pay)
    return significant(ratio(total(ours, theirs.copy_negate()), ours) * 10_000, 9)
