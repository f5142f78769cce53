"""The application: every page, route and task, named."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx
from starlette.types import ASGIApp

from app.api.application import application
from app.api.guard import guard
from app.runtime.lifespan import open_house
from app.ui.live import Live
from app.ui.pages.desk import desk
from app.ui.pages.feed import feed
from app.ui.pages.lost import lost
from app.ui.state import chart, market, prices
from app.ui.state import feed as feed_state

VIEWS = (
    market.VIEW,
    prices.PRICES,
    prices.WATCHLIST,
    chart.TICK,
    chart.CHART,
    chart.READINGS,
    feed_state.VIEW,
)
_EVERYWHERE = [market.MarketState.load, prices.PricesState.load]

app = rx.App(
    stylesheets=["/drydock.css"],
    api_transformer=[application()],
    toaster=None,
)
app.add_page(
    desk,
    route="/",
    title="Drydock",
    on_load=[
        *_EVERYWHERE,
        prices.WatchState.load,
        chart.ChartState.load,
        chart.ReadingsState.load,
    ],
)
app.add_page(lost, route="404", title="Nothing here · Drydock", on_load=_EVERYWHERE)
app.add_page(feed, route="/feed", title="Feed · Drydock", on_load=[*_EVERYWHERE, feed_state.FeedState.load])


def guarded() -> ASGIApp:
    """What is served: the guard stands around all of it, Reflex's own answers to foreign pages included."""
    return guard(app())


@asynccontextmanager
async def life() -> AsyncIterator[None]:
    """The house is open, and pushed to every tab, while the server runs."""
    async with open_house() as house:
        pushing = Live(app, house, VIEWS).start()
        try:
            yield
        finally:
            pushing.cancel()


app.register_lifespan_task(life)
