"""Recordings: a file of bars read with every fault counted, and nothing doubtful kept in silence."""

import csv
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from app.domain.bars import Bar, Interval
from app.domain.money import LARGEST_PRICE, SMALLEST_PRICE, NotANumber, decimal_of, usd_of
from app.market.session_bars import NoBars, bars_as_csv, is_session

_PRICES = ("open", "high", "low", "close")
_NEEDED = ("timestamp", *_PRICES)
_KNOWN = (*_NEEDED, "volume", "liquidity_usd")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_UNIX = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?", re.ASCII)
# As seconds this is the year 5138, as milliseconds it is March 1973.
_MILLIS_FROM = 10**11

_OUTSIDE = "open or close outside [low, high]"
_CLOSE_TOGETHER = "closer together than the interval"


class Unreadable(Exception):
    """The file is no recording. The message is one sentence that names the path and the reason."""


class _Dropped(Exception):
    """A row that cannot be kept; its message is the reason it is counted under."""


class _Columns(NamedTuple):
    """Where the columns stand in a row: `timestamp`, the four `prices`, the two that may be absent; `least` is how
    many fields a row needs, and `most` how many the header names."""

    timestamp: int
    prices: tuple[int, ...]
    volume: int | None
    liquidity: int | None
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Recording:
    """The bars of one file, in order of time, each time once.

    `name` is the file's, and `symbol` the token's. `interval_s` is the commonest distance of two bars in seconds.
    `liquidity` has one entry for each bar: the worth of both sides of the pool in US dollars, None where the file
    does not say. `dropped` counts the rows that were not kept, by reason; `gaps` is how many bars are missing
    between the first and the last; `notes` counts what is kept but worth knowing.
    """

    name: str
    symbol: str
    interval_s: int
    bars: tuple[Bar, ...]
    liquidity: tuple[Decimal | None, ...]
    dropped: Mapping[str, int]
    gaps: int
    notes: Mapping[str, int]

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.interval_s)

    @property
    def interval(self) -> Interval | None:
        """The interval as one of those that the desk keeps, None where it is another."""
        return next((interval for interval in Interval if interval.seconds == self.interval_s), None)

    @property
    def first_at(self) -> datetime:
        """The moment at which the first bar begins."""
        return self.bars[0].at

    @property
    def last_at(self) -> datetime:
        """The moment at which the last bar closes."""
        return self.closes_at(len(self.bars) - 1)

    def closes_at(self, index: int) -> datetime:
        return self.bars[index].at + self.length

    def closed_by(self, moment: datetime) -> int:
        """How many bars have closed at the moment; the bars before this index."""
        return bisect_right(self.bars, moment - self.length, key=lambda bar: bar.at)

    def closed_between(self, after: datetime, until: datetime) -> tuple[Bar, ...]:
        """The bars that close later than `after` and no later than `until`."""
        return self.bars[self.closed_by(after) : self.closed_by(until)]

    def report(self) -> str:
        """One line for people: what was kept and what was not."""
        first, last = (f"{at:%Y-%m-%d %H:%M}" for at in (self.first_at, self.last_at))
        parts = [f"{self.name}: {len(self.bars):,} bars of {_spoken(self.interval_s)} for {self.symbol}"]
        parts.append(f"{first} to {last} UTC")
        parts.append(f"rows dropped: {sum(self.dropped.values()):,}{_listed(self.dropped)}")
        parts.append(f"bars missing in gaps: {self.gaps:,}")
        parts.extend(f"{what}: {count:,}" for what, count in self.notes.items())
        return ", ".join(parts)


def read_recording(path: Path, symbol: str) -> Recording:
    """The recording in a CSV file, or of one token of a session that was exported. Raises Unreadable."""
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a usable path"
        raise Unreadable(f"{path} cannot be read: {why}.") from error
    text = content.decode("utf-8-sig", errors="replace")
    if not is_session(text):
        return recording_of(text, path, symbol)
    try:
        rows, interval_s = bars_as_csv(text, symbol)
    except NoBars as error:
        raise Unreadable(f"{path} {error}") from error
    return recording_of(rows, path, symbol, interval_s)


