"""Indicators: a row is its last bars and nothing else, to the bit, however the bars are handed over."""

import math
import random
from dataclasses import fields, replace
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.indicators import (
    BEND,
    EFFICIENCY,
    FLOW,
    LONG,
    MIDDLE,
    REACH,
    REACHES,
    RSI,
    SHORT,
    TRUE_RANGE,
    VOL,
    WINDOW,
    Z_LONG,
    Z_MIDDLE,
    Z_SHORT,
    Row,
    Rows,
    Series,
    indicators,
    rows_of,
)
from app.bot.windows import rows_and_counts
from app.domain.bars import Bar
from tests.bot.snapshots import bars_of, series, walk

ARRAYS = ("at", "high", "low", "close", "volume")
SEEDS = st.integers(0, 2**32)


def rows(bars: list[Bar] | Series) -> Rows:
    found = indicators(bars if isinstance(bars, Series) else series(bars))
    assert found is not None
    return found


def same(one: Rows, other: Rows) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name), equal_nan=True) for f in fields(Rows))


def cut(of: Series, first: int, last: int) -> Series:
    return replace(of, **{name: getattr(of, name)[..., first:last] for name in ARRAYS})


def taken(found: Rows, index: Any) -> Rows:
    return Rows(*(getattr(found, field.name)[index] for field in fields(Rows)))


def only(bars: list[Bar]) -> Row:
    """The row of exactly one window."""
    (row,) = rows_of(rows(bars))
    return row


@given(SEEDS, st.integers(WINDOW, 260))
def test_a_window_and_the_whole_series_agree_to_the_bit(seed: int, count: int) -> None:
    whole = series(walk(seed, count))
    last = random.Random(seed).randrange(WINDOW, count + 1)
    row = slice(last - WINDOW, last - WINDOW + 1)
    assert same(rows(cut(whole, last - WINDOW, last)), taken(rows(whole), row))


@given(st.lists(SEEDS, min_size=1, max_size=4), st.integers(WINDOW, 150))
def test_tokens_side_by_side_get_what_each_would_get_alone(seeds: list[int], count: int) -> None:
    alone = [series(walk(seed, count)) for seed in seeds]
    stacked = replace(alone[0], **{name: np.stack([getattr(one, name) for one in alone]) for name in ARRAYS})
    found = rows(stacked)
    assert all(same(taken(found, index), rows(one)) for index, one in enumerate(alone))


@given(SEEDS)
def test_the_bar_before_the_window_is_not_in_it_and_the_first_bar_of_the_window_is(seed: int) -> None:
    bars = walk(seed, WINDOW + 1)
    strange = replace(
        bars[0], high=bars[0].high * 9, low=bars[0].low / 9, close=bars[0].close * 3, volume=bars[0].volume + 5
    )
    assert same(taken(rows([strange, *bars[1:]]), slice(1, None)), taken(rows(bars), slice(1, None)))
    second = replace(bars[1], volume=bars[1].volume + 5)
    assert rows([bars[0], second, *bars[2:]]).flow[1] != rows(bars).flow[1]
    dearer = replace(bars[1], close=bars[1].close * 3)
    assert rows([bars[0], dearer, *bars[2:]]).vol[1] != rows(bars).vol[1]


@given(SEEDS, st.integers(-60, 40))
def test_a_price_in_other_units_gives_the_same_rows_bit_for_bit(seed: int, power: int) -> None:
    own = series(walk(seed, WINDOW + 5))
    scaled = replace(own, **{name: np.ldexp(getattr(own, name), power) for name in ("high", "low", "close")})
    assert same(rows(own), rows(scaled))


