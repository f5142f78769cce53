"""The chart panel: the chosen token's price, who stands behind it, and its candles."""

from typing import cast

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from app.domain.bars import Interval
from app.ui.components.candles import candles
from app.ui.components.watchlist import change, price, trust
from app.ui.state.chart import ChartState, ReadingsState
from app.ui.state.prices import WatchState


def chart() -> rx.Component:
    """The panel of the chosen token."""
    return rx.el.section(_head(), _body(), class_name="panel chart-panel")


def _head() -> rx.Component:
    chosen = cast("rx.Var", ChartState.chosen)
    agree = rx.cond(has_connection_errors, "", ReadingsState.agree)
    return rx.el.div(
        rx.el.span(ChartState.chosen, " / USD", class_name="pair", title=ChartState.name),
        price(chosen, class_name="now", id="chart-price"),
        rx.el.span(change(chosen), class_name="strong"),
        trust(chosen, id="chart-age"),
        rx.el.span(agree, class_name="agree muted", id="agree", title=agree),
        rx.el.div(*[_interval(interval.value) for interval in Interval], class_name="intervals", role="group"),
        class_name="chart-head",
    )


def _interval(interval: str) -> rx.Component:
    return rx.el.button(
        interval,
        on_click=ChartState.switch(interval),
        custom_attrs={"aria-pressed": rx.cond(ChartState.shown == interval, "true", "false")},
    )


def _body() -> rx.Component:
    return rx.el.div(
        candles(
            history=ChartState.history,
            tick=ChartState.tick,
            marks=ChartState.marks,
            decimals=ChartState.decimals,
            scheme=rx.color_mode,
            class_name="candles",
            id="candles",
        ),
        rx.cond(
            ChartState.bars == 0,
            rx.el.div(
                rx.cond(
                    ChartState.asked,
                    rx.fragment(
                        rx.el.strong("No bars yet"),
                        rx.el.span("The past is being fetched; without it the first bar begins with the next price."),
                    ),
                    rx.el.span("Opening the chart…"),
                ),
                class_name="empty",
            ),
        ),
        class_name="chart",
    )


def notes() -> rx.Component:
    """What is worth knowing of the chosen token, if anything."""
    return rx.foreach(
        WatchState.rows,
        lambda row: rx.cond(
            (row["key"] == ChartState.chosen) & (row["note"] != ""), rx.el.p(row["note"], class_name="hint")
        ),
    )
