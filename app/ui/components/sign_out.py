"""The way out, where there is a password: a form of the browser's own, which works without the websocket."""

import reflex as rx

from app.ui.state.sign_in import SignInState


def sign_out() -> rx.Component:
    """A button for the foot of the page; nothing where nobody signs in."""
    button = rx.el.button("Sign out", type="submit", class_name="foot-button", id="sign-out")
    return rx.cond(SignInState.needed, rx.el.form(button, action="/sign-out", method="post"))
