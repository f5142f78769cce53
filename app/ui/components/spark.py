"""A sparkline: one SVG line over the last day's prices, drawn by the browser from a string of points."""

from typing import Any

import reflex as rx


def spark(points: rx.Var[Any] | str, up: rx.Var[Any] | bool, **props) -> rx.Component:
    """A line through `points` ("x,y x,y …" in a box 100 wide and 28 high, y growing downwards).

    Coloured --up or --down by `up`; `stroke` overrides it. The line keeps its thickness at any size. It only
    repeats numbers that stand beside it, so it is hidden from screen readers.
    """
    stroke = props.pop("stroke", rx.cond(up, "var(--up, #2ebd8e)", "var(--down, #e5646e)"))
    props.setdefault("width", "100%")
    props.setdefault("height", "28px")
    line = rx.el.svg.polyline(
        points=points,
        custom_attrs={
            "fill": "none",
            "stroke": stroke,
            "strokeWidth": "1.4",
            "strokeLinejoin": "round",
            "vectorEffect": "non-scaling-stroke",
        },
    )
    return rx.el.svg(
        line,
        view_box="0 0 100 28",
        preserve_aspect_ratio="none",
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
        **props,
    )
