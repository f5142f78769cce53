"""Equity as it is kept, and how it is thinned out."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.store.database import Store
from app.store.equity import Mark, last_mark, mark, marks, some_marks, thin
from app.store.sessions import open_session
from tests.store.drawn import NOON, SECOND, amounts, draft, moments, signed

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

drawn_marks = st.lists(st.builds(Mark, moments, amounts, signed, st.none() | amounts), unique_by=lambda mark: mark.at)
ages = st.one_of(
    st.integers(0, 40 * 86400),
    st.sampled_from([2 * 86400, 30 * 86400]).flatmap(lambda edge: st.integers(edge - 7300, edge + 7300)),
)


def account(store: Store, market: str = "demo") -> str:
    return open_session(store, draft(market), NOON).id


def at(when: datetime) -> Mark:
    return Mark(when, Decimal(1), Decimal(1))


@settings(deadline=None)
@given(drawn_marks)
def test_marks_are_read_back_equal_oldest_first(shared_store: Store, drawn: list[Mark]) -> None:
    mine = account(shared_store)
    mark(shared_store, [(mine, each) for each in drawn])
    assert marks(shared_store, mine) == sorted(drawn, key=lambda each: each.at)


def test_a_mark_takes_the_place_of_that_of_its_time_and_account(store: Store) -> None:
    mine, other = account(store), account(store)
    mark(store, [(mine, at(NOON)), (other, at(NOON))])
    newer = Mark(NOON, Decimal(2), Decimal("1.5"), Decimal(3))
    mark(store, [(mine, newer)])
    mark(store, [])
    assert (marks(store, mine), marks(store, other)) == ([newer], [at(NOON)])


def test_marks_can_be_asked_for_by_time(store: Store) -> None:
    mine = account(store)
    all_ = [at(NOON + number * MINUTE) for number in range(5)]
    mark(store, [(mine, each) for each in all_])
    assert marks(store, mine, since=NOON + MINUTE) == all_[1:]
    assert marks(store, mine, until=NOON + MINUTE) == all_[:1]
    assert marks(store, mine, NOON + MINUTE, NOON + 3 * MINUTE) == all_[1:3]


def test_some_marks_are_evenly_spaced_and_the_ends_are_among_them(store: Store) -> None:
    mine = account(store)
    assert (some_marks(store, mine, 5), last_mark(store, mine)) == ([], None)
    mark(store, [(mine, at(NOON + place * SECOND)) for place in range(101)])
    kept = marks(store, mine)
    for most in (2, 3, 5, 100, 101, 102):
        some = some_marks(store, mine, most)
        places = [kept.index(each) for each in some]
        assert (len(some), places[0], places[-1]) == (min(most, 101), 0, 100)
        steps = {after - before for before, after in pairwise(places)}
        assert max(steps) - min(steps) <= 1
    assert last_mark(store, mine) == kept[-1]


def kept_at(now: datetime, times: list[datetime]) -> list[datetime]:
    """What is to be kept, in other words: of each five minutes and each hour that is old enough, the last."""
    left = sorted(times)
    for age, length in ((2 * DAY, 5 * MINUTE), (30 * DAY, 60 * MINUTE)):
        seconds = int(length.total_seconds())
        edge = int((now - age).timestamp()) // seconds
        buckets = [int(when.timestamp()) // seconds for when in left]
        left = [
            when
            for place, when in enumerate(left)
            if buckets[place] >= edge or buckets[place] not in buckets[place + 1 :]
        ]
    return left


@settings(deadline=None)
@given(st.lists(ages, unique=True, max_size=40))
def test_old_marks_are_thinned_to_the_last_of_five_minutes_and_then_of_an_hour(
    shared_store: Store, drawn: list[int]
) -> None:
    mine = account(shared_store)
    now = NOON + timedelta(minutes=3, seconds=17)
    times = [now - age * SECOND for age in drawn]
    thin(shared_store, now)
    mark(shared_store, [(mine, at(when)) for when in times])
    dropped = thin(shared_store, now)
    assert [each.at for each in marks(shared_store, mine)] == kept_at(now, times)
    assert dropped == len(times) - len(kept_at(now, times))
    assert thin(shared_store, now) == 0


def test_marks_of_every_minute_do_not_pile_up(store: Store) -> None:
    mine = account(store)
    days = 33
    mark(store, [(mine, at(NOON - number * MINUTE)) for number in range(1, days * 24 * 60)])
    thin(store, NOON)
    left = [each.at for each in marks(store, mine)]
    by_age = [sum(low * DAY < NOON - when <= high * DAY for when in left) for low, high in ((0, 2), (2, 30), (30, 33))]
    assert by_age == [2 * 1440, 28 * 288, 3 * 24]


def test_a_replay_is_thinned_only_by_name_and_with_its_own_clock(store: Store) -> None:
    recorded, present = account(store, "replay:june"), account(store, "live")
    then = NOON - 400 * DAY
    for mine, start in ((recorded, then), (present, NOON - 3 * DAY)):
        mark(store, [(mine, at(start + number * SECOND)) for number in range(3)])
    assert thin(store, NOON) == 2
    assert len(marks(store, recorded)) == 3
    assert thin(store, then + 3 * DAY, market="replay:june") == 2
    assert [each.at for each in marks(store, recorded)] == [then + 2 * SECOND]
