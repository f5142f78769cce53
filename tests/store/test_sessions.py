"""Sessions as they are kept."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from app.domain.ledger import deposit
from app.domain.orders import Order, OrderState
from app.domain.session import Session
from app.store.books import Batch, entries, version_of, write
from app.store.database import Store
from app.store.equity import Mark, mark
from app.store.orders import find_order, open_orders
from app.store.sessions import (
    ARCHIVED,
    archive,
    last_open,
    open_session,
    rename,
    session,
    sessions,
    set_hold,
    succeed,
)
from tests.store.drawn import NOON, SECOND, TOKEN, addresses, amounts, draft, moments, order, words

LATER = NOON + timedelta(hours=1)

drafts = st.builds(
    Session,
    words,
    words,
    words,
    words,
    st.integers(1, 10**8),
    amounts,
    moments,
    st.none() | moments,
    st.dictionaries(words, words),
    st.none() | st.dictionaries(addresses, amounts),
)


@settings(deadline=None)
@given(drafts)
def test_what_is_opened_is_read_back_equal(shared_store: Store, drawn: Session) -> None:
    opened = open_session(shared_store, drawn, drawn.started_at)
    assert session(shared_store, opened.id) == opened
    assert opened == replace(drawn, id=opened.id, ended_at=None)
    assert opened.is_open
    assert list(entries(shared_store, opened.id)) == [deposit(1, drawn.started_at, drawn.starting_balance)]


def test_sessions_are_numbered_from_one(store: Store) -> None:
    assert [open_session(store, draft(), NOON).id for _ in range(12)] == [f"s{number}" for number in range(1, 13)]
    assert version_of(store, "s12") == 1
    assert session(store, "s13") is None


def test_a_session_begins_when_it_is_opened_whatever_its_draft_says(store: Store) -> None:
    stale = replace(draft(), id="s99", ended_at=NOON, started_at=NOON - SECOND)
    opened = open_session(store, stale, LATER)
    assert (opened.id, opened.started_at, opened.ended_at) == ("s1", LATER, None)


def test_a_session_that_cannot_be_written_leaves_nothing(store: Store) -> None:
    with pytest.raises(StatementError):
        open_session(store, replace(draft(), starting_balance=Decimal("NaN")), NOON)
    assert sessions(store, 10) == []
    assert version_of(store, "s1") is None


def test_archiving_cancels_the_open_orders_of_that_session_alone(store: Store) -> None:
    mine, other = (open_session(store, draft(), NOON).id for _ in range(2))
    filled = replace(order("filled", mine, OrderState.FILLED), ended_at=NOON)
    write(store, [Batch(mine, 1, orders=(order("open", mine), filled))])
    write(store, [Batch(other, 1, orders=(order("theirs", other),))])
    archive(store, mine, LATER)
    cancelled = replace(order("open", mine), state=OrderState.CANCELLED, reason=ARCHIVED, ended_at=LATER)
    assert [find_order(store, name) for name in ("open", "filled", "theirs")] == [
        cancelled,
        filled,
        order("theirs", other),
    ]
    assert open_orders(store, mine) == []
    ended = session(store, mine)
    assert ended is not None
    assert (ended.ended_at, ended.is_open) == (LATER, False)
    assert session(store, other) == replace(draft(), id=other, started_at=NOON)


def test_a_session_ends_once(store: Store) -> None:
    mine = open_session(store, draft(), NOON).id
    for at in (LATER, LATER + SECOND):
        archive(store, mine, at)
    archive(store, "s9", LATER)
    ended = session(store, mine)
    assert ended is not None
    assert ended.ended_at == LATER


def test_a_session_ends_no_earlier_than_what_was_written_last(store: Store) -> None:
    for at, latest in ((NOON, LATER), (LATER, LATER + SECOND)):
        mine = open_session(store, draft(), LATER).id
        if latest > LATER:
            mark(store, [(mine, Mark(latest, Decimal(1), Decimal(1)))])
        archive(store, mine, at)
        ended = session(store, mine)
        assert ended is not None
        assert ended.ended_at == latest


def test_one_session_succeeds_another_at_once(store: Store) -> None:
    old = succeed(store, None, draft(), NOON)
    new = succeed(store, old.id, draft(balance="50"), LATER)
    assert session(store, old.id) == replace(old, ended_at=LATER)
    assert session(store, new.id) == new
    assert last_open(store, "demo") == new


def test_where_the_next_session_cannot_be_opened_the_last_one_goes_on(store: Store) -> None:
    old = open_session(store, draft(), NOON)
    resting: Order = order("open", old.id)
    write(store, [Batch(old.id, 1, orders=(resting,))])
    with pytest.raises(StatementError):
        succeed(store, old.id, replace(draft(), starting_balance=Decimal("NaN")), LATER)
    assert last_open(store, "demo") == old
    assert open_orders(store, old.id) == [resting]


def test_the_last_open_session_is_that_of_its_market(store: Store) -> None:
    assert last_open(store, "live") is None
    first, second = (open_session(store, draft("live"), NOON) for _ in range(2))
    open_session(store, draft("demo"), NOON)
    assert last_open(store, "live") == second
    archive(store, second.id, LATER)
    assert last_open(store, "live") == first
    archive(store, first.id, LATER)
    assert last_open(store, "live") is None


def test_sessions_come_newest_first_and_in_pages(store: Store) -> None:
    opened = [open_session(store, draft(), NOON) for _ in range(11)]
    first = sessions(store, 4)
    assert [each for _, each in first] == opened[:6:-1]
    second = sessions(store, 40, before=first[-1][0])
    assert [each for _, each in second] == opened[6::-1]
    assert sessions(store, 4, before=second[-1][0]) == []


def test_a_name_a_note_and_what_holding_is_reckoned_from_can_be_changed(store: Store) -> None:
    mine, other = (open_session(store, draft(), NOON) for _ in range(2))
    hold = {TOKEN.address: Decimal("1.23456789012345678901234567890123456789")}
    set_hold(store, mine.id, hold)
    rename(store, mine.id, "Another", "A note.")
    assert session(store, mine.id) == replace(mine, name="Another", note="A note.", hold=hold)
    assert session(store, other.id) == other
