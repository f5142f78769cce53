"""The decisions: every one of them with its filters, and which tokens are nearest to being bought now."""

from typing import cast

import reflex as rx
from reflex.vars import ArrayVar

from app.bot.levels import LEVELS
from app.bot.words import titles
from app.domain.decisions import Verdict
from app.ui.components.decisions import decision_table, legend
from app.ui.components.shell import panel, shell
from app.ui.components.switch import switch
from app.ui.components.table import named, turning, waiting
from app.ui.state.decisions import DecisionsState

_CHOICES = (
    ("verdict", "Verdict", [(verdict.value, verdict.value) for verdict in Verdict]),
    ("level", "Level", [(str(level.number), f"{level.number} {level.name}") for level in LEVELS]),
    ("failed", "First failed", list(titles().items())),
)


def decisions() -> rx.Component:
    """The page at /decisions."""
    return shell(
        "/decisions",
        rx.el.main(
            panel(
                "Decisions of this session",
                rx.el.div(rx.cond(DecisionsState.closest, _nearest(), _filters()), class_name="above"),
                rx.cond(DecisionsState.asked, rx.cond(DecisionsState.rows, _table(), _nothing()), waiting()),
                _turning(),
                extra=rx.el.span(
                    switch("Closest to trading now", DecisionsState.closest, DecisionsState.switch, id="closest"),
                    _take(),
                    class_name="ways",
                ),
                kind="decisions-panel",
            ),
            class_name="page",
        ),
    )


def _table() -> rx.Component:
    return rx.fragment(decision_table(), legend())


def _take() -> rx.Component:
    return rx.el.button(
        "Download CSV",
        on_click=DecisionsState.download,
        class_name="link",
        id="decisions-csv",
        title="The newest 5,000 at most; `drydock export decisions` writes all of them.",
    )


def _nearest() -> rx.Component:
    return rx.el.p(
        "What is watched, the nearest to a purchase at level ",
        DecisionsState.level,
        " first: by how many conditions fail, then by how far they are from being met.",
        class_name="hint",
    )


def _filters() -> rx.Component:
    token = _select("token", rx.foreach(DecisionsState.tokens, lambda token: _option(token)))
    return rx.el.div(
        named("Token", token),
        *[named(word, _select(name, *_options(choices))) for name, word, choices in _CHOICES],
        rx.el.button("Clear", on_click=DecisionsState.widen, class_name="quiet-button"),
        class_name="filters",
        role="group",
        custom_attrs={"aria-label": "Which decisions"},
    )


def _options(choices: list[tuple[str, str]]) -> list[rx.Component]:
    return [rx.el.option(said, value=value) for value, said in choices]


def _option(token: ArrayVar[list[str]]) -> rx.Component:
    return rx.el.option(token[1], value=token[0])


def _select(name: str, *options: rx.Component) -> rx.Component:
    return rx.el.select(
        rx.el.option("Any", value=""),
        *options,
        value=DecisionsState.wanted[name],
        on_change=lambda value: DecisionsState.narrow(name, value),
        custom_attrs={"data-filter": name},
    )


def _nothing() -> rx.Component:
    return rx.el.p(
        rx.cond(
            DecisionsState.closest,
            "The bot looks at nothing yet: it needs watched tokens that can be traded, and its first tick.",
            rx.cond(
                DecisionsState.tokens,
                "No decision fits these filters.",
                "No decisions yet. The first stand here when a bar has closed, or when the bot is started.",
            ),
        ),
        class_name="hint nothing",
    )


def _turning() -> rx.Component:
    rows = cast("ArrayVar[list[dict[str, str]]]", DecisionsState.rows)
    last = DecisionsState.first + rows.length() - 1
    which = rx.el.span("Newest first, ", DecisionsState.first, "–", last, class_name="muted", id="which-decisions")
    there = ~cast("rx.Var", DecisionsState.closest) & (cast("rx.Var", DecisionsState.older) | DecisionsState.newer)
    return turning(DecisionsState, which, shown=there)
