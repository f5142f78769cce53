"""The panel under the chart: what is held, ordered and traded, what the bot decided, and what it all came to."""

from typing import cast

import reflex as rx
from reflex.vars import ArrayVar

from app.ui.components.ledgers import equity_curve
from app.ui.components.orders import orders
from app.ui.components.positions import positions
from app.ui.components.trades import recent_trades
from app.ui.components.why import last_decisions
from app.ui.state.orders import OrdersState
from app.ui.state.positions import PositionsState
from app.ui.state.trades import RecentState


def panel_tabs() -> rx.Component:
    """The tabs; which of them is open is the browser's own affair."""
    return rx.el.section(
        rx.tabs.root(
            rx.tabs.list(
                _tab("Positions", "positions", cast("ArrayVar[list[dict[str, str]]]", PositionsState.rows).length()),
                _tab("Orders", "orders", OrdersState.open),
                _tab("Trades", "trades", RecentState.count),
                rx.tabs.trigger("Decisions", value="decisions"),
                rx.tabs.trigger("Equity", value="equity"),
            ),
            rx.tabs.content(positions(), value="positions"),
            rx.tabs.content(orders(), value="orders"),
            rx.tabs.content(recent_trades(), value="trades"),
            rx.tabs.content(last_decisions(), value="decisions"),
            rx.tabs.content(equity_curve(), value="equity"),
            default_value="positions",
            class_name="book-tabs",
        ),
        class_name="panel book-panel",
        id="book",
    )


def _tab(word: str, value: str, count: rx.Var[int] | int) -> rx.Component:
    return rx.tabs.trigger(word, rx.el.span(count, class_name="count"), value=value)
