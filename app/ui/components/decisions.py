"""Decisions as rows, each to be laid open: its conditions, its flip, and what the ten levels made of the same."""

from typing import Any, cast

import reflex as rx
from reflex.vars import ArrayVar, ObjectVar, StringVar

from app.ui.components.positions import gained
from app.ui.components.table import cell
from app.ui.state.decisions import DecisionsState

_HEADS = (("UTC", ""), ("Token", ""), ("Price", "num"), ("Level", "num"), ("Verdict", ""), ("Why", ""), ("Size", "num"))
_AFTERS = (("5 min", "after_5m"), ("1 h", "after_1h"), ("24 h", "after_24h"))
_WORDS = {"B": "BUY", "S": "SELL", "H": "HOLD", "–": "SKIP"}
_COLUMNS = len(_HEADS) + len(_AFTERS) + 2

Row = ObjectVar[dict[str, str]]


def decision_table() -> rx.Component:
    """One page of decisions, or of the tokens that are nearest to being bought."""
    afters = [rx.el.th(word, scope="col", class_name="num", title="What the price did since") for word, _ in _AFTERS]
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                *[rx.el.th(word, class_name=kind, scope="col") for word, kind in _HEADS],
                rx.el.th("Ten levels", scope="col"),
                rx.cond(DecisionsState.closest, rx.fragment(), rx.fragment(*afters)),
                rx.el.th(rx.el.span("Details", class_name="away"), scope="col"),
            )
        ),
        rx.el.tbody(rx.foreach(DecisionsState.rows, _row)),
        class_name="table cards decisions",
        id="decisions",
    )


def _row(row: Row) -> rx.Component:
    is_open = DecisionsState.opened == row["id"]
    # The press of the button is the row's own: it goes up to it.
    button = rx.el.button(
        rx.cond(is_open, "Close", "Details"),
        type="button",
        class_name="small-button",
        custom_attrs={"aria-expanded": rx.cond(is_open, "true", "false")},
    )
    afters = [cell(word, gained(row[name]), class_name="num after", title=row[f"{name}_why"]) for word, name in _AFTERS]
    return rx.fragment(
        rx.el.tr(
            *_cells(row),
            rx.cond(DecisionsState.closest, rx.fragment(), rx.fragment(*afters)),
            cell("", button, class_name="ways-out"),
            on_click=DecisionsState.lay_open(row["id"]),
            class_name="openable",
            custom_attrs={"data-decision": row["id"], "data-verdict": row["verdict"]},
        ),
        rx.cond(is_open, rx.el.tr(rx.el.td(_laid_open(), col_span=_COLUMNS, class_name="wide"), class_name="laid-row")),
    )


def _cells(row: Row) -> list[rx.Component]:
    dot = rx.el.span(class_name="dot trust-dot", title=row["trust"], custom_attrs={"data-state": row["state"]})
    acted = rx.el.span(row["acted"], class_name="pill", custom_attrs={"data-kind": "filled"})
    return [
        cell("UTC", row["at"], class_name="muted when"),
        cell("Token", row["symbol"], class_name="strong"),
        cell("Price", dot, rx.el.span(row["trust"], class_name="away"), row["price"], class_name="num"),
        cell("Level", row["level"], class_name="num"),
        cell("Verdict", verdict(row["verdict"]), rx.cond(row["acted"] != "", rx.fragment(" ", acted))),
        cell(
            "Why",
            rx.cond(
                row["missing"] != "",
                rx.el.div(row["missing"], class_name="failed"),
                rx.cond(row["failed"] != "", rx.el.div(row["failed"], class_name="failed")),
            ),
            rx.el.div(row["said"], class_name="muted said-short"),
            class_name="why wide",
        ),
        cell("Size", row["size"], class_name="num"),
        cell("Ten levels", ten(row["ten"], row["ten_said"]), class_name="ten-cell"),
    ]


