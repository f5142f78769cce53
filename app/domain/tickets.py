"""Tickets: what comes in as words and numbers becomes an order to be placed, or is refused with a sentence."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from app.domain.money import NotANumber, decimal_of, digits_of, price_of
from app.domain.orders import (
    DEFAULT_SLIPPAGE_BPS,
    STOP_SLIPPAGE_BPS,
    OrderType,
    Origin,
    Side,
    Size,
    SizeUnit,
    Ticket,
)
from app.domain.refusal import Refusal
from app.domain.sizing import quantity_of
from app.domain.tokens import Token

MOST_SLIPPAGE_BPS = Decimal(5000)
LARGEST_AMOUNT = Decimal("1e12")
# Tokens at a billionth of a dollar have supplies of a quadrillion and more.
LARGEST_QUANTITY = Decimal("1e30")
LONGEST_ID = 100
# An id is one step of a path: /api/orders/{order_id}.
_NO_STEPS = (".", "..")
USD_DIGITS = 6
# Of percent and basis points: more say nothing, and would make every product with them as long.
RATE_DIGITS = 18

Kind = TypeVar("Kind", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as it comes in, nothing of it checked: numbers as exact text, None where nothing was said."""

    order_id: str
    side: str
    amount_usd: str | None = None
    quantity: str | None = None
    share_pct: str | None = None
    type: str = "market"
    limit_price: str | None = None
    stop_price: str | None = None
    trail_pct: str | None = None
    slippage_bps: str | None = None
    expires_at: datetime | None = None


def size_of(asked: Asked) -> Size | Refusal:
    """The size: exactly one of the three ways to state it, above zero."""
    stated = [
        (unit, text)
        for unit, text in (
            (SizeUnit.USD, asked.amount_usd),
            (SizeUnit.QUANTITY, asked.quantity),
            (SizeUnit.SHARE, asked.share_pct),
        )
        if text is not None
    ]
    if len(stated) != 1:
        return Refusal("bad_size", "State one of amount_usd, quantity and share_pct.")
    unit, text = stated[0]
    if unit is SizeUnit.SHARE:
        amount = _rate(text, unit.value, Decimal(100))
    else:
        amount = _number(text, unit.value, LARGEST_AMOUNT if unit is SizeUnit.USD else LARGEST_QUANTITY)
    if isinstance(amount, Refusal):
        return amount
    if unit is SizeUnit.USD and digits_of(amount) > USD_DIGITS:
        return Refusal("too_many_digits", f"Dollars have at most {USD_DIGITS} decimals here.")
    return Size(unit, amount)


def side_of(text: str) -> Side | Refusal:
    return _one_of(Side, text, "bad_side", "The side is buy or sell.")


def slippage_of(text: str | None, type_: OrderType) -> Decimal | Refusal:
    """The tolerance in basis points, 0 to MOST_SLIPPAGE_BPS; stops carry a wide one unless it is stated."""
    if text is None:
        return STOP_SLIPPAGE_BPS if type_.is_stop else DEFAULT_SLIPPAGE_BPS
    return _rate(text, "slippage_bps", MOST_SLIPPAGE_BPS, zero=True)


def is_id(text: str) -> bool:
    """Whether the text can be an order's id: short, of characters that can be seen, and to be found under in a URL."""
    return 0 < len(text) <= LONGEST_ID and text.isprintable() and "/" not in text and text not in _NO_STEPS


def bad_id(what: str) -> Refusal:
    """Why what is asked for is not done under such an id."""
    longest = f"1 to {LONGEST_ID} visible characters"
    return Refusal("bad_order_id", f"{what} needs an order_id: {longest}, none of them '/', and not '.' or '..' alone.")


def ticket_of(asked: Asked, token: Token, now: datetime, origin: Origin) -> Ticket | Refusal:
    """The ticket for this token, its every field checked against its type."""
    if not is_id(asked.order_id):
        return bad_id("An order")
    side = side_of(asked.side)
    type_ = _one_of(OrderType, asked.type, "bad_type", f"The type is one of {', '.join(OrderType)}.")
    size = _fitting(token, size_of(asked))
    for found in (side, type_, size):
        if isinstance(found, Refusal):
            return found
    assert isinstance(side, Side) and isinstance(type_, OrderType) and isinstance(size, Size)
    return _typed(asked, Ticket(asked.order_id, token, side, size, type_, origin=origin), now)


