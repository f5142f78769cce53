"""Toasts as a view: what became of orders, in words; those a tab placed itself, and those that rested until now.

A handler that trades tells its outcome with `tell_outcome`, or any sentence with `tell`. Every tab is told of alerts
that are raised or end while it is open.
"""

import asyncio

import reflex as rx

from app.domain.alerts import Alert, AlertKind
from app.domain.orders import OrderState
from app.domain.refusal import Refusal
from app.runtime.alarms import Alarms, News
from app.runtime.house import current
from app.runtime.pit import Pit
from app.store.database import StoreRefused
from app.store.trades import trade as find_trade
from app.trading.bell import Topic
from app.trading.desk import Placed
from app.ui import format as fmt
from app.ui.outcomes import Said, said
from app.ui.state.view import View, put, server_ms

MOST = 4
# As long as the browser shows one that nobody holds.
_STAY_MS = 6_000
_REMEMBERED = 50
# A toast of this kind stays until somebody takes it away, or what it tells of has ended.
STAYING = "alert"

Toast = dict[str, str | float]


class ToastState(rx.State):
    """`toasts` are the last few, oldest first: id, kind (filled, rests, reverted, refused, alert, recovered, note),
    text, when they were said (Unix ms), and what alert they tell of. The browser lets them go."""

    toasts: list[Toast] = []
    # Whose orders are watched, which of them were open at the last look, and which outcomes this tab was told.
    _session: str = ""
    _open: list[str] = []
    _told: list[str] = []
    _count: int = 0
    # The last news of alerts that this tab was told; a tab that has just come is told none of the
    # old, but for a restart.
    _heard: int = -1

    @rx.event
    async def load(self):
        """What was said a while before a page loads has been read."""
        read = server_ms() - _STAY_MS
        put(self, toasts=[toast for toast in self.toasts if toast["kind"] == STAYING or float(toast["at"]) > read])
        await show(self)
        await show_alerts(self)


async def tell(state: rx.State, kind: str, text: str) -> None:
    """Show a sentence to the tab of this state; `kind` is filled, rests, reverted or refused."""
    toasts = await state.get_state(ToastState)
    _add(toasts, (kind, text))


async def tell_outcome(state: rx.State, outcome: Placed | Refusal) -> None:
    """Show what became of an order; of one that was told already, nothing."""
    toasts = await state.get_state(ToastState)
    if isinstance(outcome, Placed):
        if outcome.repeated and await was_told(state, outcome.order.id):
            return
        order_id = outcome.order.id
        _remember(toasts, order_id)
        if outcome.order.state is OrderState.OPEN and order_id not in toasts._open:
            toasts._open = [*toasts._open, order_id]
    _add(toasts, said(outcome))


async def was_told(state: rx.State, order_id: str) -> bool:
    """Whether the tab of this state was told what became of this order."""
    toasts = await state.get_state(ToastState)
    return order_id in toasts._told


async def show(state: rx.State) -> None:
    """Tell of the orders that rested at the last look and are over now, unless somebody cancelled them; and that the
    desk is in another session than then."""
    house = current()
    pit = house.pit if house else None
    if pit is None or not isinstance(state, ToastState):
        return
    standing = list(pit.desk.books.orders)
    if state._session == pit.session.id:
        for order_id in [known for known in state._open if known not in pit.desk.books.orders][-MOST:]:
            await _tell_end(state, pit, order_id)
    elif state._session:
        _add(state, ("note", _changed(pit)))
    if (state._session, state._open) != (pit.session.id, standing):
        state._session, state._open = pit.session.id, standing


def _changed(pit: Pit) -> str:
    """That what the tab shows is another session's from now on."""
    held = len(pit.account.open_positions)
    positions = f"{held} position{'s' if held > 1 else ''}" if held else "nothing held"
    return (
        f"The desk is in another session now, “{pit.session.name}”: {fmt.money(pit.account.cash)} in cash, {positions}."
    )


async def show_alerts(state: rx.State) -> None:
    """Tell of the alerts that were raised or have ended since the last look."""
    house = current()
    if house is None or not isinstance(state, ToastState):
        return
    alarms, heard = house.alarms, state._heard
    if heard != alarms.newest:
        state._heard = alarms.newest
    if not 0 <= heard <= alarms.newest:
        for alert in _restarts(alarms):
            _add(state, ("note", alert.condition.sentence), _about(alert))
    # A number that is ahead is that of a desk that has been started anew.
    if 0 <= heard < alarms.newest:
        for news in _unheard(alarms, heard):
            _tell_news(state, news)


def _restarts(alarms: Alarms) -> list[Alert]:
    """What a tab has to know of that comes, or comes back, after it was said."""
    return [alert for alert in alarms.standing if alert.condition.kind is AlertKind.RESTARTED][-MOST:]


def _about(alert: Alert) -> str:
    return f"{alert.condition.kind.value} {alert.condition.about}"


def _unheard(alarms: Alarms, heard: int) -> list[News]:
    return [news for news in alarms.news if news.number > heard][-MOST:]


def _tell_news(state: ToastState, news: News) -> None:
    told = news.alert.condition
    about = _about(news.alert)
    if news.event == "raised":
        kind = "note" if told.kind is AlertKind.RESTARTED else STAYING
        _add(state, (kind, told.sentence), about)
    elif told.kind is not AlertKind.RESTARTED:
        state.toasts = [toast for toast in state.toasts if toast["about"] != about]
        _add(state, ("recovered", told.recovery), about)


async def _tell_end(state: ToastState, pit: Pit, order_id: str) -> None:
    outcome = await outcome_of(pit, order_id)
    if outcome and outcome.order.state not in (OrderState.OPEN, OrderState.CANCELLED):
        _add(state, said(outcome))


async def outcome_of(pit: Pit, order_id: str) -> Placed | None:
    """What became of an order; None where it is not known, or the database refuses, which a banner says."""
    try:
        order = await pit.desk.find(order_id)
        trade_id = order.trade_id if order else None
        trade = await asyncio.to_thread(find_trade, pit.desk.store, trade_id) if trade_id else None
    except StoreRefused:
        return None
    return Placed(order, trade, repeated=True) if order else None


def _remember(state: ToastState, order_id: str) -> None:
    state._told = [*state._told[-_REMEMBERED:], order_id]


def _add(state: ToastState, words: Said, about: str = "") -> None:
    """One more; of those that stay, and of those that go, the last few are kept."""
    state._count += 1
    now = server_ms()
    toast: Toast = {
        "id": f"{now}-{state._count}",
        "kind": words[0],
        "text": words[1],
        "at": float(now),
        "about": about,
    }
    told = [*state.toasts, toast]
    staying = [each for each in told if each["kind"] == STAYING][-MOST:]
    going = [each for each in told if each["kind"] != STAYING][-MOST:]
    put(state, toasts=[each for each in told if each in staying or each in going])


VIEW = View(ToastState, show, frozenset({Topic.ACCOUNT, Topic.SESSION}))
ALERTS = View(ToastState, show_alerts, frozenset({Topic.ALERT}))
