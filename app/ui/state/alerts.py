"""Alerts as a view: how many stand, for every page, and the newest of them all, for the page of the log."""

from datetime import datetime

import reflex as rx

from app.domain.alerts import Alert, AlertKind
from app.runtime.house import current
from app.store.alerts import ALL
from app.store.database import StoreRefused
from app.trading.bell import Topic
from app.ui import figures
from app.ui.state.view import View, put

MOST = 50
_TITLES = {
    AlertKind.FEED_DOWN: "Feed down",
    AlertKind.RATE_LIMITED: "Told to wait",
    AlertKind.PRICE_DISPUTED: "Price disputed",
    AlertKind.PRICE_STALE: "Price stale",
    AlertKind.BOOKS_OUT_OF_BALANCE: "Books out of balance",
    AlertKind.BOT_STALLED: "Bot stalled",
    AlertKind.DAILY_LOSS: "Daily loss reached",
    AlertKind.DISK_NEARLY_FULL: "Disk nearly full",
    AlertKind.RESTARTED: "Restarted",
}


class AlertsState(rx.State):
    """`standing` is how many alerts stand now, and `newest` what the newest of them says; `note` is what a start had to
    say, which is nothing wrong any more; `rows` are the newest: when, kind, sentence, how long it lasted, and
    'yes' where it still stands; `untaken` is how many the webhook has lost since it last took one."""

    standing: int = 0
    newest: str = ""
    note: str = ""
    rows: list[list[str]] = []
    untaken: int = 0
    asked: bool = False

    @rx.event
    async def load(self):
        """For every page."""
        await show(self)

    @rx.event
    async def load_rows(self):
        """For the page that lists them."""
        await show_rows(self)


async def show(state: rx.State) -> None:
    house = current()
    if house is not None:
        standing = house.alarms.standing
        notes = [alert.condition.sentence for alert in standing if alert.condition.kind is AlertKind.RESTARTED]
        wrong = [alert.condition.sentence for alert in standing if alert.condition.kind is not AlertKind.RESTARTED]
        put(state, standing=len(wrong), newest=wrong[-1] if wrong else "", note=" ".join(notes))


async def show_rows(state: rx.State) -> None:
    house = current()
    if house is None:
        return
    try:
        found = await house.alarms.listed(ALL, MOST)
    except StoreRefused:
        # The banner says so; what the house knows by itself is shown all the same.
        found = list(reversed(house.alarms.standing))
    put(state, rows=[row(alert) for alert in found], asked=True, untaken=house.alarms.webhook.untaken)


def row(alert: Alert) -> list[str]:
    """An alert in words."""
    told, ended = alert.condition, alert.recovered_at
    return [
        figures.moment(alert.raised_at),
        _TITLES[told.kind],
        told.sentence,
        lasted(alert.raised_at, ended) if ended else "",
        "" if ended else "yes",
    ]


def lasted(begun: datetime, ended: datetime) -> str:
    """'40 s', '12 min', '3 h 20 min', '2 d 4 h'; a clock that was set back makes it nothing."""
    seconds = max(0, int((ended - begun).total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 24:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


BADGE = View(AlertsState, show, frozenset({Topic.ALERT}))
VIEW = View(AlertsState, show_rows, frozenset({Topic.ALERT}), "/log")
