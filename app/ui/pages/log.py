"""The log: what the desk was alarmed by, and the live tail of its lines by level, tag and text."""

import reflex as rx

from app.ui.components.alerts import alerts_panel
from app.ui.components.log import chips, pausing, search, tail
from app.ui.components.shell import panel, shell
from app.ui.components.table import waiting
from app.ui.state.log import LogState


def log() -> rx.Component:
    """The page at /log."""
    return shell(
        "/log",
        rx.el.main(
            alerts_panel(),
            panel(
                "Log",
                rx.el.div(chips(), search(), class_name="log-ways"),
                rx.cond(LogState.asked, tail(), waiting()),
                _hint(),
                extra=pausing(),
                kind="log-panel",
            ),
            class_name="page",
        ),
    )


def _hint() -> rx.Component:
    return rx.el.p(
        "Times are UTC. The newest 200 lines that fit are shown, of the last 5,000; secrets are masked. "
        "drydock.log in the data folder has what is older.",
        class_name="hint",
    )
