"""Live: a tick is timed from its ring until it was cried to all who are told something new, and tabs are counted."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest
import reflex as rx
from reflex.state import StateUpdate

from app.runtime.gauges import Gauges
from app.runtime.house import House
from app.trading.bell import Bell, Topic
from app.ui.live import GAP, Live
from app.ui.state.prices import PricesState
from app.ui.state.view import SIGHTS, Sight, Vars, View
from tests.runtime.houses import until


async def _nothing(_state: object) -> None:
    """What a tab is shown by itself is no matter here."""


@dataclass
class Namespace:
    """Stands where Reflex keeps the websockets of the tabs."""

    token_to_sid: dict[str, str] = field(default_factory=lambda: {"one": "a", "two": "b"})
    sent: list[Sequence[str]] = field(default_factory=list[Sequence[str]])
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def emit(self, _event: str, _update: StateUpdate, to: Sequence[str]) -> None:
        await self.gate.wait()
        self.sent.append(to)


class Room:
    """A house with a bell and gauges, a market of one made-up var, and two tabs that look at it."""

    def __init__(self) -> None:
        self.bell, self.gauges, self.namespace = Bell(), Gauges(), Namespace()
        self.namespace.gate.set()
        self.vars: Vars = {"quotes": {"WETH": ["1"]}}
        view = View(PricesState, _nothing, frozenset({Topic.PRICES}), alike=lambda _house, _sight: dict(self.vars))
        app = cast("rx.App", SimpleNamespace(event_namespace=self.namespace))
        house = cast("House", SimpleNamespace(bell=self.bell, gauges=self.gauges))
        self.live = Live(app, house, [view])

    async def rung(self, *topics: Topic) -> None:
        """Ring, and wait until it was heard and pushed."""
        self.bell.ring(*topics)
        await asyncio.sleep(2 * GAP)


@asynccontextmanager
async def room() -> AsyncIterator[Room]:
    SIGHTS.update(one=Sight(), two=Sight())
    made = Room()
    pushing = made.live.start()
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        pushing.cancel()
        await asyncio.wait([pushing])


@pytest.fixture(autouse=True)
def sights() -> Iterator[None]:
    SIGHTS.clear()
    yield
    SIGHTS.clear()


async def test_a_tick_is_timed_from_its_ring_to_the_end_of_its_crying() -> None:
    async with room() as here:
        here.namespace.gate.clear()
        here.bell.ring(Topic.PRICES)
        await asyncio.sleep(GAP / 2)
        assert here.gauges.tick_to_push.count == 0
        here.namespace.gate.set()
        await until(lambda: here.gauges.tick_to_push.count == 1)
        assert here.namespace.sent == [["a", "b"]]
        assert here.gauges.tick_to_push.total >= GAP / 2


async def test_ticks_that_go_out_as_one_count_as_the_oldest_of_them() -> None:
    async with room() as here:
        await here.rung(Topic.PRICES)
        here.bell.ring(Topic.FEED)
        await asyncio.sleep(GAP / 4)
        here.vars = {"quotes": {"WETH": ["2"]}}
        for _ in range(3):
            here.bell.ring(Topic.PRICES)
        await until(lambda: here.gauges.tick_to_push.count == 2)
        assert len(here.namespace.sent) == 2


async def test_what_is_no_tick_and_what_nobody_is_told_of_has_no_time() -> None:
    async with room() as here:
        await here.rung(Topic.ACCOUNT)
        assert (len(here.namespace.sent), here.gauges.tick_to_push.count) == (1, 0)
        await here.rung(Topic.PRICES)
        assert (len(here.namespace.sent), here.gauges.tick_to_push.count) == (1, 0)
        here.namespace.token_to_sid.clear()
        await here.rung(Topic.PRICES)
        assert here.gauges.tick_to_push.count == 0


async def test_tabs_are_counted_as_they_come_and_go_and_not_known_where_nobody_pushes() -> None:
    async with room() as here:
        assert here.gauges.browser_tabs is None
        await here.rung(Topic.FEED)
        assert here.gauges.browser_tabs == 2
        del here.namespace.token_to_sid["one"]
        await here.rung(Topic.FEED)
        assert here.gauges.browser_tabs == 1
    assert here.gauges.browser_tabs is None
