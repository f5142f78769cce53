"""Rounds: disk first, then memory, and whoever else writes to the account is noticed."""

import asyncio

from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.store.books import version_of
from app.trading.bell import Bell, Topic
from app.trading.desk import Placed
from tests.store.held import held
from tests.trading.floor import WETH, TradingFloor


async def buy(floor: TradingFloor, order_id: str) -> Placed | Refusal:
    return await floor.desk.place(Asked(order_id, "buy", amount_usd="100"), "WETH", Origin.API)


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
