"""Figures of a table: amounts without their dollar sign, distances in percent, moments of a day."""

from datetime import datetime
from decimal import Decimal

from app.ui import format as fmt


def amount(value: Decimal | None) -> str:
    """Dollars without the sign of the dollar, for a column that says so: '1,610.76', '−3.10', '0.0021'."""
    return fmt.money(value).replace("$", "")


def cost(value: Decimal) -> str:
    """What a trade cost, without the sign of the dollar: '0.125'."""
    return fmt.cost(value).replace("$", "")


def gain(value: Decimal | None) -> str:
    """Dollars won or lost: '+10.02', '−11.56', '0.00'."""
    return fmt.signed_money(value).replace("$", "")


def pct(value: Decimal) -> str:
    """'−5 %', '+4.2 %': with a sign and no zeros behind the point."""
    text = f"{value.copy_abs():.1f}".removesuffix(".0")
    sign = "" if text == "0" else "+" if value > 0 else "−"
    return f"{sign}{text} %"


def bp(value: Decimal | None) -> str:
    """'3.0 bp', '0.6 bp', '−2.1 bp', '123 bp'; a dash for what is not known."""
    return fmt.bp(value) if value is not None else fmt.NOTHING


def moment(at: datetime | None) -> str:
    """A time of a day: '22 Nov 14:03:15'; UTC, as is said beside it."""
    return f"{at:%d %b %H:%M:%S}" if at else ""


def short(number: Decimal) -> str:
    """The number without zeros behind it: '5', '2.5', '100'."""
    return f"{number.normalize():f}"
