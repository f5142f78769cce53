"""Numbers and times as people read them. What programs read is written elsewhere, in full."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
NOTHING = "–"


def price(value: Decimal | None) -> str:
    """A price with as many digits as say something: 64,120.10, 13.921, 0.003184, 0.0₆1234."""
    if value is None:
        return NOTHING
    if value >= 1:
        return f"{value:,.{decimals(value)}f}"
    text = f"{value:.{decimals(value)}f}"
    digits = text.removeprefix("0.")
    zeros = len(digits) - len(digits.lstrip("0"))
    if zeros < 5:
        return text
    return f"0.0{str(zeros).translate(_SUBSCRIPT)}{digits.lstrip('0')}"


def decimals(value: Decimal) -> int:
    """How many decimals a price of this size is shown with."""
    if value >= 100:
        return 2
    if value >= 10:
        return 3
    return 4 if value >= 1 else 3 - value.adjusted()


def signed_pct(value: Decimal | None) -> str:
    """'+1.82 %', '−3.10 %'."""
    return f"{_signed(value, 2)} %" if value is not None else NOTHING


def signed_bp(value: Decimal) -> str:
    """'+12 bp', '−3 bp', '0 bp'."""
    return f"{_signed(value, 0)} bp"


def _signed(value: Decimal, places: int) -> str:
    """With a sign, unless it is rounded to nothing; of any size, where `quantize` has a largest."""
    text = f"{abs(value):.{places}f}"
    return f"{'+' if value > 0 else '−'}{text}" if text.strip("0.") else text


def usd(value: Decimal | None) -> str:
    """Dollars in short: $840, $12.4k, $3.1M, $2.2B."""
    if value is None:
        return NOTHING
    for limit, unit in ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k")):
        if value >= limit:
            return f"${value / limit:.1f}{unit}"
    return f"${value:.0f}"


def millis(at: datetime | None) -> int:
    """Unix milliseconds; 0 for never."""
    return round(at.timestamp() * 1000) if at else 0


def points(closes: Sequence[Decimal], most: int = 40) -> str:
    """A sparkline's points in a box 100 wide and 28 high, y growing downwards; empty for fewer than two."""
    if len(closes) < 2:
        return ""
    step = max(1, len(closes) // most)
    values = [*closes[:-1:step], closes[-1]]
    low, high = min(values), max(values)
    span = high - low or Decimal(1)
    right = len(values) - 1
    return " ".join(f"{100 * i / right:.0f},{26 - 24 * (v - low) / span:.0f}" for i, v in enumerate(values))


def duration(seconds: int) -> str:
    """A window of time in one word: 'a minute', 'an hour', 'a month'."""
    names = {1: "a second", 60: "a minute", 3600: "an hour", 30 * 86400: "a month"}
    return names.get(seconds, f"{seconds} s")


def money(value: Decimal | None, places: int = 2) -> str:
    """Dollars to the cent: $10,248.17, −$5.00. What is less than that but something gets two digits: $0.0021."""
    if value is None:
        return NOTHING
    sign = "−" if value < 0 else ""
    return f"{sign}${_amount(abs(value), places)}"


def cost(value: Decimal) -> str:
    """What a trade costs, wherever it is told: below ten dollars to a tenth of a cent, $0.125; $12.35."""
    return money(value, 3 if abs(value) < 10 else 2)


def signed_money(value: Decimal | None) -> str:
    """'+$2.38', '−$11.56', '$0.00'."""
    if value is None:
        return NOTHING
    text = f"{abs(value):,.2f}"
    return f"{'+' if value > 0 else '−'}${text}" if text.strip("0.") else f"${text}"


def quantity(value: Decimal | None) -> str:
    """So many whole tokens, to four digits that say something: 0.09943, 312.4, 12,345."""
    if value is None or not value:
        return NOTHING if value is None else "0"
    places = max(0, 3 - value.adjusted())
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bp(value: Decimal) -> str:
    """Basis points with their sign where it is a gain: '0.6 bp', '−2.1 bp', '123 bp'."""
    text = f"{abs(value):,.{0 if abs(value) >= 100 else 1}f}"
    return f"{'−' if value < 0 and text.strip('0.') else ''}{text} bp"


def _amount(value: Decimal, places: int) -> str:
    if not value or value >= Decimal(1).scaleb(-places):
        return f"{value:,.{places}f}"
    return f"{value:.{1 - value.adjusted()}f}" if value.adjusted() > -8 else f"{value:.1e}"
