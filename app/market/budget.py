"""Rate budgets: when the next call is allowed, as a pure function of the calls already made."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

# A call is booked when it leaves, and the provider counts it when it arrives. The first over a new connection is on the
# road for a second or two, those after it hardly at all: the provider may see them so much closer together. A window of
# a second is short for that; a quarter of it covers the road of a connection that stands.
_ROAD_S = 2.0
_ROAD_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `calls` in any `seconds` on end; with `monthly`, in a calendar month UTC instead."""

    calls: int
    seconds: int
    monthly: bool = False

    @property
    def held(self) -> float:
        """Seconds for which a call is held against the window: the provider's own, and those of the road to it."""
        return self.seconds if self.monthly else self.seconds + min(_ROAD_S, _ROAD_SHARE * self.seconds)


def per_second(calls: int) -> Allowance:
    return Allowance(calls, 1)


def per_minute(calls: int) -> Allowance:
    return Allowance(calls, 60)


def per_hour(calls: int) -> Allowance:
    return Allowance(calls, 3600)


def per_month(calls: int) -> Allowance:
    return Allowance(calls, 30 * 86400, monthly=True)


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on two clocks: `mono` seconds that never jump, for windows; `utc` for calendar months."""

    mono: float
    utc: datetime

    @property
    def month(self) -> str:
        return self.utc.strftime("%Y-%m")


@dataclass(frozen=True, slots=True)
class Budget:
    """A source's allowances and what was spent of them.

    `calls` are the moments (mono) of recent calls, oldest first. `months` are the calls in each calendar month that the
    clock has told ('2026-11'); both outlive the process: they are stored and given back at start.
    """

    allowances: tuple[Allowance, ...]
    calls: tuple[float, ...] = ()
    months: Mapping[str, int] = field(default_factory=dict[str, int])


def due(now: Instant, budget: Budget, calls: int = 1, reserve: int = 0) -> float:
    """Seconds to wait until `calls` more calls are within every allowance; 0.0 means now.

    Infinity where an allowance is smaller than `calls` at a time. `reserve` calls of every window of a minute or
    more are left to others, though never the last one.
    """
    waits = (_wait(now, budget, _less(allowance, reserve), calls) for allowance in budget.allowances)
    return max(waits, default=0.0)


def _less(allowance: Allowance, reserve: int) -> Allowance:
    if allowance.seconds < 60:
        return allowance
    return replace(allowance, calls=max(min(1, allowance.calls), allowance.calls - reserve))


def spent(now: Instant, budget: Budget) -> Budget:
    """The budget after one more call made now."""
    longest = max((a.held for a in budget.allowances if not a.monthly), default=0.0)
    kept = tuple(at for at in budget.calls if now.mono - at <= longest)
    months = {**budget.months, now.month: _this_month(now, budget) + 1}
    return replace(budget, calls=(*kept, now.mono), months=months)


def recent(now: Instant, budget: Budget) -> tuple[datetime, ...]:
    """When the calls that windows still count were made, on the wall clock: to be told to the next process."""
    return tuple(now.utc - timedelta(seconds=now.mono - at) for at in budget.calls)


def recalled(now: Instant, budget: Budget, months: Mapping[str, int], calls: Iterable[datetime]) -> Budget:
    """The budget of a process that goes on where another stopped. A call from the future, where the wall clock was
    set back in between, counts as made now."""
    moments = sorted(now.mono - max(0.0, (now.utc - at).total_seconds()) for at in calls)
    return replace(budget, calls=tuple(moments), months=dict(months))


def used(now: Instant, budget: Budget) -> list[tuple[Allowance, int]]:
    """Each allowance with the calls that its own window, or month, holds now."""
    return [
        (a, _this_month(now, budget) if a.monthly else len(_since(now, budget, a.seconds))) for a in budget.allowances
    ]


def is_scarce(budget: Budget) -> bool:
    """Whether a start that forgets what was spent a moment ago could ask too often: half a call a second, or less, is
    all that a window of a minute or more allows."""
    return any(a.seconds >= 60 and a.calls * 2 <= a.seconds for a in budget.allowances)


def pace(allowances: tuple[Allowance, ...], calls: int) -> float:
    """Seconds between refreshes of `calls` calls each that every allowance bears for ever.

    A tenth is kept back for history and look-ups.
    """
    return max((a.held * calls / (a.calls * 0.9) for a in allowances), default=0.0)


def _since(now: Instant, budget: Budget, seconds: float) -> list[float]:
    return [at for at in budget.calls if now.mono - at < seconds]


def _this_month(now: Instant, budget: Budget) -> int:
    # Where the clock was set back past a month's end, either may be the provider's: the earlier has no more left than
    # the later. Months further ahead were told by a clock that was wrong.
    following = (now.utc.replace(day=1) + timedelta(days=32)).strftime("%Y-%m")
    return max((calls for month, calls in budget.months.items() if now.month <= month <= following), default=0)


def _wait(now: Instant, budget: Budget, allowance: Allowance, calls: int) -> float:
    if calls > allowance.calls:
        return float("inf")
    if allowance.monthly:
        over = _this_month(now, budget) + calls > allowance.calls
        return _until_next_month(now.utc) if over else 0.0
    inside = _since(now, budget, allowance.held)
    excess = len(inside) + calls - allowance.calls
    return max(0.0, inside[excess - 1] + allowance.held - now.mono) if excess > 0 else 0.0


def _until_next_month(utc: datetime) -> float:
    days = calendar.monthrange(utc.year, utc.month)[1]
    first = datetime(utc.year, utc.month, 1, tzinfo=UTC)
    return (days * 86400) - (utc - first).total_seconds()
