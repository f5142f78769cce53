"""Spikes: a price that nobody trusts wakes no order that waits, and is nobody's highest."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.orders import Origin
from app.domain.prices import PriceState, Reading, SourceRule
from app.domain.tickets import Asked
from app.trading.desk import Placed
from app.trading.exits import set_exits
from tests.trading.floor import WETH, TradingFloor

HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
async def holding(floor: TradingFloor) -> TradingFloor:
    placed = await floor.desk.place(Asked("b1", "buy", amount_usd="1000"), "WETH", Origin.API)
    assert isinstance(placed, Placed)
    return floor


def spike(floor: TradingFloor, state: PriceState, price: str) -> None:
    """WETH is shown at this price, in this state, for a moment in which nobody tries an order."""

    def show(dex: str, age_s: float = 0, **others: str) -> None:
        floor.clock.advance(1)
        now = floor.clock.utc
        shown = {"dexscreener": dex} | others
        at = now - timedelta(seconds=age_s)
        floor.ticker.post([Reading(WETH.key, Decimal(usd), name, now, at) for name, usd in shown.items()], now)

    floor.clock.advance(100)
    if state is PriceState.DELAYED:
        show(price, age_s=60)
    else:
        floor.board.rules["coinbase"] = SourceRule("coinbase", 1, "coinbase", HALF_A_MINUTE)
        for dex in ("2500", "2500", price):
            show(dex, coinbase="5000")
    held = floor.desk.venue.price(WETH)
    assert (held.state, held.price) == (state, Decimal(price))


@pytest.mark.parametrize("state", [PriceState.DELAYED, PriceState.DISPUTED])
@pytest.mark.parametrize("price", ["2000", "3000"])
async def test_a_spike_that_is_delayed_or_disputed_wakes_no_order_and_raises_no_peak(
    holding: TradingFloor, state: PriceState, price: str
) -> None:
    sold: list[object] = []
    holding.desk.heard.append(sold.append)
    for asked in (
        Asked("st", "sell", share_pct="100", type="stop_loss", stop_price="2400"),
        Asked("tr", "sell", share_pct="100", type="trailing_stop", trail_pct="10"),
    ):
        assert isinstance(await holding.desk.place(asked, "WETH", Origin.API), Placed)
    spike(holding, state, price)
    # Long enough that who disputed it is not heard any more.
    await holding.after(61, WETH="2500")
    assert (set(holding.desk.books.orders), sold) == ({"st", "tr"}, [])
    assert holding.desk.books.orders["tr"].highest == Decimal(2500)


async def test_an_exit_that_trails_takes_no_peak_from_a_price_that_is_delayed(holding: TradingFloor) -> None:
    holding.clock.advance(100)
    holding.ticker.settle(holding.clock.utc)
    assert holding.desk.venue.price(WETH).state is PriceState.DELAYED
    await set_exits(holding.desk, WETH, {"trailing_pct": "10"}, Origin.HAND)
    [trailing] = holding.desk.books.orders.values()
    assert trailing.highest is None
    # A tenth below the delayed price, and not below the highest that was live since.
    await holding.after(1, WETH="2300")
    await holding.after(1, WETH="2200")
    assert holding.desk.books.orders[trailing.id].highest == Decimal(2300)
