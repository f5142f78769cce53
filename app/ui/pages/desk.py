"""The desk: watchlist, chart, and where the chosen price comes from."""

import reflex as rx

from app.ui.components.chart import chart
from app.ui.components.readings import readings
from app.ui.components.shell import shell
from app.ui.components.watchlist import watchlist


def desk() -> rx.Component:
    """The page at /."""
    return shell("/", rx.el.main(watchlist(), chart(), readings(), class_name="floor"))
