"""Rounds: disk first, then memory, and whoever else writes to the account is noticed."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal

from app.domain.books import Books, Change
from app.domain.ledger import deposit
from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.store.books import Batch, version_of, write
from app.store.bots import memories
from app.trading.bell import Bell, Topic
from app.trading.desk import Placed
from app.trading.rounds import Decide
from tests.store.held import held
from tests.trading.floor import WETH, TradingFloor


async def buy(floor: TradingFloor, order_id: str) -> Placed | Refusal:
    return await floor.desk.place(Asked(order_id, "buy", amount_usd="100"), "WETH", Origin.API)


def elsewhere(floor: TradingFloor) -> None:
    """Another process writes to the account."""
    name = floor.desk.session.id
    number = (version_of(floor.store, name) or 0) + 1
    write(floor.store, [Batch(name, number - 1, (deposit(number, floor.clock.utc, Decimal(7)),))])


def rename(floor: TradingFloor, table: str, new: str) -> None:
    with closing(sqlite3.connect(str(floor.store.engine.url.database))) as other:
        other.execute(f"ALTER TABLE {table} RENAME TO {new}")


def remembering(memory: str, before: Callable[[], object] = lambda: None) -> Decide:
    """The bot remembers this, and nothing else changes; `before` happens whenever that is decided."""

    def decide(books: Books) -> Change:
        before()
        return Change(books.account, memory=memory)

    return decide


async def test_what_the_disk_refuses_never_was_in_memory(floor: TradingFloor) -> None:
    before = floor.desk.books
    with held(floor.store):
        refusal = await buy(floor, "b1")
    assert isinstance(refusal, Refusal) and refusal.code == "database_refused"
    assert floor.desk.books == before
    assert isinstance(await buy(floor, "b1"), Placed)


async def test_two_desks_over_one_account_never_spend_the_same_cash(floor: TradingFloor) -> None:
    first = floor.desk
    second = TradingFloor(floor.store).desk
    asked = [Asked(f"o{number}", "buy", amount_usd="3000") for number in range(6)]
    outcomes = await asyncio.gather(
        *(desk.place(order, "WETH", Origin.API) for order, desk in zip(asked, [first, second] * 3, strict=True))
    )
    filled = [outcome for outcome in outcomes if isinstance(outcome, Placed)]
    refused = {outcome.code for outcome in outcomes if isinstance(outcome, Refusal)}
    assert len(filled) == 3 and refused <= {"not_enough_cash", "gas_kept_back", "outpaced"}
    account = floor.reopen().books.account
    assert account.version == 4 and account.residual == 0 and account.cash >= 0
    assert version_of(floor.store, floor.desk.session.id) == 4


async def test_a_caller_who_gives_up_does_not_undo_what_was_begun(floor: TradingFloor) -> None:
    caller = asyncio.create_task(buy(floor, "b1"))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    await floor.desk.quiet()
    again = await buy(floor, "b1")
    assert isinstance(again, Placed) and again.repeated
    assert floor.desk.books.account.version == 2


async def test_the_bell_rings_for_the_account_once_it_is_on_disk(floor: TradingFloor) -> None:
    listener = floor.bell.listener()
    await buy(floor, "b1")
    assert Topic.ACCOUNT in await listener.wait()
    assert isinstance(floor.bell, Bell)
    assert floor.desk.books.account.held(WETH.key.address) > 0


async def test_what_the_bot_remembers_is_on_disk_where_nothing_else_has_changed(floor: TradingFloor) -> None:
    name = floor.desk.session.id
    assert isinstance(await floor.desk.rounds.settle(name, remembering("this")), Change)
    assert memories(floor.store, name) == {name: "this"}


async def test_who_was_outpaced_decides_again_on_what_the_other_wrote(floor: TradingFloor) -> None:
    elsewhere(floor)
    seen: list[Decimal] = []

    def decide(books: Books) -> Change:
        seen.append(books.account.cash)
        return Change(books.account, memory="this")

    assert isinstance(await floor.desk.rounds.settle(floor.desk.session.id, decide), Change)
    assert seen == [Decimal(10_000), Decimal(10_007)]


async def test_who_is_outpaced_every_time_is_told_so_and_nothing_of_it_is_written(floor: TradingFloor) -> None:
    name, tries = floor.desk.session.id, list[int]()

    def outpaced() -> None:
        elsewhere(floor)
        tries.append(1)

    refusal = await floor.desk.rounds.settle(name, remembering("this", outpaced))
    assert isinstance(refusal, Refusal) and (refusal.code, len(tries)) == ("outpaced", 3)
    assert refusal.sentence == "Another process writes to this account too; try again."
    assert (memories(floor.store, name), floor.desk.books.account.cash) == ({}, Decimal(10_021))
    assert isinstance(await buy(floor, "b1"), Placed)


async def test_an_account_that_cannot_be_read_anew_refuses_all_who_wait_until_it_can(floor: TradingFloor) -> None:
    before = floor.desk.books
    elsewhere(floor)
    rename(floor, "entries", "gone")
    # What was refused was decided on books that are no longer so.
    decided: list[Decide] = [remembering("this"), lambda _: Refusal("not_held", "No WETH is held.")]
    answers = await asyncio.gather(*(floor.desk.rounds.settle(floor.desk.session.id, each) for each in decided))
    assert [each.code for each in answers if isinstance(each, Refusal)] == ["database_refused"] * 2
    assert floor.desk.books == before
    rename(floor, "gone", "entries")
    assert isinstance(await buy(floor, "b1"), Placed)
    assert floor.desk.books.account.version == 3


async def test_a_round_that_fails_tells_all_who_waited_for_it_and_who_came_meanwhile_is_served(
    floor: TradingFloor,
) -> None:
    name, rounds = floor.desk.session.id, floor.desk.rounds
    tries: list[int] = []
    meanwhile: list[asyncio.Task[Change | Refusal]] = []

    def broken() -> None:
        tries.append(1)
        if len(tries) == 2:
            raise ZeroDivisionError
        meanwhile.append(asyncio.create_task(rounds.settle(name, remembering("meanwhile"))))

    elsewhere(floor)
    decided = (remembering("this"), remembering("that", broken))
    asked = [asyncio.create_task(rounds.settle(name, decide)) for decide in decided]
    told, waiting = await asyncio.wait(asked, timeout=10)
    assert not waiting and [type(task.exception()) for task in told] == [ZeroDivisionError, ZeroDivisionError]
    _, waiting = await asyncio.wait(meanwhile, timeout=10)
    assert len(meanwhile) == 1 and not waiting
    assert memories(floor.store, name) == {name: "meanwhile"}
