"""The desk: watchlist and ticket, the chart, the books under it, and where the chosen price comes from."""

import reflex as rx

from app.ui.components.chart import chart
from app.ui.components.hotkeys import hotkeys
from app.ui.components.panel import panel_tabs
from app.ui.components.readings import readings
from app.ui.components.shell import shell
from app.ui.components.ticket import ticket
from app.ui.components.watchlist import watchlist


def desk() -> rx.Component:
    """The page at /."""
    return shell(
        "/",
        rx.el.main(
            rx.el.div(watchlist(), ticket(), class_name="column"),
            rx.el.div(chart(), panel_tabs(), readings(), class_name="column"),
            class_name="floor",
        ),
        hotkeys(),
    )
