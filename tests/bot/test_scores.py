"""Scores: bounded, and every input moves them the way that it should."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.indicators import VOL, WINDOW
from app.bot.levels import LEVELS, Level
from app.bot.market import Book, Market
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
