"""Scores: bounded, and every input moves them the way that it should."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.indicators import VOL, WINDOW
from app.bot.ladder import Ladder
from app.bot.levels import LEVELS, Level
from app.bot.market import Book, Held, Market
from app.bot.scores import confidence, edge_bps, opportunity, readings, risk, signal
from app.bot.sizes import Sized
from tests.bot.snapshots import ANY_LEVEL, LIKELY, SNAPSHOTS, Snapshot, book_of, market_of, rising

MARKET, BOOK = market_of(rising()), book_of()
MORE = st.floats(0.0, 1e3)


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
@pytest.mark.parametrize("flow", [2.0, math.nan])
def test_readings_that_all_say_the_same_make_a_full_signal_whether_or_not_volume_is_known(
    level: Level, flow: float
) -> None:
    up = (96.0, 0.005, 1.0, 1.0, 1.0, 0.0, 100.0, -2.0, flow, 0.01)
    down = (96.0, 0.005, -1.0, -1.0, -1.0, 0.0, 0.0, 2.0, flow, 0.01)
    assert signal(readings(up), level).direction == pytest.approx(1.0, rel=1e-12)
    assert signal(readings(down), level).direction == pytest.approx(-1.0, rel=1e-12)
    assert signal(readings(up), level).agreement == 1.0
    assert signal(readings((96.0, 0.005, 0.0, 0.0, 0.0, 0.0, 50.0, 0.0, 1.0, 0.01)), level) == (0.0, 0.0)


@given(SNAPSHOTS, ANY_LEVEL)
def test_a_signal_is_never_more_than_full(seen: Snapshot, level: Level) -> None:
    if seen.market.row is not None:
        found = signal(readings(seen.market.row), level)
        assert -1 - 1e-12 <= found.direction <= 1 + 1e-12
        assert 0 <= found.agreement <= 1


def test_the_way_back_counts_in_a_range_only() -> None:
    level, low = LEVELS[4], -2.0
    ranging, trending = ((96.0, 0.005, 0.0, 0.0, 0.0, efficiency, 50.0, low, 1.0, 0.01) for efficiency in (0.0, 1.0))
    assert signal(readings(ranging), level).direction > 0
    assert signal(readings(trending), level).direction == 0


@pytest.mark.parametrize(("short", "volume"), [(0.1, 0.5), (0.0, 0.0), (-0.1, -0.5)])
def test_volume_of_one_and_a_half_times_its_average_says_half_of_the_short_run_s_direction(
    short: float, volume: float
) -> None:
    assert readings((96.0, 0.005, short, 0.0, 0.0, 0.0, 50.0, 0.0, 1.5, 0.01)).volume == volume


@given(LIKELY, ANY_LEVEL, st.floats(-1.0, 1.0))
def test_an_edge_is_in_proportion_to_volatility_and_there_is_none_in_a_fall(
    seen: Snapshot, level: Level, direction: float
) -> None:
    row = seen.market.row
    if row is None:
        return
    edge = edge_bps(seen.market, level, direction)
    twice = seen.market._replace(row=(*row[:VOL], 2 * row[VOL], *row[VOL + 1 :]))
    assert edge_bps(twice, level, direction) == pytest.approx(2 * edge, rel=1e-9, abs=1e-200)
    assert (edge > 0) == (direction > 0) or edge < 1e-9


def risk_of(market: Market, book: Book, level: Level, size: float = 500.0, way: float = 0.001) -> float:
    return risk(market, book, level, Sized(size, way, 0.0))


@given(ANY_LEVEL, MORE)
def test_whatever_gets_worse_risk_does_not_fall(level: Level, more: float) -> None:
    row, ladder = MARKET.row, MARKET.ladder
    assert row is not None
    assert ladder is not None
    now = risk_of(MARKET, BOOK, level)
    worse = [
        risk_of(MARKET._replace(row=(*row[:VOL], row[VOL] + more, *row[VOL + 1 :])), BOOK, level),
        risk_of(MARKET._replace(age_s=more), BOOK, level),
        risk_of(MARKET._replace(apart_bp=more), BOOK, level),
        risk_of(MARKET, BOOK._replace(drawdown_pct=more), level),
        risk_of(MARKET, BOOK, level, way=0.001 + more),
    ]
    assert all(now <= each <= 100 for each in worse)


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_every_input_of_risk_counts(level: Level) -> None:
    row, ladder = MARKET.row, MARKET.ladder
    assert row is not None
    assert ladder is not None
    now = risk_of(MARKET, BOOK, level)
    assert risk_of(MARKET._replace(row=(*row[:VOL], 2 * row[VOL], *row[VOL + 1 :])), BOOK, level) > now
    assert risk_of(MARKET._replace(age_s=MARKET.fresh_s), BOOK, level) > now
    assert risk_of(MARKET._replace(apart_bp=100.0), BOOK, level) > now
    assert risk_of(MARKET, BOOK._replace(drawdown_pct=10.0), level) > now
    assert risk_of(MARKET, BOOK, level, way=0.01) > now
    assert risk_of(MARKET, BOOK, level, size=2_000.0) > now
    assert risk_of(MARKET._replace(ladder=replace(ladder, gas_usd=1.0)), BOOK, level) > now


def test_the_bolder_the_level_the_less_risk_it_sees() -> None:
    found = [risk_of(MARKET._replace(ladder=None), BOOK, level) for level in LEVELS]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]


@given(st.integers(0, WINDOW - 1), st.floats(0.0, 1.0))
def test_confidence_grows_with_history_and_falls_where_sources_disagree(bars: int, agreement: float) -> None:
    few, all_of_them = (confidence(MARKET._replace(bars=count), agreement, WINDOW) for count in (bars, WINDOW))
    assert few <= all_of_them <= 100
    for doubt in (MARKET._replace(apart_bp=50.0), MARKET._replace(confirmed=False)):
        assert confidence(doubt, agreement, WINDOW) <= all_of_them


@given(st.floats(0.0, 1.0), st.floats(0.0, 1e4), st.floats(0.0, 1e4))
def test_opportunity_falls_with_the_costs(direction: float, edge: float, cost: float) -> None:
    assert 0 <= opportunity(direction, edge, cost + 1.0) <= opportunity(direction, edge, cost) <= 100
    assert opportunity(-direction, 0.0, cost) == 0


@pytest.mark.parametrize(("number", "points"), [(6, 44.0), (1, 56.55)])
def test_risk_is_the_sum_of_its_parts_reckoned_by_hand_with_what_is_held_already(number: int, points: float) -> None:
    # A daily volatility of 7.5 of 15 %: 25 of 50. A way of 1 of 2 %: 7.5 of 15. A quarter of its time old and half of
    # 300 bp apart: (1/8 + 1/4) of 10. A drawdown of 5 of 25 %: 2 of 10. 500 held and 1,000 wanted, 15 of 50 % of the
    # equity: 3 of 10. Gas of 5 · 1.10 (level 1: 0.90), 0.55 (0.45) of 1 %: 2.75 (2.25) of 5. The lens: 1.00 (1.30).
    row = (96.0, 0.075 / 24**0.5, *[0.0] * 8)
    market = MARKET._replace(row=row, age_s=30.0, fresh_s=120.0, apart_bp=150.0, ladder=Ladder((), 5.0))
    held = Held(500.0, 400.0, 1.0, None, 0, hours=1.0, level=6)
    book = book_of(10_000.0, held, drawdown_pct=5.0)
    assert risk_of(market, book, LEVELS[number - 1], size=1_000.0, way=0.01) == pytest.approx(points)


@pytest.mark.parametrize(
    ("apart_bp", "confirmed", "points"), [(0.0, True, 40), (150.0, True, 38), (900.0, True, 36), (0.0, False, 36)]
)
def test_half_the_history_agreeing_by_four_fifths_is_40_points_and_doubt_takes_up_to_a_tenth(
    apart_bp: float, confirmed: bool, points: float
) -> None:
    market = MARKET._replace(bars=48, apart_bp=apart_bp, confirmed=confirmed)
    assert confidence(market, 0.8, 96) == pytest.approx(points)


@pytest.mark.parametrize(
    ("direction", "cost", "points"), [(0.6, 40.0, 60), (0.6, 0.0, 70), (0.6, 150.0, 45), (1.0, 0.0, 100)]
)
def test_opportunity_is_three_quarters_signal_and_one_quarter_what_costs_leave_of_the_edge(
    direction: float, cost: float, points: float
) -> None:
    assert opportunity(direction, 100.0, cost) == pytest.approx(points)
