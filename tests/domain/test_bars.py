"""Bars: folded from ticks and rolled up without inventing or losing anything."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.bars import Bar, Interval, opened, rolled_up, ticked

AT = datetime(2026, 11, 2, 12, 34, 56, tzinfo=UTC)


def test_a_bar_begins_at_a_whole_multiple_of_its_length() -> None:
    starts = [interval.start_of(AT).strftime("%d %H:%M:%S") for interval in Interval]
    assert starts == ["02 12:34:00", "02 12:30:00", "02 12:30:00", "02 12:00:00", "02 00:00:00"]


@given(st.lists(st.decimals("0.001", "100000", allow_nan=False), min_size=1, max_size=30))
def test_a_bar_of_ticks_holds_the_first_the_last_and_the_extremes(prices: list[Decimal]) -> None:
    bar = opened(prices[0], AT, Interval.M1)
    for price in prices[1:]:
        bar = ticked(bar, price)
    assert (bar.open, bar.high, bar.low, bar.close) == (prices[0], max(prices), min(prices), prices[-1])


@given(st.lists(st.tuples(st.integers(0, 600), st.decimals("1", "9", places=3)), min_size=1, max_size=60))
def test_rolling_up_keeps_volume_extremes_and_gaps(ticks: list[tuple[int, Decimal]]) -> None:
    minutes = {minute: price for minute, price in sorted(ticks)}
    start = Interval.D1.start_of(AT)
    bars = [Bar(start + timedelta(minutes=m), p, p + 1, p - 1, p, Decimal(m)) for m, p in sorted(minutes.items())]
    hours = rolled_up(bars, Interval.H1)
    assert sum(bar.volume for bar in hours) == sum(bar.volume for bar in bars)
    assert max(bar.high for bar in hours) == max(bar.high for bar in bars)
    assert min(bar.low for bar in hours) == min(bar.low for bar in bars)
    assert [bar.at for bar in hours] == sorted({Interval.H1.start_of(bar.at) for bar in bars})
    assert (hours[0].open, hours[-1].close) == (bars[0].open, bars[-1].close)
