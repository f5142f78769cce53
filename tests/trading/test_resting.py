"""Resting orders: touched by any tick, filled at what the pool gives, cancelled by what they are tied to."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.books import MOST_OPEN
from app.domain.orders import Order, OrderState, Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.trading.desk import Placed
from app.trading.exits import Exits, exits_of, set_exits
from tests.trading.floor import WETH, TradingFloor


@pytest.fixture
async def holding(floor: TradingFloor) -> TradingFloor:
    """A floor whose desk holds WETH for $1,000."""
    placed = await floor.desk.place(Asked("b1", "buy", amount_usd="1000"), "WETH", Origin.API)
    assert isinstance(placed, Placed)
    return floor


async def rest(floor: TradingFloor, asked: Asked) -> Order:
    placed = await floor.desk.place(asked, "WETH", Origin.API)
    assert isinstance(placed, Placed), placed
    assert placed.order.state is OrderState.OPEN and placed.trade is None
    return placed.order


async def state_of(floor: TradingFloor, order_id: str) -> OrderState:
    order = await floor.desk.find(order_id)
    assert order is not None
    return order.state


async def test_a_limit_to_buy_fills_once_the_executable_price_meets_it_and_not_when_only_the_mid_does(
    floor: TradingFloor,
) -> None:
    await rest(floor, Asked("l1", "buy", amount_usd="1000", type="limit", limit_price="2400"))
    await floor.after(1, WETH="2410")
    assert await state_of(floor, "l1") is OrderState.OPEN
    await floor.after(1, WETH="2400")
    assert await state_of(floor, "l1") is OrderState.OPEN
    await floor.after(1, WETH="2395")
    assert await state_of(floor, "l1") is OrderState.FILLED
    position = floor.desk.books.account.positions[WETH.key.address]
    assert position.average_entry_price <= Decimal(2400)


async def test_a_gap_through_a_stop_fills_at_what_the_pool_gives_after_the_gap(holding: TradingFloor) -> None:
    await rest(holding, Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400"))
    await holding.after(1, WETH="2000")
    order = await holding.desk.find("st")
    assert order is not None and order.state is OrderState.FILLED
    account = holding.desk.books.account
    assert not account.open_positions
    assert account.cash < Decimal(9000) + Decimal(1000) * 2000 / 2500


async def test_a_tick_that_is_followed_by_others_before_the_desk_looks_still_fires_a_stop(
    holding: TradingFloor,
) -> None:
    await rest(holding, Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400"))
    holding.clock.advance(1)
    holding.tick(WETH="2390")
    holding.clock.advance(1)
    holding.tick(WETH="2450")
    await holding.resting.work()
    assert await state_of(holding, "st") is OrderState.FILLED


async def test_a_trailing_stop_follows_the_highest_price_and_remembers_it_over_a_restart(holding: TradingFloor) -> None:
    await rest(holding, Asked("tr", "sell", share_pct="100", type="trailing_stop", trail_pct="10"))
    await holding.after(1, WETH="3000")
    holding.reopen()
    await holding.after(1, WETH="2750")
    assert await state_of(holding, "tr") is OrderState.OPEN
    await holding.after(1, WETH="2699")
    assert await state_of(holding, "tr") is OrderState.FILLED


async def test_a_stop_that_the_world_refuses_tries_again_at_the_next_tick(holding: TradingFloor) -> None:
    await rest(holding, Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400"))
    holding.pools.refusal = Refusal("rpc_unreachable", "No node answers.")
    await holding.after(1, WETH="2300")
    assert await state_of(holding, "st") is OrderState.OPEN
    holding.pools.refusal = None
    await holding.after(1, WETH="2290")
    assert await state_of(holding, "st") is OrderState.FILLED


async def test_a_stop_is_not_refused_for_its_impact(holding: TradingFloor) -> None:
    await rest(holding, Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400"))
    holding.pools.liquidity = Decimal(4000)
    await holding.after(1, WETH="2300")
    assert await state_of(holding, "st") is OrderState.FILLED


async def test_what_cannot_be_paid_at_the_trigger_is_refused(floor: TradingFloor) -> None:
    await rest(floor, Asked("l1", "buy", amount_usd="9000", type="limit", limit_price="2400"))
    placed = await floor.desk.place(Asked("b1", "buy", amount_usd="5000"), "WETH", Origin.API)
    assert isinstance(placed, Placed)
    await floor.after(1, WETH="2300")
    order = await floor.desk.find("l1")
    assert order is not None and order.state is OrderState.REFUSED and "cash" in order.reason


async def test_an_order_expires_at_its_time(floor: TradingFloor) -> None:
    until = floor.clock.utc + timedelta(seconds=60)
    await rest(floor, Asked("l1", "buy", amount_usd="100", type="limit", limit_price="2400", expires_at=until))
    await floor.after(59)
    assert await state_of(floor, "l1") is OrderState.OPEN
    await floor.after(1)
    assert await state_of(floor, "l1") is OrderState.EXPIRED


async def test_a_cancelled_order_is_not_filled_any_more(floor: TradingFloor) -> None:
    await rest(floor, Asked("l1", "buy", amount_usd="100", type="limit", limit_price="2400"))
    cancelled = await floor.desk.cancel("l1")
    assert isinstance(cancelled, Order) and cancelled.state is OrderState.CANCELLED
    again = await floor.desk.cancel("l1")
    assert isinstance(again, Refusal) and again.code == "order_not_open"
    await floor.after(1, WETH="2000")
    assert not floor.desk.books.account.open_positions


@pytest.mark.parametrize("waits", [True, False], ids=["before", "in the same round"])
async def test_an_order_that_is_cancelled_while_it_is_quoted_stays_cancelled(
    floor: TradingFloor, *, waits: bool
) -> None:
    await rest(floor, Asked("l1", "buy", amount_usd="100", type="limit", limit_price="2400"))
    before, cancelling = floor.desk.books.account, list[asyncio.Task[Order | Refusal]]()

    async def cancel() -> None:
        cancelling.append(asyncio.create_task(floor.desk.cancel("l1")))
        await (cancelling[0] if waits else asyncio.sleep(0))

    floor.pools.meanwhile = cancel
    await floor.after(1, WETH="2300")
    cancelled = await cancelling[0]
    assert isinstance(cancelled, Order) and cancelled.state is OrderState.CANCELLED
    assert (await state_of(floor, "l1"), floor.desk.books.account) == (OrderState.CANCELLED, before)
    assert floor.reopen().books.account == before


async def test_the_stop_and_the_target_of_a_position_cancel_each_other(holding: TradingFloor) -> None:
    exits = await set_exits(holding.desk, WETH, {"stop_loss": "2400", "take_profit": "2600"}, Origin.HAND)
    assert exits == Exits(Decimal(2400), Decimal(2600), None)
    await holding.after(1, WETH="2620")
    assert not holding.desk.books.orders and not holding.desk.books.account.open_positions
    await holding.after(1, WETH="2000")
    assert holding.desk.books.account.version == 3


async def test_exits_are_changed_one_by_one_and_go_with_their_position(holding: TradingFloor) -> None:
    await set_exits(holding.desk, WETH, {"stop_loss": "2400", "trailing_pct": "8"}, Origin.HAND)
    await holding.after(1, WETH="2700")
    await holding.after(1, WETH="2600")
    await set_exits(holding.desk, WETH, {"stop_loss": "2450"}, Origin.HAND)
    assert exits_of(holding.desk, WETH) == Exits(Decimal(2450), None, Decimal(8))
    trailing = next(o for o in holding.desk.books.orders.values() if o.ticket.trail_pct)
    assert trailing.highest == Decimal(2700)
    await holding.desk.place(Asked("s", "sell", share_pct="100"), "WETH", Origin.HAND)
    assert not holding.desk.books.orders


async def test_an_exit_on_the_wrong_side_of_the_price_is_refused(holding: TradingFloor) -> None:
    for wanted, code in (({"stop_loss": "2501"}, "stop_above_price"), ({"take_profit": "2499"}, "target_below_price")):
        refusal = await set_exits(holding.desk, WETH, wanted, Origin.HAND)
        assert isinstance(refusal, Refusal) and refusal.code == code
    assert not holding.desk.books.orders


async def test_a_stop_for_what_is_not_held_is_refused(floor: TradingFloor) -> None:
    asked = Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400")
    refusal = await floor.desk.place(asked, "WETH", Origin.API)
    assert isinstance(refusal, Refusal) and refusal.code == "not_held"


async def test_two_changes_of_exits_at_once_both_stand(holding: TradingFloor) -> None:
    await asyncio.gather(
        set_exits(holding.desk, WETH, {"stop_loss": "2400"}, Origin.API),
        set_exits(holding.desk, WETH, {"take_profit": "2600"}, Origin.API),
    )
    assert exits_of(holding.desk, WETH) == Exits(Decimal(2400), Decimal(2600), None)


@pytest.mark.parametrize(("side", "share"), [("sell", "50"), ("buy", "50")])
async def test_a_stop_sells_what_is_held_when_it_fills_even_if_that_changed_while_it_was_quoted(
    holding: TradingFloor, side: str, share: str
) -> None:
    await set_exits(holding.desk, WETH, {"stop_loss": "2400", "take_profit": "2600"}, Origin.HAND)
    asked = Asked("m", side, share_pct=share)
    holding.pools.meanwhile = lambda: holding.desk.place(asked, "WETH", Origin.HAND)
    await holding.after(1, WETH="2300")
    assert await state_of(holding, "m") is OrderState.FILLED
    assert not holding.desk.books.account.open_positions and not holding.desk.books.orders


async def test_a_stop_for_more_than_is_left_sells_what_is_left(holding: TradingFloor) -> None:
    held = holding.desk.books.account.held(WETH.key.address)
    await rest(holding, Asked("st", "sell", quantity=f"{held:f}", type="stop_loss", stop_price="2400"))
    await holding.desk.place(Asked("s", "sell", share_pct="50"), "WETH", Origin.HAND)
    await holding.after(1, WETH="2300")
    assert await state_of(holding, "st") is OrderState.FILLED
    assert not holding.desk.books.account.open_positions


async def test_a_trailing_stop_takes_its_peak_from_live_prices_only(holding: TradingFloor) -> None:
    holding.clock.advance(31)
    holding.ticker.settle(holding.clock.utc)
    await rest(holding, Asked("tr", "sell", share_pct="100", type="trailing_stop", trail_pct="5"))
    await holding.after(1, WETH="2300")
    assert await state_of(holding, "tr") is OrderState.OPEN
    await holding.after(1, WETH="2180")
    assert await state_of(holding, "tr") is OrderState.FILLED


async def test_stops_are_tried_before_everything_else(holding: TradingFloor) -> None:
    for number in range(6):
        await rest(holding, Asked(f"a{number}", "buy", amount_usd="50", type="limit", limit_price="2400"))
    await rest(holding, Asked("z", "sell", share_pct="100", type="stop_loss", stop_price="2400"))
    await holding.after(1, WETH="2300")
    stop = await holding.desk.find("z")
    first = await holding.desk.find("a0")
    assert stop and first and stop.trade_id and first.trade_id
    assert int(stop.trade_id.split("-")[1]) < int(first.trade_id.split("-")[1])


async def test_a_dear_block_does_not_end_a_limit_order(floor: TradingFloor) -> None:
    await rest(floor, Asked("l1", "buy", amount_usd="9990", type="limit", limit_price="2400"))
    floor.pools.gas_usd = Decimal("4")
    await floor.after(1, WETH="2390")
    assert await state_of(floor, "l1") is OrderState.OPEN
    floor.pools.gas_usd = Decimal("0.02")
    await floor.after(1, WETH="2390")
    assert await state_of(floor, "l1") is OrderState.FILLED


async def test_exits_can_be_tightened_with_as_many_orders_open_as_there_may_be(holding: TradingFloor) -> None:
    await set_exits(holding.desk, WETH, {"stop_loss": "2400"}, Origin.HAND)
    asked = [Asked(f"l{n}", "buy", amount_usd="5", type="limit", limit_price="1") for n in range(MOST_OPEN - 1)]
    await asyncio.gather(*(rest(holding, one) for one in asked))
    over = await holding.desk.place(
        Asked("over", "buy", amount_usd="5", type="limit", limit_price="1"), "WETH", Origin.API
    )
    assert isinstance(over, Refusal) and over.code == "too_many_orders"
    exits = await set_exits(holding.desk, WETH, {"stop_loss": "2450"}, Origin.HAND)
    assert isinstance(exits, Exits) and exits.stop_loss == Decimal(2450)


async def test_a_stop_that_would_sell_at_once_is_refused_and_a_trade_says_what_woke_it(holding: TradingFloor) -> None:
    asked = Asked("hi", "sell", share_pct="100", type="stop_loss", stop_price="25000")
    refusal = await holding.desk.place(asked, "WETH", Origin.API)
    assert isinstance(refusal, Refusal) and refusal.code == "stop_above_price"
    await rest(holding, Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400"))
    await holding.after(1, WETH="2300")
    order = await holding.desk.find("st")
    assert order and order.reason == "The stop-loss at 2400 was touched."


async def test_an_order_expires_with_no_tick_to_remind_of_it(floor: TradingFloor) -> None:
    until = floor.clock.utc + timedelta(seconds=60)
    await rest(floor, Asked("l1", "buy", amount_usd="100", type="limit", limit_price="2400", expires_at=until))
    floor.clock.advance(61)
    await floor.resting.expire()
    assert await state_of(floor, "l1") is OrderState.EXPIRED


async def test_a_stop_of_the_ticket_goes_with_the_position_that_it_guarded(holding: TradingFloor) -> None:
    await rest(holding, Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400"))
    await rest(holding, Asked("li", "sell", share_pct="100", type="limit", limit_price="3000"))
    await holding.desk.place(Asked("s", "sell", share_pct="100"), "WETH", Origin.HAND)
    assert await state_of(holding, "st") is OrderState.CANCELLED
    assert await state_of(holding, "li") is OrderState.OPEN
