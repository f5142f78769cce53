"""Writes bars until it is killed and says after each call what is acknowledged: `python -m tests.store.writer URL`."""

import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.domain.bars import Bar, Interval
from app.store.bars import SeriesKey, write_bars
from app.store.database import open_store

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = tuple(SeriesKey("live", 1, f"0x{number:040x}") for number in range(5))


def bar_number(number: int) -> Bar:
    price = Decimal(number) + Decimal("0.123456789012345")
    return Bar(BEGIN + timedelta(minutes=number), price, price + 1, price - 1, price, Decimal(number))


def main() -> None:
    store = open_store(sys.argv[1])
    for number in range(100_000):
        write_bars(store, [(key, Interval.M1, bar_number(number)) for key in KEYS])
        print(number, flush=True)


if __name__ == "__main__":
    main()
