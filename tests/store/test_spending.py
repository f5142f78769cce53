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
    assert spent_before(store, "coingecko", "2026-12") == Spent(0, LATELY)
    record(store, {"coingecko": Spent(1, LATELY[1:])}, "2026-12")
    assert calls(store, "coingecko", "2026-11") == 5
    assert spent_before(store, "coingecko", "2026-12") == Spent(1, LATELY[1:])


def test_a_restart_remembers_the_month_and_the_last_minutes(store: Store, url: str) -> None:
    record(store, {"coingecko": Spent(5, LATELY)}, "2026-11")
    store.close()
    again = open_store(url)
    assert spent_before(again, "coingecko", "2026-11") == Spent(5, LATELY)
    again.close()
