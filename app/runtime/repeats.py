"""Repeats: lines of libraries that come as often as anybody likes are written once a minute, with how many were not."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

# The beginnings of what libraries say of strangers, and of jobs that are held up, by logger.
REPEATED: Mapping[str, Sequence[str]] = {
    "uvicorn.error": ("Unsupported upgrade request.", "Invalid HTTP request received."),
    "asyncio": ("socket.accept() out of system resource",),
    # What a dead node or a held database makes it say at every turn of a job.
    "apscheduler.scheduler": ("Execution of job",),
}
_MINUTE_S = 60.0


class Seldom(logging.Filter):
    """Lets a line that begins so through once a minute; the next one says how many were held back before it."""

    def __init__(self, beginnings: Sequence[str], now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._beginnings = tuple(beginnings)
        self._now = now
        self._said: dict[str, float] = {}
        self._held_back: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        text = str(record.msg)
        beginning = next((beginning for beginning in self._beginnings if text.startswith(beginning)), None)
        if beginning is None:
            return True
        now = self._now()
        if now - self._said.get(beginning, -_MINUTE_S) < _MINUTE_S:
            self._held_back[beginning] += 1
            return False
        self._said[beginning] = now
        if held_back := self._held_back.pop(beginning, 0):
            record.msg = f"{text} {held_back} more were held back."
        return True


def hold_back() -> None:
    """Once a process: let libraries say seldom what they would say without end."""
    for name, beginnings in REPEATED.items():
        logging.getLogger(name).addFilter(Seldom(beginnings))
