"""Fills on the chart: those of the shown token, and nothing else is sent again for them."""

import pytest

from app.runtime.house import House
from app.ui.state import chart
from app.ui.state.chart import MARKS_SHOWN, ChartState
from tests.ui.dealings import bought, sold
from tests.ui.tabs import Tab, call

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_chart_points_at_what_was_bought_and_sold_of_its_token(own: House) -> None:
    buy, sell = await bought(own, "WETH", "500"), await sold(own, "WETH", "100")
    await bought(own, "LINK", "100")
    state = await Tab().get(ChartState)
    await call(state, "load")
    assert state.marks["t"] == [round(trade.at.timestamp() * 1000) for trade in (buy, sell)]
    assert state.marks["side"] == ["buy", "sell"]
    words = [str(text) for text in state.marks["text"]]
    assert words[0].startswith("Bought 0.") and words[1].startswith("Sold 0.")
    assert all(" at " in text for text in words)
    await call(state, "choose", "LINK")
    assert state.marks["side"] == ["buy"]


async def test_a_trade_sends_its_mark_and_not_the_chart(own: House) -> None:
    tab = Tab()
    state = await tab.get(ChartState)
    await call(state, "load")
    tab.sent()
    await bought(own, "WETH", "500")
    await chart.MARKS.show(state)
    assert tab.sent().keys() == {"marks"}
    await chart.MARKS.show(state)
    assert tab.sent() == {}


async def test_only_the_newest_fills_are_pointed_at(own: House) -> None:
    await bought(own, "WETH", "500")
    for _ in range(MARKS_SHOWN):
        await sold(own, "WETH", "1")
    state = await Tab().get(ChartState)
    await call(state, "load")
    assert state.marks["side"] == ["sell"] * MARKS_SHOWN
