"""Exact decimal numbers: how they are made, bounded and written out."""

import re
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)

# Nothing that trades is cheaper or dearer than this; what claims to be is a fault of its source.
SMALLEST_PRICE = Decimal("1e-15")
LARGEST_PRICE = Decimal("1e9")

_NUMBER = re.compile(r"-?\d{1,60}(\.\d{1,60})?([eE][+-]?\d{1,3})?", re.ASCII)
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
# The ledger's own: what it cannot hold to the last digit is a bug, and crashes.
_LEDGER = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero, Clamped])
_UP = Context(prec=400, rounding=ROUND_CEILING)
_DOWN = Context(prec=400, rounding=ROUND_FLOOR)
_NEAREST = Context(prec=400, rounding=ROUND_HALF_EVEN)

NOTHING = Decimal(0)
# Dollars are kept to the trillionth, so that the gas of a second layer is more than a rounding error.
CENT = Decimal("1e-12")


class NotANumber(ValueError):
    """The value is not a finite decimal number of the kind that was asked for."""


def decimal_of(value: object) -> Decimal:
    """An exact Decimal from text, int or Decimal. Floats and booleans are refused: they are not exact.

    Raises NotANumber.
    """
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise NotANumber(f"{value[:40]!r} is not a decimal number")
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotANumber(f"a {type(value).__name__} is not a decimal number")
    number = Decimal(value)
    if not number.is_finite():
        raise NotANumber("not a finite number")
    return number


def price_of(value: object) -> Decimal:
    """A price in US dollars per whole token, within SMALLEST_PRICE and LARGEST_PRICE. Raises NotANumber."""
    price = decimal_of(value)
    if not SMALLEST_PRICE <= price <= LARGEST_PRICE:
        raise NotANumber("a price outside anything that trades")
    return price


def usd_of(value: object) -> Decimal:
    """An amount in US dollars, zero or more. Raises NotANumber."""
    amount = decimal_of(value)
    if not 0 <= amount <= Decimal("1e18"):
        raise NotANumber("not an amount of dollars")
    return amount


def plain(number: Decimal) -> str:
    """The number in full, without an exponent and without trailing zeros: '0.00001', '2500'."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def ratio(part: Decimal, whole: Decimal) -> Decimal:
    """part / whole to 60 digits, half-even. `whole` must not be zero."""
    return _EXACT.divide(part, whole)


def significant(number: Decimal, digits: int = 18) -> Decimal:
    """The number to so many digits, half-even: for what was computed and has no more than that to say."""
    return Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(number)


def apart_bp(one: Decimal, other: Decimal) -> Decimal:
    """How far two prices differ, in basis points of the smaller one; never negative."""
    low, high = sorted((one, other))
    return product(total(ratio(high, low), Decimal(-1)), Decimal(10_000))


def change_pct(now: Decimal, before: Decimal) -> Decimal:
    """The change from `before` to `now` in percent, signed."""
    return product(total(ratio(now, before), Decimal(-1)), Decimal(100))


# The exact sum of two: what `total` does for any number of them, for where a hundred thousand are added.
added = _LEDGER.add


def total(*amounts: Decimal) -> Decimal:
    """The exact sum, whatever its length."""
    found = NOTHING
    for amount in amounts:
        found = added(found, amount)
    return found


def minus(amount: Decimal) -> Decimal:
    """The amount with the other sign; Python's own minus would round it to 28 digits."""
    return amount.copy_negate()


def product(one: Decimal, other: Decimal) -> Decimal:
    """The exact product, whatever its length."""
    return _LEDGER.multiply(one, other)


def dollars(amount: Decimal) -> Decimal:
    """The amount to the smallest dollar amount that is kept, half-even."""
    return amount.quantize(CENT, context=_NEAREST)


def rounded_down(amount: Decimal, digits: int) -> Decimal:
    """The amount to so many decimals, towards minus infinity."""
    return amount.quantize(Decimal(1).scaleb(-digits), context=_DOWN)


def rounded_up(amount: Decimal, digits: int) -> Decimal:
    """The amount to so many decimals, towards plus infinity."""
    return amount.quantize(Decimal(1).scaleb(-digits), context=_UP)


def divided_down(part: Decimal, whole: Decimal, digits: int) -> Decimal:
    """part / whole to so many decimals, towards minus infinity: exact, however long the quotient is."""
    return rounded_down(_DOWN.divide(part, whole), digits)


def about(number: Decimal, digits: int = 6) -> str:
    """The number to so many digits, written out: for a sentence, of any size."""
    return plain(significant(number, digits))


def digits_of(amount: Decimal) -> int:
    """How many decimals the number needs: 0 for 100, 1 for 1.5 and for 1.50."""
    exponent = amount.normalize(_LEDGER).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
