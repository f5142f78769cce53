"""The feed: what it promises and what became of it, every source with its state, errors, budget and breaker."""

import reflex as rx
from reflex.vars import ArrayVar, ObjectVar
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.age import age
from app.ui.components.shell import panel, shell
from app.ui.components.uptime import breakers, fail_overs, happened, promises
from app.ui.state.feed import FeedState

_HEADS = (
    "Source",
    "State",
    "Last success",
    "p50 / p95",
    "Calls",
    "Errors",
    "Told to wait",
    "Budget used",
    "Breaker",
    "Hit rate",
)


def feed() -> rx.Component:
    """The page at /feed."""
    return shell(
        "/feed",
        rx.el.main(
            promises(),
            happened(),
            panel("The feed since the start", rx.el.div(rx.foreach(FeedState.facts, _fact), class_name="facts")),
            panel("Sources", rx.cond(FeedState.asked, _table(), rx.el.div(class_name="skeleton")), _legend()),
            rx.el.div(breakers(), fail_overs(), class_name="feed-halves"),
            class_name="page",
        ),
    )


def _fact(fact: ArrayVar[list[str]]) -> rx.Component:
    return rx.el.div(rx.el.div(fact[0], class_name="label"), rx.el.div(fact[1], class_name="value"), class_name="fact")


def _table() -> rx.Component:
    return rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(head) for head in _HEADS])),
        rx.el.tbody(rx.foreach(FeedState.rows, _row)),
        class_name="table cards",
        id="sources",
    )


def _cell(label: str, *content: rx.Component | rx.Var, **props) -> rx.Component:
    return rx.el.td(*content, custom_attrs={"data-label": label}, **props)


def _row(row: ObjectVar[dict[str, str | int]]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.div(row["title"], class_name="strong"),
            rx.el.div(row["every"], class_name="muted"),
            class_name="source",
        ),
        _cell("State", rx.el.span(row["state"], class_name="pill", custom_attrs={"data-kind": row["state"]})),
        _cell(
            "Last success",
            age(
                at_ms=row["at"].to(float),
                state=rx.cond(row["at"].to(int) > 0, "live", "none"),
                live_ms=row["live_ms"].to(float),
                offline=has_connection_errors,
            ),
        ),
        _cell("p50 / p95", row["latency"]),
        _cell("Calls", row["requests"]),
        _cell(
            "Errors",
            row["errors"],
            rx.el.div(row["error_share"], class_name="muted"),
            rx.el.div(row["fault"], class_name="muted"),
            class_name="faults",
        ),
        _cell("Told to wait", row["limited"]),
        _cell(
            "Budget used",
            row["budget"],
            rx.el.div(rx.el.span(style={"width": row["share"].to(str) + "%"}), class_name="meter"),
        ),
        _cell("Breaker", row["breaker"]),
        _cell("Hit rate", row["hit_rate"], rx.el.div(row["served"], " reads", class_name="muted")),
        custom_attrs={"data-source": row["title"].to(str)},
    )


def _legend() -> rx.Component:
    return rx.el.p(
        "Readers never cause a call: pages and programs look at the board, and only the pollers ask the sources, each "
        "within its budget. Hit rate: of the times a source's reading stood in an answer, how often it was young "
        "enough to count. Errors: calls that failed and single prices that were refused; the share is that of failed "
        "calls. A breaker opens after three faults in a row, or when a source asks for patience; then nothing is asked "
        "for a while. A fail-over: the lead of a token passes to a source of lower rank, because the better one has no "
        "young price.",
        class_name="hint",
    )
