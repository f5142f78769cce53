"""What all views share: showing only what has changed, and the register of who is refreshed for what."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import reflex as rx

from app.trading.bell import Topic


def put(state: rx.State, **values: object) -> None:
    """Set vars that differ: an equal value that is assigned is sent all the same."""
    for name, value in values.items():
        if getattr(state, name) != value:
            setattr(state, name, value)


@dataclass(frozen=True, slots=True)
class View:
    """A state that shows something: `show` refreshes it when one of `topics` was rung; `page` '' is every page."""

    state: type[rx.State]
    show: Callable[[rx.State], Awaitable[None]]
    topics: frozenset[Topic]
    page: str = ""
