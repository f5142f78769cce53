"""Measuring: a fill is held against the next block and against half a minute later."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from app.domain.orders import Origin
from app.domain.quotes import Ask, Grade, Swap
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.domain.trades import Trade
from app.store.trades import trade as find_trade
from app.trading.desk import Placed
from app.trading.measuring import Measuring
from tests.trading.floor import Pools, TradingFloor


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


@dataclass
class Another(Pools):
    """Pools that say something else of themselves."""

    told_as: dict[str, Any] = field(default_factory=dict[str, Any])

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        swap = await super().quote(ask, block=block)
        return replace(swap, **self.told_as) if isinstance(swap, Swap) else swap


@pytest.mark.parametrize("told_as", [{"grade": Grade.A}, {"source": "another pool"}], ids=["grade", "source"])
async def test_a_fill_is_not_held_against_a_quote_of_another_grade_or_from_elsewhere(
    floor: TradingFloor, told_as: dict[str, Any]
) -> None:
    trade = await buy(floor)
    venue = replace(floor.desk.venue, quoter=Another(floor, block=101, shift=Decimal("1.01"), told_as=told_as))
    measuring = Measuring(venue, floor.store, floor.bell)
    measuring.hear(trade)
    await measuring.work()
    floor.clock.advance(30)
    await measuring.work()
    assert (stored(floor, trade).fill_error_bps, stored(floor, trade).fill_error_30s_bps) == (None, None)


async def test_what_nobody_quotes_again_is_not_measured_and_what_follows_is(
    floor: TradingFloor, measuring: Measuring
) -> None:
    trade = await buy(floor)
    floor.pools.block += 1
    floor.pools.refusal = Refusal("no_answer", "No node answers.")
    await measuring.work()
    floor.pools.refusal = None
    floor.clock.advance(30)
    await measuring.work()
    assert (stored(floor, trade).fill_error_bps, stored(floor, trade).fill_error_30s_bps) == (None, Decimal(0))
