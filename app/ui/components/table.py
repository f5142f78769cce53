"""Parts of tables that become cards on a phone."""

import reflex as rx


def cell(label: str, *content: rx.Component | rx.Var | str, **props) -> rx.Component:
    """A cell that names itself where the heads of the table are out of sight."""
    return rx.el.td(*content, custom_attrs={"data-label": label}, **props)


def grade(letter: rx.Var[str], source: rx.Var[str] | str = "") -> rx.Component:
    """The grade of a quote; nothing where there is none."""
    mark = rx.el.span(letter, class_name="grade", title=source, custom_attrs={"data-grade": letter})
    return rx.cond(letter != "", mark, rx.fragment())


def waiting() -> rx.Component:
    """Where rows will stand."""
    return rx.el.div(*[rx.el.div(class_name="skeleton") for _ in range(3)], class_name="watch")
