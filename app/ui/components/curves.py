"""The chart of equity curves: ten ledgers, holding and cash, drawn by the browser from a history and newest points."""

from functools import cache
from typing import Any

import reflex as rx

from app.bot.levels import LEVELS
from app.ui.charts import curve_base


@cache
def _script() -> str:
    # Called when a page is built, not at import: it links the files into the assets folder.
    rx.asset("curve_lines.js", shared=True)
    return rx.asset("curves.jsx", shared=True).importable_path


class Curves(rx.Component):
    """See `curves`."""

    tag = "Curves"
    lib_dependencies: list[str] = ["plotly.js-finance-dist-min@3.7.0"]
    history: rx.Var[dict[str, Any]]
    tip: rx.Var[list[Any]]
    level: rx.Var[int]
    bare: rx.Var[bool]
    names: rx.Var[list[str]]
    scheme: rx.Var[str]
    label: rx.Var[str]
    base: rx.Var[dict[str, Any]]


def curves(
    history: rx.Var[Any] | dict[str, Any],
    tip: rx.Var[Any] | list[Any],
    level: rx.Var[Any] | int,
    label: rx.Var[Any] | str = "Equity curves",
    bare: rx.Var[Any] | bool = False,
    **props,
) -> rx.Component:
    """Returns in percent through time (UTC), the line of `level` thick; it fills its parent, which gives the height.

    `history` is {"key", "t", "of"}: times (Unix ms, growing) and eleven equally long lists, of the levels 1 to 10 and
    of holding; a new "t" replaces everything. `tip` is [key, t, and the eleven newest values]: it moves the end of the
    lines along, and lengthens them; of another key, or older, it is ignored. Cash is the line at nought.
    While `bare` holding is not drawn, and the ten fill the height.
    Colours are --level-1 … --level-10, --muted, --grid, --panel and --ink. The element carries data-key, data-points,
    data-lines (how many are drawn) and data-level.
    """
    names = [f"Level {level.number} {level.name}" for level in LEVELS]
    return Curves.create(
        library=_script(),
        history=history,
        tip=tip,
        level=level,
        bare=bare,
        names=[*names, "Holding"],
        scheme=rx.color_mode,
        label=label,
        base=curve_base(),
        **props,
    )
