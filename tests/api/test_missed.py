"""What was missed: of the session that was heard, of one that was opened since, and of none that is at work anew."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine

from app.api.cable import Cable
from app.api.missed import missed
from app.api.places import Place, place_in
from app.runtime.house import House
from app.store.database import Store, open_store
from app.store.sessions import open_session
from tests.api.ledger import pit_of, placed
from tests.api.listeners import QUICK, Event, events_in, heard, of, told
from tests.clock import START
from tests.store.drawn import draft
from tests.store.fresh import with_database
from tests.store.trading_day import fill

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A deposit is an account's first entry.
BEGUN = 1


@pytest_asyncio.fixture(loop_scope="module")
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Two sessions, s1 without a trade and s2 with three, s2-2 to s2-4."""
    with_database(tmp_path)
    opened = open_store(f"sqlite:///{tmp_path / 'drydock.db'}")
    for _ in range(2):
        open_session(opened, draft(), START)
    fill(opened, 3, "s2")
    yield opened
    opened.close()


def place(session: int, trade: int, newest: int = 2) -> Place:
    return Place("0123abcd", 7, session, trade, 0, newest)


def since(store: Store, seen: Place, now: Place) -> list[Event]:
    return events_in(b"".join(missed(store, seen, now)).decode())


async def test_of_a_session_that_is_at_work_anew_nothing_is_told_twice(store: Store) -> None:
    away = since(store, place(2, 3), place(1, BEGUN))
    assert (of(away, "gap"), of(away, "trade")) == (["another_session"], ["s2-4"])
    back = since(store, place(1, BEGUN), place(2, 4))
    assert (of(back, "gap"), of(back, "trade")) == (["another_session"], [])


async def test_of_a_session_that_was_opened_since_all_is_told_once_wherever_the_line_breaks(store: Store) -> None:
    now = place(2, 4)
    told_all = since(store, place(1, BEGUN, newest=1), now)
    assert (of(told_all, "gap"), of(told_all, "trade")) == ([], ["s2-2", "s2-3", "s2-4"])
    for number, event in enumerate(told_all):
        seen = place_in(event.id)
        assert seen is not None
        assert of(since(store, seen, now), "gap", "trade") == of(told_all, "trade")[number + 1 :]


async def test_where_more_sessions_were_opened_than_the_one_at_work_it_is_said(store: Store) -> None:
    assert of(since(store, place(1, BEGUN, newest=1), place(2, 4, newest=3)), "gap") == ["sessions_between"]
    assert of(since(store, place(1, BEGUN, newest=1), place(1, BEGUN)), "gap") == ["sessions_between"]


@pytest.mark.parametrize("seen", [place(3, 1, newest=3), place(1, 1, newest=3), place(2, 5), place(2, 1, newest=1)])
async def test_only_what_this_desk_cannot_have_told_is_unknown(store: Store, seen: Place) -> None:
    assert of(since(store, seen, place(2, 4)), "gap", "trade") == ["unknown_event"]


async def test_what_could_not_be_read_when_the_session_changed_is_told_to_those_who_come_back_too(
    demo: House,
) -> None:
    cable = Cable(demo, QUICK)
    reader = await cable.reader()
    seen = (await heard(reader))[-1].id
    await placed(amount_usd="30")
    async with demo.switching:
        await demo.succeed(pit_of(demo).session)
    store = demo.store
    demo.store = Store(create_engine("sqlite:////no/such/folder/file.db"), "The database")
    try:
        news = await told(cable, reader)
    finally:
        demo.store = store
    assert of(news, "gap") == ["database_refused"]
    assert of(await heard(await cable.reader(seen)), "gap") == ["database_refused"]
    cable.hang_up()
