"""The parts of the page of the log: the tail, the chips that choose what is in it, the search and the pause."""

from functools import cache
from typing import Any, cast

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from app.runtime.loglines import LEVELS, TAGS
from app.ui.components.age import beside
from app.ui.state.log import MOST, LogState

# Debug lines are not written: the desk logs from info on.
_LEVELS = tuple((level, level.capitalize()) for level in LEVELS if level not in ("debug", "info"))


@cache
def _script() -> str:
    return beside("tail.jsx")


class Tail(rx.Component):
    """See `tail`."""

    tag = "Tail"
    base: rx.Var[dict[str, Any]]
    fresh: rx.Var[dict[str, Any]]
    filtered: rx.Var[bool]
    on_gap: rx.EventHandler[rx.event.no_args_event_spec]
    on_all: rx.EventHandler[rx.event.no_args_event_spec]


def tail() -> rx.Component:
    """The lines, newest first, at most 200: those that the page began with, and all that came since."""
    chosen = (LogState.level != "") | (LogState.tag != "") | (LogState.q != "")
    return Tail.create(
        library=_script(),
        base=LogState.base,
        fresh=LogState.fresh,
        filtered=chosen,
        on_gap=LogState.load,
        on_all=LogState.show_all,
    )


def chips() -> rx.Component:
    """Which levels and which tags: a press chooses one, a second press all."""
    return rx.fragment(
        _group("Level", LogState.level, LogState.show_level, (("", "All"), *_LEVELS)),
        _group("Tag", LogState.tag, LogState.show_tag, (("", "All"), *((tag, tag) for tag in TAGS))),
    )


def _group(word: str, chosen: Any, choose: Any, choices: tuple[tuple[str, str], ...]) -> rx.Component:
    buttons = [
        rx.el.button(
            said,
            type="button",
            on_click=choose(value),
            class_name="chip",
            custom_attrs={"aria-pressed": rx.cond(chosen == value, "true", "false"), f"data-{word.lower()}": value},
        )
        for value, said in choices
    ]
    return rx.el.div(
        rx.el.span(word, class_name="chips-word"), *buttons, class_name="chips", role="group", aria_label=word
    )


def search() -> rx.Component:
    """What the lines have to hold; it is looked for when typing pauses."""
    return rx.debounce_input(
        rx.el.input(
            value=LogState.q,
            on_change=LogState.search,
            type="search",
            placeholder="Search lines and traces",
            aria_label="Search the log",
            auto_complete="off",
            spell_check=False,
            max_length=200,
            id="log-search",
        ),
        debounce_timeout=250,
    )


def pausing() -> rx.Component:
    """Live, or held still, with the number of lines that wait."""
    waiting = cast("rx.Var[int]", LogState.waiting)
    lines = rx.cond(waiting == 1, " new line", " new lines")
    return rx.el.button(
        rx.el.span(class_name="dot"),
        rx.cond(
            LogState.paused,
            rx.fragment("paused: ", waiting, rx.cond(waiting == MOST, "+", ""), lines),
            rx.cond(has_connection_errors, "not connected", "live"),
        ),
        type="button",
        on_click=LogState.pause,
        class_name="quiet-button log-pause",
        id="log-pause",
        title=rx.cond(LogState.paused, "Show what has come, and go on", "Hold the lines still"),
        custom_attrs={"aria-pressed": rx.cond(LogState.paused, "true", "false")},
    )
