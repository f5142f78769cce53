"""The intel slider: one level from 1 to 10, what it means, and what each level would do."""

from functools import cache

import reflex as rx
from reflex.event import no_args_event_spec
from reflex_base.event import passthrough_event_spec
from reflex_components_core.core.banner import has_connection_errors

from app.bot.levels import LEVELS
from app.bot.words import meaning
from app.ui.components.age import beside
from app.ui.components.clicks import click_script
from app.ui.components.shell import panel
from app.ui.state.bot import SliderState
from app.ui.state.chart import ChartState
from app.ui.state.why import WhyState


@cache
def _script() -> str:
    click_script()
    beside("strip.jsx")
    return beside("slider.jsx")


class Slider(rx.Component):
    """See `slider`."""

    tag = "Slider"
    level: rx.Var[int]
    token: rx.Var[str]
    names: rx.Var[list[str]]
    meanings: rx.Var[list[str]]
    verdicts: rx.Var[list[list[str]]]
    returns: rx.Var[list[str]]
    offline: rx.Var[bool]
    on_move: rx.EventHandler[passthrough_event_spec(int, float)]
    on_turn: rx.EventHandler[no_args_event_spec]


def slider() -> rx.Component:
    """The card. Once per page: the keys 1 to 9 and 0 move it."""
    stance = rx.match(
        rx.cond(has_connection_errors, "", SliderState.bot),
        ("running", "trades the paper account"),
        ("paused", "opens nothing new"),
        ("stopped", "only thinks"),
        "",
    )
    return panel(
        "Intel level",
        Slider.create(
            library=_script(),
            level=SliderState.level,
            token=ChartState.chosen,
            names=[level.name for level in LEVELS],
            meanings=[meaning(level) for level in LEVELS],
            verdicts=WhyState.verdicts,
            returns=WhyState.returns,
            offline=has_connection_errors,
            on_move=SliderState.move,
            on_turn=WhyState.load,
            id="slider",
        ),
        rx.el.p(_caption(), class_name="hint"),
        extra=rx.el.span(stance, class_name="stance", custom_attrs={"data-kind": SliderState.bot}),
        kind="slider-panel",
    )


def _caption() -> rx.Component:
    return rx.fragment(
        "What each level's own ledger would do with ",
        rx.cond(WhyState.token == "", "the token", WhyState.token),
        " now, and its return since the session began",
    )
