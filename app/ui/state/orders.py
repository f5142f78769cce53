"""Orders as views: those that are open, and what became of the last others."""

from datetime import datetime

import reflex as rx

from app.domain.orders import Order, OrderState, OrderType, SizeUnit, Ticket
from app.domain.refusal import Refusal
from app.domain.triggers import level_of
from app.runtime.house import current
from app.runtime.pit import Pit
from app.store.orders import orders
from app.trading.bell import Topic
from app.ui import figures
from app.ui import format as fmt
from app.ui.outcomes import TYPES
from app.ui.state.clicks import late, text_of
from app.ui.state.journal import read
from app.ui.state.toasts import tell
from app.ui.state.view import View, put

ENDED_SHOWN = 10
# A screen holds no more, and a list of hundreds would be sent whole at each change.
OPEN_SHOWN = 50
_ENDED = tuple(state for state in OrderState if state is not OrderState.OPEN)


class OrdersState(rx.State):
    """`rows` are orders, the open ones first: id, type, side, symbol, size, trigger, state, reason, expiry, at. `open`
    counts all that are open."""

    rows: list[dict[str, str]] = []
    open: int = 0
    asked: bool = False

    @rx.event
    async def load(self):
        await show_orders(self)

    @rx.event
    async def cancel(self, wanted: str, _order_id: str, clicked_ms: float):
        """Cancel an open order."""
        await cancel(self, [text_of(wanted)], clicked_ms)

    @rx.event
    async def cancel_all(self, _order_id: str, clicked_ms: float):
        """Cancel every open order."""
        house = current()
        ids = list(house.pit.desk.books.orders) if house and house.pit else []
        await cancel(self, ids, clicked_ms)


async def cancel(state: rx.State, ids: list[str], clicked_ms: object) -> None:
    """Cancel these orders, and say what came of it."""
    house = current()
    pit = house.pit if house else None
    if pit is None or not ids:
        return
    outcome = late(clicked_ms)
    done = 0
    if outcome is None:
        for order_id in ids:
            # Only what is open here: an id from outside reaches no other session.
            ended = await pit.desk.cancel(order_id) if order_id in pit.desk.books.orders else _NOT_OPEN
            outcome = ended if isinstance(ended, Refusal) else outcome
            done += not isinstance(ended, Refusal)
    if isinstance(outcome, Refusal):
        await tell(state, "refused", outcome.sentence)
    else:
        await tell(state, "rests", f"{done} order{'s' if done > 1 else ''} cancelled.")
    await show_orders(state)


_NOT_OPEN = Refusal("not_open", "That order is not open any more.")


async def show_orders(state: rx.State) -> None:
    house = current()
    pit = house.pit if house else None
    if house is None or pit is None:
        return
    ended = await read(orders, house.store, pit.session.id, states=_ENDED, limit=ENDED_SHOWN)
    if ended is None:
        return
    waiting = list(pit.desk.books.orders.values())[::-1]
    shown = [*waiting[:OPEN_SHOWN], *(order for _, order in ended)]
    put(state, rows=[_row(pit, order) for order in shown], open=len(waiting), asked=True)


def _row(pit: Pit, order: Order) -> dict[str, str]:
    ticket = order.ticket
    return {
        "id": order.id,
        "type": TYPES[ticket.type].removesuffix(" order"),
        "side": ticket.side.value,
        "symbol": ticket.token.symbol,
        "size": _size(ticket),
        "trigger": _trigger(order),
        "state": order.state.value,
        "reason": order.reason,
        "expiry": _expiry(ticket.expires_at, pit.desk.venue.now()),
        "at": figures.moment(order.ended_at or order.created_at),
        "origin": ticket.origin.value,
    }


def _size(ticket: Ticket) -> str:
    amount = ticket.size.amount
    if ticket.size.unit is SizeUnit.USD:
        return fmt.money(amount)
    if ticket.size.unit is SizeUnit.QUANTITY:
        return f"{fmt.quantity(amount)} {ticket.token.symbol}"
    whole = "the position" if ticket.side.sign < 0 else "the cash"
    return "all of it" if amount == 100 and ticket.side.sign < 0 else f"{figures.short(amount)} % of {whole}"


def _trigger(order: Order) -> str:
    """At what price the order wakes, and what it compares."""
    ticket, level = order.ticket, level_of(order)
    if ticket.type is OrderType.MARKET:
        return "at once"
    if ticket.type is OrderType.TRAILING_STOP and ticket.trail_pct is not None:
        at = f", now ≤ {fmt.price(level)}" if level is not None else ""
        return f"{figures.short(ticket.trail_pct)} % below the highest{at}"
    below = ticket.type.is_stop or ticket.side.sign > 0
    return f"{'≤' if below else '≥'} {fmt.price(level)}"


def _expiry(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "until cancelled"
    return f"{at:%d %b %H:%M}" if at.year == now.year else f"{at:%d %b %Y}"


VIEW = View(OrdersState, show_orders, frozenset({Topic.ACCOUNT, Topic.SESSION}), "/")
