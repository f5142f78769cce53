"""Where a wrong address leads: the shell stays, and the way back."""

import reflex as rx

from app.ui.components.shell import panel, shell


def lost() -> rx.Component:
    """The page for every address that is none."""
    return shell(
        "",
        rx.el.main(
            panel(
                "Nothing here",
                rx.el.p("There is no page at this address.", class_name="hint"),
                rx.el.br(),
                rx.link("Back to the desk", href="/", class_name="quiet-button", underline="none"),
            ),
            class_name="page",
        ),
    )
