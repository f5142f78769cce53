"""Sessions: the list of them, the forms that open and rename one, and two of them side by side."""

from typing import Any, cast

import reflex as rx
from reflex.vars import ArrayVar, ObjectVar
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.clicks import click_button, clicked_now
from app.ui.components.positions import gained
from app.ui.components.table import cell
from app.ui.state.sessions import CompareState, SessionsState

_HEADS = ("Compare", "Session", "Market", "From – to, UTC", "Start", "Return", "Trades", "State", "Take away")


def session_table() -> rx.Component:
    """All sessions, newest first."""
    return rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(word, class_name="num" if word in _NUMBERS else "") for word in _HEADS])),
        rx.el.tbody(rx.foreach(SessionsState.rows, _row)),
        class_name="table cards",
        id="sessions",
    )


_NUMBERS = ("Start", "Return", "Trades")


def _row(row: ObjectVar[dict[str, str]]) -> rx.Component:
    box = rx.el.input(
        type="checkbox",
        checked=cast("ArrayVar[list[str]]", CompareState.chosen).contains(row["id"]),
        on_change=lambda _on: CompareState.choose(row["id"]),
        custom_attrs={"aria-label": "Compare " + row["name"].to(str)},
    )
    take = [("JSON", SessionsState.take_session(row["id"])), ("CSV", SessionsState.take_trades(row["id"]))]
    return rx.el.tr(
        cell("Compare", box),
        cell(
            "Session",
            rx.el.div(row["name"], class_name="strong"),
            rx.cond(row["note"] != "", rx.el.div(row["note"], class_name="muted note")),
        ),
        cell("Market", row["market"], " · ", row["chain"]),
        cell("From – to, UTC", row["span"]),
        cell("Start", row["balance"], class_name="num"),
        cell("Return", gained(row["returned"]), class_name="num"),
        cell("Trades", row["trades"], class_name="num"),
        cell("State", rx.el.span(row["state"], class_name="pill", custom_attrs={"data-kind": row["state"]})),
        cell(
            "Take away",
            *[rx.el.button(word, on_click=event, class_name="small-button") for word, event in take],
            class_name="ways-out",
        ),
        custom_attrs={"data-session": row["id"]},
    )


# What stands in the fields at the moment of the press.
_WRITTEN = rx.Var('Object.fromEntries(new FormData(document.getElementById("new-session")))').to(dict)


def new_session_form() -> rx.Component:
    """Asks what a new session is to be, and warns that the present one is archived."""
    warning = rx.el.p(
        rx.el.strong("“", SessionsState.name, "” is archived. "),
        "Its open orders are cancelled and nothing is sold: positions stay in the archive as they are. "
        "An archived session can be read and compared, and never traded in again.",
        class_name="warning",
    )
    return rx.el.form(
        warning,
        _field("Name", rx.el.input(name="name", placeholder="November on Base", max_length=60, auto_complete="off")),
        _field("Note", rx.el.textarea(name="note", rows="2", max_length=2000)),
        _field(
            "Starting balance, $",
            rx.el.input(
                name="balance",
                default_value=SessionsState.balance,
                on_change=SessionsState.judge,
                input_mode="decimal",
                required=True,
                custom_attrs={"aria-invalid": rx.cond(SessionsState.fault != "", "true", "false")},
            ),
            rx.cond(
                SessionsState.fault != "",
                rx.el.span(SessionsState.fault, class_name="down", id="fault", role="status"),
            ),
        ),
        _field("Market", _select("market", SessionsState.markets, SessionsState.market)),
        _field("Chain", _select("chain", SessionsState.chains, SessionsState.chain)),
        rx.el.div(
            # No button submits the form, so that Enter in a field archives nothing.
            click_button(
                "Archive and open",
                on_press=lambda order_id, clicked_ms: SessionsState.open_new(_WRITTEN, order_id, clicked_ms),
                sure="Sure? Press again",
                disabled=SessionsState.busy | (SessionsState.fault != ""),
                class_name="main-button",
                id="open-session",
            ),
            class_name="buttons",
        ),
        key=SessionsState.present,
        class_name="session-form",
        id="new-session",
    )


def rename_form() -> rx.Component:
    """Name and note of the session at work."""
    now = clicked_now()
    return rx.el.form(
        _field("Name", rx.el.input(name="name", default_value=SessionsState.name, max_length=60, required=True)),
        _field("Note", rx.el.textarea(name="note", default_value=SessionsState.note, rows="2", max_length=2000)),
        rx.el.div(
            rx.el.button("Keep", type="submit", disabled=has_connection_errors, class_name="quiet-button"),
            class_name="buttons",
        ),
        on_submit=lambda form: SessionsState.rename(form, now),
        reset_on_submit=False,
        key=SessionsState.present + SessionsState.name + SessionsState.note,
        class_name="session-form",
        id="rename-session",
    )


def _field(word: str, *field: rx.Component) -> rx.Component:
    return rx.el.label(rx.el.span(word), *field)


def _select(name: str, choices: Any, chosen: Any) -> rx.Component:
    return rx.el.select(
        rx.foreach(choices, lambda choice: rx.el.option(choice[1], value=choice[0])),
        name=name,
        default_value=chosen,
        key=chosen,
    )


def comparison() -> rx.Component:
    """Two sessions side by side; what differs stands out."""
    return rx.cond(
        CompareState.names,
        rx.el.table(
            rx.el.thead(rx.el.tr(rx.el.th(""), rx.el.th(CompareState.names[0]), rx.el.th(CompareState.names[1]))),
            rx.el.tbody(_title("How they were set up"), rx.foreach(CompareState.settings, _line)),
            rx.el.tbody(_title("What came of them"), rx.foreach(CompareState.outcome, _line)),
            class_name="table compared",
            id="comparison",
        ),
        rx.el.p(
            rx.cond(
                CompareState.said != "", CompareState.said, "Tick two sessions in the list to see them side by side."
            ),
            class_name="hint",
        ),
    )


def _title(words: str) -> rx.Component:
    return rx.el.tr(rx.el.th(words, col_span=3, class_name="part-title"))


def _line(line: ArrayVar[list[str]]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(line[0], scope="row"),
        rx.el.td(line[1], _why(line[4])),
        rx.el.td(line[2], _why(line[5])),
        custom_attrs={"data-differs": line[3]},
    )


def _why(reason: rx.Var[str]) -> rx.Component:
    return rx.cond(reason != "", rx.el.small(reason))
