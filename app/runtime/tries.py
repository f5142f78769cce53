"""Tries: how often somebody may be wrong within a minute, by address and in all."""

import math
import time
from functools import cached_property

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Tries:
    """So many tries a minute for `each` address, and for `everybody` together. They are forgotten with the process."""

    def __init__(self, each: int, everybody: int) -> None:
        self._each = RateLimitItemPerMinute(each)
        self._everybody = RateLimitItemPerMinute(everybody)

    @cached_property
    def _limiter(self) -> MovingWindowRateLimiter:
        # It starts a thread, which a desk that nobody tries has no use for.
        return MovingWindowRateLimiter(MemoryStorage())

    def take(self, address: str) -> int:
        """Count one try. 0 where it may be made, else the seconds until the next one may; then it is not counted."""
        for item, whose in ((self._each, ("each", address)), (self._everybody, ("everybody",))):
            if not self._limiter.hit(item, *whose):
                return self._wait(item, *whose)
        return 0

    def _wait(self, item: RateLimitItem, *whose: str) -> int:
        stats = self._limiter.get_window_stats(item, *whose)
        return max(1, min(60, math.ceil(stats.reset_time - time.time())))
