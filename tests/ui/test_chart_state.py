"""The chart as a view: the history once, then ticks that belong to it."""

import pytest

from app.domain.bars import Interval
from app.domain.registry import on_chain
from app.runtime.house import House
from app.ui.state import chart
from app.ui.state.chart import ChartState, ReadingsState
from app.ui.state.prices import WatchState
from tests.clock import FakeClock
from tests.ui.dealings import press
from tests.ui.tabs import Tab, call, tick

WETH, LINK = (next(token for token in on_chain(8453) if token.symbol == symbol) for symbol in ("WETH", "LINK"))


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_chart_shows_the_first_token_by_the_hour_at_first(house: House) -> None:
    tab = Tab()
    state = await tab.get(ChartState)
    await chart.show_history(state)
    assert (state.chosen, state.name, state.shown, state.bars) == ("WETH", "Wrapped Ether", "1h", 300)
    history = state.history
    assert history["key"] == state.key
    assert history["step"] == 3_600_000
    assert {len(history[name]) for name in "tohlcv"} == {300}  # pyright: ignore[reportArgumentType] # they are lists
    assert history["t"] == sorted(history["t"])  # pyright: ignore[reportArgumentType] # a list of numbers


async def test_another_token_and_another_length_are_shown_when_chosen(house: House, clock: FakeClock) -> None:
    tab = Tab()
    state, readings = await tab.get(ChartState), await tab.get(ReadingsState)
    keys = set[str]()
    for interval in Interval:
        await call(state, "switch", interval.value)
        await call(state, "choose", "LINK")
        assert (state.chosen, state.shown, state.interval, state.token) == ("LINK", interval, interval, "LINK")
        keys.add(state.key)
    assert len(keys) == 5
    assert [row[0] for row in readings.rows] == ["Simulated market"]
    assert readings.agree == "simulated"


async def test_a_tick_goes_with_the_history_that_it_belongs_to(house: House, clock: FakeClock) -> None:
    tab = Tab()
    state = await tab.get(ChartState)
    await chart.show_tick(state)
    assert state.bars == 300
    for _ in range(3):
        tick(house, clock)
        await chart.show_tick(state)
        key, at, *figures = state.tick
        assert (key, at) == (state.key, state.history["t"][-1])  # pyright: ignore[reportIndexIssue] # a list
        assert figures[3] == float(house.price(WETH).price or 0)


async def test_a_chart_whose_token_was_taken_off_shows_another(own: House) -> None:
    tab = Tab()
    state, watch = await tab.get(ChartState), await tab.get(WatchState)
    await call(state, "choose", "LINK")
    await call(watch, "remove", "LINK", *press())
    await chart.show_tick(state)
    assert state.chosen == "WETH"
