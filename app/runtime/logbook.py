"""The logbook: the last lines of the log in memory, to be shown and searched; at the start from the end of the file."""

import asyncio
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from app.runtime.loglines import LEVELS, LONGEST, LONGEST_TRACE, LogLine, line_of, read_back
from app.trading.bell import Bell, Topic

KEPT = 5_000
# What they may hold in memory together, in bytes, and what one holds besides its texts.
KEPT_BYTES = 8_000_000
_LINE_BYTES = 400
RING_SECONDS = 1.0
# What is read of the files at the start.
_READ_BYTES = 1_000_000


class Logbook(logging.Handler):
    """A ring of the newest lines, so many and of so many bytes at most. Whoever adds it to a logger gives it the filter
    that masks secrets before."""

    def __init__(self, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
        super().__init__()
        self._kept, self._kept_bytes = kept, kept_bytes
        self._ring: deque[LogLine] = deque()
        self._size = 0
        self._latch = threading.Lock()
        self.newest = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; from any thread."""
        line = line_of(record)
        self._keep([replace(line, message=line.message[:LONGEST], trace=line.trace[-LONGEST_TRACE:])])

    def lines(
        self,
        level: str = "debug",
        tag: str = "",
        q: str = "",
        limit: int = KEPT,
        before: int | None = None,
        after: int = 0,
    ) -> list[LogLine]:
        """The newest lines first, at most `limit`: of that level or worse, with that tag ('' is any), that hold `q` in
        any case; with numbers below `before` and above `after`."""
        fits = filter_of(level, tag, q)
        found: list[LogLine] = []
        for line in reversed(self._snapshot()):
            if line.number <= after or len(found) >= limit:
                break
            if (before is None or line.number < before) and fits(line):
                found.append(line)
        return found

    async def ring(self, bell: Bell, every: float = RING_SECONDS) -> None:
        """Ring Topic.LOG while lines come, at most once in so many seconds; until cancelled."""
        rung = self.newest
        while True:
            await asyncio.sleep(every)
            if rung != self.newest:
                rung = self.newest
                bell.ring(Topic.LOG)

    def fill(self, file: Path, masked: Callable[[str], str]) -> None:
        """Begin with what the file, and the one before it, end with. Files that cannot be read are left alone."""
        self._keep(read_back([masked(text) for text in _tail(file)])[-KEPT:])

    def clear(self) -> None:
        """Forget all lines; numbers go on."""
        with self._latch:
            self._ring.clear()
            self._size = 0

    def _keep(self, lines: Sequence[LogLine]) -> None:
        with self._latch:
            for line in lines:
                self._ring.append(replace(line, number=self.newest + 1))
                self.newest += 1
                self._size += _size_of(line)
            while len(self._ring) > self._kept or self._size > self._kept_bytes:
                self._size -= _size_of(self._ring.popleft())

    def _snapshot(self) -> list[LogLine]:
        with self._latch:
            return list(self._ring)


def _size_of(line: LogLine) -> int:
    """Bytes in memory."""
    return _LINE_BYTES + sys.getsizeof(line.message) + sys.getsizeof(line.trace)


def filter_of(level: str, tag: str, q: str) -> Callable[[LogLine], bool]:
    """Whether a line is of that level or worse, has that tag ('' is any), and holds `q` in any case."""
    levels, wanted = frozenset(LEVELS[LEVELS.index(level) :]), q.casefold()

    def fits(line: LogLine) -> bool:
        if line.level not in levels or (tag and line.tag != tag):
            return False
        return not wanted or any(wanted in text.casefold() for text in (line.said, line.logger, line.trace))

    return fits


def _tail(file: Path) -> Iterator[str]:
    """The last lines of the file, oldest first, after those of the file before it where it is short."""
    newest = _end_of(file, _READ_BYTES)
    older = _end_of(file.with_name(f"{file.name}.1"), _READ_BYTES - len(newest))
    for part in (older, newest):
        yield from part.decode("utf-8", "backslashreplace").split("\n")


def _end_of(file: Path, most: int) -> bytes:
    """The last whole lines of a file."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            opened.seek(max(0, size - most))
            read = opened.read(max(0, most))
    except OSError:
        return b""
    return read.partition(b"\n")[2] if size > most else read


BOOK = Logbook()
