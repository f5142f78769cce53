"""A circuit breaker for one source, as a value: it opens after repeated faults and tries again by itself."""

from dataclasses import dataclass

FAULTS_TO_OPEN = 3
# As long as any rest: whoever said so without a time is asked again within two refreshes of having changed its mind.
LONGEST_BACKOFF = 30.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """`faults` in a row, and the moment (monotonic seconds) until which nothing is asked."""

    faults: int = 0
    open_until: float = 0.0

    def state(self, mono: float) -> str:
        """closed, open, or half_open: the next call decides."""
        if mono < self.open_until:
            return "open"
        return "half_open" if self.faults >= FAULTS_TO_OPEN else "closed"

    def permits(self, mono: float) -> bool:
        return mono >= self.open_until


def succeeded(breaker: Breaker, mono: float) -> Breaker:
    """After an answer; a wait that another call was told to keep meanwhile still stands."""
    return Breaker(0, breaker.open_until if mono < breaker.open_until else 0.0)


def failed(breaker: Breaker, mono: float, rest: float) -> Breaker:
    """After a fault; the third in a row opens it for `rest` seconds."""
    faults = breaker.faults + 1
    until = mono + rest if faults >= FAULTS_TO_OPEN else 0.0
    return Breaker(faults, max(breaker.open_until, until))


def told_to_wait(breaker: Breaker, mono: float, seconds: float | None) -> Breaker:
    """After a 429: closed to us for the seconds stated, else for 2, 4, 8, 16, 30 s."""
    faults = breaker.faults + 1
    rest = seconds if seconds is not None else min(LONGEST_BACKOFF, 2.0 ** min(faults, 10))
    return Breaker(faults, max(breaker.open_until, mono + rest))