@pytest.mark.parametrize("seed", range(20))
def test_every_indicator_is_what_its_formula_says(seed: int) -> None:
    bars = walk(seed, WINDOW)
    row, slow = only(bars), slowly(bars)
    assert set(slow) == set(range(len(row)))
    for column, wanted in slow.items():
        assert row[column] == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def slowly(bars: list[Bar]) -> dict[int, float]:
    """The formulas in plain Python, as they are written in the books."""
    close, volume = [float(bar.close) for bar in bars], [float(bar.volume) for bar in bars]
    pairs = list(pairwise(close))
    vol = math.sqrt(fmean(((now - before) / before) ** 2 for before, now in pairs))
    moves = [now - before for before, now in pairs]
    last = close[-48:]
    ranges = [
        max(float(bar.high), before) - min(float(bar.low), before) for bar, before in zip(bars[1:], close, strict=False)
    ]
    ups = sum(move for move in moves[-14:] if move > 0)

    def horizon(length: int) -> float:
        return (close[-1] / close[-1 - length] - 1) / (vol * math.sqrt(length))

    return {
        REACHES: (bars[-1].at - bars[0].at).total_seconds() / 3600 + 1,
        VOL: vol,
        Z_SHORT: horizon(SHORT),
        Z_MIDDLE: horizon(MIDDLE),
        Z_LONG: horizon(LONG),
        EFFICIENCY: abs(close[-1] - close[-49]) / sum(abs(move) for move in moves[-48:]),
        RSI: 100 * ups / sum(abs(move) for move in moves[-14:]),
        BEND: (close[-1] - fmean(last)) / math.sqrt(fmean((each - fmean(last)) ** 2 for each in last)),
        FLOW: fmean(volume[-6:]) / fmean(volume),
        TRUE_RANGE: fmean(ranges[-14:]) / close[-1],
    }


def test_a_price_that_never_moved_has_no_trend_and_no_volatility() -> None:
    row = only(bars_of([2.5] * WINDOW))
    assert [row[column] for column in (VOL, Z_SHORT, Z_MIDDLE, Z_LONG, EFFICIENCY, BEND, TRUE_RANGE)] == [0.0] * 7
    assert (row[RSI], row[FLOW]) == (50.0, 1.0)


def test_a_price_that_only_rises_has_all_the_momentum_and_goes_straight() -> None:
    row = only(bars_of([100.0 + step for step in range(WINDOW)]))
    assert (row[RSI], row[EFFICIENCY]) == (100.0, 1.0)
    assert min(row[Z_SHORT], row[Z_MIDDLE], row[Z_LONG], row[BEND]) > 1


def test_one_jump_is_the_whole_volatility_and_half_the_window_later_no_momentum() -> None:
    row = only(bars_of([100.0] * 45 + [150.0] * (WINDOW - 45)))
    assert row[VOL] == pytest.approx(0.5 / math.sqrt(LONG))
    assert row[Z_LONG] == pytest.approx(1.0)
    assert (row[Z_SHORT], row[Z_MIDDLE], row[RSI], row[BEND]) == (0.0, 0.0, 50.0, 0.0)


def test_volume_that_is_zero_throughout_the_window_is_not_known_and_one_bar_of_it_makes_it_known() -> None:
    assert math.isnan(only(bars_of([2.5] * WINDOW, [0.0] * WINDOW))[FLOW])
    assert only(bars_of([2.5] * WINDOW, [1.0] + [0.0] * (WINDOW - 1)))[FLOW] == 0.0
    assert only(bars_of([2.5] * WINDOW, [0.0] * (WINDOW - 1) + [1.0]))[FLOW] == pytest.approx(WINDOW / 6)


@pytest.mark.parametrize("count", [0, 1, WINDOW - 1])
def test_fewer_bars_than_a_window_have_no_row_and_are_counted(count: int) -> None:
    short = series(walk(1, WINDOW)[:count])
    assert indicators(short) is None
    assert rows_and_counts(short) == ([None] * count, list(range(1, count + 1)))


def test_a_gap_is_borne_until_the_window_reaches_too_far_back() -> None:
    bars = walk(3, 400)
    borne, torn = bars[:150] + bars[150 + REACH - WINDOW :], bars[:150] + bars[151 + REACH - WINDOW :]
    assert all(row is not None for row in rows_and_counts(series(borne))[0][WINDOW - 1 :])
    found, counts = rows_and_counts(series(torn))
    blind = [index for index in range(WINDOW, len(torn)) if found[index] is None]
    # From the gap on, until the last bar before it has left the window.
    assert blind == list(range(150, 150 + WINDOW - 1))
    assert all((row is None) == (count < WINDOW) for row, count in zip(found, counts, strict=True))


def test_after_a_long_gap_history_is_counted_from_one_again() -> None:
    bars = walk(3, 400)
    _, counts = rows_and_counts(series(bars[:150] + bars[300:]))
    assert counts[149:246:48] == [WINDOW, 48, WINDOW]
    assert counts[150:246] == list(range(1, WINDOW + 1))
