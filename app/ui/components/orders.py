"""Orders: those that wait, with the way to cancel them, and what became of the last others."""

import reflex as rx
from reflex.vars import ObjectVar

from app.ui.components.clicks import click_button
from app.ui.components.table import cell, waiting
from app.ui.state.orders import OrdersState

_HEADS = ("Token", "Order", "Size", "Trigger", "State", "Expires", "UTC", "")


def orders() -> rx.Component:
    """The table of orders."""
    table = rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(word) for word in _HEADS])),
        rx.el.tbody(rx.foreach(OrdersState.rows, _row)),
        class_name="table cards",
        id="orders",
    )
    empty = rx.el.p("No orders yet. Limits, stops and targets wait here for their price.", class_name="hint nothing")
    all_of_them = click_button(
        "Cancel all", on_press=OrdersState.cancel_all, sure="Really cancel all?", class_name="small-button"
    )
    return rx.fragment(
        rx.cond(OrdersState.asked, rx.cond(OrdersState.rows, table, empty), waiting()),
        rx.cond(OrdersState.open > 1, rx.el.div(all_of_them, class_name="below")),
    )


def _row(row: ObjectVar[dict[str, str]]) -> rx.Component:
    cancel = click_button(
        "Cancel",
        on_press=lambda order_id, clicked_ms: OrdersState.cancel(row["id"], order_id, clicked_ms),
        class_name="small-button",
    )
    return rx.el.tr(
        cell("Token", rx.el.span(row["symbol"], class_name="strong")),
        cell(
            "Order",
            rx.el.span(row["side"], class_name="way", custom_attrs={"data-side": row["side"]}),
            " ",
            row["type"],
        ),
        cell("Size", row["size"]),
        cell("Trigger", row["trigger"]),
        cell(
            "State",
            rx.el.span(row["state"], class_name="pill", custom_attrs={"data-kind": row["state"]}),
            rx.cond(row["reason"] != "", rx.el.div(row["reason"], class_name="muted reason")),
            class_name="wide",
        ),
        cell("Expires", rx.cond(row["state"] == "open", row["expiry"], "")),
        cell("UTC", row["at"], class_name="muted"),
        cell("", rx.cond(row["state"] == "open", cancel), class_name="ways-out"),
        custom_attrs={"data-order": row["id"], "data-state": row["state"]},
    )
