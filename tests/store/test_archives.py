"""A session as a whole: read as it was at one moment, written at once or not at all."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from app.domain.ledger import deposit
from app.domain.session import Session
from app.store.archives import Archive, Holder, Holdings, kept, take_in
from app.store.books import Batch, entries, version_of, write
from app.store.database import Store
from app.store.sessions import open_session, session, sessions
from tests.store.drawn import NOON, SECOND, draft, gas_entry, order


def archive_of(seq: int, settings: dict[str, str] | None = None) -> Archive:
    """A session that has ended, with a deposit and an order."""
    mine = replace(draft(), id=f"s{seq}", ended_at=NOON + SECOND, settings=settings or {})
    put = deposit(1, NOON, mine.starting_balance)
    return Archive(mine, [Holdings(Holder(mine.id, "person"), entries=[put], orders=[order("o", mine.id)])])


def taken_in(store: Store, seal: str = "seal") -> Session | None:
    return take_in(store, seal, lambda _seq: ["o"], lambda seq, _taken: archive_of(seq, {"seal": seal}))


def test_nothing_that_is_written_meanwhile_is_seen(store: Store) -> None:
    mine = open_session(store, draft(), NOON)
    with kept(store, mine) as known:
        assert known.rows() == 1
        write(store, [Batch(mine.id, 1, entries=(gas_entry(2),), orders=(order("o", mine.id),))])
        assert [entry.number for entry in known.entries(mine.id)] == [1]
        assert (list(known.orders(mine.id)), known.rows()) == ([], 1)
    with kept(store, mine) as known:
        assert [entry.number for entry in known.entries(mine.id)] == [1, 2]
        assert (len(list(known.orders(mine.id))), known.rows()) == (1, 3)


def test_what_is_taken_in_gets_the_next_place_and_is_kept_as_it_is(store: Store) -> None:
    open_session(store, draft(), NOON)
    mine = taken_in(store)
    assert mine is not None and session(store, "s2") == mine
    assert [place for place, _ in sessions(store, 5)] == [2, 1]
    assert (version_of(store, "s2"), list(entries(store, "s2"))) == (1, [deposit(1, NOON, mine.starting_balance)])
    with kept(store, mine) as known:
        assert known.holders == [Holder("s2", "person")]


def test_what_holds_a_seal_is_taken_in_once(store: Store) -> None:
    assert taken_in(store) is not None
    assert taken_in(store) is None
    assert len(sessions(store, 5)) == 1


def test_the_ids_of_orders_that_are_taken_are_told(store: Store) -> None:
    heard: list[frozenset[str]] = []

    def settled(seq: int, taken: frozenset[str]) -> Archive:
        heard.append(taken)
        return Archive(archive_of(seq).session, [])

    taken_in(store)
    take_in(store, "other", lambda seq: ["o", f"{seq}-o", *map(str, range(2000))], settled)
    assert heard == [frozenset({"o"})]


@pytest.fixture
def crowded(store: Store) -> Iterator[Store]:
    taken_in(store)
    yield store
    assert len(sessions(store, 5)) == 1 and version_of(store, "s2") is None


def test_what_cannot_be_written_whole_is_not_written_at_all(crowded: Store) -> None:
    # The order's id is taken, and whoever settles this has not looked.
    with pytest.raises(IntegrityError):
        take_in(crowded, "another seal", lambda _seq: [], lambda seq, _taken: archive_of(seq))
