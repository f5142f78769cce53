"""Bars as they are kept."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from app.domain.bars import Bar, Interval
from app.store.bars import (
    KEPT_FOR,
    SeriesKey,
    close_before,
    counts,
    fill_bars,
    latest_at,
    prune,
    read_bars,
    write_bars,
)
from app.store.database import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WETH = SeriesKey("live", 8453, "0x4200000000000000000000000000000000000006")
FRESH = itertools.count(1)

prices = st.decimals(min_value=Decimal("1e-15"), max_value=Decimal("1e9"), allow_nan=False, allow_infinity=False)


def bar(at: datetime, price: str = "2500", origin: str = "ticks") -> Bar:
    number = Decimal(price)
    return Bar(at, number, number, number, number, origin=origin)


def write(store: Store, interval: Interval, *bars: Bar, key: SeriesKey = WETH) -> None:
    write_bars(store, [(key, interval, each) for each in bars])


def nobody_elses_key(market: str = "live") -> SeriesKey:
    return SeriesKey(market, 1, f"0x{next(FRESH):040x}")


@settings(deadline=None)
@given(st.lists(st.tuples(prices, prices, prices, prices, prices), min_size=1, max_size=5))
def test_what_is_written_is_read_back_equal_to_the_digit(
    shared_store: Store, figures: list[tuple[Decimal, Decimal, Decimal, Decimal, Decimal]]
) -> None:
    key = nobody_elses_key()
    bars = [Bar(NOON + i * MINUTE, *five, origin="coinbase") for i, five in enumerate(figures)]
    write(shared_store, Interval.M1, *bars, key=key)
    assert read_bars(shared_store, key, Interval.M1, 10) == bars


def test_a_bar_written_again_takes_the_place_of_the_first(store: Store) -> None:
    write(store, Interval.M1, bar(NOON, "1"), bar(NOON + MINUTE, "2"))
    write(store, Interval.M1, bar(NOON, "3"))
    assert [each.close for each in read_bars(store, WETH, Interval.M1, 10)] == [3, 2]


def test_bars_of_other_tokens_markets_chains_and_lengths_are_kept_apart(store: Store) -> None:
    others = [WETH._replace(market="demo"), WETH._replace(chain_id=10), WETH._replace(address="0x" + "1" * 40)]
    for price, key in enumerate((WETH, *others), start=1):
        write(store, Interval.M1, bar(NOON, str(price)), key=key)
    write(store, Interval.M5, bar(NOON, "9"))
    assert [read_bars(store, key, Interval.M1, 5)[0].close for key in (WETH, *others)] == [1, 2, 3, 4]
    assert [each.close for each in read_bars(store, WETH, Interval.M5, 5)] == [9]


def test_an_address_counts_in_lower_case_however_it_is_written(store: Store) -> None:
    loud = WETH._replace(address="0x" + "AB" * 20)
    quiet = WETH._replace(address="0x" + "ab" * 20)
    write_bars(store, [(loud, Interval.M1, bar(NOON)), (quiet, Interval.M1, bar(NOON + MINUTE))])
    assert read_bars(store, loud, Interval.M1, 5) == read_bars(store, quiet, Interval.M1, 5)
    assert len(read_bars(store, quiet, Interval.M1, 5)) == 2


def test_the_newest_bars_are_read_oldest_first(store: Store) -> None:
    write(store, Interval.M1, *(bar(NOON + i * MINUTE, str(i + 1)) for i in (3, 0, 4, 1, 2)))
    assert [each.close for each in read_bars(store, WETH, Interval.M1, 3)] == [3, 4, 5]
    assert [each.close for each in read_bars(store, WETH, Interval.M1, 2, before=NOON + 3 * MINUTE)] == [2, 3]
    assert read_bars(store, WETH, Interval.M1, 2, before=NOON) == []


def test_history_never_takes_the_place_of_a_bar_that_is_there(store: Store) -> None:
    write(store, Interval.M5, bar(NOON, "1"))
    history = [bar(NOON - Interval.M5.length, "7", "coingecko"), bar(NOON, "7", "coingecko")]
    assert fill_bars(store, WETH, Interval.M5, history) == 1
    assert fill_bars(store, WETH, Interval.M5, history) == 0
    kept = read_bars(store, WETH, Interval.M5, 5)
    assert [(each.close, each.origin) for each in kept] == [(7, "coingecko"), (1, "ticks")]


def test_nothing_to_write_is_no_error(store: Store) -> None:
    write_bars(store, [])
    assert fill_bars(store, WETH, Interval.M1, []) == 0
    assert read_bars(store, WETH, Interval.M1, 5) == []


def test_all_bars_of_a_call_are_kept_or_none(store: Store) -> None:
    tenth: Any = 0.1
    inexact = Bar(NOON + MINUTE, tenth, tenth, tenth, tenth)
    with pytest.raises(StatementError, match="float is not a decimal number"):
        write(store, Interval.M1, bar(NOON), inexact)
    assert read_bars(store, WETH, Interval.M1, 5) == []


def test_the_close_before_a_time_is_that_of_the_bar_that_ended_last(store: Store) -> None:
    write(store, Interval.M1, bar(NOON - 10 * MINUTE, "1"))
    write(store, Interval.M5, bar(NOON - 9 * MINUTE, "5"))
    assert close_before(store, WETH, NOON) == bar(NOON - 9 * MINUTE, "5")


def test_of_bars_that_ended_together_the_shortest_gives_the_close(store: Store) -> None:
    for interval, price in ((Interval.H1, "60"), (Interval.M1, "1"), (Interval.M5, "5")):
        write(store, interval, bar(NOON - interval.length, price))
    found = close_before(store, WETH, NOON)
    assert found is not None
    assert found.close == 1


@pytest.mark.parametrize(
    ("ended", "counts"),
    [
        (timedelta(0), True),
        (timedelta(seconds=1), False),
        (-timedelta(hours=2), True),
        (-timedelta(hours=2, seconds=1), False),
    ],
)
def test_a_close_counts_for_two_hours_and_not_before_its_bar_has_ended(
    store: Store, ended: timedelta, counts: bool
) -> None:
    write(store, Interval.M15, bar(NOON - Interval.M15.length + ended))
    assert (close_before(store, WETH, NOON) is not None) == counts


def test_the_latest_bar_of_each_length_is_known(store: Store) -> None:
    assert latest_at(store, WETH, Interval.M1) is None
    write(store, Interval.M1, bar(NOON), bar(NOON - MINUTE))
    write(store, Interval.M5, bar(NOON - Interval.M5.length))
    assert latest_at(store, WETH, Interval.M1) == NOON
    assert latest_at(store, WETH, Interval.M5) == NOON - Interval.M5.length
    assert latest_at(store, WETH, Interval.H1) is None


def test_bars_are_counted_by_length(store: Store) -> None:
    write(store, Interval.M1, bar(NOON), bar(NOON + MINUTE))
    write(store, Interval.D1, bar(NOON.replace(hour=0)))
    assert counts(store) == {Interval.M1: 2, Interval.M5: 0, Interval.M15: 0, Interval.H1: 0, Interval.D1: 1}


def test_the_rule_of_keeping_names_every_length_and_keeps_longer_bars_longer() -> None:
    assert set(KEPT_FOR) == set(Interval)
    days = [kept.days for kept in KEPT_FOR.values() if kept is not None]
    assert days == sorted(days) == [7, 30, 90, 730]
    assert KEPT_FOR[Interval.D1] is None


ages = st.one_of(
    st.integers(0, 1000 * 86400),
    st.sampled_from([kept for kept in KEPT_FOR.values() if kept]).flatmap(
        lambda kept: st.integers(-3, 3).map(lambda seconds: int(kept.total_seconds()) + seconds)
    ),
)


@settings(deadline=None)
@given(st.sets(st.tuples(st.sampled_from(Interval), ages), max_size=20))
def test_pruning_drops_all_that_is_too_old_and_nothing_younger(
    shared_store: Store, drawn: set[tuple[Interval, int]]
) -> None:
    key = nobody_elses_key()
    ages_of = {
        interval: sorted((age for length, age in drawn if length is interval), reverse=True) for interval in Interval
    }
    write_bars(shared_store, [(key, interval, bar(NOON - timedelta(seconds=age))) for interval, age in drawn])
    dropped = prune(shared_store, NOON)
    left = {interval: read_bars(shared_store, key, interval, 100) for interval in Interval}
    for interval, kept in KEPT_FOR.items():
        young = [age for age in ages_of[interval] if kept is None or timedelta(seconds=age) <= kept]
        assert [each.at for each in left[interval]] == [NOON - timedelta(seconds=age) for age in young]
    assert dropped == len(drawn) - sum(len(bars) for bars in left.values())
    assert prune(shared_store, NOON) == 0


def test_pruning_works_off_more_than_one_transaction_holds(store: Store) -> None:
    old = [bar(NOON - timedelta(days=8) - i * MINUTE) for i in range(4100)]
    write(store, Interval.M1, *old, bar(NOON))
    write(store, Interval.M5, bar(NOON - timedelta(days=31)), key=WETH._replace(chain_id=10))
    assert prune(store, NOON) == 4101
    assert read_bars(store, WETH, Interval.M1, 10) == [bar(NOON)]


def test_a_replay_is_pruned_only_by_name_and_with_its_own_clock(store: Store) -> None:
    recorded = WETH._replace(market="replay:june")
    then = NOON - timedelta(days=400)
    write(store, Interval.M1, bar(then), bar(then - timedelta(days=8)), key=recorded)
    write(store, Interval.M1, bar(NOON - timedelta(days=8)))
    assert prune(store, NOON) == 1
    assert prune(store, then, market="replay:june") == 1
    assert read_bars(store, recorded, Interval.M1, 5) == [bar(then)]
