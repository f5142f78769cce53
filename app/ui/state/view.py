"""What all views share: showing only what has changed, who is refreshed for what, and which tab sees what."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import reflex as rx
from reflex.state import BaseState

from app.runtime.house import House
from app.trading.bell import Topic

Vars = dict[str, object]


def server_ms() -> int:
    """The server's clock in Unix ms, by which the page corrects its own."""
    return time.time_ns() // 1_000_000


def put(state: rx.State, **values: object) -> None:
    """Set vars that differ: an equal value that is assigned is sent all the same."""
    for name, value in values.items():
        if getattr(state, name) != value:
            setattr(state, name, value)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a tab looks at: the page, and its chart's key with the token and the interval that were asked for, which are
    empty without a chart."""

    page: str = "/"
    key: str = ""
    token: str = ""
    interval: str = ""


# By the tabs' tokens. Tabs of one sight are shown the same at a tick; one that is not here is refreshed by itself.
SIGHTS: dict[str, Sight] = {}


def page_of(state: BaseState) -> str:
    """The path of the page that the state's tab shows: '/', '/feed'."""
    return state.router.url.path.rstrip("/") or "/"


def look(state: rx.State, sight: Sight | None) -> None:
    """Note what the state's tab looks at; None where it has to be refreshed by itself."""
    token = state.router.session.client_token
    if sight is None:
        SIGHTS.pop(token, None)
    else:
        SIGHTS[token] = sight


@dataclass(frozen=True, slots=True)
class View:
    """A state that shows something: `show` refreshes it when one of `topics` was rung; `page` '' is every page.

    Where `alike` is given, a ring of PRICES changes no more than the vars that it returns, which are the same for all
    tabs of a sight; None where the sight is of a chart that is another by now. `stamp` names a var that is set to the
    server's clock whenever any of them has changed.
    """

    state: type[rx.State]
    show: Callable[[rx.State], Awaitable[None]]
    topics: frozenset[Topic]
    page: str = ""
    alike: Callable[[House, Sight], Vars | None] | None = None
    stamp: str = ""
