"""Triggers: when a resting order's price is touched, and whether a quote meets its limit."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from app.domain.money import minus, product, total
from app.domain.orders import Order, OrderType, Side, Ticket
from app.domain.quotes import Quote
from app.domain.refusal import Refusal

# The types that fill only at their price or a better one.
_LIMITS = frozenset({OrderType.LIMIT, OrderType.TAKE_PROFIT})


def level_of(order: Order) -> Decimal | None:
    """The price in US dollars at which the order wakes; None for a trailing stop that has not seen a price."""
    ticket = order.ticket
    if ticket.type is OrderType.TRAILING_STOP:
        if order.highest is None or ticket.trail_pct is None:
            return None
        kept = product(total(Decimal(100), minus(ticket.trail_pct)), Decimal("0.01"))
        return product(order.highest, kept)
    if ticket.type is OrderType.STOP_LOSS:
        return ticket.stop_price
    return ticket.limit_price


def touched(order: Order, price: Decimal) -> bool:
    """Whether this price wakes the order: at or below the level for a stop and for a limit to buy, at or above it for
    a limit to sell and a target."""
    level = level_of(order)
    if level is None:
        return False
    below = order.ticket.type.is_stop or order.ticket.side is Side.BUY
    return price <= level if below else price >= level


def trailed(order: Order, price: Decimal) -> Order:
    """The order having seen this price; only a trailing stop remembers any."""
    if order.ticket.type is not OrderType.TRAILING_STOP or (order.highest is not None and price <= order.highest):
        return order
    return replace(order, highest=price)


def met(order: Order, quote: Quote) -> bool:
    """Whether the executable price, fee and impact in and gas out, meets the order's limit; true where it has none.
    The dollars are compared, since the price is only their ratio to so many digits."""
    limit = order.ticket.limit_price
    if order.ticket.type not in _LIMITS or limit is None:
        return True
    at_limit = product(quote.quantity, limit)
    return quote.value <= at_limit if order.ticket.side is Side.BUY else quote.value >= at_limit


def crossed(ticket: Ticket, price: Decimal | None) -> Refusal | None:
    """Why a stop or a target cannot rest: it would sell at once, which is a slip of the pen more often than not."""
    if price is None:
        return None
    if ticket.type is OrderType.STOP_LOSS and ticket.stop_price is not None and ticket.stop_price >= price:
        return Refusal("stop_above_price", f"The stop at {ticket.stop_price:f} is not below the price, {price:f}.")
    if ticket.type is OrderType.TAKE_PROFIT and ticket.limit_price is not None and ticket.limit_price <= price:
        return Refusal("target_below_price", f"The target at {ticket.limit_price:f} is not above the price, {price:f}.")
    return None


def has_expired(order: Order, now: datetime) -> bool:
    expires_at = order.ticket.expires_at
    return expires_at is not None and now >= expires_at
