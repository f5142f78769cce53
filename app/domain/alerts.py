"""Alerts: what somebody should know about at once, raised once for as long as it lasts, and ended with a notice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong now. `about` tells two of one kind apart (a source's name, a token's symbol) and may be
    empty; `sentence` is for people, as `recovery` is, which will be said when it has ended."""

    kind: AlertKind
    about: str
    sentence: str
    recovery: str

    @property
    def key(self) -> tuple[AlertKind, str]:
        return self.kind, self.about


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition from when it was first seen until it was no more; `id` is 'a' and a number that grows."""

    id: str
    condition: Condition
    session_id: str
    raised_at: datetime
    recovered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What changes: conditions that are new, and alerts whose condition is no more."""

    raised: tuple[Condition, ...]
    recovered: tuple[Alert, ...]


def turn(standing: Iterable[Alert], conditions: Sequence[Condition]) -> Turn:
    """Hold the alerts that stand against what is wrong now. One that lasts is not raised again, whatever its sentence
    says by now."""
    known = {alert.condition.key: alert for alert in standing}
    now = {condition.key: condition for condition in conditions}
    raised = tuple(condition for key, condition in now.items() if key not in known)
    return Turn(raised, tuple(alert for key, alert in known.items() if key not in now))
