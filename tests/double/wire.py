"""JSON with exact numbers, and the lens through which a source sees (and spoils) one asset's price."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

from tests.double.mischief import WRONG_TYPE, Mischief, bent, shift_s


class _Gone:
    """Stands where a key or an element is to be left out."""


GONE = _Gone()
_MARK = re.compile(r'"#number:([^"]*)"')
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}(?![0-9a-fA-F])")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a source answers: a JSON body with Decimals for numbers, a status and headers."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def written(body: object) -> str:
    """The body as JSON; Decimals become numbers to the last digit, small ones with an exponent ('1.2e-05')."""
    return _MARK.sub(r"\1", json.dumps(_without_gone(body), default=_marked, separators=(",", ":")))


def _marked(value: object) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return f"#number:{_number(value)}"


def _number(value: Decimal) -> str:
    if not value.is_finite():
        return "NaN"
    small_or_large = value and not -4 <= value.adjusted() <= 20
    return f"{value.normalize():e}" if small_or_large else plain(value)


def plain(value: Decimal) -> str:
    """The number in full: '0.00000984', '2512.40', 'NaN'."""
    return format(value, "f") if value.is_finite() else "NaN"


def _without_gone(value: object) -> object:
    if isinstance(value, dict):
        pairs = cast(dict[str, object], value).items()
        return {key: _without_gone(item) for key, item in pairs if item is not GONE}
    if isinstance(value, list | tuple):
        return [_without_gone(item) for item in cast(list[object], value) if item is not GONE]
    return value


def with_extras(value: object) -> object:
    """The body with keys that nobody documented in every object."""
    if isinstance(value, dict):
        known = {key: with_extras(item) for key, item in cast(dict[str, object], value).items()}
        return known | {"beta_field": {"nested": [1, None]}, "note": "new"}
    if isinstance(value, list | tuple):
        return [with_extras(item) for item in cast(list[object], value)]
    return value


def lower_cased(text: str) -> str:
    """The text with every address in lower case."""
    return _ADDRESS.sub(lambda found: found.group().lower(), text)


@dataclass(frozen=True, slots=True)
class Lens:
    """One source's sight of one asset: its price in dollars and the time it stands for, as the source has them.

    `true` is the price before mischief, `seen_at` the time before mischief.
    """

    true: Decimal
    seen_at: datetime
    mischief: Mischief | None = None
    skew: Decimal = Decimal(1)

    @property
    def price(self) -> Decimal:
        return self.bent(self.true)

    @property
    def at(self) -> datetime:
        return self.seen_at + self.shift

    @property
    def shift(self) -> timedelta:
        return timedelta(seconds=shift_s(self.mischief))

    @property
    def stamp(self) -> int:
        """The time in whole seconds since 1970."""
        return int(self.at.timestamp())

    def bent(self, price: Decimal) -> Decimal:
        """Another price of the same asset as the mischief has it."""
        return bent(price, self.mischief)

    def number(self, price: Decimal | None = None) -> object:
        """The price for a place where the source documents a number."""
        value = self.price if price is None else self.bent(price)
        return self._typed(value, plain(value), value)

    def text(self, price: Decimal | None = None) -> object:
        """The price for a place where the source documents text."""
        value = self.price if price is None else self.bent(price)
        return self.as_text(value)

    def as_text(self, value: Decimal) -> object:
        """A figure that was bent already, for a place where the source documents text."""
        return self._typed(plain(value), value, value)

    def _typed(self, right: object, wrong: object, value: Decimal) -> object:
        if self.mischief in WRONG_TYPE:
            return wrong
        return {
            Mischief.NULL: None,
            Mischief.MISSING: GONE,
            Mischief.WRONG_TYPES: {"value": [value]},
        }.get(cast(Mischief, self.mischief), right)
