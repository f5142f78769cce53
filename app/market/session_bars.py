"""The bars that an exported session holds of one token, as rows of the CSV that recordings are read from."""

import json
from datetime import UTC, datetime
from typing import Any, cast

from app.domain.bars import Interval

_COLUMNS = ("open", "high", "low", "close", "volume")
_INTERVALS = {interval.value: interval for interval in Interval}
_NEVER_IN_A_NUMBER = frozenset(',"\r\n')


class NoBars(Exception):
    """The text holds no bars of that token. The message is a sentence that goes on after the file's name."""


def is_session(text: str) -> bool:
    """Whether the text is to be read as JSON: the header of a CSV never begins so."""
    return text.lstrip()[:1] == "{"


def bars_as_csv(text: str, symbol: str) -> tuple[str, int]:
    """The bars of the token with this symbol or address as a CSV text, and their interval in seconds: the shortest.

    A longer bar, of a time of which no shorter ones were kept, stands where one of that interval would close with it:
    so nothing of it is seen before it is over. Rows that are none stay in, to be counted. Pure. Raises NoBars.
    """
    bars = _bars(_prices(text), symbol)
    lengths = [_INTERVALS[bar["interval"]] for bar in bars if _is_timed(bar)]
    shortest = min(lengths, key=lambda interval: interval.seconds, default=Interval.M1)
    rows = (_row(bar, shortest) for bar in bars)
    return "\n".join((",".join(("timestamp", *_COLUMNS)), *rows)), shortest.seconds


def _prices(text: str) -> list[dict[str, Any]]:
    """What the session holds of each token."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoBars("is not JSON that can be read.") from error
    found: Any = cast("dict[str, Any]", document).get("prices") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise NoBars("is not a session that Drydock exported.")
    return [cast("dict[str, Any]", each) for each in cast("list[Any]", found) if isinstance(each, dict)]


def _bars(prices: list[dict[str, Any]], symbol: str) -> list[Any]:
    wanted = symbol.lower()
    named = [each for each in prices if wanted in (str(each.get(name)).lower() for name in ("symbol", "token_address"))]
    if len(named) > 1:
        raise NoBars(f"has more than one {symbol[:50]}; the token's address would say which.")
    bars: Any = named[0].get("bars") if named else None
    if not isinstance(bars, list) or not bars:
        others = sorted({str(each.get("symbol"))[:20] for each in prices if each.get("bars")})
        known = f"it has those of {', '.join(others[:20])}" if others else "it has none at all"
        raise NoBars(f"has no prices of {symbol[:50]}; {known}.")
    return cast("list[Any]", bars)


def _is_timed(bar: Any) -> bool:
    if not isinstance(bar, dict):
        return False
    stated = cast("dict[str, Any]", bar)
    return isinstance(stated.get("interval"), str) and stated["interval"] in _INTERVALS and bool(_at(stated))


def _at(bar: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(bar["at"])
    except (KeyError, TypeError, ValueError):
        return None
    return at if at.tzinfo else None


def _row(bar: Any, shortest: Interval) -> str:
    """One row; of what is no bar, a row that will be dropped."""
    if not _is_timed(bar):
        return "?"
    stated = cast("dict[str, Any]", bar)
    at = cast("datetime", _at(stated))
    try:
        closes_with = at + _INTERVALS[stated["interval"]].length - shortest.length
        moved = closes_with.astimezone(UTC).isoformat()
    except OverflowError:
        moved = "?"
    return ",".join((moved, *(_cell(stated.get(name)) for name in _COLUMNS)))


def _cell(value: Any) -> str:
    return value if isinstance(value, str) and not _NEVER_IN_A_NUMBER & set(value) else "?"
