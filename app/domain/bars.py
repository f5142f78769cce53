"""Bars: open, high, low, close of an interval, folded from ticks and from smaller bars."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class Interval(StrEnum):
    """The lengths of bars that are kept; bars begin at whole multiples of their length since 1970 UTC."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    D1 = "1d"

    @property
    def seconds(self) -> int:
        return _SECONDS[self]

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    def start_of(self, at: datetime) -> datetime:
        """The beginning of the bar that `at` (aware) falls into."""
        return datetime.fromtimestamp(int(at.timestamp()) // self.seconds * self.seconds, UTC)


TICKS = "ticks"
PART = "part"

_SECONDS = {Interval.M1: 60, Interval.M5: 300, Interval.M15: 900, Interval.H1: 3600, Interval.D1: 86400}


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices in US dollars over [at, at + interval); `volume` in US dollars, zero where it is not known.

    `origin` names where the figures come from: a source, a file, 'ticks', or PART for what did not see the
    whole of the interval: ticks, perhaps on a source's beginning.
    """

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = Decimal(0)
    origin: str = TICKS


def opened(price: Decimal, at: datetime, interval: Interval, origin: str = TICKS) -> Bar:
    """The bar that a first tick opens."""
    return Bar(interval.start_of(at), price, price, price, price, origin=origin)


def ticked(bar: Bar, price: Decimal) -> Bar:
    """The bar after one more tick of the same interval."""
    return replace(bar, high=max(bar.high, price), low=min(bar.low, price), close=price)


def rolled_up(bars: Iterable[Bar], interval: Interval) -> list[Bar]:
    """Bars of a longer interval from shorter ones in order of time; a gap stays a gap."""
    larger: list[Bar] = []
    for bar in bars:
        at = interval.start_of(bar.at)
        if larger and larger[-1].at == at:
            last = larger[-1]
            larger[-1] = replace(
                last,
                high=max(last.high, bar.high),
                low=min(last.low, bar.low),
                close=bar.close,
                volume=last.volume + bar.volume,
            )
        else:
            larger.append(replace(bar, at=at))
    return larger


def covering(bars: Iterable[Bar], known: Iterable[Bar], interval: Interval) -> list[Bar]:
    """Bars of an interval, each as high and as low as the bars of it or of a shorter one, in order of time, that are
    known to lie within it."""
    within = {bar.at: bar for bar in rolled_up(known, interval)}
    return [
        replace(bar, high=max(bar.high, within[bar.at].high), low=min(bar.low, within[bar.at].low))
        if bar.at in within
        else bar
        for bar in bars
    ]
