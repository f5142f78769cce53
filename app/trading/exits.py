"""Exits: the stop, the target and the trailing stop that guard a position and cancel each other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import cast
from uuid import uuid4

from app.domain.books import Books
from app.domain.orders import Order, OrderType, Origin, Ticket
from app.domain.prices import Consensus, PriceState
from app.domain.refusal import Refusal
from app.domain.tickets import Asked, ticket_of
from app.domain.tokens import Token
from app.domain.triggers import crossed
from app.trading.desk import Desk
from app.trading.repeats import digest


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
    return Exits(**_levels(desk.books, token))


async def set_exits(desk: Desk, token: Token, wanted: Mapping[str, str | None], origin: Origin) -> Exits | Refusal:
    """Set (a number as text) or clear (None) the exits that are named; the others stay as they are, whoever else is
    changing them."""
    now, group, price = desk.venue.now(), uuid4().hex, desk.venue.price(token)

    def merged(books: Books) -> list[Order] | Refusal:
        if not books.account.held(token.key.address):
            return Refusal("not_held", f"No {token.symbol} is held that could be guarded.")
        texts = {name: _text(level) for name, level in _levels(books, token).items()} | dict(wanted)
        orders: list[Order] = []
        for name, text in texts.items():
            ticket = None if text is None else _ticket(name, text, f"exit-{group}-{name}", token, now, origin)
            refusal = crossed(ticket, price.price) if isinstance(ticket, Ticket) and name in wanted else None
            if isinstance(ticket, Refusal) or refusal:
                return refusal or cast("Refusal", ticket)
            if ticket:
                order = Order(ticket, desk.session.id, now, digest(ticket.order_id), oco_id=group)
                orders.append(replace(order, highest=_peak(desk, books, ticket, price)))
        return orders

    refusal = await desk.guard(token, merged)
    return refusal or exits_of(desk, token)


def _ticket(name: str, text: str, order_id: str, token: Token, now: datetime, origin: Origin) -> Ticket | Refusal:
    type_, field = _TYPES[name]
    asked = replace(Asked(order_id, "sell", share_pct="100", type=type_.value), **{field: text})
    found = ticket_of(asked, token, now, origin)
    # A sentence names the field as whoever sets exits calls it.
    return replace(found, sentence=found.sentence.replace(field, name)) if isinstance(found, Refusal) else found


def _peak(desk: Desk, books: Books, ticket: Ticket, price: Consensus) -> Decimal | None:
    """The highest price that a trailing stop has seen: one that stays as it was keeps its own."""
    if ticket.type is not OrderType.TRAILING_STOP:
        return None
    before = next((o for o in books.exits(ticket.token.key.address) if o.ticket.trail_pct == ticket.trail_pct), None)
    known = desk.rising.get(before.id, before).highest if before else None
    return known or (price.price if price.state is PriceState.LIVE else None)


def _levels(books: Books, token: Token) -> dict[str, Decimal | None]:
    """The levels that stand, by the names of the exits."""
    found: dict[str, Decimal | None] = dict.fromkeys(_TYPES)
    for order in books.exits(token.key.address):
        ticket = order.ticket
        name = next(name for name, (type_, _) in _TYPES.items() if type_ is ticket.type)
        found[name] = ticket.stop_price or ticket.limit_price or ticket.trail_pct
    return found


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
