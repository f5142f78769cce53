"""What is held: each position with its worth of now, its exits, and the ways out."""

from typing import cast

import reflex as rx
from reflex.vars import ObjectVar, StringVar

from app.ui.components.clicks import click_button
from app.ui.components.exits import exits
from app.ui.components.table import cell, grade, waiting
from app.ui.components.watchlist import price, trust
from app.ui.state.chart import ChartState
from app.ui.state.positions import PositionsState, WorthState

_HEADS = (("Token", ""), ("Quantity", "num"), ("Entry", "num"), ("Now", "num"), ("Value", "num"), ("P&L", "num"))


def positions() -> rx.Component:
    """The table of open positions."""
    heads = [rx.el.th(word, class_name=kind) for word, kind in _HEADS]
    table = rx.el.table(
        rx.el.thead(
            rx.el.tr(*heads, rx.el.th("Exits"), rx.el.th("Fill"), rx.el.th(rx.el.span("Sell", class_name="away")))
        ),
        rx.el.tbody(rx.foreach(PositionsState.rows, _row)),
        class_name="table holdings",
        id="positions",
        aria_label="Open positions",
    )
    empty = rx.el.p("Nothing is held. A position opens with your first buy.", class_name="hint nothing")
    return rx.fragment(
        rx.cond(PositionsState.asked, rx.cond(PositionsState.rows, table, empty), waiting()),
        rx.cond(PositionsState.measured != "", rx.el.p(PositionsState.measured, class_name="hint", id="fill-error")),
    )


def _row(row: ObjectVar[dict[str, str]]) -> rx.Component:
    worth = cast("ObjectVar[dict[str, list[str]]]", WorthState.worth)[row["key"]].to(list[str])
    return rx.el.tr(
        cell(
            "Token",
            rx.el.button(
                rx.el.span(row["symbol"]), on_click=ChartState.choose(row["key"]), class_name="plain-button strong"
            ),
            class_name="token",
            title=row["symbol"].to(str) + ", " + row["name"].to(str),
        ),
        cell("Quantity", row["quantity"], class_name="num quantity"),
        cell("Entry", row["entry"], class_name="num entry"),
        cell("Now", price(row["key"]), " ", trust(row["key"]), class_name="num now-price"),
        cell("Value", worth[0], class_name="num value"),
        cell("P&L", gained(worth[1]), class_name="num pnl"),
        cell("Exits", exits(row), class_name=rx.cond(row["watched"] == "no", "exits unwatched", "exits")),
        cell("Fill", grade(row["grade"], row["source"]), class_name="fill"),
        cell("Sell", _sell(row, "50", "Sell ½"), _sell(row, "100", "Close"), class_name="ways-out"),
        custom_attrs={"data-position": row["key"]},
    )


def gained(text: StringVar[str]) -> rx.Component:
    """An amount that begins with its sign, coloured by it."""
    colour = rx.cond(text.startswith("+"), "up", rx.cond(text.startswith("−"), "down", "muted"))
    return rx.el.span(text, class_name=colour)


def _sell(row: ObjectVar[dict[str, str]], share: str, word: str) -> rx.Component:
    return click_button(
        word,
        on_press=lambda order_id, clicked_ms: PositionsState.sell(row["key"], share, order_id, clicked_ms),
        class_name="small-button",
        custom_attrs={"aria-label": f"{word} " + row["symbol"].to(str)},
    )
