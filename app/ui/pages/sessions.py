"""The sessions: all of them, a new one, and two compared."""

from typing import cast

import reflex as rx

from app.ui.components.sessions import comparison, new_session_form, rename_form, session_table
from app.ui.components.shell import panel, shell
from app.ui.components.table import turning, waiting
from app.ui.state.sessions import SessionsState


def sessions() -> rx.Component:
    """The page at /sessions."""
    return shell(
        "/sessions",
        rx.el.main(
            rx.el.p(
                SessionsState.said,
                class_name=rx.cond(SessionsState.refused, "said down", "said up"),
                id="session-said",
                role="status",
            ),
            panel(
                "Sessions",
                rx.cond(SessionsState.asked, session_table(), waiting()),
                turning(SessionsState, shown=cast("rx.Var", SessionsState.older) | SessionsState.newer),
                kind="sessions-panel",
            ),
            panel("Side by side", comparison()),
            rx.el.div(
                panel("Open a new session", rx.cond(SessionsState.asked, new_session_form(), waiting())),
                panel("The session at work", rx.cond(SessionsState.asked, rename_form(), waiting())),
                class_name="two-panels",
            ),
            class_name="page",
        ),
    )
