"""The ticket: side, amount, type, what it would come to, and the one button that does it."""

from typing import Any, cast

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.clicks import click_button
from app.ui.components.offer import offer, stands
from app.ui.offered import PRESETS
from app.ui.state.chart import ChartState
from app.ui.state.quote import QuoteState
from app.ui.state.ticket import TicketState

_TYPES = (
    ("market", "Market"),
    ("limit", "Limit"),
    ("stop_loss", "Stop-loss"),
    ("take_profit", "Take-profit"),
    ("trailing_stop", "Trailing stop"),
)
_PRICES = (
    ("limit", "Limit price, USD"),
    ("stop_loss", "Stop price, USD"),
    ("take_profit", "Target price, USD"),
    ("trailing_stop", "Trail, %"),
)
_EXPIRIES = (("", "No end"), ("1h", "1 hour"), ("1d", "1 day"), ("7d", "7 days"))


def ticket() -> rx.Component:
    """The panel for an order in the chosen token."""
    buys = TicketState.side == "buy"
    head = rx.el.header(rx.el.h2("Ticket"), _token(), _arm())
    return rx.el.section(
        head,
        rx.cond(_armed, rx.el.p(rx.cond(buys, *_ARMED), class_name="armed-note", role="status")),
        _sides(),
        _amount(),
        rx.el.div(
            rx.cond(buys, _presets("buy"), _presets("sell")),
            class_name="presets",
            role="group",
            aria_label="Amounts",
        ),
        _terms(),
        offer(),
        _button(),
        class_name="panel ticket",
        id="ticket",
        custom_attrs={"data-armed": rx.cond(_armed, "true", "false")},
    )


def _token() -> rx.Component:
    return rx.el.span(ChartState.chosen, class_name="ticket-token", title=ChartState.chosen)


_armed = TicketState.armed & ~has_connection_errors
# Where Buy is chosen, and where Sell is.
_ARMED = (
    "The amounts below and B trade at once; S only turns to selling.",
    "The amounts below and S trade at once; B only turns to buying.",
)


def _arm() -> rx.Component:
    """Armed in two presses, disarmed in one."""
    return rx.cond(
        TicketState.armed,
        rx.el.button(
            "ARMED",
            type="button",
            role="switch",
            aria_checked="true",
            aria_label="One-click trading is armed; press to disarm",
            on_click=TicketState.disarm,
            disabled=has_connection_errors,
            class_name="arm armed",
            id="arm",
        ),
        click_button(
            "One-click",
            sure="Really arm?",
            on_press=TicketState.arm,
            role="switch",
            aria_checked="false",
            title="Arm one-click trading: presets and the key of the chosen side, B or S, then trade at once",
            class_name="arm",
            id="arm",
        ),
    )


def _sides() -> rx.Component:
    return rx.el.div(
        *[
            rx.el.button(
                word,
                type="button",
                on_click=TicketState.choose_side(side),
                disabled=has_connection_errors,
                class_name=f"side {side}",
                id=f"side-{side}",
                custom_attrs={"aria-pressed": rx.cond(TicketState.side == side, "true", "false")},
            )
            for side, word in (("buy", "Buy"), ("sell", "Sell"))
        ],
        class_name="sides",
        role="group",
        aria_label="Side",
    )


def _amount() -> rx.Component:
    token = rx.cond(ChartState.chosen == "", "token", ChartState.chosen)
    share = rx.cond(TicketState.side == "buy", "% of cash", "% of held")
    return rx.fragment(
        rx.el.div(
            _field("Amount", "ticket-amount", TicketState.amount, TicketState.write_amount, "0"),
            rx.el.select(
                rx.el.option("USD", value="usd"),
                rx.el.option(token, value="token"),
                rx.el.option(share, value="pct"),
                value=TicketState.unit,
                on_change=TicketState.choose_unit,
                aria_label="Unit of the amount",
                id="ticket-unit",
            ),
            class_name="amount",
        ),
        rx.el.p(
            rx.cond(
                TicketState.side == "buy",
                rx.fragment("Cash ", QuoteState.cash),
                rx.cond(QuoteState.held == "", "None held", rx.fragment("Held ", QuoteState.held)),
            ),
            class_name="purse",
            id="purse",
        ),
    )


