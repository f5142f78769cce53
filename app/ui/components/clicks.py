"""Buttons that trade: each press carries an order id of its own and the moment it was made."""

from functools import cache
from typing import Any

import reflex as rx
from reflex.utils.imports import ImportVar
from reflex.vars import NumberVar, VarData
from reflex_base.event import passthrough_event_spec
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.age import beside


@cache
def click_script() -> str:
    return beside("click.jsx")


def clicked_now() -> NumberVar[float]:
    """When an event is made, on the server's clock (Unix ms), as every `click_button` says it; for a form's."""
    script = VarData(imports={click_script(): [ImportVar(tag="clickedNow")]})
    return rx.Var("clickedNow()", _var_data=script).to(float)


class ClickButton(rx.Component):
    """See `click_button`."""

    tag = "ClickButton"
    on_press: rx.EventHandler[passthrough_event_spec(str, float)]
    intent: rx.Var[str]
    sure: rx.Var[str]
    disabled: rx.Var[bool]


def click_button(*content: Any, on_press: Any, disabled: rx.Var[Any] | bool = False, **props: Any) -> rx.Component:
    """A button whose `on_press` is given (order_id, clicked_ms), like
    `on_press=lambda order_id, clicked_ms: SomeState.cancel(row["id"], order_id, clicked_ms)`; the handler judges them
    with app/ui/state/clicks.py.

    Presses within 0.7 s are one intent and carry one id; with an `intent` (text), all presses while it stays the same
    do. With `sure` (text) the first press only shows that text for 4 s, and a second one then counts. Disabled while
    the desk cannot be reached.
    """
    return ClickButton.create(
        *content, library=click_script(), on_press=on_press, disabled=has_connection_errors | disabled, **props
    )
