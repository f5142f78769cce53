"""The ten ledgers, ranked, each with its line; and the account's curve against holding."""

from typing import cast

import reflex as rx
from reflex.vars import ArrayVar

from app.ui.components.positions import gained
from app.ui.components.shell import panel
from app.ui.components.spark import spark
from app.ui.components.table import waiting
from app.ui.state.bot import SliderState
from app.ui.state.ledgers import EquityState, LedgersState


def ledgers() -> rx.Component:
    """The card."""
    table = rx.el.ol(rx.foreach(LedgersState.rows, _row), class_name="ledgers", id="ledgers")
    return panel(
        "Ten ledgers",
        rx.cond(LedgersState.rows, table, waiting()),
        extra=rx.el.span("same ticks, same costs", class_name="card-note"),
        kind="ledgers-panel",
    )


def _row(row: ArrayVar[list[str]]) -> rx.Component:
    mine = row[0] == cast("rx.Var[int]", SliderState.level).to_string()
    return rx.el.li(
        rx.el.b(row[0]),
        spark(_points(row[3]), up=True, stroke=rx.cond(mine, "var(--accent)", "var(--muted)"), height="18px"),
        gained(row[1].to(str)),
        rx.el.span("dd ", row[2], class_name="muted", title="deepest fall"),
        custom_attrs={"data-ledger": row[0], "data-mine": rx.cond(mine, "true", "false")},
    )


def _points(line: rx.Var) -> rx.Var[str]:
    """A line's letters as points in the box of a sparkline."""
    drawn = "`${Math.round(100 * i / (all.length - 1))},${123 - letter.charCodeAt(0)}`"
    return _drawn(line, f"[...({line!s} ?? '')].map((letter, i, all) => {drawn}).join(' ')")


def _curve(heights: rx.Var) -> rx.Var[str]:
    """Heights as points in a box 1000 wide and high."""
    drawn = "`${Math.round(1000 * i / (all.length - 1))},${y}`"
    return _drawn(heights, f"({heights!s} ?? []).map((y, i, all) => {drawn}).join(' ')")


def _drawn(source: rx.Var, expression: str) -> rx.Var[str]:
    return rx.Var(_js_expr=expression, _var_type=str, _var_data=source._get_all_var_data())


def equity_curve() -> rx.Component:
    """The account's worth from the session's beginning, and what holding would be worth."""
    empty = rx.el.p("No curve yet. What the account is worth is written down every minute.", class_name="hint nothing")
    drawn = cast("ArrayVar[list[int]]", EquityState.equity).length() > 1
    return rx.cond(EquityState.asked, rx.cond(drawn, _chart(), empty), waiting())


def _chart() -> rx.Component:
    bounds, ends = (cast("ArrayVar[list[str]]", var) for var in (EquityState.bounds, EquityState.ends))
    returns = cast("ArrayVar[list[str]]", EquityState.returns)
    lines = rx.el.svg(
        _line(EquityState.hold, "var(--muted)"),
        _line(EquityState.equity, "var(--accent)"),
        view_box="0 0 1000 1000",
        preserve_aspect_ratio="none",
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
    )
    return rx.el.figure(
        rx.el.figcaption(
            _key("Account", returns[0], "mine"),
            _key("Holding the watchlist", returns[1], ""),
            rx.el.span("as of ", ends[1], " UTC", class_name="muted"),
        ),
        rx.el.div(
            rx.el.div(lines, class_name="curve-box"),
            rx.el.div(rx.el.span(bounds[0]), rx.el.span(bounds[1]), class_name="curve-bounds"),
            class_name="curve-row",
        ),
        rx.el.div(rx.el.span(ends[0]), rx.el.span(ends[1], " UTC"), class_name="curve-ends"),
        class_name="equity-curve",
        id="equity-curve",
    )


def _key(word: str, made: rx.Var, kind: str) -> rx.Component:
    return rx.el.span(rx.el.i(class_name=f"swatch {kind}"), word, " ", gained(made.to(str)))


def _line(heights: rx.Var | list[int], stroke: str) -> rx.Component:
    attrs = {"fill": "none", "stroke": stroke, "strokeWidth": "1.6", "vectorEffect": "non-scaling-stroke"}
    return rx.el.svg.polyline(points=_curve(cast("rx.Var", heights)), custom_attrs=attrs)
