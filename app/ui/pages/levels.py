"""The levels: what each of the ten has made of the same market, beside holding and cash, and what each of them is."""

import reflex as rx

from app.ui.components.levels import level_curves, ranking, what_levels_are
from app.ui.components.shell import panel, shell
from app.ui.components.table import waiting
from app.ui.state.levels import LevelsState


def levels() -> rx.Component:
    """The page at /levels."""
    return shell(
        "/levels",
        rx.el.main(
            panel("Ten ledgers, the same market", rx.cond(LevelsState.asked, level_curves(), waiting())),
            panel("Ranked by return", rx.cond(LevelsState.asked, ranking(), waiting()), kind="ranking-panel"),
            panel("What each level is", what_levels_are(), _honest()),
            class_name="page",
        ),
    )


def _honest() -> rx.Component:
    return rx.el.p(
        rx.el.strong("What the bot is. "),
        "A set of fixed rules: each decision is a list of conditions that can be read, one by one, on the page of "
        "decisions. The rules were set and tried on recorded history, and the ledgers above show what they make of "
        "this market after all costs, next to simply holding. A level that did well so far may do badly from here; "
        "the ranking says what happened, not what will. Nothing here is a promise or advice, and no real money moves.",
        class_name="hint honest",
        id="honest",
    )
