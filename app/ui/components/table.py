"""Parts of tables that become cards on a phone."""

from typing import Any

import reflex as rx


def cell(label: str, *content: rx.Component | rx.Var | str, **props) -> rx.Component:
    """A cell that names itself where the heads of the table are out of sight."""
    return rx.el.td(*content, custom_attrs={"data-label": label}, **props)


def grade(letter: rx.Var[str], source: rx.Var[str] | str = "") -> rx.Component:
    """The grade of a quote; nothing where there is none."""
    mark = rx.el.span(letter, class_name="grade", title=source, custom_attrs={"data-grade": letter})
    return rx.cond(letter != "", mark, rx.fragment())


def named(word: str, field: rx.Component) -> rx.Component:
    """A field of a filter with its name."""
    return rx.el.label(rx.el.span(word), field)


def waiting() -> rx.Component:
    """Where rows will stand."""
    return rx.el.div(*[rx.el.div(class_name="skeleton") for _ in range(3)], class_name="watch")


def turning(state: Any, *which: rx.Component, shown: Any) -> rx.Component:
    """From page to page, by a state's `newer`, `older`, `go_newer` and `go_older`."""
    ways = (("Newer", state.newer, state.go_newer), ("Older", state.older, state.go_older))
    buttons = [
        rx.el.button(word, on_click=event, disabled=~there, class_name="quiet-button") for word, there, event in ways
    ]
    return rx.cond(shown, rx.el.div(*which, *buttons, class_name="turning"))
