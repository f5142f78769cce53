"""The age of a price, counted in the browser, so that prices grow old on screen even when the server is gone."""

from functools import cache
from typing import Any

import reflex as rx


@cache
def _script() -> str:
    # Called when a page is built, not at import: it links the file into the assets folder.
    return rx.asset("age.jsx", shared=True).importable_path


def beside(name: str) -> str:
    """A script that imports from "./age.jsx", which also tells the server's time (`serverNow`)."""
    _script()
    return rx.asset(name, shared=True).importable_path


class Age(rx.Component):
    """See `age`."""

    tag = "Age"
    at_ms: rx.Var[float]
    state: rx.Var[str]
    live_ms: rx.Var[float]
    delayed_ms: rx.Var[float]
    source: rx.Var[str]
    offline: rx.Var[bool]
    skew_ms: rx.Var[float]


class ClockSkew(rx.Component):
    """See `clock_skew`."""

    tag = "ClockSkew"
    server_ms: rx.Var[float]


def age(
    at_ms: rx.Var[Any] | float,
    state: rx.Var[Any] | str,
    live_ms: rx.Var[Any] | float = 30_000,
    delayed_ms: rx.Var[Any] | float = 300_000,
    source: rx.Var[Any] | str = "",
    offline: rx.Var[Any] | bool = False,
    skew_ms: rx.Var[Any] | float = 0,
    **props,
) -> rx.Component:
    """A coloured dot and the age of a price: "3s", "41s", "5m", "2h", "3d"; "–" where there is none.

    `at_ms` is the moment the price stands for (Unix ms; 0 means no price) and `state` the server's word for it
    (live, delayed, stale, disputed, none). Shown, as data-state and as the class age-<state>, is the worse of
    that word and what the age says: over `live_ms` delayed, over `delayed_ms` stale. While `offline` nothing is
    shown as better than delayed and the dot is hollow. Ages are counted on the server's clock: by `skew_ms`
    (server minus browser) where it is not 0, else by what `clock_skew` has found.
    """
    return Age.create(
        library=_script(),
        at_ms=at_ms,
        state=state,
        live_ms=live_ms,
        delayed_ms=delayed_ms,
        source=source,
        offline=offline,
        skew_ms=skew_ms,
        **props,
    )


def clock_skew(server_ms: rx.Var[Any] | float) -> rx.Component:
    """Shows nothing; tells all ages on the page how far the browser's clock is off. Once per page.

    `server_ms` is the server's clock (Unix ms) as it was when the push was made; 0 means not known yet.
    """
    return ClockSkew.create(library=_script(), server_ms=server_ms)
