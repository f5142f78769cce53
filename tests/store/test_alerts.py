"""Alerts on disk: they get a place, are ended, asked for and let go of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.alerts import Alert, AlertKind, Condition
from app.store.alerts import (
    ALL,
    KEPT_FOR,
    AlertFilter,
    alerts,
    number_of,
    prune_alerts,
    standing,
    write_alerts,
)
from app.store.database import Store, StoreRefused
from tests.store.held import held
from tests.store.raised import raise_alert, recover

NOON = datetime(2026, 11, 2, 12, 0, 0, 123000, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)


def condition(kind: AlertKind = AlertKind.RATE_LIMITED, about: str = "kraken") -> Condition:
    return Condition(kind, about, f"{about} is wrong.", f"{about} is right again.")


def test_what_is_raised_comes_back_as_it_was_with_a_place(store: Store) -> None:
    first = raise_alert(store, condition(), "s1", NOON)
    second = raise_alert(store, condition(AlertKind.DISK_NEARLY_FULL, ""), "", LATER)
    assert first == Alert("a1", condition(), "s1", NOON)
    assert standing(store) == [first, second]
    assert alerts(store, ALL, 10) == [second, first]


def test_what_has_ended_stands_no_more_and_is_known_for_ever_after(store: Store) -> None:
    ended = recover(store, raise_alert(store, condition(), "s1", NOON), LATER)
    assert ended.recovered_at == LATER
    assert standing(store) == []
    assert alerts(store, ALL, 10) == [ended]


def test_many_are_written_at_once_whether_new_or_ended(store: Store) -> None:
    known = raise_alert(store, condition(about="coinbase"), "s1", NOON)
    new = replace(known, id="u1", condition=condition(), recovered_at=LATER)
    written = write_alerts(store, [replace(known, recovered_at=LATER), new])
    assert [each.id for each in written] == ["a1", "a2"]
    assert alerts(store, ALL, 10) == written[::-1]
    assert write_alerts(store, []) == []


def test_the_page_and_the_filter_leave_what_was_asked_for(store: Store) -> None:
    kinds = [AlertKind.FEED_DOWN, AlertKind.RATE_LIMITED] * 5
    made = [raise_alert(store, condition(kind), "s1", NOON) for kind in kinds]
    for each in made[:4]:
        recover(store, each, LATER)

    def ids(wanted: AlertFilter, before: int | None = None) -> list[str]:
        return [each.id for each in alerts(store, wanted, 3, before)]

    assert ids(ALL) == ["a10", "a9", "a8"]
    assert ids(ALL, before=3) == ["a2", "a1"]
    assert ids(AlertFilter(AlertKind.FEED_DOWN)) == ["a9", "a7", "a5"]
    assert ids(AlertFilter(AlertKind.FEED_DOWN, standing=False)) == ["a3", "a1"]
    assert ids(AlertFilter(standing=True), before=7) == ["a6", "a5"]


def test_only_what_ended_ninety_days_ago_is_let_go_of(store: Store) -> None:
    old = [raise_alert(store, condition(about=str(number)), "s1", NOON) for number in range(3)]
    recover(store, old[0], NOON)
    recover(store, old[1], LATER)
    assert prune_alerts(store, NOON + KEPT_FOR + timedelta(minutes=1)) == 1
    assert [each.id for each in alerts(store, ALL, 10)] == ["a3", "a2"]
    assert raise_alert(store, condition(), "s1", LATER).id == "a4"


@pytest.mark.parametrize("word", ["", "a0", "a01", "u1", "a-1", "a1x", "a１"])
def test_an_id_that_is_none_has_no_place(word: str) -> None:
    assert number_of(word) is None
    assert number_of("a12") == 12


def test_a_database_that_is_locked_refuses_and_keeps_nothing_by_halves(store: Store) -> None:
    known = raise_alert(store, condition(), "s1", NOON)
    with held(store), pytest.raises(StoreRefused, match="locked"):
        write_alerts(store, [replace(known, recovered_at=LATER), replace(known, id="u1")])
    assert alerts(store, ALL, 10) == [known]
