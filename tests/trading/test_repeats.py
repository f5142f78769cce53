"""Repeats: an id that is under way stands for one order, whoever says it again."""

import asyncio

from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.store.books import version_of
from app.trading.desk import Placed
from app.trading.repeats import Outcome
from tests.trading.floor import TradingFloor


async def test_an_id_that_is_said_of_another_order_while_the_first_is_quoted_is_refused_and_the_first_fills(
    floor: TradingFloor,
) -> None:
    others: list[asyncio.Task[Outcome]] = []

    async def say_again() -> None:
        again = floor.desk.place(Asked("b1", "buy", amount_usd="999"), "WETH", Origin.API)
        others.append(asyncio.create_task(again))
        await asyncio.sleep(0)

    floor.pools.meanwhile = say_again
    first = await floor.desk.place(Asked("b1", "buy", amount_usd="1000"), "WETH", Origin.API)
    assert isinstance(first, Placed) and first.trade and first.trade.value == 1000 and not first.repeated
    assert [await other for other in others] == [
        Refusal("order_id_reused", "The order_id 'b1' was used for another order.")
    ]
    assert version_of(floor.store, floor.desk.session.id) == 2
