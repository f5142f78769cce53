"""JSON to exact values, and careful looks into it: every wrong turn is Garbled and nothing else."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias, cast

from app.domain.money import NotANumber, price_of
from app.market.source import Garbled

Json: TypeAlias = "bool | int | str | Decimal | list[Json] | dict[str, Json] | None"


def decoded(text: str) -> Json:
    """The JSON value with every fraction a Decimal. Raises Garbled on anything that is not JSON."""
    try:
        return cast(Json, json.loads(text, parse_float=Decimal, parse_constant=_no_constant))
    except (ValueError, RecursionError) as error:
        raise Garbled("the answer is not JSON") from error


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def table(value: object, what: str) -> dict[str, Json]:
    """The value as an object. Raises Garbled."""
    if not isinstance(value, dict):
        raise Garbled(f"{what} is not an object")
    return cast(dict[str, Json], value)


def rows(value: object, what: str) -> list[Json]:
    """The value as an array. Raises Garbled."""
    if not isinstance(value, list):
        raise Garbled(f"{what} is not an array")
    return cast(list[Json], value)


def text(value: object, what: str) -> str:
    """The value as a string. Raises Garbled."""
    if not isinstance(value, str):
        raise Garbled(f"{what} is not a string")
    return value


def text_price(value: object) -> Decimal:
    """A price documented as a string. Raises Garbled."""
    if not isinstance(value, str):
        raise Garbled("a price that should be a string is not")
    return _price(value)


def number_price(value: object) -> Decimal:
    """A price documented as a JSON number. Raises Garbled."""
    if isinstance(value, str) or value is None:
        raise Garbled("a price that should be a number is not")
    return _price(value)


def _price(value: object) -> Decimal:
    try:
        return price_of(value)
    except NotANumber as error:
        raise Garbled(f"price: {error}") from error


def unix_time(value: object) -> datetime:
    """A time given as whole or decimal seconds since 1970. Raises Garbled."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Garbled("a time is not a number")
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Garbled("a time is out of range") from error


def iso_time(value: object) -> datetime:
    """A time given as ISO 8601 with a zone. Raises Garbled."""
    if not isinstance(value, str):
        raise Garbled("a time is not a string")
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise Garbled("a time is not ISO 8601") from error
    if at.tzinfo is None:
        raise Garbled("a time has no zone")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise Garbled("a time is out of range") from error


def unix_millis(value: object) -> datetime:
    """A time given as whole or decimal milliseconds since 1970. Raises Garbled."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Garbled("a time is not a number")
    if not 0 <= value <= 10**14:
        raise Garbled("a time is out of range")
    return unix_time(Decimal(value) / 1000)
