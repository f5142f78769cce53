"""A browser tab for tests: all its states, what they send, and the events that they are sent."""

import inspect
import json
from pathlib import Path
from typing import Any, TypeVar

import reflex as rx
from reflex.event import EventHandler

from app.main import VIEWS
from app.runtime.house import House
from app.runtime.settings import Settings
from tests.clock import FakeClock
from tests.runtime.desk import settings_of

S = TypeVar("S", bound=rx.State)


def demo_settings(folder: Path, **values: object) -> Settings:
    return settings_of(folder, **({"market": "demo", "watchlist": "WETH,LINK"} | values))


class Tab:
    """All the states of one browser tab."""

    def __init__(self) -> None:
        self.root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue] # how Reflex makes a state

    async def get(self, state: type[S]) -> S:
        return await self.root.get_state(state)

    async def show_all(self) -> None:
        """What a tab is shown when it comes to the desk."""
        for view in VIEWS:
            await view.show(await self.get(view.state))

    def sent(self) -> dict[str, Any]:
        """What has been set since the last call, by the name of the var: it has to be JSON."""
        delta = self.root.get_delta()
        self.root._clean()
        vars = {name.removesuffix("_rx_state_"): value for values in delta.values() for name, value in values.items()}
        json.dumps(vars, allow_nan=False)
        return vars


def tick(house: House, clock: FakeClock, seconds: float = 1) -> None:
    clock.advance(seconds)
    house.ring()


class _Background:
    """A state as a background event sees it: to be held while it is read and written."""

    def __init__(self, state: rx.State) -> None:
        self.__dict__["_held"] = state

    def __getattr__(self, name: str) -> Any:
        return getattr(self._held, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._held, name, value)

    async def __aenter__(self) -> "_Background":
        return self

    async def __aexit__(self, *_: object) -> None: ...


async def call(state: rx.State, name: str, *arguments: Any) -> None:
    """Run an event handler to its end, as an event from a browser does, and the events that it leads to."""
    handler = type(state).event_handlers[name]
    done = handler.fn(_Background(state) if handler.is_background else state, *arguments)
    if inspect.isasyncgen(done):
        async for _ in done:
            pass
    elif inspect.isawaitable(done):
        done = await done
    if isinstance(done, EventHandler):
        await call(state, done.fn.__name__)
