"""The application: every page, route and task, named."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx
from starlette.types import ASGIApp

from app.api.application import application
from app.api.cable import Cable
from app.api.guard import guard
from app.runtime.lifespan import open_house
from app.runtime.logbook import BOOK
from app.ui.gate import gate
from app.ui.live import Live
from app.ui.pages.decisions import decisions
from app.ui.pages.desk import desk
from app.ui.pages.feed import feed
from app.ui.pages.levels import levels
from app.ui.pages.log import log
from app.ui.pages.lost import lost
from app.ui.pages.sessions import sessions
from app.ui.pages.trades import trades
from app.ui.state import (
    account,
    alerts,
    bot,
    chart,
    ledgers,
    market,
    orders,
    positions,
    prices,
    quote,
    sign_in,
    ticket,
    toasts,
    why,
)
from app.ui.state import decisions as decisions_state
from app.ui.state import feed as feed_state
from app.ui.state import levels as levels_state
from app.ui.state import log as log_state
from app.ui.state import sessions as sessions_state
from app.ui.state import trades as trades_state

VIEWS = (
    market.VIEW,
    prices.PRICES,
    prices.WATCHLIST,
    chart.TICK,
    chart.CHART,
    chart.READINGS,
    chart.MARKS,
    feed_state.VIEW,
    account.VIEW,
    toasts.VIEW,
    toasts.ALERTS,
    ticket.VIEW,
    quote.VIEW,
    positions.POSITIONS,
    positions.WORTH,
    orders.VIEW,
    trades_state.RECENT_VIEW,
    trades_state.PAGE_VIEW,
    sessions_state.VIEW,
    bot.VIEW,
    why.WHY,
    why.LAST_DECISIONS,
    ledgers.LEDGERS,
    ledgers.EQUITY,
    levels_state.VIEW,
    decisions_state.VIEW,
    decisions_state.LOOKS,
    log_state.VIEW,
    alerts.BADGE,
    alerts.VIEW,
)
_FIRST = [market.MarketState.load, prices.PricesState.load]
_ACCOUNT = [
    account.AccountState.load,
    bot.SliderState.load,
    toasts.ToastState.load,
    alerts.AlertsState.load,
    sign_in.SignInState.load,
]
_EVERYWHERE = [*_FIRST, *_ACCOUNT]

_rest = application()
app = rx.App(
    stylesheets=["/drydock.css", "/levels.css", "/feed.css", "/log.css", "/alerts.css"],
    api_transformer=[_rest],
    toaster=None,
)
app.add_page(
    desk,
    route="/",
    title="Drydock",
    on_load=[
        *_FIRST,
        prices.WatchState.load,
        chart.ChartState.load,
        chart.ReadingsState.load,
        *_ACCOUNT,
        ticket.TicketState.load,
        positions.PositionsState.load,
        orders.OrdersState.load,
        trades_state.RecentState.load,
        why.WhyState.load,
        ledgers.LedgersState.load,
        why.LastDecisionsState.load,
        ledgers.EquityState.load,
    ],
)
app.add_page(trades, route="/trades", title="Trades · Drydock", on_load=[*_EVERYWHERE, trades_state.TradesState.load])
app.add_page(
    sessions,
    route="/sessions",
    title="Sessions · Drydock",
    on_load=[*_EVERYWHERE, sessions_state.SessionsState.load],
)
app.add_page(levels, route="/levels", title="Levels · Drydock", on_load=[*_EVERYWHERE, levels_state.LevelsState.load])
app.add_page(
    decisions,
    route="/decisions",
    title="Decisions · Drydock",
    on_load=[*_EVERYWHERE, decisions_state.DecisionsState.load],
)
app.add_page(
    log,
    route="/log",
    title="Log · Drydock",
    on_load=[*_EVERYWHERE, log_state.LogState.load, alerts.AlertsState.load_rows],
)
app.add_page(lost, route="404", title="Nothing here · Drydock", on_load=_EVERYWHERE)
app.add_page(feed, route="/feed", title="Feed · Drydock", on_load=[*_EVERYWHERE, feed_state.FeedState.load])


def guarded() -> ASGIApp:
    """What is served: the guard stands around all of it, Reflex's own answers to foreign pages included."""
    return guard(gate(app()))


@asynccontextmanager
async def life() -> AsyncIterator[None]:
    """The house is open, and pushed to every tab, while the server runs."""
    async with open_house() as house:
        cable = _rest.state.cable = Cable(house)
        house.at_end.append(cable.hang_up)
        tasks = [Live(app, house, VIEWS).start(), cable.start(), asyncio.create_task(BOOK.ring(house.bell))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


app.register_lifespan_task(life)
