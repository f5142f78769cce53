"""Recalling: the ten ledgers of a session go to its disk, and come off it anew where somebody else wrote there."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.ledger import deposit
from app.domain.session import Session, shadow_id
from app.runtime.recalling import ShadowBooks
from app.store.books import Batch, version_of, write
from app.store.bots import memories
from app.store.database import Store, open_store
from app.store.sessions import open_session
from app.trading.terms import Terms
from tests.clock import START
from tests.recorded import BALANCE, WETH
from tests.store.fresh import with_database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{with_database(tmp_path) / 'drydock.db'}")
    yield opened
    opened.close()


async def test_after_somebody_else_wrote_the_ledgers_are_taken_anew_and_what_they_do_then_is_kept(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_session(store, Session("", "Test", "", "demo", 8453, BALANCE, START), START)
    books, fifth = ShadowBooks(session, store), shadow_id(session.id, 5)
    shadows = await books.open(Terms(), START)

    def remember() -> None:
        shadows.all[4].written.remembers = True

    write(store, [Batch(fifth, 1, (deposit(2, START, Decimal(7)),))])
    shadows.seen[WETH.key.address] = START
    remember()
    await books.write(shadows, START)
    assert caplog.text.count("[SESSION] shadows=outpaced") == 1
    assert shadows.all[4].books.account.cash == BALANCE + 7
    assert (shadows.seen, memories(store, session.id)) == ({}, {})
    assert all(shadow.marks is shadows.marks for shadow in shadows.all)
    remember()
    await books.write(shadows, START)
    assert caplog.text.count("[SESSION] shadows=outpaced") == 1
    assert version_of(store, fifth) == 2 and fifth in memories(store, session.id)
