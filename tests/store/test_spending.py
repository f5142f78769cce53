"""What the sources' monthly budgets have used."""

from app.store.database import Store, open_store
from app.store.spending import month_calls, record


def test_what_was_never_recorded_is_nothing(store: Store) -> None:
    assert month_calls(store, "coingecko", "2026-11") == 0
    record(store, {}, "2026-11")
    assert month_calls(store, "coingecko", "2026-11") == 0


def test_a_count_never_falls(store: Store) -> None:
    record(store, {"coingecko": 5, "alchemy": 2}, "2026-11")
    record(store, {"coingecko": 3, "alchemy": 4}, "2026-11")
    assert month_calls(store, "coingecko", "2026-11") == 5
    assert month_calls(store, "alchemy", "2026-11") == 4


def test_every_month_begins_anew(store: Store) -> None:
    record(store, {"coingecko": 5}, "2026-11")
    record(store, {"coingecko": 1}, "2026-12")
    assert month_calls(store, "coingecko", "2026-11") == 5
    assert month_calls(store, "coingecko", "2026-12") == 1


def test_a_restart_remembers_the_month(store: Store, url: str) -> None:
    record(store, {"coingecko": 5}, "2026-11")
    store.close()
    again = open_store(url)
    assert month_calls(again, "coingecko", "2026-11") == 5
    again.close()
