"""The tape: bars of every interval, built tick by tick, until they are written to disk."""

import logging
from collections import deque
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from heapq import nsmallest

from app.domain.bars import PART, TICKS, Bar, Interval, opened, rolled_up, ticked
from app.domain.money import NOTHING
from app.domain.tokens import TokenKey

RECENT = 8
# Half a day of twenty tokens that no disk takes.
MOST_UNWRITTEN = 20_000

Strip = tuple[TokenKey, Interval]

_log = logging.getLogger("drydock.price")


class Tape:
    """Open bars, and closed ones not yet taken to disk. Lives on one event loop and does no I/O. `let_go` is how many
    bars no disk took in time."""

    def __init__(self) -> None:
        self._open: dict[Strip, Bar] = {}
        self._closed: dict[Strip, deque[Bar]] = {}
        self._since: dict[TokenKey, datetime] = {}
        self._changed: dict[tuple[TokenKey, Interval, datetime], Bar] = {}
        # What was taken last may not be on disk yet.
        self._taken: dict[tuple[TokenKey, Interval, datetime], Bar] = {}
        self.let_go = 0

    def tick(self, key: TokenKey, price: Decimal, at: datetime) -> None:
        """One more price at `at`.

        A tick from before the open bar, where the clock was set back a little, is left out of that interval; where
        it was set back far, the bar that was ahead of time is let go.
        """
        since = self._since.setdefault(key, at)
        if at < since:
            since = self._since[key] = at
        for interval in Interval:
            bar = self._open.get((key, interval))
            start = interval.start_of(at)
            if bar is not None and bar.at - start > interval.length:
                self._changed.pop((key, interval, bar.at), None)
                del self._open[key, interval]
                self._closed.pop((key, interval), None)
                bar = None
            if bar is None or bar.at < start:
                self._close(key, interval, since)
                self.put(key, interval, opened(price, at, interval, PART))
            elif bar.at == start:
                self.put(key, interval, ticked(bar, price))

    def _close(self, key: TokenKey, interval: Interval, since: datetime) -> None:
        """A bar that ticks have watched from its beginning to its end is whole."""
        bar = self._open.get((key, interval))
        if bar is not None and bar.origin == PART and bar.at >= since:
            self.put(key, interval, replace(bar, origin=TICKS))

    def fold(self, key: TokenKey, own: Interval, bar: Bar) -> None:
        """One more recorded bar of the interval `own`, into that interval and every longer one."""
        for interval in Interval:
            if interval.seconds < own.seconds:
                continue
            before = self._open.get((key, interval))
            same = before is not None and before.at == interval.start_of(bar.at)
            self.put(key, interval, rolled_up([before, bar] if before and same else [bar], interval)[-1])

    def put(self, key: TokenKey, interval: Interval, bar: Bar) -> None:
        """Set a bar as it is known now: ticks end here, and so do recorded bars."""
        before = self._open.get((key, interval))
        if before is not None and before.at < bar.at:
            self._closed.setdefault((key, interval), deque(maxlen=RECENT)).append(before)
        self._open[key, interval] = bar
        self._changed[key, interval, bar.at] = bar

    def resume(self, key: TokenKey, interval: Interval, bar: Bar) -> None:
        """Go on with a bar that was open before the first tick came; what ticks have added since stands.

        It is a PART whoever began it, until history brings the whole: of its volume only the beginning is known.
        """
        mine = self._open.get((key, interval))
        if mine is None or mine.at < bar.at:
            self.put(key, interval, replace(bar, volume=NOTHING, origin=PART))
        elif mine.at == bar.at:
            high, low = max(mine.high, bar.high), min(mine.low, bar.low)
            self.put(key, interval, replace(mine, open=bar.open, high=high, low=low))

    def last(self, key: TokenKey, interval: Interval) -> Bar | None:
        return self._open.get((key, interval))

    def newest(self, key: TokenKey, interval: Interval, count: int) -> list[Bar]:
        """The newest bars that were built here, at most RECENT closed ones and the open one, in order of time."""
        last = self._open.get((key, interval))
        return [*self._closed.get((key, interval), ()), *([last] if last else [])][-count:]

    def unwritten(self, key: TokenKey, interval: Interval) -> list[Bar]:
        """What the disk may not know yet, in order of time."""
        pending = (self._taken | self._changed).items()
        bars = [bar for (k, i, _), bar in pending if (k, i) == (key, interval)]
        return sorted(bars, key=lambda bar: bar.at)

    def take(self) -> list[tuple[TokenKey, Interval, Bar]]:
        """Everything that changed since the last call, to be written down."""
        self._taken, self._changed = self._changed, {}
        return [(key, interval, bar) for (key, interval, _), bar in self._taken.items()]

    def give_back(self, taken: list[tuple[TokenKey, Interval, Bar]]) -> None:
        """Return what could not be written; what has changed since then stands.

        Beyond a bound the oldest of the shortest bars are let go, which are the most and tell the least.
        """
        for key, interval, bar in taken:
            self._changed.setdefault((key, interval, bar.at), bar)
        over = len(self._changed) - MOST_UNWRITTEN
        if over <= 0:
            return
        for slot in nsmallest(over, self._changed, key=lambda slot: (slot[1].seconds, slot[2])):
            del self._changed[slot]
        if not self.let_go:
            _log.error("[PRICE] bars=let_go why='the disk has refused more than are kept in memory'")
        self.let_go += over

    def forget(self, key: TokenKey) -> None:
        self._since.pop(key, None)
        self._closed = {strip: bars for strip, bars in self._closed.items() if strip[0] != key}
        self._open = {strip: bar for strip, bar in self._open.items() if strip[0] != key}
        self._changed = {slot: bar for slot, bar in self._changed.items() if slot[0] != key}
        self._taken = {slot: bar for slot, bar in self._taken.items() if slot[0] != key}
