"""The service level of the feed: promises as tiles, what happened, and each source's breaker and leads."""

import reflex as rx
from reflex.vars import ObjectVar

from app.ui.components.shell import panel
from app.ui.components.table import cell, waiting
from app.ui.state.feed import FeedState


def promises() -> rx.Component:
    """The tiles: what was promised, what was measured, and whether it is kept, in words as well as in colour."""
    return panel(
        "What the feed promises",
        rx.cond(FeedState.asked, rx.el.ul(rx.foreach(FeedState.targets, _tile), class_name="promises"), waiting()),
        rx.el.p(
            "Measured ",
            FeedState.since,
            ". A p95 is the bound below which 95 of 100 lie. The median of the fill error is above zero where fills "
            "were worse than quoted; its p95 is of its size, either way.",
            class_name="hint",
        ),
        extra=rx.el.span(FeedState.together, class_name="card-note", id="promises-kept"),
    )


def happened() -> rx.Component:
    """The times in which a token had no live price, newest first, and what the bot did."""
    nothing = rx.el.p(
        "Nothing: every watched token whose price was live has kept a live price ", FeedState.since, ".",
        class_name="hint nothing",
    )  # fmt: skip
    shown = rx.cond(FeedState.outages, rx.el.ol(rx.foreach(FeedState.outages, _outage), class_name="happened"), nothing)
    return panel(
        "What happened",
        rx.cond(FeedState.asked, shown, waiting()),
        rx.el.p(
            "Looked at once a second. A signal is skipped where, at a bar's close, all that was known spoke for buying "
            "but the price was not live; what a quote would have said is not known, as nobody is asked for one then.",
            class_name="hint",
        ),
        extra=rx.el.span("times in UTC", class_name="card-note"),
        kind="happened-panel",
    )


def breakers() -> rx.Component:
    """Each source's breaker over the last hour, when it opened and why, and how often leads passed from or to it."""
    heads = ("Source", "Last hour", "Breaker opened", "Fail-overs")
    table = rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(head) for head in heads])),
        rx.el.tbody(rx.foreach(FeedState.breakers, _breaker)),
        class_name="table cards",
        id="breakers",
    )
    return panel(
        "Breakers",
        rx.cond(FeedState.asked, table, waiting()),
        rx.el.p(
            "The bar is the last hour, now at its right end. Green: the source was asked; red: its breaker was open; "
            "empty: before this process started.",
            class_name="hint",
        ),
    )


def fail_overs() -> rx.Component:
    """The leads that passed to a source of lower rank, newest first."""
    nothing = rx.el.p("No lead has passed to another source ", FeedState.since, ".", class_name="hint nothing")
    rows = rx.el.ol(rx.foreach(FeedState.fail_overs, _fail_over), class_name="fail-overs")
    return panel(
        "Fail-overs",
        rx.cond(FeedState.asked, rx.cond(FeedState.fail_overs, rows, nothing), waiting()),
        extra=rx.el.span("newest first, times in UTC", class_name="card-note"),
    )


def _tile(tile: ObjectVar[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        rx.el.div(tile["title"], class_name="label"),
        rx.el.div(tile["value"], class_name="value"),
        rx.el.div(
            rx.el.span(tile["word"], class_name="verdict"), " ", rx.el.span(tile["wanted"], class_name="muted"),
            class_name="against",
        ),
        rx.cond(tile["reason"] != "", rx.el.div(tile["reason"], class_name="muted reason")),
        custom_attrs={"data-target": tile["name"].to(str), "data-kind": tile["kind"].to(str)},
    )  # fmt: skip


def _outage(row: ObjectVar[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row["when"], class_name="strong"), " ", rx.el.span(row["lasted"], class_name="muted"),
            class_name="when",
        ),
        rx.el.div(rx.el.div(row["what"], class_name="what"), rx.el.div(row["did"], class_name="muted did")),
        custom_attrs={"data-kind": row["kind"].to(str)},
    )  # fmt: skip


def _breaker(row: ObjectVar[dict[str, str]]) -> rx.Component:
    strip = rx.el.svg(
        rx.el.svg.path(d=row["looked"].to(str), class_name="looked"),
        rx.el.svg.path(d=row["opened"].to(str), class_name="opened"),
        view_box="0 0 100 10",
        preserve_aspect_ratio="none",
        class_name="strip-hour",
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
    )
    return rx.el.tr(
        rx.el.td(rx.el.div(row["title"], class_name="strong"), class_name="source"),
        cell("Last hour", strip, class_name="hour"),
        cell(
            "Breaker opened",
            rx.el.div(row["said"], class_name="openings"),
            rx.cond(row["earlier"] != "", rx.el.div(row["earlier"], class_name="muted")),
            class_name="wide",
        ),
        cell("Fail-overs", row["leads"]),
        custom_attrs={"data-breaker": row["title"].to(str)},
    )


def _fail_over(row: ObjectVar[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        rx.el.b(row["token"]),
        rx.el.span(row["source"], " → ", row["to"]),
        rx.el.span(row["when"], " · ", row["lasted"], class_name="muted"),
    )
