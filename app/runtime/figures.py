"""Figures: what a session has made of its money, read from the store and reckoned by the domain."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain import performance as domain
from app.domain.bars import Interval
from app.domain.money import significant
from app.domain.performance import Figure, Performance
from app.domain.session import Session
from app.runtime.pit import Pit
from app.runtime.standing import standing
from app.store.database import Store
from app.store.equity import Mark, marks
from app.store.trades import each_trade

if TYPE_CHECKING:
    pass


async def performance(store: Store, session: Session, pit: Pit | None) -> Performance:
    """All figures of a session; with its pit, up to now. Raises StoreRefused."""
    now = _now(pit) if pit else None
    return await asyncio.to_thread(_performance, store, session, now)


def equity(
    store: Store, account_id: str, interval: Interval | None, limit: int, before: datetime
) -> list[tuple[datetime, Mark]]:
    """The newest marks of an account before a moment, newest first: the last of each interval with that interval's
    beginning, or all that are kept, each with its own time, where none is named. Raises StoreRefused."""
    # Marks are about a minute apart: most of the time so far back is far enough.
    length = interval.length if interval else Interval.M1.length
    found = _spaced(marks(store, account_id, before - length * (limit + 1), before), interval)
    if len(found) < limit:
        found = _spaced(marks(store, account_id, until=before), interval)
    return found[:limit]


def _spaced(found: Sequence[Mark], interval: Interval | None) -> list[tuple[datetime, Mark]]:
    """The last mark of each interval, newest first."""
    last = {interval.start_of(mark.at) if interval else mark.at: mark for mark in found}
    return list(reversed(last.items()))


def _now(pit: Pit) -> Mark:
    """What the account at work is worth now, and how deep it has fallen."""
    now = standing(pit)
    drawn = pit.drawdown
    return Mark(pit.desk.venue.now(), now.equity, now.cash, None, drawn.highest, drawn.deepest_pct)


def _performance(store: Store, session: Session, now: Mark | None) -> Performance:
    kept = marks(store, session.id)
    if now and (not kept or now.at >= kept[-1].at):
        kept.append(now)
    known = [domain.Mark(mark.at, mark.equity, mark.hold) for mark in kept]
    found = domain.performance(list(each_trade(store, session.id)), known, session.starting_balance)
    return replace(found, max_drawdown_pct=_deepest(found.max_drawdown_pct, kept))


def _deepest(reckoned: Figure, kept: Sequence[Mark]) -> Figure:
    """Between two marks, and before those that were thinned, it may have been deeper: the marks remember."""
    remembered = [significant(mark.deepest_pct, 9) for mark in kept[-1:] if mark.deepest_pct is not None]
    if reckoned.value is None:
        return reckoned
    return Figure(max(significant(reckoned.value, 9), *remembered)) if remembered else reckoned
