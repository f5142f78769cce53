"""Where the chosen token's price comes from: every source's reading, its age, and how far it is from the leader's."""

import reflex as rx
from reflex.vars import ArrayVar
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.age import age
from app.ui.components.chart import notes
from app.ui.components.clicks import click_button
from app.ui.components.shell import panel
from app.ui.state.chart import ChartState, ReadingsState
from app.ui.state.market import MarketState
from app.ui.state.prices import WatchState


def readings() -> rx.Component:
    """The panel of sources behind one price."""
    remove = rx.cond(
        MarketState.kind == "replay",
        rx.fragment(),
        click_button(
            "remove",
            on_press=lambda order_id, clicked_ms: WatchState.remove(ChartState.chosen, order_id, clicked_ms),
            class_name="link",
            title="Stop watching this token",
        ),
    )
    return panel(
        "Where this price comes from",
        rx.cond(
            ReadingsState.rows,
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(rx.el.th("Source"), rx.el.th("Price", class_name="num"), rx.el.th("", class_name="num"))
                ),
                rx.el.tbody(rx.foreach(ReadingsState.rows, _row)),
                class_name="table",
                aria_label="Sources of this price",
            ),
            rx.el.p("No source has given a price of this token yet.", class_name="hint"),
        ),
        notes(),
        rx.cond(
            (MarketState.kind == "live") | (MarketState.kind == "down"),
            rx.el.p(
                "The first source leads. Others confirm it when they are of another group and within 300 bp.",
                class_name="hint",
            ),
        ),
        extra=remove,
        kind="readings",
    )


def _row(row: ArrayVar[list[str | int]]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.div(row[0], class_name="strong"),
            age(
                at_ms=row[2].to(float),
                state="live",
                live_ms=row[5].to(float),
                delayed_ms=rx.cond(row[5].to(int) > 300_000, row[5].to(int), 300_000).to(float),
                offline=has_connection_errors,
            ),
        ),
        rx.el.td(rx.el.div(row[1], class_name="strong"), rx.el.div(row[3], class_name="muted"), class_name="num"),
        rx.el.td(rx.el.span(row[4], class_name="pill", custom_attrs={"data-kind": row[4]}), class_name="num"),
    )
