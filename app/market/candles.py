"""Bars from what providers send as history: rows of candles, or bare points in time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from app.domain.bars import Bar, Interval, opened, ticked
from app.domain.money import significant
from app.market.decode import amount
from app.market.source import Garbled


def candle(at: datetime, prices: tuple[Decimal, Decimal, Decimal, Decimal], volume_usd: Decimal, origin: str) -> Bar:
    """A bar of (open, high, low, close) in dollars. Raises Garbled where the high is under the low.

    An open or close outside [low, high] is kept: candles of DEX pools may open at the last close.
    """
    first, high, low, last = prices
    if high < low:
        raise Garbled("a candle's high is under its low")
    return Bar(at, first, high, low, last, significant(amount(volume_usd)), origin)


def in_order(bars: Iterable[Bar], interval: Interval) -> list[Bar]:
    """The bars by time, oldest first, each set to the start of its interval; of two in one the later given stays."""
    by_start = {interval.start_of(bar.at): bar for bar in bars}
    return [replace(by_start[start], at=start) for start in sorted(by_start)]


def flat_bars(points: Iterable[tuple[datetime, Decimal]], interval: Interval, origin: str) -> list[Bar]:
    """Bars of bare prices in any order: flat where an interval holds one point, else spanning its points."""
    bars: dict[datetime, Bar] = {}
    for at, price in sorted(points):
        start = interval.start_of(at)
        known = bars.get(start)
        bars[start] = ticked(known, price) if known else opened(price, at, interval, origin)
    return list(bars.values())
