"""Why: the gates of the account's own decision about the chosen token, and the last decisions of all."""

from functools import cache
from typing import Any, cast

import reflex as rx
from reflex.vars import ArrayVar, NumberVar, StringVar

from app.ui.components.age import beside
from app.ui.components.shell import panel
from app.ui.components.table import cell, waiting
from app.ui.state.why import LastDecisionsState, WhyState

_HEADS = ("Token", "Verdict", "Decided by", "Level", "When")


def why() -> rx.Component:
    """The card."""
    told = rx.el.p(rx.el.strong(WhyState.lead), " ", WhyState.rest, class_name="told", id="told")
    return panel(
        "Why",
        rx.cond(WhyState.note != "", rx.el.p(WhyState.note, class_name="why-note", role="status", id="why-note")),
        rx.cond(
            WhyState.token == "",
            waiting(),
            _gates(),
        ),
        rx.cond(WhyState.lead != "", told),
        rx.cond(WhyState.stance != "", rx.el.p(WhyState.stance, class_name="hint", id="bot-stance")),
        extra=rx.fragment(
            rx.el.span(WhyState.whose, class_name="whose", id="why-whose"),
            rx.el.span(
                WhyState.token,
                rx.cond(WhyState.at != "", f" · {WhyState.at}", ""),
                class_name="card-note",
                title="The time of the market, UTC",
            ),
        ),
        kind="why-panel",
    )


def _gates() -> rx.Component:
    """What keeps a position stands first and apart; what is not worth a look is folded away, and stays as it was
    folded while its gates come and go."""
    held = cast("StringVar", WhyState.parts).contains("k")
    more = cast("NumberVar[int]", WhyState.more)
    return rx.el.div(
        rx.cond(
            held,
            rx.fragment(rx.el.h3("To keep it"), _part("k", "gates-keep"), rx.el.h3("To buy more")),
        ),
        rx.el.div(
            _part("b", "gates"),
            rx.el.details(
                rx.el.summary(more, rx.cond(more == 1, " more passes", " more pass")),
                _part("m", "gates-more"),
                hidden=more == 0,
                class_name="more-gates",
            ),
            class_name=rx.cond(held, "to-buy-more", ""),
        ),
    )


def _part(part: str, known: str) -> rx.Component:
    def one(name: rx.Var[str], index: NumberVar[int]) -> rx.Component:
        return rx.cond(cast("StringVar", WhyState.parts)[index] == part, _gate(name, index))

    return rx.el.ul(rx.foreach(WhyState.gates, one), class_name="gates", id=known)


def _gate(name: rx.Var[str], index: NumberVar[int]) -> rx.Component:
    passed = cast("StringVar", WhyState.passed)[index] == "y"
    return rx.el.li(
        rx.el.span(rx.cond(passed, "✓", "✗"), class_name="mark", custom_attrs={"aria-hidden": "true"}),
        rx.el.span(name, rx.el.span(rx.cond(passed, " passes", " fails"), class_name="away"), class_name="gate"),
        rx.el.span(cast("ArrayVar[list[str]]", WhyState.values)[index], class_name="against"),
        custom_attrs={"data-passed": rx.cond(passed, "yes", "no")},
    )


@cache
def _script() -> str:
    return beside("why.jsx")


class Ago(rx.Component):
    """See `ago`."""

    tag = "Ago"
    at_ms: rx.Var[float]


def ago(at_ms: rx.Var[Any] | float, **props: Any) -> rx.Component:
    """How long ago a moment (Unix ms) was: '12 s ago', '3 min ago'; nothing for 0."""
    return Ago.create(library=_script(), at_ms=at_ms, **props)


def last_decisions() -> rx.Component:
    """The newest decisions, and the way to the others."""
    table = rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(word) for word in _HEADS])),
        rx.el.tbody(rx.foreach(LastDecisionsState.rows, _row)),
        class_name="table cards",
        id="last-decisions",
    )
    empty = rx.el.p("No decisions yet. The bot decides whenever a bar has closed.", class_name="hint nothing")
    more = rx.link("All decisions, with their gates and how they turned out", href="/decisions", underline="none")
    return rx.fragment(
        rx.cond(LastDecisionsState.asked, rx.cond(LastDecisionsState.rows, table, empty), waiting()),
        rx.el.div(more, class_name="below"),
    )


def _row(row: ArrayVar[list[str | int]]) -> rx.Component:
    verdict = row[1].to(str)
    return rx.el.tr(
        cell("Token", rx.el.span(row[2].to(str), class_name="strong")),
        cell("Verdict", rx.el.span(verdict, class_name="verdict-word", custom_attrs={"data-verdict": verdict})),
        cell("Decided by", row[4].to(str)),
        cell("Level", row[3].to(str)),
        cell("When", ago(row[0].to(float), class_name="muted")),
    )
