"""The way out, where there is a password: a form of the browser's own, which works without the websocket."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from app.ui.state.sign_in import SignInState


class PlainForm(BaseHTML):
    """A form that the browser sends by itself: Reflex's own prevents that where nothing on the page handles it."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]


def sign_out(class_name: str, **props) -> rx.Component:
    """A button that signs out; nothing where nobody signs in."""
    button = rx.el.button("Sign out", type="submit", class_name=class_name, **props)
    return rx.cond(SignInState.needed, PlainForm.create(button, action="/sign-out", method="post"))
