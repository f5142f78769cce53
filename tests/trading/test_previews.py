"""Previews: what an order comes to is reckoned with what it costs."""

from decimal import Decimal

import pytest

from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.trading.desk import Placed
from tests.trading.floor import TradingFloor


@pytest.mark.parametrize(("likely", "dearer"), [("0.02", "5"), ("2", "2.9")])
async def test_all_of_the_cash_is_sized_again_where_the_gas_is_dearer_than_thought_and_leaving_stays_possible(
    floor: TradingFloor, likely: str, dearer: str
) -> None:
    floor.pools.gas_usd = Decimal(likely)

    async def rise() -> None:
        floor.pools.gas_usd = Decimal(dearer)

    floor.pools.meanwhile = rise
    outcome = await floor.desk.place(Asked("max", "buy", share_pct="100"), "WETH", Origin.API)
    assert isinstance(outcome, Placed) and outcome.trade, outcome
    first, second = (ask.amount for ask in floor.pools.asked)
    assert second < first and outcome.trade.pay == second
    assert floor.desk.books.account.cash >= 2 * Decimal(dearer)
