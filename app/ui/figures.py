"""Amounts of a trade as people read them: dollars to the cent, quantities, basis points and moments."""

from datetime import datetime
from decimal import Decimal

from app.domain.money import about
from app.ui import format as fmt

_CENT = Decimal("0.01")


def money(value: Decimal | None) -> str:
    """Dollars in full, without their sign: '1,610.76', '0.0021'."""
    if value is None:
        return fmt.NOTHING
    size = value.copy_abs()
    return f"{size:,.2f}" if size >= _CENT or not size else about(size, 2)


def dollars(value: Decimal | None) -> str:
    """'$1,610.76', '−$3.10'."""
    if value is None:
        return fmt.NOTHING
    return f"{'−' if value < 0 and money(value) != '0.00' else ''}${money(value)}"


def gain(value: Decimal | None) -> str:
    """Dollars won or lost, without the dollar sign: '+10.02', '−11.56', '0.00'."""
    if value is None:
        return fmt.NOTHING
    text = money(value)
    return f"{'+' if value > 0 else '−'}{text}" if value else text


def bp(value: Decimal | None) -> str:
    """'0.6 bp', '19 bp', '−3.1 bp': with one decimal below ten."""
    if value is None:
        return fmt.NOTHING
    size = value.copy_abs()
    text = f"{size:,.0f}" if size >= 10 else f"{size:.1f}".removesuffix(".0")
    return f"{'−' if value < 0 and text != '0' else ''}{text} bp"


def pct(value: Decimal) -> str:
    """'−5 %', '+4.2 %': with a sign and no zeros behind the point."""
    text = f"{value.copy_abs():.1f}".removesuffix(".0")
    sign = "" if text == "0" else "+" if value > 0 else "−"
    return f"{sign}{text} %"


def moment(at: datetime | None) -> str:
    """A time of a day: '22 Nov 14:03:15'; UTC, as is said beside it."""
    return f"{at:%d %b %H:%M:%S}" if at else ""
