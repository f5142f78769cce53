"""Flattening: everything is sold once, whatever it moves, and a repeat answers the same."""

import asyncio
from decimal import Decimal

from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.trading.desk import Placed
from app.trading.flattening import flatten
from tests.trading.floor import AERO, WETH, TradingFloor


async def buy(floor: TradingFloor, order_id: str, token: str) -> None:
    assert isinstance(await floor.desk.place(Asked(order_id, "buy", amount_usd="500"), token, Origin.API), Placed)


async def test_every_position_is_sold_and_the_same_id_again_answers_the_same_and_sells_nothing(
    floor: TradingFloor,
) -> None:
    await buy(floor, "b1", "WETH")
    await buy(floor, "b2", "AERO")
    first = await flatten(floor.desk, "out", Origin.HAND)
    assert isinstance(first, list) and {item.address for item in first} == {WETH.key.address, AERO.key.address}
    assert not floor.desk.books.account.open_positions
    await buy(floor, "b3", "WETH")
    floor.reopen()
    again = await flatten(floor.desk, "out", Origin.HAND)
    assert isinstance(again, list)
    trades = [item.outcome.trade for item in first if isinstance(item.outcome, Placed)]
    assert [item.outcome.trade for item in again if isinstance(item.outcome, Placed)] == trades
    assert floor.desk.books.account.held(WETH.key.address) > 0


async def test_two_flattenings_at_once_sell_each_position_once(floor: TradingFloor) -> None:
    await buy(floor, "b1", "WETH")
    both = await asyncio.gather(flatten(floor.desk, "a", Origin.HAND), flatten(floor.desk, "b", Origin.HAND))
    assert sorted(len(outcomes) for outcomes in both if isinstance(outcomes, list)) == [0, 1]
    assert floor.desk.books.account.version == 3


async def test_flattening_nothing_stays_nothing_under_that_id(floor: TradingFloor) -> None:
    assert await flatten(floor.desk, "out", Origin.HAND) == []
    await buy(floor, "b1", "WETH")
    assert await flatten(floor.desk, "out", Origin.HAND) == []
    assert floor.desk.books.account.held(WETH.key.address) > 0


async def test_it_sells_whatever_the_impact_and_says_what_it_could_not_sell(floor: TradingFloor) -> None:
    await buy(floor, "b1", "WETH")
    floor.pools.refusal = Refusal("rpc_unreachable", "No node answers.")
    failed = await flatten(floor.desk, "a", Origin.HAND)
    assert isinstance(failed, list) and isinstance(failed[0].outcome, Refusal)
    again = await flatten(floor.desk, "a", Origin.HAND)
    assert isinstance(again, list) and again[0].outcome == failed[0].outcome
    floor.pools.refusal, floor.pools.liquidity = None, Decimal(1000)
    sold = await flatten(floor.desk, "b", Origin.HAND)
    assert isinstance(sold, list) and isinstance(sold[0].outcome, Placed)
    assert not floor.desk.books.account.open_positions


async def test_an_id_that_an_order_has_is_no_id_for_a_flattening(floor: TradingFloor) -> None:
    await buy(floor, "b1", "WETH")
    refusal = await flatten(floor.desk, "b1", Origin.HAND)
    assert isinstance(refusal, Refusal) and refusal.code == "order_id_reused"
