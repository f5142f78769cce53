"""What the sources' budgets have used."""

from datetime import UTC, datetime, timedelta

from app.store.database import Store, open_store
from app.store.spending import Spent, record, spent_before

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATELY = (NOON, NOON + timedelta(milliseconds=250))


def calls(store: Store, source: str, month: str) -> int:
    return spent_before(store, source, month).calls


def test_what_was_never_recorded_is_nothing(store: Store) -> None:
    assert spent_before(store, "coingecko", "2026-11") == Spent(0)
    record(store, {}, "2026-11")
    assert spent_before(store, "coingecko", "2026-11") == Spent(0)


def test_a_count_never_falls(store: Store) -> None:
    record(store, {"coingecko": Spent(5), "alchemy": Spent(2)}, "2026-11")
    record(store, {"coingecko": Spent(3), "alchemy": Spent(4)}, "2026-11")
    assert calls(store, "coingecko", "2026-11") == 5
    assert calls(store, "alchemy", "2026-11") == 4


def test_every_month_begins_anew_but_what_was_called_a_moment_ago_is_not_forgotten(store: Store) -> None:
    record(store, {"coingecko": Spent(5, LATELY)}, "2026-11")
    before = spent_before(store, "coingecko", "2026-12")
    assert before == Spent(0, LATELY, {"2026-11": 5})
    record(store, {"coingecko": Spent(1, LATELY[1:], before.others)}, "2026-12")
    assert spent_before(store, "coingecko", "2026-11") == Spent(5, LATELY[1:], {"2026-12": 1})


def test_a_clock_that_was_a_month_ahead_for_a_while_leaves_both_counts_and_the_moments_as_they_are_told_now(
    store: Store,
) -> None:
    ahead = tuple(moment + timedelta(days=1) for moment in LATELY)
    record(store, {"coingecko": Spent(7, LATELY)}, "2026-11")
    record(store, {"coingecko": Spent(2, ahead, {"2026-11": 9})}, "2026-12")
    record(store, {"coingecko": Spent(9, LATELY, {"2026-12": 2})}, "2026-11")
    assert spent_before(store, "coingecko", "2026-11") == Spent(9, LATELY, {"2026-12": 2})


def test_two_calls_of_one_moment_are_two(store: Store) -> None:
    record(store, {"kraken": Spent(2, (NOON, NOON))}, "2026-11")
    assert spent_before(store, "kraken", "2026-11").recent == (NOON, NOON)


def test_the_latest_twelve_months_are_remembered_and_the_one_that_is_asked_for(store: Store) -> None:
    months = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)]
    for month in months:
        record(store, {"coingecko": Spent(3)}, month)
    assert spent_before(store, "coingecko", "2025-01") == Spent(3, (), dict.fromkeys(months[12:], 3))


def test_a_restart_remembers_the_month_and_the_last_minutes(store: Store, url: str) -> None:
    record(store, {"coingecko": Spent(5, LATELY)}, "2026-11")
    store.close()
    again = open_store(url)
    assert spent_before(again, "coingecko", "2026-11") == Spent(5, LATELY)
    again.close()
