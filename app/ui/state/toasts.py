"""Toasts as a view: what became of orders, in words; those a tab placed itself, and those that rested until now.

A handler that trades tells its outcome with `tell_outcome`, or any sentence with `tell`.
"""

import asyncio

import reflex as rx

from app.domain.orders import OrderState
from app.domain.refusal import Refusal
from app.runtime.house import current
from app.runtime.pit import Pit
from app.store.database import StoreRefused
from app.store.trades import trade as find_trade
from app.trading.bell import Topic
from app.trading.desk import Placed
from app.ui.outcomes import Said, said
from app.ui.state.market import server_ms
from app.ui.state.view import View, put

MOST = 4
# As long as the browser shows one that nobody holds.
_STAY_MS = 6_000
_REMEMBERED = 50


class ToastState(rx.State):
    """`toasts` are the last few, oldest first: id, kind (filled, rests, reverted, refused), text, and when they were
    said (Unix ms). The browser lets them go."""

    toasts: list[dict[str, str | float]] = []
    # Whose orders are watched, which of them were open at the last look, and which outcomes this tab was told.
    _session: str = ""
    _open: list[str] = []
    _told: list[str] = []
    _count: int = 0

    @rx.event
    async def load(self):
        """What was said a while before a page loads has been read."""
        read = server_ms() - _STAY_MS
        put(self, toasts=[toast for toast in self.toasts if float(toast["at"]) > read])
        await show(self)


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
    """Tell of the orders that rested at the last look and are over now, unless somebody cancelled them."""
    house = current()
    pit = house.pit if house else None
    if pit is None or not isinstance(state, ToastState):
        return
    standing = list(pit.desk.books.orders)
    if state._session == pit.session.id:
        for order_id in [known for known in state._open if known not in pit.desk.books.orders][-MOST:]:
            await _tell_end(state, pit, order_id)
    if (state._session, state._open) != (pit.session.id, standing):
        state._session, state._open = pit.session.id, standing


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


def _add(state: ToastState, words: Said) -> None:
    state._count += 1
    now = server_ms()
    toast: dict[str, str | float] = {
        "id": f"{now}-{state._count}",
        "kind": words[0],
        "text": words[1],
        "at": float(now),
    }
    put(state, toasts=[*state.toasts, toast][-MOST:])


VIEW = View(ToastState, show, frozenset({Topic.ACCOUNT, Topic.SESSION}))