def _field(label: Any, name: str, value: Any, write: Any, placeholder: Any) -> rx.Component:
    """A field of text that tells what is typed when typing pauses, and at once with Enter or on leaving."""
    return rx.debounce_input(
        rx.el.input(
            value=value,
            on_change=write,
            placeholder=placeholder,
            aria_label=label,
            auto_complete="off",
            input_mode="decimal",
            spell_check=False,
            max_length=40,
            id=name,
        ),
        debounce_timeout=250,
    )


def _presets(side: str) -> rx.Component:
    return rx.fragment(*map(_preset, PRESETS[side]))


def _preset(name: str) -> rx.Component:
    def press(order_id: rx.Var[str], clicked_ms: rx.Var[float]) -> Any:
        return cast("Any", TicketState.preset)(name, TicketState.armed, ChartState.chosen, order_id, clicked_ms)

    return click_button(
        name, on_press=press, disabled=TicketState.busy, class_name="preset", custom_attrs={"data-preset": name}
    )


def _select(
    label: str, name: str, value: Any, choose: Any, options: tuple[tuple[str, str], ...], *, beside: bool = False
) -> rx.Component:
    return rx.el.label(
        rx.el.span(label),
        rx.el.select(*[rx.el.option(word, value=key) for key, word in options], value=value, on_change=choose, id=name),
        class_name="term beside" if beside else "term",
    )


def _terms() -> rx.Component:
    trailing = TicketState.type == "trailing_stop"
    price = rx.match(TicketState.type, *_PRICES, "")
    stops = trailing | (TicketState.type == "stop_loss")
    return rx.el.div(
        _select("Type", "ticket-type", TicketState.type, TicketState.choose_type, _TYPES, beside=True),
        rx.el.label(
            rx.el.span("Slippage, %"),
            _field(
                "Slippage tolerance in percent",
                "ticket-slippage",
                TicketState.slippage,
                TicketState.write_slippage,
                rx.cond(stops, "5", "0.5"),
            ),
            class_name="term beside",
        ),
        rx.cond(
            TicketState.type != "market",
            rx.fragment(
                rx.el.label(
                    rx.el.span(price),
                    _field(
                        price,
                        "ticket-price",
                        TicketState.price,
                        TicketState.write_price,
                        rx.cond(trailing, "5", "0.00"),
                    ),
                    class_name="term",
                ),
                _select("Good for", "ticket-expiry", TicketState.expiry, TicketState.choose_expiry, _EXPIRIES),
            ),
        ),
        class_name="terms",
    )


def _button() -> rx.Component:
    """One button; what is written on it is what it does."""
    buys = TicketState.side == "buy"
    market = TicketState.type == "market"
    words = rx.cond(
        market,
        rx.cond(stands, QuoteState.verb, f"{rx.cond(buys, 'Buy', 'Sell')} {ChartState.chosen}"),
        rx.match(
            TicketState.type,
            ("limit", rx.cond(buys, "Place limit buy", "Place limit sell")),
            ("stop_loss", "Place stop-loss"),
            ("take_profit", "Place take-profit"),
            "Place trailing stop",
        ),
    )
    waits = TicketState.busy | (TicketState.amount == "") | rx.cond(market, ~stands, TicketState.price == "")
    return click_button(
        rx.el.span(rx.cond(TicketState.busy, "Sending…", words), class_name="does"),
        rx.cond(market, rx.el.kbd(rx.cond(buys, "B", "S"), custom_attrs={"aria-hidden": "true"})),
        on_press=lambda order_id, clicked_ms: TicketState.press(
            order_id, clicked_ms, QuoteState.quote_id, ChartState.chosen
        ),
        intent=rx.cond(market, QuoteState.quote_id, ""),
        disabled=waits,
        class_name="main-button place",
        id="ticket-place",
        title=words,
        custom_attrs={"data-side": TicketState.side},
    )
