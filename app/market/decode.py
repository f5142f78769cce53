"""JSON to exact values, and careful looks into it: every wrong turn is Garbled and nothing else."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias, cast

from app.domain.money import NotANumber, decimal_of, price_of, usd_of
from app.market.source import Fault, Garbled

# The end of the year 2999: what claims to be later is not a time in seconds.
_LAST_SECOND = 32_503_679_999
# "too many arguments" is about a call, "too many requests" about how many there are.
_LIMITED = re.compile(
    r"rate.?limit|too many (\w+ )?(requests?|calls?|connections?|queries|compute)|throttl|lockout|exceeded its|\b429\b",
    re.IGNORECASE,
)
_ROUTELESS = re.compile(r"no (eligible )?(routes?|pools?)( was| were)? found|(routes?|pools?) not found", re.IGNORECASE)

Json: TypeAlias = "bool | int | str | Decimal | list[Json] | dict[str, Json] | None"


def decoded(text: str) -> Json:
    """The JSON value with every fraction a Decimal. Raises Garbled on anything that is not JSON."""
    try:
        return cast(Json, json.loads(text, parse_float=Decimal, parse_constant=_no_constant))
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Garbled("the answer is not JSON") from error


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def table(value: object, what: str) -> dict[str, Json]:
    """The value as an object. Raises Garbled."""
    if not isinstance(value, dict):
        raise Garbled(f"{what} is not an object")
    return cast(dict[str, Json], value)


def table_or_none(value: object) -> dict[str, Json] | None:
    """The value as an object, None where it is something else."""
    return cast(dict[str, Json], value) if isinstance(value, dict) else None


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


def text_number(value: object) -> Decimal:
    """A number of any size and sign documented as a string. Raises Garbled."""
    if not isinstance(value, str):
        raise Garbled("a number that should be a string is not")
    return _exact(value)


def number(value: object) -> Decimal:
    """A number of any size and sign documented as a JSON number. Raises Garbled."""
    if isinstance(value, str) or value is None:
        raise Garbled("a value that should be a number is not")
    return _exact(value)


def _exact(value: object) -> Decimal:
    try:
        return decimal_of(value)
    except NotANumber as error:
        raise Garbled(str(error)) from error


def amount(value: Decimal) -> Decimal:
    """The value as an amount: zero or more, and none that nothing could be worth. Raises Garbled."""
    try:
        return usd_of(value)
    except NotANumber as error:
        raise Garbled(str(error)) from error


def unix_time(value: object) -> datetime:
    """A time given as whole or decimal seconds since 1970. Raises Garbled."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Garbled("a time is not a number")
    if isinstance(value, Decimal) and not value.is_finite():
        raise Garbled("a time is not a finite number")
    if not 0 <= value <= _LAST_SECOND:
        raise Garbled("a time is out of range")
    return datetime.fromtimestamp(float(value), UTC)


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
    if isinstance(value, Decimal) and not value.is_finite():
        raise Garbled("a time is not a finite number")
    if not 0 <= value <= _LAST_SECOND * 1000:
        raise Garbled("a time is out of range")
    return unix_time(Decimal(value) / 1000)


def said(words: object) -> str:
    """A provider's own words, made fit for one line of a log: printable, at most 200 characters."""
    line = " ".join(words[:400].split()) if isinstance(words, str) else ""
    return "".join(char for char in line if char.isprintable())[:200] or "an error without words"


def routeless(words: str) -> bool:
    """Whether an aggregator says that there is no way between two tokens."""
    return _ROUTELESS.search(words) is not None


def refusal(words: object, code: object = None) -> Garbled:
    """The Garbled for an error in the shape of an answer: RATE_LIMITED where words or code say so, ABSENT where there
    is no way between two tokens, else REFUSED."""
    line = said(words)
    if code == 429 or _LIMITED.search(line):
        return Garbled(line, Fault.RATE_LIMITED)
    return Garbled(line, Fault.ABSENT if routeless(line) else Fault.REFUSED)


def raise_error(answer: dict[str, Json]) -> None:
    """Raise Garbled where the object is an error in one of the shapes that price providers use.

    {"error": "…"}, {"error": {"message": "…"}}, {"error": {"status": {…}}}, {"errors": […]} and
    {"status": {"error_code": …, "error_message": "…"}}, and {"message": "…"} with nothing beside it.
    """
    error = answer.get("error")
    status = answer.get("status")
    if isinstance(error, dict) and isinstance(error.get("status"), dict):
        status = error["status"]
    if isinstance(status, dict) and not status.keys().isdisjoint(("error_code", "error_message")):
        raise refusal(status.get("error_message"), status.get("error_code"))
    if isinstance(error, dict):
        raise refusal(error.get("message"), error.get("code"))
    if error:
        raise refusal(error)
    errors = answer.get("errors")
    if errors:
        first = errors[0] if isinstance(errors, list) else errors
        raise refusal(first.get("title") if isinstance(first, dict) else first)
    if answer.keys() == {"message"} and isinstance(answer["message"], str):
        raise refusal(answer["message"])
