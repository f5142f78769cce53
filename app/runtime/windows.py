"""Windows: the last closed bars of every token that the bot looks at, kept up bar by bar, with their indicators."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from app.bot.indicators import REACH, WINDOW, Row, Series, series_of
from app.bot.windows import last_row
from app.domain.bars import PART, TICKS, Bar, Interval
from app.domain.money import NOTHING
from app.domain.tokens import TokenKey
from app.runtime.floor import Feed, Floor
from app.store.bars import read_bars
from app.trading.tape import RECENT

# How often the disk is asked for bars that are missing: history comes in while the first ticks are thought about.
_AGAIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Window:
    """Closed bars of one token, oldest first, at most WINDOW of them and none further back than REACH intervals; the
    same as arrays, and the indicators of the last, None with too few."""

    bars: tuple[Bar, ...]
    series: Series
    row: Row | None

    @property
    def last_at(self) -> datetime | None:
        """The beginning of the last closed bar."""
        return self.bars[-1].at if self.bars else None


def window_of(bars: Sequence[Bar], interval: Interval) -> Window:
    """The window that these bars make. Ticks know no volume: where they stand beside bars that do, it would seem to dry
    up, so that of the whole window is not known."""
    series = series_of(bars if _knows_volume(bars) else [replace(bar, volume=NOTHING) for bar in bars], _s(interval))
    return Window(tuple(bars), series, last_row(series))


class Windows:
    """Windows by token, of one interval. `refresh` reads from the disk only where bars are missing."""

    def __init__(self, floor: Floor, interval: Interval) -> None:
        self.interval = interval
        self._floor = floor
        self._windows: dict[TokenKey, Window] = {}
        self._asked: dict[TokenKey, datetime] = {}

    def of(self, key: TokenKey) -> Window:
        return self._windows.get(key) or window_of((), self.interval)

    async def refresh(self, feed: Feed, key: TokenKey, now: datetime) -> bool:
        """Take over the bars that have closed; whether there are any new ones. Where the clock was set back, those
        that lie ahead of it are let go, and none is new that had closed before. Raises StoreRefused."""
        before = self.of(key)
        known = _closed(before.bars, self.interval, now)
        fresh = self._from_tape(key, now)
        due = self.interval.start_of(now) - self.interval.length
        joined = _joined(known, fresh)
        lacks = len(joined) < WINDOW or joined[-1].at < due or _has_holes(joined, self.interval)
        asked = self._asked.get(key)
        if lacks and (asked is None or abs(now - asked) >= _AGAIN):
            self._asked[key] = now
            stored = await self._stored(feed, key, now)
            joined = _joined(_closed(stored, self.interval, now), fresh)
        bars = trimmed(joined, self.interval, now)
        if bars == before.bars:
            return False
        self._windows[key] = window_of(bars, self.interval)
        return bool(bars) and known == before.bars and bars[-1].at != before.last_at

    async def _stored(self, feed: Feed, key: TokenKey, now: datetime) -> list[Bar]:
        """What the market remembers from before now: bars that a clock ahead of time has left would hide it."""
        floor, most = self._floor, REACH + RECENT
        recorded = feed.recorded(key, self.interval, most)
        if recorded is not None:
            return recorded
        stored = await asyncio.to_thread(read_bars, floor.store, floor.series_key(key), self.interval, most, now)
        return [*stored, *floor.tape.unwritten(key, self.interval)]

    def _from_tape(self, key: TokenKey, now: datetime) -> tuple[Bar, ...]:
        return _closed(self._floor.tape.newest(key, self.interval, RECENT + 1), self.interval, now)


def _knows_volume(bars: Sequence[Bar]) -> bool:
    return all(bar.volume or bar.origin not in (TICKS, PART) for bar in bars)


def _has_holes(bars: Sequence[Bar], interval: Interval) -> bool:
    """Whether bars are missing between two that the window would have: they may be on disk by now."""
    return any(after.at - before.at > interval.length for before, after in pairwise(bars[-WINDOW:]))


def _s(interval: Interval) -> float:
    return 1.0 * interval.seconds


def trimmed(bars: Sequence[Bar], interval: Interval, now: datetime) -> tuple[Bar, ...]:
    """The last bars of a window, none before the time that it may reach back to."""
    since = interval.start_of(now) - REACH * interval.length
    return tuple(bar for bar in bars[-WINDOW:] if bar.at >= since)


def _closed(bars: Sequence[Bar], interval: Interval, now: datetime) -> tuple[Bar, ...]:
    return tuple(bar for bar in bars if bar.at + interval.length <= now)


def _joined(older: Sequence[Bar], newer: Sequence[Bar]) -> list[Bar]:
    """Both in order of time; where both have a bar the newer one stands."""
    merged = {bar.at: bar for bar in (*older, *newer)}
    return [merged[at] for at in sorted(merged)][-(REACH + RECENT) :]
