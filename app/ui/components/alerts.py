"""Alerts: the badge that says how many stand, and the list of the newest."""

import reflex as rx
from reflex.vars import ArrayVar

from app.ui.components.table import cell, waiting
from app.ui.state.alerts import MOST, AlertsState

_HEADS = ("Since (UTC)", "Alert", "What it says", "Lasted")


def alert_badge() -> rx.Component:
    """How many alerts stand, as a way to the page that lists them; nothing where none does."""
    count = AlertsState.standing
    words = rx.cond(count == 1, "alert stands", "alerts stand")
    return rx.cond(
        count > 0,
        rx.el.a(
            rx.el.span("! ", custom_attrs={"aria-hidden": "true"}),
            rx.el.span(count),
            rx.el.span(" ", words, class_name="away"),
            href="/log",
            title=AlertsState.newest,
            class_name="alert-badge",
            id="alert-badge",
        ),
        rx.fragment(),
    )


def alerts_panel() -> rx.Component:
    """The newest alerts, those that stand and those that have ended."""
    return rx.el.section(
        rx.el.header(rx.el.h2("Alerts"), rx.el.span(f"The newest {MOST}", class_name="muted small")),
        rx.cond(AlertsState.untaken > 0, _untaken(), rx.fragment()),
        rx.cond(
            AlertsState.asked,
            rx.cond(AlertsState.rows.length() > 0, _table(), _none()),  # pyright: ignore[reportAttributeAccessIssue] # a list on the server is a var here
            waiting(),
        ),
        class_name="panel alerts-panel",
        id="alerts",
    )


def _untaken() -> rx.Component:
    count = AlertsState.untaken
    words = rx.cond(count == 1, "alert.", f"{count} alerts.")
    return rx.el.p("The webhook has not taken the last ", words, class_name="nothing", id="webhook-untaken")


def _none() -> rx.Component:
    return rx.el.p("Nothing has been wrong so far.", class_name="nothing muted")


def _table() -> rx.Component:
    return rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(word, scope="col") for word in _HEADS])),
        rx.el.tbody(rx.foreach(AlertsState.rows, _row)),
        class_name="table cards alerts",
    )


def _row(row: ArrayVar[list[str]]) -> rx.Component:
    stands = row[4] == "yes"
    return rx.el.tr(
        cell(_HEADS[0], row[0]),
        cell(_HEADS[1], rx.el.span(row[1], class_name="strong")),
        cell(_HEADS[2], row[2]),
        cell(_HEADS[3], rx.cond(stands, rx.el.span("stands", class_name="pill alert-stands"), row[3])),
        custom_attrs={"data-stands": row[4]},
    )
