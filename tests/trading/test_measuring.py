"""Measuring: a fill is held against the next block and against half a minute later."""

from decimal import Decimal

import pytest

from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.domain.trades import Trade
from app.store.trades import trade as find_trade
from app.trading.desk import Placed
from app.trading.measuring import Measuring
from tests.trading.floor import TradingFloor


@pytest.fixture
async def measuring(floor: TradingFloor) -> Measuring:
    found = Measuring(floor.desk.venue, floor.store, floor.bell)
    floor.desk.heard.append(found.hear)
    return found


async def buy(floor: TradingFloor) -> Trade:
    placed = await floor.desk.place(Asked("b1", "buy", amount_usd="1000"), "WETH", Origin.API)
    assert isinstance(placed, Placed) and placed.trade
    return placed.trade


def stored(floor: TradingFloor, trade: Trade) -> Trade:
    found = find_trade(floor.store, trade.id)
    assert found is not None
    return found


async def test_the_next_block_and_half_a_minute_are_measured_with_their_sign(
    floor: TradingFloor, measuring: Measuring
) -> None:
    trade = await buy(floor)
    await measuring.work()
    assert stored(floor, trade).fill_error_bps is None
    floor.pools.block += 1
    floor.pools.shift = Decimal("1.01")
    floor.clock.advance(2)
    await measuring.work()
    dearer = stored(floor, trade).fill_error_bps
    assert dearer is not None and 98 < dearer < 100
    floor.pools.block += 14
    floor.pools.shift = Decimal("0.99")
    floor.clock.advance(28)
    await measuring.work()
    cheaper = stored(floor, trade).fill_error_30s_bps
    assert cheaper is not None and -102 < cheaper < -100
    assert stored(floor, trade).fill_error_bps == dearer


async def test_a_head_that_stands_still_measures_nothing(floor: TradingFloor, measuring: Measuring) -> None:
    trade = await buy(floor)
    for _ in range(40):
        floor.clock.advance(1)
        await measuring.work()
    assert (stored(floor, trade).fill_error_bps, stored(floor, trade).fill_error_30s_bps) == (None, None)


async def test_a_restart_goes_on_measuring_and_what_is_too_old_is_let_be(
    floor: TradingFloor, measuring: Measuring
) -> None:
    trade = await buy(floor)
    floor.reopen()
    fresh = Measuring(floor.desk.venue, floor.store, floor.bell)
    await fresh.resume(floor.desk.session.id)
    floor.pools.block += 1
    await fresh.work()
    assert stored(floor, trade).fill_error_bps == 0
    late = Measuring(floor.desk.venue, floor.store, floor.bell)
    floor.clock.advance(61)
    await late.resume(floor.desk.session.id)
    floor.pools.block += 9
    asked = len(floor.pools.asked)
    await late.work()
    assert len(floor.pools.asked) == asked
