"""A trade taken apart: prices, costs, result and quote, side by side."""

from typing import Any

import reflex as rx
from reflex.vars import ArrayVar

from app.ui.state.trades import TradesState


def apart() -> rx.Component:
    """The four parts of the trade that is open."""
    return rx.el.div(
        _part("Price", TradesState.prices),
        _part("Costs", TradesState.costs),
        _part("Result", TradesState.result),
        _part("Quote", TradesState.quote),
        class_name="apart",
        id="apart",
    )


def _part(title: str, lines: Any) -> rx.Component:
    return rx.el.div(
        rx.el.h3(title),
        rx.el.dl(rx.foreach(lines, _line)),
        custom_attrs={"data-part": title.lower()},
        class_name="part",
    )


def _line(line: ArrayVar[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(line[0]),
        rx.el.dd(line[1], rx.cond(line[2] != "", rx.el.small(line[2]))),
        class_name="line",
    )
