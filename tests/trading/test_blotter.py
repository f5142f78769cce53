"""The blotter: every order counts by who asked for it and by each state that it came to, once."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.domain.decisions import Verdict
from app.domain.orders import OrderState, Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.trading.exits import set_exits
from app.trading.previews import Preview
from tests.trading.floor import WETH, TradingFloor
from tests.trading.traders import Place

CANCELLED, EXPIRED, FILLED, OPEN = OrderState.CANCELLED, OrderState.EXPIRED, OrderState.FILLED, OrderState.OPEN
REFUSED, REVERTED = OrderState.REFUSED, OrderState.REVERTED


async def buy(floor: TradingFloor, order_id: str, origin: Origin = Origin.API, **fields: Any) -> object:
    told: dict[str, Any] = {"amount_usd": "1000"} | fields
    return await floor.desk.place(Asked(order_id, "buy", **told), "WETH", origin)


def counts(floor: TradingFloor) -> dict[tuple[Origin, OrderState], int]:
    return dict(floor.desk.blotter.orders)


async def test_an_order_that_is_filled_or_refused_counts_with_its_origin_and_its_seconds(floor: TradingFloor) -> None:
    await buy(floor, "b1")
    await buy(floor, "b2", Origin.HAND, amount_usd="1e6")
    await buy(floor, "bot-1", Origin.BOT, amount_usd="10")
    assert counts(floor) == {(Origin.API, FILLED): 1, (Origin.HAND, REFUSED): 1, (Origin.BOT, FILLED): 1}
    assert floor.desk.blotter.seconds.count == 3


async def test_the_same_order_again_counts_once_whether_it_is_under_way_or_done(floor: TradingFloor) -> None:
    await asyncio.gather(*(buy(floor, "b1") for _ in range(5)))
    await buy(floor, "b1")
    assert counts(floor) == {(Origin.API, FILLED): 1}
    assert floor.desk.blotter.seconds.count == 1


async def test_what_is_turned_away_at_the_door_is_refused_too(floor: TradingFloor) -> None:
    for order_id in ("bot-1", "", "x" * 500):
        assert isinstance(await buy(floor, order_id), Refusal)
    floor.desk.closed = True
    assert isinstance(await buy(floor, "late"), Refusal)
    assert counts(floor) == {(Origin.API, REFUSED): 4}


async def test_an_order_that_rests_is_open_and_counts_again_by_how_it_ends(floor: TradingFloor) -> None:
    until = floor.clock.utc + timedelta(seconds=60)
    await buy(floor, "l1", amount_usd="100", type="limit", limit_price="2400")
    await buy(floor, "l2", amount_usd="100", type="limit", limit_price="1000")
    await buy(floor, "l3", Origin.HAND, amount_usd="100", type="limit", limit_price="1000", expires_at=until)
    assert counts(floor) == {(Origin.API, OPEN): 2, (Origin.HAND, OPEN): 1}
    await floor.after(1, WETH="2410")
    await floor.after(1, WETH="2390")
    await floor.desk.cancel("l2")
    await floor.after(61)
    ended = {(Origin.API, FILLED): 1, (Origin.API, CANCELLED): 1, (Origin.HAND, EXPIRED): 1}
    assert counts(floor) == {(Origin.API, OPEN): 2, (Origin.HAND, OPEN): 1} | ended
    assert floor.desk.blotter.seconds.count == 3


async def test_exits_that_are_tied_count_as_open_and_the_one_that_is_left_as_cancelled(floor: TradingFloor) -> None:
    await buy(floor, "b1")
    await set_exits(floor.desk, WETH, {"stop_loss": "2000", "take_profit": "3000"}, Origin.HAND)
    await floor.after(1, WETH="3100")
    ended = {(Origin.HAND, FILLED): 1, (Origin.HAND, CANCELLED): 1}
    assert counts(floor) == {(Origin.API, FILLED): 1, (Origin.HAND, OPEN): 2} | ended


async def test_an_offer_whose_pool_has_moved_away_counts_as_reverted(floor: TradingFloor) -> None:
    preview = await floor.desk.preview(Asked("", "buy", amount_usd="1000"), "WETH")
    assert isinstance(preview, Preview)
    floor.pools.shift = Decimal("1.02")
    await floor.desk.accept("o1", preview.quote_id, Origin.HAND)
    assert counts(floor) == {(Origin.HAND, REVERTED): 1}


async def test_the_line_of_a_trade_names_the_price_it_was_made_at_and_the_bot_s_own_the_decision_behind_it(
    floor: TradingFloor, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place(floor)
    floor.clock.advance(7)
    with caplog.at_level("INFO", "drydock.trade"):
        await buy(floor, "b1")
        await place.bought()
        await place.decide(Verdict.SELL, why="strength")
    hand, entry, sale = (line for line in caplog.messages if line.startswith("[TRADE] id="))
    assert hand.endswith("status=filled price_source=dexscreener age=7s")
    assert entry.endswith("age=7s decision=d1 level=8 verdict=BUY reason='entry'")
    assert sale.endswith("age=7s decision=d2 level=8 verdict=SELL reason='strength'")
    assert floor.desk.blotter.levels == {}
