"""A year of bars of twenty tokens, and what it weighs: `python -m tests.store.year` (about a minute).

Bars are written in the order in which they close, which decides how full the pages of the file get, and pruned
daily. Lengths that do not survive are begun only a few times their keeping before the end of the year: the
content at the end is that of a whole year, and the pages of dropped bars have been used again as they would be.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from app.domain.bars import Bar, Interval
from app.store.bars import KEPT_FOR, SeriesKey, counts, prune, write_bars
from app.store.database import Store, migrate, open_store

TOKENS = 20
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)

_PAGES = ("freelist_count", "page_count")
_KEYS = tuple(SeriesKey("live", 8453, f"0x{number:040x}") for number in range(TOKENS))
# Dear and cheap ones: the longest figures are those with zeros in front.
_PRICES = tuple(2500.0 / 10 ** (number % 10) for number in range(TOKENS))


def rows_a_token(days: int) -> int:
    """The bars of one token that are kept after so many days, a day's worth that waits for pruning included."""
    rows = 0
    for interval, kept in KEPT_FOR.items():
        span = timedelta(days=days) if kept is None else min(kept + DAY, timedelta(days=days))
        rows += span // interval.length
    return rows


def day_of_bars(day: datetime, intervals: list[Interval], chance: Random) -> list[tuple[SeriesKey, Interval, Bar]]:
    """What closes on one day, in order, each figure with the 17 digits that a source may give."""
    closing = sorted(
        (day + (number + 1) * interval.length, interval)
        for interval in intervals
        for number in range(DAY // interval.length)
    )
    return [
        (key, interval, _bar(ends - interval.length, price, chance))
        for ends, interval in closing
        for key, price in zip(_KEYS, _PRICES, strict=True)
    ]


def _bar(at: datetime, price: float, chance: Random) -> Bar:
    figures = sorted(Decimal(f"{price * chance.uniform(0.5, 2):.17g}") for _ in range(4))
    volume = Decimal(f"{chance.uniform(0, 1e6):.2f}")
    return Bar(at, figures[1], figures[3], figures[0], figures[2], volume)


def days_written(days: int) -> Iterator[tuple[datetime, list[Interval]]]:
    """Every day with the lengths of bars worth writing on it."""
    for number in range(days):
        left = (days - number) * DAY
        yield (
            BEGIN + number * DAY,
            [length for length, kept in KEPT_FOR.items() if kept is None or left <= 1.5 * kept + 5 * DAY],
        )


def live_through(store: Store, days: int) -> None:
    chance = Random(2026)
    for day, intervals in days_written(days):
        write_bars(store, day_of_bars(day, intervals, chance))
        prune(store, day + DAY)


def main() -> None:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.db"
        url = f"sqlite:///{file}"
        migrate(url)
        store = open_store(url)
        live_through(store, 365)
        found = counts(store)
        with store.reading() as connection:
            free, pages = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in _PAGES)
        store.close()
        size = file.stat().st_size
    rows = sum(found.values())
    print(", ".join(f"{length} {count}" for length, count in found.items()))
    print(f"{rows} rows, {size / 1e6:.1f} MB, {size / rows:.0f} bytes a row, {free} of {pages} pages free")
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
