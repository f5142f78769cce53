"""Toasts: what came of an order, said in words for six seconds; and alerts, until somebody has read them."""

from functools import cache
from typing import Any

import reflex as rx

from app.ui.components.age import beside
from app.ui.state.toasts import ToastState


@cache
def _script() -> str:
    return beside("toasts.jsx")


class Toasts(rx.Component):
    """See `toasts`."""

    tag = "Toasts"
    items: rx.Var[list[dict[str, Any]]]


def toasts() -> rx.Component:
    """The stack of sentences, at most four. Once per page."""
    return Toasts.create(library=_script(), items=ToastState.toasts)
