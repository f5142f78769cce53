"""The ten shadows of a session: opened with it, written like any account, and nobody's idea of the person's own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, select

from app.domain.ledger import deposit
from app.domain.session import Session, shadow_id
from app.store.archives import Holder, kept
from app.store.books import Batch, Outpaced, entries, version_of, write
from app.store.database import Store
from app.store.equity import Mark, mark, marks, thin
from app.store.ledger_tables import ACCOUNTS, ENTRIES
from app.store.sessions import archive, open_session
from app.store.shadows import add_shadows
from app.store.trades import ALL, trades
from tests.store.drawn import NOON, SECOND, a_trade, draft, gas_entry, order

LATER = NOON + timedelta(hours=1)
LEVELS = range(1, 11)


def accounts(store: Store, session_id: str) -> dict[str, tuple[str, int | None]]:
    query = select(ACCOUNTS.c.id, ACCOUNTS.c.kind, ACCOUNTS.c.level).where(ACCOUNTS.c.session_id == session_id)
    with store.reading() as connection:
        return {id_: (kind, level) for id_, kind, level in connection.execute(query)}


def everyone(session_id: str) -> dict[str, tuple[str, int | None]]:
    shadows: dict[str, tuple[str, int | None]] = {f"{session_id}-L{level}": ("shadow", level) for level in LEVELS}
    return {session_id: ("person", None), **shadows}


@pytest.fixture
def earlier(store: Store) -> Iterator[Session]:
    """A session as an earlier release left it: without shadows."""
    opened = open_session(store, draft(balance="123.45"), NOON)
    with store.writing() as connection:
        for table, column in ((ENTRIES, ENTRIES.c.account_id), (ACCOUNTS, ACCOUNTS.c.id)):
            connection.execute(delete(table).where(column != opened.id))
    yield opened


def test_a_session_opens_with_ten_shadows_that_have_what_it_has(store: Store) -> None:
    mine, other = (open_session(store, draft(balance="123.45"), NOON).id for _ in range(2))
    assert accounts(store, mine) == everyone(mine)
    assert accounts(store, other) == everyone(other)
    for level in LEVELS:
        assert list(entries(store, shadow_id(mine, level))) == [deposit(1, NOON, Decimal("123.45"))]
        assert version_of(store, shadow_id(mine, level)) == 1


def test_a_session_of_an_earlier_release_is_given_its_shadows_once(store: Store, earlier: Session) -> None:
    assert accounts(store, earlier.id) == {earlier.id: ("person", None)}
    add_shadows(store, earlier.id, LATER)
    write(store, [Batch(shadow_id(earlier.id, 3), 1, (gas_entry(2),))])
    add_shadows(store, earlier.id, LATER + SECOND)
    assert accounts(store, earlier.id) == everyone(earlier.id)
    assert list(entries(store, shadow_id(earlier.id, 3))) == [deposit(1, LATER, Decimal("123.45")), gas_entry(2)]
    assert list(entries(store, earlier.id)) == [deposit(1, NOON, Decimal("123.45"))]


def test_a_session_that_has_ended_or_never_was_is_given_none(store: Store, earlier: Session) -> None:
    archive(store, earlier.id, LATER)
    for session_id in (earlier.id, "s9"):
        add_shadows(store, session_id, LATER)
    assert accounts(store, earlier.id) == {earlier.id: ("person", None)}
    assert accounts(store, "s9") == {}


def test_the_shadows_end_with_their_session(store: Store) -> None:
    mine, other = (open_session(store, draft(), NOON).id for _ in range(2))
    archive(store, mine, LATER)
    for level in LEVELS:
        with pytest.raises(Outpaced):
            write(store, [Batch(shadow_id(mine, level), 1, (gas_entry(2),))])
    write(store, [Batch(shadow_id(other, level), 1, (gas_entry(2),)) for level in LEVELS])


def test_what_is_taken_away_of_a_session_is_the_persons(store: Store) -> None:
    mine = open_session(store, draft(), NOON)
    shadow = shadow_id(mine.id, 4)
    write(store, [Batch(shadow, 1, (gas_entry(2),), (a_trade(shadow, 2),), (order("theirs", shadow),))])
    with kept(store, mine) as known:
        assert (known.holders, known.rows()) == ([Holder(mine.id, "person")], 1)
    assert trades(store, mine.id, ALL, 5) == []


def test_the_marks_of_shadows_are_thinned_as_the_persons_are(store: Store) -> None:
    mine = open_session(store, draft(), NOON).id
    ids = (mine, shadow_id(mine, 1), shadow_id(mine, 10))
    worth = Mark(NOON, Decimal(1), Decimal(1))
    mark(store, [(id_, replace(worth, at=NOON + number * SECOND)) for id_ in ids for number in range(3)])
    assert thin(store, NOON + timedelta(days=3)) == 6
    assert [len(marks(store, id_)) for id_ in ids] == [1, 1, 1]
