"""Indicators over whole series of bars: every row is a function of exactly its last WINDOW bars.

Live windows and whole series agree to the bit: there are only sums of a fixed length, made term by term in one order,
and operations that IEEE 754 rounds exactly (+ − × ÷ √); nothing is carried from row to row, and no logarithm is taken.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from app.domain.bars import Bar

WINDOW = 96
# A window may have gaps, but not so many that its bars reach further back than this many intervals.
REACH = 120
SHORT, MIDDLE, LONG = 6, 24, WINDOW - 1
_RANGE, _RSI, _VOLUME, _ATR = 48, 14, 6, 14

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """Bars as arrays whose last axis is time, oldest first; the others, if any, are tokens. `at` is in seconds since
    1970, prices in US dollars, volume zero where it is not known. `interval_s` is the bars' length."""

    at: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    interval_s: float


@dataclass(frozen=True, slots=True)
class Rows:
    """One row for every bar that has WINDOW − 1 bars before it, on the last axis; the first is that of bar WINDOW − 1.

    `reach` is how many intervals the window spans; `vol` the realized volatility of one bar's return, as a fraction;
    `short`, `middle`, `long` the return over so many bars in units of its volatility; `efficiency` 0 to 1; `rsi` 0 to
    100; `bend` the distance from the average in standard deviations; `flow` the recent volume relative to its own
    average, NaN where all volume in the window is zero; `range_` the average true range as a fraction of the price.
    """

    reach: Floats
    vol: Floats
    short: Floats
    middle: Floats
    long: Floats
    efficiency: Floats
    rsi: Floats
    bend: Floats
    flow: Floats
    range_: Floats


Row: TypeAlias = tuple[float, ...]
REACHES, VOL, Z_SHORT, Z_MIDDLE, Z_LONG, EFFICIENCY, RSI, BEND, FLOW, TRUE_RANGE = range(10)


def series_of(bars: Iterable[Bar], interval_s: float) -> Series:
    """Bars in order of time as arrays. The open is left out: no indicator looks at it."""
    rows = [(bar.at.timestamp(), float(bar.high), float(bar.low), float(bar.close), float(bar.volume)) for bar in bars]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 5).T
    return Series(*(np.ascontiguousarray(column) for column in table), interval_s=interval_s)


def indicators(series: Series) -> Rows | None:
    """The indicators of every bar with enough before it; None where there is none.

    Realized volatility: root of the mean squared return (zero mean), Andersen & Bollerslev 1998. RSI with simple sums:
    Cutler's variant of Wilder 1978. Efficiency ratio: Kaufman 1995. Bend: the distance that Bollinger's bands measure,
    2001. True range: Wilder 1978. Horizons: time series momentum scaled by volatility, Moskowitz, Ooi & Pedersen 2012.
    """
    count = series.close.shape[-1]
    if count < WINDOW:
        return None
    close, steps = series.close, series.close[..., 1:] - series.close[..., :-1]
    returns = steps / close[..., :-1]
    vol = np.sqrt(_sums(returns * returns, LONG) / LONG)
    now = close[..., WINDOW - 1 :]
    ups, downs = np.maximum(steps, 0.0), np.maximum(-steps, 0.0)
    up, down = _last(_sums(ups, _RSI), vol), _last(_sums(downs, _RSI), vol)
    path = _last(_sums(ups + downs, _RANGE), vol)
    mean = _last(_sums(close, _RANGE), vol) / _RANGE
    return Rows(
        reach=(series.at[..., WINDOW - 1 :] - series.at[..., : count - WINDOW + 1]) / series.interval_s + 1.0,
        vol=vol,
        short=_horizon(close, SHORT, vol),
        middle=_horizon(close, MIDDLE, vol),
        long=_horizon(close, LONG, vol),
        efficiency=_ratio(np.abs(now - _before(close, _RANGE, vol)), path, 0.0),
        rsi=100.0 * _ratio(up, up + down, 0.5),
        bend=_ratio(now - mean, _spread(close, mean), 0.0),
        flow=_ratio(_last(_sums(series.volume, _VOLUME), vol) / _VOLUME, _sums(series.volume, WINDOW) / WINDOW, np.nan),
        range_=_last(_sums(_true_ranges(series), _ATR), vol) / _ATR / now,
    )


def rows_of(rows: Rows) -> list[Row]:
    """The rows of one series as plain floats, oldest first, in the order of the fields."""
    columns = [cast("Floats", getattr(rows, field.name)).tolist() for field in fields(rows)]
    return list(zip(*columns, strict=True))


def rows_at(rows: Rows, place: int) -> list[Row]:
    """The rows of one of several stacked series."""
    return rows_of(Rows(*(cast("Floats", getattr(rows, field.name))[place] for field in fields(rows))))


def _sums(values: Floats, length: int) -> Floats:
    """The sum of every `length` values that follow each other, always added oldest first."""
    count = values.shape[-1] - length + 1
    found = values[..., :count].copy()
    for lag in range(1, length):
        found += values[..., lag : lag + count]
    return found


def _last(values: Floats, like: Floats) -> Floats:
    """The end of a longer array: the entries that belong to the rows."""
    return values[..., values.shape[-1] - like.shape[-1] :]


def _before(close: Floats, bars: int, like: Floats) -> Floats:
    """The close so many bars before each row's."""
    count = close.shape[-1]
    return close[..., count - like.shape[-1] - bars : count - bars]


def _horizon(close: Floats, bars: int, vol: Floats) -> Floats:
    """The return over so many bars, in units of the volatility of that time."""
    before = _before(close, bars, vol)
    return _ratio((close[..., WINDOW - 1 :] - before) / before, vol * np.sqrt(float(bars)), 0.0)


def _spread(close: Floats, mean: Floats) -> Floats:
    """The standard deviation about the mean of each row's last closes."""
    total = np.zeros_like(mean)
    for lag in range(_RANGE - 1, -1, -1):
        off = _before(close, lag, mean) - mean
        total += off * off
    return np.sqrt(total / _RANGE)


def _true_ranges(series: Series) -> Floats:
    before = series.close[..., :-1]
    return np.maximum(series.high[..., 1:], before) - np.minimum(series.low[..., 1:], before)


def _ratio(part: Floats, whole: Floats, where_none: float) -> Floats:
    """part / whole, and a stated value where the whole is zero: a price that never moved."""
    divide = cast("Callable[..., Any]", np.divide)
    found = np.full(np.broadcast_shapes(part.shape, whole.shape), where_none)
    return cast("Floats", divide(part, whole, out=found, where=whole != 0.0))
