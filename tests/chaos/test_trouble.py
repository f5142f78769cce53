"""While the disk refuses, nobody waits for ever, and what was seen is not forgotten."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.books import Books, Change
from app.domain.ledger import Entry, gas_paid, posted
from app.domain.orders import OrderState, Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.store.database import Store, open_store
from app.trading.bell import Bell
from app.trading.desk import Placed
from app.trading.rounds import Rounds
from tests.clock import START
from tests.store.fresh import with_database
from tests.store.held import held
from tests.trading.floor import TradingFloor


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    store = open_store(f"sqlite:///{with_database(tmp_path) / 'drydock.db'}")
    yield store
    store.close()


@pytest.fixture
async def trailing(store: Store) -> TradingFloor:
    """A floor whose desk holds WETH, bought at $2,500, with a stop 5 % below its highest price."""
    floor = TradingFloor(store)
    stop = Asked("t1", "sell", share_pct="100", type="trailing_stop", trail_pct="5")
    for asked in (Asked("b1", "buy", amount_usd="1000"), stop):
        assert isinstance(await floor.desk.place(asked, "WETH", Origin.API), Placed)
    return floor


async def test_a_trailing_stop_remembers_the_highest_price_that_the_disk_would_not_take(
    store: Store, trailing: TradingFloor
) -> None:
    with held(store):
        await trailing.after(1, WETH="3000")
    await trailing.after(1, WETH="2849")
    stop = await trailing.desk.find("t1")
    assert stop is not None and (stop.state, stop.highest) == (OrderState.FILLED, Decimal(3000))


async def test_a_lower_price_that_ticks_while_the_highest_is_written_does_not_replace_it(
    trailing: TradingFloor,
) -> None:
    trailing.tick(WETH="3000")
    writing = asyncio.create_task(trailing.resting.work())
    await asyncio.sleep(0)
    trailing.clock.advance(1)
    trailing.tick(WETH="2900")
    await writing
    await trailing.after(1, WETH="2900")
    assert trailing.desk.books.orders["t1"].highest == Decimal(3000)
    await trailing.after(1, WETH="2849")
    assert not trailing.desk.books.orders


def charged(books: Books) -> Change:
    entry = Entry(books.account.version + 1, START, gas_paid(Decimal("0.01")))
    return Change(posted(books.account, entry), entries=(entry,))


def unwritable(books: Books) -> Change:
    """A bug: an entry at a time that no clock shows, which no table takes."""
    change = charged(books)
    return replace(change, entries=(replace(change.entries[0], at=START.replace(tzinfo=None)),))


async def test_who_comes_while_a_round_breaks_is_answered_all_the_same(store: Store) -> None:
    desk = TradingFloor(store).desk
    breaks = asyncio.create_task(desk.rounds.settle(desk.session.id, unwritable))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    meanwhile = asyncio.create_task(desk.rounds.settle(desk.session.id, charged))
    broke, answered = await asyncio.wait_for(asyncio.gather(breaks, meanwhile, return_exceptions=True), 30)
    assert isinstance(broke, Exception)
    assert isinstance(answered, Change)
    assert desk.rounds.books(desk.session.id).account.version == 2


async def test_books_that_cannot_be_read_anew_are_a_refusal_for_all_and_nobody_waits_for_ever(store: Store) -> None:
    name = TradingFloor(store).desk.session.id
    ours, theirs = Rounds(store, Bell()), Rounds(store, Bell())
    ours.open(name)
    theirs.open(name)
    assert isinstance(await theirs.settle(name, charged), Change)
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE entries RENAME COLUMN postings TO lost")
    first = asyncio.create_task(ours.settle(name, charged))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = asyncio.create_task(ours.settle(name, charged))
    for outcome in await asyncio.wait_for(asyncio.gather(first, second), 30):
        assert isinstance(outcome, Refusal) and outcome.code == "database_refused"
