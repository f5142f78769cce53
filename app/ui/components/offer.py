"""What the ticket's order would come to: the figures of a quote, how long it holds, or why there is none."""

from functools import cache
from typing import cast

import reflex as rx
from reflex.vars import ArrayVar, NumberVar
from reflex_base.event import passthrough_event_spec
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.age import beside
from app.ui.offered import LABELS
from app.ui.state.chart import ChartState
from app.ui.state.quote import QuoteState
from app.ui.state.ticket import TicketState

_RESTS = (
    ("limit", "Rests until the pool itself gives this price or better, all costs but gas in."),
    ("stop_loss", "Sells when the price falls to this, at what the pool then gives."),
    ("take_profit", "Sells when the pool itself gives this price or better."),
    ("trailing_stop", "Sells when the price falls so far below its highest since now."),
)


@cache
def _script() -> str:
    return beside("ticket.jsx")


class QuoteClock(rx.Component):
    """Counts down a quote (`until_ms`, Unix ms) and asks for a new one with the token that the page shows."""

    tag = "QuoteClock"
    until_ms: rx.Var[float]
    standing: rx.Var[bool]
    token: rx.Var[str]
    shown: rx.Var[str]
    offline: rx.Var[bool]
    on_renew: rx.EventHandler[passthrough_event_spec(str)]


# What is on offer counts only for the token that the page shows.
_fits = cast("rx.Var[bool]", QuoteState.token == ChartState.chosen)
stands = cast("rx.Var[bool]", QuoteState.quote_id != "") & _fits


def offer() -> rx.Component:
    """What a market order would come to, a refusal in place of the figures, or what an order that rests waits for."""
    refused = (QuoteState.refusal != "") & _fits
    return rx.el.div(
        rx.cond(
            TicketState.type != "market",
            rx.fragment(_resting(), _hidden_clock()),
            rx.cond(refused, rx.fragment(_refusal(), _hidden_clock()), _figures()),
        ),
        class_name="offer",
        aria_busy=QuoteState.asking,
        id="offer",
    )


def _figures() -> rx.Component:
    return rx.fragment(
        rx.el.dl(
            rx.cond(stands, rx.foreach(QuoteState.rows, _line), rx.fragment(*map(_empty, LABELS))),
            rx.el.div(rx.el.dt("Quote"), rx.el.dd(_grade(), _clock()), class_name="line quote"),
            class_name="lines",
        ),
        rx.cond(stands, rx.el.p(QuoteState.source, class_name="source", id="quote-source")),
        rx.cond(stands, rx.foreach(QuoteState.warnings, _warning)),
    )


def _refusal() -> rx.Component:
    return rx.el.p(QuoteState.refusal, class_name="refusal", role="alert", id="refusal")


def _hidden_clock() -> rx.Component:
    """It goes on asking where there is nothing to count down."""
    return rx.el.span(_clock(), hidden=True)


def _line(row: ArrayVar[list[str]], index: NumberVar[int]) -> rx.Component:
    # The first two name the token: where its symbol has no room, the title says it in full.
    title = rx.cond(index < 2, row[1].to(str) + ". " + row[2].to(str), row[2])
    return rx.el.div(rx.el.dt(row[0]), rx.el.dd(row[1]), class_name="line", title=title)


def _empty(label: str) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd("–"), class_name="line muted")


def _warning(row: ArrayVar[list[str]]) -> rx.Component:
    return rx.el.p(row[1], class_name="caution", custom_attrs={"data-severity": row[0]})


def _grade() -> rx.Component:
    return rx.cond(
        stands,
        rx.fragment(
            rx.el.span(QuoteState.grade, class_name="grade", custom_attrs={"data-grade": QuoteState.grade}),
            rx.el.span(QuoteState.kind, ", "),
        ),
        rx.cond(QuoteState.asking, "asking…", "–"),
    )


def _clock() -> rx.Component:
    return QuoteClock.create(
        library=_script(),
        until_ms=QuoteState.until_ms,
        standing=stands,
        token=ChartState.chosen,
        shown=QuoteState.token,
        offline=has_connection_errors,
        on_renew=TicketState.renew,
        class_name="left",
    )


def _resting() -> rx.Component:
    words = rx.match(TicketState.type, *_RESTS, "")
    return rx.el.p(words, " Every try is quoted then, with its costs.", class_name="hint")
