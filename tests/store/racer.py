"""Charges gas to an account from the version it is told, on each line: `python -m tests.store.racer URL ACCOUNT`."""

import sys

from app.store.books import Batch, Outpaced, write
from app.store.database import open_store
from tests.store.drawn import gas_entry


def main() -> None:
    store = open_store(sys.argv[1], busy_ms=30_000)
    for line in sys.stdin:
        expected = int(line)
        try:
            write(store, [Batch(sys.argv[2], expected, (gas_entry(expected + 1),))])
            print("won", flush=True)
        except Outpaced:
            print("outpaced", flush=True)


if __name__ == "__main__":
    main()