def _typed(asked: Asked, plain: Ticket, now: datetime) -> Ticket | Refusal:
    """The ticket with the prices that its type wants, and no others."""
    wants = _WANTS[plain.type]
    stated = {name for name in ("limit_price", "stop_price", "trail_pct") if getattr(asked, name) is not None}
    # A target may be given as either of the two prices.
    if plain.type is OrderType.TAKE_PROFIT and stated == {"stop_price"}:
        wants = stated
    if stated != wants:
        return Refusal("bad_prices", _WANTED[plain.type])
    if (plain.type.is_stop or plain.type is OrderType.TAKE_PROFIT) and plain.side is not Side.SELL:
        return Refusal("bad_side", "A stop or a target sells what is held.")
    price = next((getattr(asked, name) for name in stated if name != "trail_pct"), None)
    level = _price(price) if price is not None else None
    trail = _rate(asked.trail_pct, "trail_pct", Decimal(99)) if asked.trail_pct is not None else None
    slippage = slippage_of(asked.slippage_bps, plain.type)
    for found in (level, trail, slippage, _expiry(asked.expires_at, now)):
        if isinstance(found, Refusal):
            return found
    assert not isinstance(level, Refusal) and not isinstance(trail, Refusal) and not isinstance(slippage, Refusal)
    stops = plain.type is OrderType.STOP_LOSS
    return Ticket(
        plain.order_id,
        plain.token,
        plain.side,
        plain.size,
        plain.type,
        limit_price=None if stops else level,
        stop_price=level if stops else None,
        trail_pct=trail,
        slippage_bps=slippage,
        expires_at=asked.expires_at,
        origin=plain.origin,
        gets_out=plain.type.is_stop,
    )


_WANTS: dict[OrderType, set[str]] = {
    OrderType.MARKET: set(),
    OrderType.LIMIT: {"limit_price"},
    OrderType.STOP_LOSS: {"stop_price"},
    OrderType.TAKE_PROFIT: {"limit_price"},
    OrderType.TRAILING_STOP: {"trail_pct"},
}
_WANTED: dict[OrderType, str] = {
    OrderType.MARKET: "A market order has no limit_price, stop_price or trail_pct.",
    OrderType.LIMIT: "A limit order has a limit_price and no other.",
    OrderType.STOP_LOSS: "A stop-loss has a stop_price and no other.",
    OrderType.TAKE_PROFIT: "A take-profit has one price: limit_price or stop_price.",
    OrderType.TRAILING_STOP: "A trailing stop has a trail_pct and no other.",
}


def _number(text: str, name: str, most: Decimal, *, zero: bool = False) -> Decimal | Refusal:
    try:
        number = decimal_of(text)
    except NotANumber:
        return Refusal("not_a_number", f"{name} is not a decimal number.")
    if number < 0 or (number == 0 and not zero):
        return Refusal("not_positive", f"{name} {'cannot be below' if zero else 'has to be above'} zero.")
    if number > most:
        return Refusal("too_large", f"{name} is at most {most:f}." if most < 1_000_000 else f"{name} is too large.")
    return number


def _rate(text: str, name: str, most: Decimal, *, zero: bool = False) -> Decimal | Refusal:
    """A number of percent or basis points."""
    rate = _number(text, name, most, zero=zero)
    if isinstance(rate, Decimal) and digits_of(rate) > RATE_DIGITS:
        return Refusal("too_many_digits", f"{name} has at most {RATE_DIGITS} decimals.")
    return rate


def _fitting(token: Token, size: Size | Refusal) -> Size | Refusal:
    """The size, if it counts no more decimals than the token has."""
    if isinstance(size, Refusal) or size.unit is not SizeUnit.QUANTITY:
        return size
    quantity = quantity_of(token, size.amount)
    return quantity if isinstance(quantity, Refusal) else size


def _expiry(at: datetime | None, now: datetime) -> Refusal | None:
    if at is not None and at.tzinfo is None:
        return Refusal("bad_expiry", "expires_at needs its time zone, like 2026-01-31T12:00:00Z.")
    return Refusal("expired", "That order would have expired already.") if at is not None and at <= now else None


def _price(text: str) -> Decimal | Refusal:
    try:
        return price_of(text)
    except NotANumber:
        return Refusal("not_a_price", "That is not a price in dollars.")


def _one_of(kind: type[Kind], text: str, code: str, sentence: str) -> Kind | Refusal:
    try:
        return kind(text)
    except ValueError:
        return Refusal(code, sentence)
