"""The watchlist: price, change, a day's line and how far each price can be trusted; and adding to it."""

from typing import cast

import reflex as rx
from reflex.vars import ArrayVar, ObjectVar
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.age import age
from app.ui.components.clicks import clicked_now
from app.ui.components.shell import panel
from app.ui.components.spark import spark
from app.ui.state.chart import ChartState
from app.ui.state.market import MarketState
from app.ui.state.prices import LOOKING, PricesState, WatchState


def watchlist() -> rx.Component:
    """The panel with a row for every watched token."""
    add = rx.cond(
        MarketState.kind == "replay",
        rx.fragment(),
        rx.el.button(
            "+ add token",
            on_click=WatchState.open_dialog,
            disabled=has_connection_errors,
            class_name="link",
            id="add-token",
        ),
    )
    return rx.fragment(
        panel("Watchlist", rx.cond(WatchState.opened, _rows(), _waiting()), extra=add, kind="watch-panel"),
        _dialog(),
    )


def _rows() -> rx.Component:
    return rx.el.div(rx.foreach(WatchState.rows, _row), class_name="watch")


def _waiting() -> rx.Component:
    return rx.el.div(*[rx.el.div(class_name="skeleton") for _ in range(6)], class_name="watch")


def price(key: rx.Var | str, **props) -> rx.Component:
    """The price of a row of the watchlist."""
    return rx.el.span(_quote(key)[0], **props)


def change(key: rx.Var | str) -> rx.Component:
    """Its signed change over 24 hours, coloured by its direction."""
    said = _quote(key)[1].to(str)
    colour = rx.cond(said.startswith("+"), "change up", rx.cond(said.startswith("−"), "change down", "change muted"))
    return rx.el.span(said, class_name=colour)


def trust(key: rx.Var | str, **props) -> rx.Component:
    """Its trust chip: state and age."""
    return age(
        at_ms=_quote(key)[3].to(float),
        state=_quote(key)[2].to(str),
        live_ms=cast("ObjectVar[dict[str, int]]", PricesState.lives)[key].to(float),
        offline=has_connection_errors,
        **props,
    )


def _quote(key: rx.Var | str) -> ArrayVar[list[str | int]]:
    return cast("ObjectVar[dict[str, list[str | int]]]", PricesState.quotes)[key].to(list[str | int])


def _row(row: ObjectVar[dict[str, str]]) -> rx.Component:
    return rx.el.button(
        rx.el.div(
            rx.el.div(row["symbol"], class_name="symbol", title=row["name"]),
            trust(row["key"]),
        ),
        rx.cond(row["spark"] != "", spark(row["spark"], row["up"] != ""), rx.el.span()),
        rx.el.div(rx.el.div(price(row["key"]), class_name="price"), rx.el.div(change(row["key"]), class_name="change")),
        on_click=ChartState.choose(row["key"]),
        class_name="row",
        title=row["note"],
        custom_attrs={
            "data-token": row["key"],
            "data-chosen": rx.cond(ChartState.chosen == row["key"], "true", "false"),
        },
    )


def _dialog() -> rx.Component:
    """Asks for an address; says in a sentence what came of it."""
    now = clicked_now()
    # A second press would wait for the first, and be too old by then.
    busy = has_connection_errors | (WatchState.said == LOOKING)
    form = rx.el.form(
        rx.el.label("Address on this chain, or the symbol of a known token", html_for="token-address"),
        rx.el.input(
            id="token-address",
            value=WatchState.asked,
            on_change=WatchState.write,
            placeholder="0x…",
            auto_focus=True,
            auto_complete="off",
            spell_check=False,
        ),
        rx.el.p(
            WatchState.said, class_name=rx.cond(WatchState.refused, "said down", "said up"), id="said", role="status"
        ),
        rx.el.div(
            rx.el.button("Close", type="button", on_click=WatchState.close_dialog, class_name="quiet-button"),
            rx.el.button("Look it up and add", type="submit", disabled=busy, class_name="main-button"),
            class_name="buttons",
        ),
        on_submit=lambda _form: WatchState.add(now),
    )
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title("Add a token", class_name="dialog-title"),
            form,
            class_name="desk-dialog dialog",
            aria_describedby="said",
        ),
        open=WatchState.adding,
        on_open_change=lambda _open: WatchState.close_dialog(),
    )
