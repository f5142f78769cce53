"""Figures: a gate's numbers as people read them, with as few digits as tell the two apart."""

from decimal import Decimal
from math import isfinite
from typing import NamedTuple

from app.domain.decisions import Gate, Sense

NOT_KNOWN = "not known"
# More decimals than these tell nobody anything; what differs further down is 'just below' or 'just above'.
_MORE_PLACES = 5
_LARGEST = 1e12


class Unit(NamedTuple):
    """How a figure is written: what stands before and after it, and whether it is a price, which has more digits."""

    before: str = ""
    after: str = ""
    price: bool = False


def compared(gate: Gate, unit: Unit) -> str:
    """The value, a sign and the threshold: '38 ≤ 50'; 'just below 65' where no sensible digits tell them apart."""
    if gate.value is None or not isfinite(gate.value):
        return NOT_KNOWN
    value, threshold = pair(gate, unit)
    if gate.value == gate.threshold:
        return f"{value} {'≤' if gate.sense is Sense.MOST else '≥'} {threshold}"
    above = gate.value > gate.threshold
    if value == threshold:
        return f"just {'above' if above else 'below'} {threshold}"
    # Costs are to be beaten, not to be met.
    if gate.passed and gate.name != "edge" and gate.sense is not Sense.BELOW:
        return f"{value} {'≥' if above else '≤'} {threshold}"
    return f"{value} {'>' if above else '<'} {threshold}"


def pair(gate: Gate, unit: Unit) -> tuple[str, str]:
    """A gate's value and threshold, alike only where they are equal or next to it."""
    value, threshold = gate.value, gate.threshold
    if value is None or not isfinite(value):
        return NOT_KNOWN, _figure(threshold, unit, _places(threshold, unit))
    places = _places(value, unit), _places(threshold, unit)
    if unit.price:
        places = min(places), min(places)
    texts = _figure(value, unit, places[0]), _figure(threshold, unit, places[1])
    for more in range(min(places) + 1, min(places) + 1 + _MORE_PLACES):
        if texts[0] != texts[1] or value == threshold:
            break
        texts = _figure(value, unit, max(more, places[0])), _figure(threshold, unit, max(more, places[1]))
    return texts


def short(number: float) -> str:
    """A number with at most two decimals: '2.5', '10', '−0.05'."""
    return _figure(number, Unit(), 2)


def usd(amount: Decimal) -> str:
    """Whole dollars; below ten, cents: '$233', '$1,250', '$4.20'."""
    return f"${amount:,.{0 if amount >= 10 else 2}f}"


def many(count: float, what: str) -> str:
    """'1 trade', '3 trades'."""
    return f"{count:,.0f} {what}{'' if count == 1 else 's'}"


def _places(number: float, unit: Unit) -> int:
    """How many decimals a figure of this size is written with."""
    size = abs(number)
    if unit.price:
        return 2 if size >= 100 else 4 if size >= 1 else 4 + _zeros(size)
    return 0 if size >= 10 else 1 if size >= 1 else 2


def _zeros(size: float) -> int:
    """How many zeros follow the point of a figure below one."""
    return max(0, -int(f"{size:e}".partition("e")[2]) - 1) if size > 0 else 0


def _figure(number: float, unit: Unit, places: int) -> str:
    if abs(number) >= _LARGEST:
        return f"{'−' if number < 0 else ''}{unit.before}{_LARGEST:,.0f} or more{unit.after}"
    text = f"{abs(number):,.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text and not unit.price else text
    return f"{'−' if number < 0 and text.strip('0.,') else ''}{unit.before}{text}{unit.after}"
