"""The trades: all of them, filtered, page by page, each with its costs taken apart."""

from typing import cast

import reflex as rx
from reflex.vars import ArrayVar

from app.ui.components.shell import panel, shell
from app.ui.components.table import named, turning, waiting
from app.ui.components.trades import all_trades
from app.ui.state.trades import TradesState

_CHOICES = (
    ("side", "Side", (("buy", "Bought"), ("sell", "Sold"))),
    ("status", "Outcome", (("filled", "Filled"), ("reverted", "Reverted"))),
    ("origin", "By", (("hand", "Hand"), ("api", "A program"), ("bot", "The bot"))),
)


def trades() -> rx.Component:
    """The page at /trades."""
    take = rx.el.button("Download CSV", on_click=TradesState.download, class_name="link", id="trades-csv")
    return shell(
        "/trades",
        rx.el.main(
            panel(
                "Trades of this session",
                _filters(),
                rx.cond(TradesState.asked, rx.cond(TradesState.rows, all_trades(), _nothing()), waiting()),
                _turning(),
                extra=take,
                kind="trades-panel",
            ),
            class_name="page",
        ),
    )


def _filters() -> rx.Component:
    token = rx.el.select(
        rx.el.option("Any", value=""),
        rx.foreach(TradesState.tokens, lambda token: _option(token)),
        value=TradesState.wanted["token"],
        on_change=lambda value: TradesState.narrow("token", value),
        custom_attrs={"data-filter": "token"},
    )
    return rx.el.div(
        named("Token", token),
        *[named(word, _select(name, choices)) for name, word, choices in _CHOICES],
        *[named(word, _date(name)) for name, word in (("since", "From"), ("until", "To"))],
        rx.el.button("Clear", on_click=TradesState.widen, class_name="quiet-button"),
        class_name="filters",
        role="group",
        custom_attrs={"aria-label": "Which trades"},
    )


def _option(token: ArrayVar[list[str]]) -> rx.Component:
    return rx.el.option(token[1], value=token[0])


def _select(name: str, choices: tuple[tuple[str, str], ...]) -> rx.Component:
    return rx.el.select(
        rx.el.option("Any", value=""),
        *[rx.el.option(word, value=value) for value, word in choices],
        value=TradesState.wanted[name],
        on_change=lambda value: TradesState.narrow(name, value),
        custom_attrs={"data-filter": name},
    )


def _date(name: str) -> rx.Component:
    return rx.el.input(
        type="date",
        value=TradesState.wanted[name],
        on_change=lambda value: TradesState.narrow(name, value),
        custom_attrs={"data-filter": name},
    )


def _nothing() -> rx.Component:
    return rx.el.p(
        rx.cond(
            TradesState.tokens,
            "No trade fits these filters.",
            "No trades yet. Each will stand here with all it cost.",
        ),
        class_name="hint nothing",
    )


def _turning() -> rx.Component:
    rows = cast("ArrayVar[list[dict[str, str]]]", TradesState.rows)
    last = TradesState.first + rows.length() - 1
    which = rx.el.span(TradesState.first, "–", last, " of ", TradesState.count, class_name="muted", id="which-trades")
    return turning(TradesState, which, shown=rows)