def verdict(word: Any) -> rx.Component:
    """A verdict in its colour."""
    return rx.el.span(word, class_name="verdict-word", custom_attrs={"data-verdict": word})


def ten(letters: StringVar[str], said: Any) -> rx.Component:
    """What the ten levels made of it, a cell for each."""
    cells = rx.foreach(
        letters.split(""),
        lambda letter: rx.el.span(letter, custom_attrs={"data-letter": letter, "aria-hidden": "true"}),
    )
    return rx.el.span(cells, class_name="ten", role="img", aria_label=said, title=said)


def legend() -> rx.Component:
    """What the letters stand for."""
    known = [
        rx.el.span(rx.el.span(letter, custom_attrs={"data-letter": letter}, class_name="ten-one"), f" {word}")
        for letter, word in _WORDS.items()
    ]
    return rx.el.p(
        *known,
        rx.el.span("Levels 1 to 10 from left to right, each from its own ledger."),
        class_name="hint ten-legend",
    )


# -- laid open


def _laid_open() -> rx.Component:
    laid = cast("ObjectVar[dict[str, Any]]", DecisionsState.laid)
    return rx.el.div(
        rx.el.div(
            rx.el.h3("Conditions, in the order in which they are asked"),
            rx.el.ul(rx.foreach(laid["gates"].to(list[list[str]]), _gate), class_name="conditions"),
            rx.el.p(laid["flip"].to(str), class_name="flip"),
            rx.cond(
                laid["trade"].to(str) != "",
                rx.el.p(
                    laid["trade"].to(str),
                    rx.cond(laid["traded"].to(str) != "", rx.el.a(" All trades", href="/trades")),
                    class_name="led-to",
                ),
            ),
            rx.el.dl(rx.foreach(laid["facts"].to(list[list[str]]), _fact), class_name="laid-facts"),
            class_name="part",
        ),
        rx.el.div(
            rx.el.h3("What the ten levels made of it"),
            rx.el.div(_opinions(laid), class_name="sideways"),
            class_name="part",
        ),
        class_name="laid",
        id="laid",
    )


def _gate(gate: ArrayVar[list[str]]) -> rx.Component:
    passed = gate[2] == "yes"
    return rx.el.li(
        rx.el.span(
            rx.cond(passed, "✓", "✗"),
            class_name=rx.cond(passed, "up mark", "down mark"),
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.span(gate[0], rx.el.span(rx.cond(passed, " passes", " fails"), class_name="away"), class_name="strong"),
        rx.el.span(gate[1], class_name="muted"),
        title=gate[3],
        custom_attrs={"data-passed": gate[2]},
    )


_OPINION_HEADS = ("Level", "", "Verdict", "First failed", "Size", "Risk", "Confidence", "Opportunity")
_NUMBERS = (0, 4, 5, 6, 7)


def _opinions(laid: ObjectVar[dict[str, Any]]) -> rx.Component:
    heads = [rx.el.th(word, class_name=_kind(place), scope="col") for place, word in enumerate(_OPINION_HEADS)]
    ten_of = laid["opinions"].to(list[list[str]])
    return rx.el.table(
        rx.el.thead(rx.el.tr(*heads)),
        rx.el.tbody(rx.foreach(ten_of, lambda one: _opinion(one, laid["level"].to(str)))),
        class_name="table opinions",
    )


def _opinion(one: ArrayVar[list[str]], level: rx.Var[str]) -> rx.Component:
    texts = [rx.el.td(one[place], class_name=_kind(place)) for place in range(len(_OPINION_HEADS))]
    texts[2] = rx.el.td(verdict(one[2]))
    return rx.el.tr(*texts, custom_attrs={"data-chosen": rx.cond(one[0] == level, "yes", "")})


def _kind(place: int) -> str:
    return "num" if place in _NUMBERS else ""


def _fact(fact: ArrayVar[list[str]]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact[0]), rx.el.dd(fact[1]), class_name="line")
