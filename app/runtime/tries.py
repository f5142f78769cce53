"""Tries: how often somebody may be wrong within a minute, by address and in all."""

import math
import time
from collections.abc import Callable
from functools import cached_property

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_STEP_S = 1.0


class Tries:
    """So many tries a minute for `each` address, and for `everybody` together. They are forgotten with the process, and
    where the clock was set: the library counts by it, and tries of a later hour would stand until that hour is over."""

    def __init__(self, each: int, everybody: int, ahead: Callable[[], float] | None = None) -> None:
        """`ahead` is by how many seconds the clock is ahead of the time that cannot be set."""
        self._each = RateLimitItemPerMinute(each)
        self._everybody = RateLimitItemPerMinute(everybody)
        self._ahead = ahead or _ahead
        self._was_ahead = self._ahead()

    @cached_property
    def _limiter(self) -> MovingWindowRateLimiter:
        # It starts a thread, which a desk that nobody tries has no use for.
        return MovingWindowRateLimiter(MemoryStorage())

    def take(self, address: str) -> int:
        """Count one try. 0 where it may be made, else the seconds until the next one may; then it is not counted."""
        ahead = self._ahead()
        if abs(ahead - self._was_ahead) > _STEP_S:
            self._limiter.storage.reset()
        self._was_ahead = ahead
        for item, whose in ((self._each, ("each", address)), (self._everybody, ("everybody",))):
            if not self._limiter.hit(item, *whose):
                return self._wait(item, *whose)
        return 0

    def _wait(self, item: RateLimitItem, *whose: str) -> int:
        stats = self._limiter.get_window_stats(item, *whose)
        return max(1, min(60, math.ceil(stats.reset_time - time.time())))


def _ahead() -> float:
    return time.time() - time.monotonic()