def recording_of(text: str, path: Path, symbol: str, interval_s: int | None = None) -> Recording:
    """The recording in a CSV text, which is called after `path`; its interval is stated, or the commonest distance of
    two bars. Pure. Raises Unreadable."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if not lines:
        raise Unreadable(f"{path} is empty.")
    columns, origin = _columns(lines[0], path), path.stem
    kept: dict[datetime, tuple[Bar, Decimal | None]] = {}
    dropped: Counter[str] = Counter()
    for line in lines[1:]:
        try:
            bar, liquidity = _row(line, columns, origin)
        except _Dropped as reason:
            dropped[str(reason)] += 1
            continue
        dropped["duplicate"] += bar.at in kept
        kept[bar.at] = bar, liquidity
    if len(kept) < 2:
        raise Unreadable(f"{path} has {len(kept)} usable of {len(lines) - 1} rows, and 2 are needed{_listed(dropped)}.")
    return _assembled([kept[at] for at in sorted(kept)], dropped, path, symbol, interval_s)


def _assembled(
    rows: Sequence[tuple[Bar, Decimal | None]], dropped: Counter[str], path: Path, symbol: str, stated_s: int | None
) -> Recording:
    bars = tuple(bar for bar, _ in rows)
    steps = Counter(round((later.at - bar.at).total_seconds()) for bar, later in pairwise(bars))
    # The shorter one of two that are equally common: a gap makes steps longer, nothing makes them shorter.
    interval_s = stated_s or min(steps, key=lambda step: (-steps[step], step))
    if interval_s < 1:
        raise Unreadable(f"{path} has bars closer together than one second.")
    outside = sum(not all(bar.low <= price <= bar.high for price in (bar.open, bar.close)) for bar in bars)
    crowded = sum(count for step, count in steps.items() if step < interval_s)
    notes = {_OUTSIDE: outside, _CLOSE_TOGETHER: crowded}
    return Recording(
        name=path.name,
        symbol=symbol,
        interval_s=interval_s,
        bars=bars,
        liquidity=tuple(liquidity for _, liquidity in rows),
        dropped={reason: dropped[reason] for reason in sorted(dropped) if dropped[reason]},
        gaps=sum(count * max(0, round(step / interval_s) - 1) for step, count in steps.items()),
        notes={what: count for what, count in notes.items() if count},
    )


def _columns(line: str, path: Path) -> _Columns:
    """The columns that a header names. Raises Unreadable."""
    try:
        names = [name.strip().lower() for name in _fields(line)]
    except _Dropped as error:
        raise Unreadable(f"{path} has no header that can be read.") from error
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise Unreadable(f"{path} has no header with the columns {', '.join(missing)}.")
    twice = [name for name in _KNOWN if names.count(name) > 1]
    if twice:
        raise Unreadable(f"{path} has more than one column {', '.join(twice)}.")
    return _Columns(
        timestamp=names.index("timestamp"),
        prices=tuple(names.index(name) for name in _PRICES),
        volume=names.index("volume") if "volume" in names else None,
        liquidity=names.index("liquidity_usd") if "liquidity_usd" in names else None,
        least=1 + max(names.index(name) for name in _NEEDED),
        most=len(names),
    )


def _fields(line: str) -> list[str]:
    # Line by line: a quotation mark that never ends must not swallow the rest of the file.
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader((line,)))
    except csv.Error as error:
        raise _Dropped("columns") from error


def _row(line: str, columns: _Columns, origin: str) -> tuple[Bar, Decimal | None]:
    """The bar of a row, and its liquidity. Raises _Dropped."""
    fields = _fields(line)
    # More fields than the header names are a decimal comma or worse, unless they are empty.
    if len(fields) < columns.least or any(field.strip() for field in fields[columns.most :]):
        raise _Dropped("columns")
    at = _moment(fields[columns.timestamp].strip())
    opening, high, low, close = [_price(fields[place].strip()) for place in columns.prices]
    if high < low:
        raise _Dropped("high_below_low")
    volume = _amount(fields, columns.volume)
    return Bar(at, opening, high, low, close, volume or Decimal(0), origin), _amount(fields, columns.liquidity)


def _moment(text: str) -> datetime:
    """A time in UTC from Unix seconds or milliseconds, or from ISO 8601, where no zone means UTC."""
    try:
        at = _unix(Decimal(text)) if _UNIX.fullmatch(text) else _iso(text)
    except (ValueError, OverflowError) as error:
        raise _Dropped("timestamp") from error
    if not _EPOCH <= at < _LATEST:
        raise _Dropped("timestamp")
    return at


def _unix(number: Decimal) -> datetime:
    micros = number * (1000 if number >= _MILLIS_FROM else 1_000_000)
    return _EPOCH + timedelta(microseconds=int(micros))


def _iso(text: str) -> datetime:
    if not _ISO.fullmatch(text):
        raise ValueError("not ISO 8601")
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _price(text: str) -> Decimal:
    try:
        price = decimal_of(text)
    except NotANumber as error:
        raise _Dropped("number") from error
    if price <= 0:
        raise _Dropped("not_positive")
    if not SMALLEST_PRICE <= price <= LARGEST_PRICE:
        raise _Dropped("out_of_range")
    return price


def _amount(fields: Sequence[str], place: int | None) -> Decimal | None:
    """A volume or a liquidity, None where the file leaves it blank."""
    text = fields[place].strip() if place is not None and place < len(fields) else ""
    if not text:
        return None
    try:
        return usd_of(text)
    except NotANumber as error:
        raise _Dropped("negative" if text.startswith("-") else "number") from error


def _listed(counts: Mapping[str, int]) -> str:
    shown = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in counts.items() if count)
    return f" ({shown})" if shown else ""


def _spoken(seconds: int) -> str:
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
