"""The crier: one message for all tabs of a sight, everything for newcomers, only changes for the others."""

from collections.abc import Iterator, Sequence
from typing import cast

import pytest
from reflex.state import StateUpdate

from app.runtime.house import House
from app.trading.bell import Topic
from app.ui.crier import Crier
from app.ui.state.prices import PricesState
from app.ui.state.view import SIGHTS, Sight, Vars, View

NO_HOUSE = cast("House", None)
DESK = Sight("/", "demo|WETH|0006|1h", "", "")
NAME = PricesState.get_full_name()


async def _nothing(_state: object) -> None:
    """What a tab is shown by itself is no matter here."""


class Floor:
    """A market of made-up vars, and the ear that hears what is cried."""

    def __init__(self, stamp: str = "") -> None:
        self.vars: Vars | None = {"quotes": {"WETH": ["1"]}, "lives": {"WETH": 30_000}}
        self.heard: list[tuple[Vars, list[str]]] = []
        view = View(
            PricesState, _nothing, frozenset({Topic.PRICES}), alike=lambda _house, _sight: self.vars, stamp=stamp
        )
        self.crier = Crier(NO_HOUSE, [view], self._hear)

    async def _hear(self, update: StateUpdate, sockets: Sequence[str]) -> None:
        self.heard.append((dict(update.delta[NAME]), list(sockets)))


@pytest.fixture(autouse=True)
def sights() -> Iterator[dict[str, Sight]]:
    """Two tabs that look at one chart."""
    SIGHTS.clear()
    SIGHTS.update(one=DESK, two=DESK)
    yield SIGHTS
    SIGHTS.clear()


async def test_all_tabs_of_a_sight_are_told_in_one_message() -> None:
    floor = Floor()
    await floor.crier.cry({"one": "a", "two": "b"})
    assert [sockets for _, sockets in floor.heard] == [["a", "b"]]


async def test_the_message_is_the_one_that_the_state_itself_would_send() -> None:
    floor = Floor()
    await floor.crier.cry({"one": "a"})
    state = PricesState(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue] # how Reflex makes a state
    state._clean()
    state.quotes, state.lives = {"WETH": ["1"]}, {"WETH": 30_000}
    assert floor.heard[0][0] == state.get_delta()[NAME]


async def test_only_what_has_changed_is_told_again() -> None:
    floor = Floor()
    await floor.crier.cry({"one": "a"})
    floor.vars = {"quotes": {"WETH": ["2"]}, "lives": {"WETH": 30_000}}
    await floor.crier.cry({"one": "a"})
    assert floor.heard[1] == ({"quotes_rx_state_": {"WETH": ["2"]}}, ["a"])


async def test_where_nothing_has_changed_nothing_is_told_not_even_the_time() -> None:
    floor = Floor(stamp="server_ms")
    await floor.crier.cry({"one": "a"})
    await floor.crier.cry({"one": "a"})
    assert len(floor.heard) == 1
    assert "server_ms_rx_state_" in floor.heard[0][0]


async def test_a_tab_that_joins_or_reconnects_is_told_everything_and_the_others_only_what_changed() -> None:
    floor = Floor()
    await floor.crier.cry({"one": "a", "two": "b"})
    floor.vars = {"quotes": {"WETH": ["2"]}, "lives": {"WETH": 30_000}}
    await floor.crier.cry({"one": "a", "two": "reconnected"})
    told = {sockets[0]: set(vars_) for vars_, sockets in floor.heard[1:]}
    assert told == {"reconnected": {"quotes_rx_state_", "lives_rx_state_"}, "a": {"quotes_rx_state_"}}


async def test_tabs_of_another_sight_are_told_apart(sights: dict[str, Sight]) -> None:
    sights["two"] = Sight("/feed")
    floor = Floor()
    await floor.crier.cry({"one": "a", "two": "b"})
    assert sorted(sockets for _, sockets in floor.heard) == [["a"], ["b"]]


async def test_a_tab_that_has_not_said_what_it_looks_at_is_told_nothing(sights: dict[str, Sight]) -> None:
    sights.clear()
    floor = Floor()
    await floor.crier.cry({"one": "a"})
    assert floor.heard == []


async def test_tabs_whose_chart_is_another_by_now_are_left_to_be_refreshed_by_themselves(
    sights: dict[str, Sight],
) -> None:
    floor = Floor()
    floor.vars = None
    await floor.crier.cry({"one": "a", "two": "b"})
    assert floor.heard == []
    assert sights == {}


async def test_what_no_rung_topic_changes_is_not_looked_up_again() -> None:
    floor = Floor()
    await floor.crier.cry({"one": "a"})
    floor.vars = {"quotes": {"WETH": ["2"]}, "lives": {"WETH": 30_000}}
    await floor.crier.cry({"one": "a"}, frozenset({Topic.BOT}))
    assert len(floor.heard) == 1
    await floor.crier.cry({"one": "a"}, frozenset({Topic.PRICES}))
    assert floor.heard[1][0] == {"quotes_rx_state_": {"WETH": ["2"]}}


async def test_a_newcomer_to_a_sight_is_told_how_everything_is_now_whatever_was_rung() -> None:
    floor = Floor()
    await floor.crier.cry({"one": "a"})
    floor.vars = {"quotes": {"WETH": ["2"]}, "lives": {"WETH": 30_000}}
    await floor.crier.cry({"one": "a", "two": "b"}, frozenset({Topic.BOT}))
    told = {sockets[0]: set(vars_) for vars_, sockets in floor.heard[1:]}
    assert told == {"b": {"quotes_rx_state_", "lives_rx_state_"}, "a": {"quotes_rx_state_"}}


async def test_a_sight_that_nobody_had_is_told_everything_whatever_was_rung() -> None:
    floor = Floor()
    await floor.crier.cry({"one": "a"}, frozenset({Topic.BOT}))
    assert [sockets for _, sockets in floor.heard] == [["a"]]
