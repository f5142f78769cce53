"""Trades as rows: the newest beside the chart, and the table of the page of trades."""

import reflex as rx
from reflex.vars import ObjectVar

from app.ui.components.costs import apart
from app.ui.components.positions import gained
from app.ui.components.table import cell, grade, waiting
from app.ui.state.trades import RecentState, TradesState

_HEADS = (
    ("UTC", ""),
    ("Trade", ""),
    ("Quantity", "num"),
    ("Price", "num"),
    ("Value $", "num"),
    ("Slippage", "num"),
    ("Gas $", "num"),
    ("P&L $", "num"),
    ("Quote", ""),
)
COLUMNS = len(_HEADS) + 1


def recent_trades() -> rx.Component:
    """The newest trades, and the way to the others."""
    table = rx.el.table(
        rx.el.thead(_heads()),
        rx.el.tbody(rx.foreach(RecentState.rows, lambda row: rx.el.tr(*_cells(row), custom_attrs=_names(row)))),
        class_name="table cards",
        id="recent-trades",
    )
    empty = rx.el.p("No trades yet. Each will stand here with all it cost.", class_name="hint nothing")
    more = rx.link("All trades, with their costs taken apart", href="/trades", class_name="link", underline="none")
    return rx.fragment(
        rx.cond(RecentState.asked, rx.cond(RecentState.rows, table, empty), waiting()),
        rx.cond(RecentState.count > 0, rx.el.div(more, class_name="below")),
    )


def all_trades() -> rx.Component:
    """One page of trades; each opens to what it is made of."""
    return rx.el.table(
        rx.el.thead(_heads(rx.el.th(rx.el.span("Details", class_name="away")))),
        rx.el.tbody(rx.foreach(TradesState.rows, _openable)),
        class_name="table cards",
        id="trades",
    )


def _openable(row: ObjectVar[dict[str, str]]) -> rx.Component:
    is_open = TradesState.opened == row["id"]
    button = rx.el.button(
        rx.cond(is_open, "Close", "Details"),
        on_click=TradesState.take_apart(row["id"]),
        class_name="small-button",
        custom_attrs={"aria-expanded": rx.cond(is_open, "true", "false")},
    )
    return rx.fragment(
        rx.el.tr(*_cells(row), cell("", button, class_name="ways-out"), custom_attrs=_names(row)),
        rx.cond(is_open, rx.el.tr(rx.el.td(apart(), col_span=COLUMNS, class_name="wide"), class_name="apart-row")),
    )


def _names(row: ObjectVar[dict[str, str]]) -> dict[str, rx.Var]:
    return {"data-trade": row["id"], "data-status": row["status"]}


def _heads(*more: rx.Component) -> rx.Component:
    return rx.el.tr(*[rx.el.th(word, class_name=kind) for word, kind in _HEADS], *more)


def _cells(row: ObjectVar[dict[str, str]]) -> list[rx.Component]:
    reverted = rx.el.span("reverted", class_name="pill", title=row["reason"], custom_attrs={"data-kind": "reverted"})
    return [
        cell("UTC", row["at"], class_name="muted"),
        cell(
            "Trade",
            rx.el.span(row["side"], class_name="way", custom_attrs={"data-side": row["side"]}),
            " ",
            rx.el.span(row["symbol"], class_name="strong"),
            rx.cond(row["status"] == "reverted", rx.fragment(" ", reverted)),
        ),
        cell("Quantity", row["quantity"], class_name="num"),
        cell("Price", row["price"], class_name="num"),
        cell("Value $", row["value"], class_name="num"),
        cell("Slippage", row["slippage"], class_name="num"),
        cell("Gas $", row["gas"], class_name="num"),
        cell("P&L $", gained(row["pnl"]), class_name="num"),
        cell("Quote", grade(row["grade"], row["source"]), " ", rx.el.span("by ", row["origin"], class_name="muted")),
    ]
