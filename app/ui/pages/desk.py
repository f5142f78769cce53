"""The desk: watchlist and ticket, the chart and the books under it, and the bot with its level, reasons and ledgers."""

import reflex as rx

from app.ui.components.chart import chart
from app.ui.components.hotkeys import hotkeys
from app.ui.components.ledgers import ledgers
from app.ui.components.panel import panel_tabs
from app.ui.components.readings import readings
from app.ui.components.shell import shell
from app.ui.components.slider import slider
from app.ui.components.ticket import ticket
from app.ui.components.watchlist import watchlist
from app.ui.components.why import why


def desk() -> rx.Component:
    """The page at /."""
    return shell(
        "/",
        rx.el.main(
            rx.el.div(watchlist(), ticket(), class_name="column"),
            rx.el.div(chart(), panel_tabs(), readings(), class_name="column"),
            rx.el.div(slider(), why(), ledgers(), class_name="column nerve"),
            class_name="floor",
        ),
        hotkeys(),
    )
