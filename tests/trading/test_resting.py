"""Resting orders: touched by any tick, filled at what the pool gives, cancelled by what they are tied to."""

from datetime import timedelta
from decimal import Decimal

import pytest

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


async def test_a_price_that_is_not_live_wakes_no_order(holding: TradingFloor) -> None:
    await rest(holding, Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400"))
    holding.prices["WETH"] = Decimal(2000)
    holding.clock.advance(31)
    holding.ticker.settle(holding.clock.utc)
    await holding.resting.work()
    assert await state_of(holding, "st") is OrderState.OPEN


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
