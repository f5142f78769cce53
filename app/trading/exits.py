"""Exits: the stop, the target and the trailing stop that guard a position and cancel each other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from app.domain.orders import Order, OrderType, Origin, Ticket
from app.domain.refusal import Refusal
from app.domain.tickets import Asked, ticket_of
from app.domain.tokens import Token
from app.trading.desk import Desk


@dataclass(frozen=True, slots=True)
class Exits:
    """A position's exits: prices in US dollars, `trailing_pct` in percent below the highest price; None is none."""

    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    trailing_pct: Decimal | None = None


_TYPES = {
    "stop_loss": (OrderType.STOP_LOSS, "stop_price"),
    "take_profit": (OrderType.TAKE_PROFIT, "limit_price"),
    "trailing_pct": (OrderType.TRAILING_STOP, "trail_pct"),
}


def exits_of(desk: Desk, token: Token) -> Exits:
    """The exits that a position has now."""
    found: dict[str, Decimal | None] = {}
    for order in desk.books.exits(token.key.address):
        name = next(name for name, (type_, _) in _TYPES.items() if type_ is order.ticket.type)
        found[name] = _level(order)
    return Exits(**found)


async def set_exits(desk: Desk, token: Token, wanted: Mapping[str, str | None], origin: Origin) -> Exits | Refusal:
    """Set (a number as text) or clear (None) the exits that are named; the others stay as they are."""
    texts = {name: _text(value) for name, value in _as_mapping(exits_of(desk, token)).items()} | dict(wanted)
    group = uuid4().hex
    tickets: list[Ticket] = []
    now = desk.venue.now()
    for name, text in texts.items():
        if text is None:
            continue
        ticket = _ticket(name, text, f"exit-{group}-{name}", token, now, origin)
        if isinstance(ticket, Refusal):
            return ticket
        tickets.append(ticket)
    refusal = _crossed(desk, token, tickets) or await desk.guard(token, tickets, group)
    return refusal or exits_of(desk, token)


def _ticket(name: str, text: str, order_id: str, token: Token, now: datetime, origin: Origin) -> Ticket | Refusal:
    type_, field = _TYPES[name]
    asked = replace(Asked(order_id, "sell", share_pct="100", type=type_.value), **{field: text})
    return ticket_of(asked, token, now, origin)


def _crossed(desk: Desk, token: Token, tickets: list[Ticket]) -> Refusal | None:
    """A stop above the price, or a target below it, would sell at once: that is a typing error more often than not."""
    price = desk.venue.price(token).price
    if not desk.books.account.held(token.key.address):
        return Refusal("not_held", f"No {token.symbol} is held that could be guarded.")
    for ticket in tickets:
        if price is not None and ticket.stop_price is not None and ticket.stop_price >= price:
            return Refusal("stop_above_price", f"The stop at {ticket.stop_price:f} is not below the price, {price:f}.")
        if price is not None and ticket.limit_price is not None and ticket.limit_price <= price:
            return Refusal(
                "target_below_price", f"The target at {ticket.limit_price:f} is not above the price, {price:f}."
            )
    return None


def _level(order: Order) -> Decimal | None:
    ticket = order.ticket
    return ticket.stop_price or ticket.limit_price or ticket.trail_pct


def _as_mapping(exits: Exits) -> dict[str, Decimal | None]:
    return {name: getattr(exits, name) for name in _TYPES}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
