"""The witness: a small file beside the database that says how far the accounts had come when they were last shown.

The database itself cannot tell that its last commits are gone, where the end of its write-ahead log was damaged. The
file is written after the commit and never synced: it may lag behind by what a failing machine forgets, and is never
ahead of what was on disk.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.domain.books import Books

FILE = "acknowledged"
# The newest of the orders that wait: so many are enough to find out that some are gone.
MOST_ORDERS = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown last: the number of every account's last entry, and the orders that were waiting. `database` is
    which one that was."""

    database: str
    entries: Mapping[str, int]
    orders: tuple[str, ...] = ()


def shown(database: str, books: Iterable[Books]) -> Shown:
    """What these books show."""
    all_books = list(books)
    waiting = sorted((o for each in all_books for o in each.orders.values()), key=lambda order: order.created_at)
    numbers = {each.account.id: each.account.version for each in all_books}
    return Shown(database, numbers, tuple(order.id for order in waiting[-MOST_ORDERS:]))


class Witness:
    """The file. What it cannot write, it does without."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._written: Shown | None = None

    def write(self, now: Shown, at: datetime) -> None:
        """Take this down, unless it is what stands there. Raises OSError."""
        if now == self._written:
            return
        body = json.dumps(
            {"at": at.isoformat(), "database": now.database, "entries": dict(now.entries), "orders": now.orders}
        ).encode()
        line = _digest(body) + b" " + body
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, line, 0)
            os.ftruncate(descriptor, len(line))
        finally:
            os.close(descriptor)
        self._written = now

    def read(self) -> Shown | None:
        """What was taken down last; None where there is nothing, or half of something."""
        try:
            digest, _, body = self._file.read_bytes().partition(b" ")
        except OSError:
            return None
        if digest != _digest(body):
            return None
        found: dict[str, Any] = json.loads(body)
        return Shown(found["database"], found["entries"], tuple(found["orders"]))


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:16].encode()
