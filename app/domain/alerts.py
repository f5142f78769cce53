"""Alerts: what somebody should know about at once, raised once for as long as it lasts, and ended with a notice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert is about."""

    FEED_DOWN = "feed_down"
    RATE_LIMITED = "rate_limited"
    PRICE_DISPUTED = "price_disputed"
    PRICE_STALE = "price_stale"
    BOOKS_OUT_OF_BALANCE = "books_out_of_balance"
    BOT_STALLED = "bot_stalled"
    DAILY_LOSS = "daily_loss"
    DISK_NEARLY_FULL = "disk_nearly_full"
    # Said once, after a start that followed an end which was none.
    RESTARTED = "restarted"


Key = tuple[AlertKind, str]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong now. `about` tells two of one kind apart (a source's name, a token's symbol) and may be
    empty; `sentence` is for people, as `recovery` is, which will be said where it was found to be well again."""

    kind: AlertKind
    about: str
    sentence: str
    recovery: str

    @property
    def key(self) -> Key:
        return self.kind, self.about


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition from when it was first seen until it was no more; `id` is 'a' and a number that grows, or 'u' and a
    number while the database refuses to keep it."""

    id: str
    condition: Condition
    session_id: str
    raised_at: datetime
    recovered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What changes: conditions that are new, and alerts whose condition is no more, with what is said of that as their
    `recovery`."""

    raised: tuple[Condition, ...]
    recovered: tuple[Alert, ...]


def turn(standing: Iterable[Alert], conditions: Sequence[Condition], endings: Mapping[Key, str]) -> Turn:
    """Hold the alerts that stand against what is wrong now. One that lasts is not raised again, whatever its sentence
    says by now. `endings` is what is true of those that may end; of one not in it, its own recovery is."""
    known = {alert.condition.key: alert for alert in standing}
    now = {condition.key: condition for condition in conditions}
    raised = tuple(condition for key, condition in now.items() if key not in known)
    return Turn(raised, tuple(_ended(alert, endings) for key, alert in known.items() if key not in now))


def _ended(alert: Alert, endings: Mapping[Key, str]) -> Alert:
    told = alert.condition
    return replace(alert, condition=replace(told, recovery=endings.get(told.key, told.recovery)))


# -- patience


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, a condition must have lasted before it counts, and have been gone before it does not."""

    lasting: float = 0.0
    gone: float = 0.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """A condition that was seen without a break from `since` to `last` (seconds that never jump); it `counts` once it
    has lasted."""

    condition: Condition
    since: float
    last: float
    counts: bool = False


Sightings = Mapping[Key, Sighting]


def sighted(
    before: Sightings,
    conditions: Sequence[Condition],
    unknown: frozenset[AlertKind | Key],
    patience: Mapping[AlertKind, Patience],
    now: float,
) -> dict[Key, Sighting]:
    """What is seen now, added to what was seen before. Of what is `unknown`, a kind or one of a kind, nobody could
    tell: what was seen of it stands as it was."""
    seen: dict[Key, Sighting] = {}
    for key, sighting in before.items():
        waits = patience.get(key[0], Patience())
        if key[0] in unknown or key in unknown:
            seen[key] = replace(sighting, last=now)
        elif sighting.counts and now - sighting.last < waits.gone:
            seen[key] = sighting
    for condition in conditions:
        known = before.get(condition.key) or Sighting(condition, now, now)
        waits = patience.get(condition.kind, Patience())
        counts = known.counts or now - known.since >= waits.lasting
        seen[condition.key] = Sighting(condition, known.since, now, counts)
    return seen


def counting(seen: Sightings) -> tuple[Condition, ...]:
    """The conditions that have lasted, or have not been gone for long."""
    return tuple(sighting.condition for sighting in seen.values() if sighting.counts)


def recalled(standing: Iterable[Alert], now: float) -> dict[Key, Sighting]:
    """The sightings of a process that goes on where another stopped: what stood then counts, as if just seen."""
    return {alert.condition.key: Sighting(alert.condition, now, now, counts=True) for alert in standing}
