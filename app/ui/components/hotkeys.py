"""The keys of the desk, and the dialog that names them."""

from functools import cache

import reflex as rx
from reflex_base.event import passthrough_event_spec
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.age import beside
from app.ui.components.clicks import click_script
from app.ui.state.chart import ChartState
from app.ui.state.ticket import TicketState

KEYS = [
    ["B", "Chooses Buy and goes to the amount; while armed, buys what is filled in where Buy is chosen already"],
    ["S", "Chooses Sell and goes to the amount; while armed, sells what is filled in where Sell is chosen already"],
    ["1 – 9, 0", "The intel level, 0 for 10"],
    ["Enter", "In the amount: takes the offer that stands, or places the order"],
    ["?", "These keys"],
]


@cache
def _script() -> str:
    click_script()
    return beside("hotkeys.jsx")


class Hotkeys(rx.Component):
    """See `hotkeys`."""

    tag = "Hotkeys"
    armed: rx.Var[bool]
    token: rx.Var[str]
    offline: rx.Var[bool]
    keys: rx.Var[list[list[str]]]
    on_hit: rx.EventHandler[passthrough_event_spec(str, bool, str, str, float)]


def hotkeys() -> rx.Component:
    """Listens for the keys, and shows them at `?` and at a press on anything with data-keys. Once per page."""
    return Hotkeys.create(
        library=_script(),
        armed=TicketState.armed,
        token=ChartState.chosen,
        offline=has_connection_errors,
        keys=KEYS,
        on_hit=TicketState.hit,
    )
