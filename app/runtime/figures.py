"""Figures: what a session has made of its money, read from the store and reckoned by the domain."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.domain import performance as domain
from app.domain.bars import Interval
from app.domain.money import NOTHING, significant
from app.domain.performance import Dealings, Figure, Performance
from app.domain.session import Session
from app.runtime.pit import Pit
from app.runtime.reckoning import gently, reckonings
from app.runtime.standing import standing
from app.store.database import Store
from app.store.equity import Mark, marks
from app.store.trades import each_trade


async def performance(store: Store, session: Session, pit: Pit | None) -> Performance:
    """All figures of a session; with its pit, up to now. What the trades have come to is reckoned again only after
    something has happened to them, the rest also after a mark or a change of what the account is worth, so that time
    alone weighs in within a minute. Raises StoreRefused."""
    # Whatever has rung the bell by now is counted then.
    await asyncio.sleep(0)
    now = _now(pit) if pit else None
    dealt = _dealt(session, pit)
    state = (dealt, pit.marking.count, now.equity, now.hold, now.highest, now.deepest_pct) if pit and now else dealt
    found = await _dealings(store, session, dealt)
    return await reckonings(store).of(f"{session.id} figures", state, lambda: _performance(store, session, found, now))


async def dealings(store: Store, session: Session, pit: Pit | None) -> Dealings:
    """What a session's trades have come to: reckoned again only after something has happened to them. Raises
    StoreRefused."""
    return await _dealings(store, session, _dealt(session, pit))


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
    return Mark(pit.desk.venue.now(), now.equity, now.cash, pit.benchmark.worth(), drawn.highest, drawn.deepest_pct)


def _dealt(session: Session, pit: Pit | None) -> object:
    """What is another as soon as anything may have happened to a session's trades."""
    # Nobody here would hear what happens to a session that is open elsewhere.
    return (pit.account.version, pit.changes) if pit else session.ended_at or object()


async def _dealings(store: Store, session: Session, dealt: object) -> Dealings:
    return await reckonings(store).of(
        f"{session.id} dealings", dealt, lambda: domain.dealings(gently(each_trade(store, session.id)))
    )


def _performance(store: Store, session: Session, dealt: Dealings, now: Mark | None) -> Performance:
    kept = marks(store, session.id)
    if now and (not kept or now.at >= kept[-1].at):
        kept.append(now)
    known = [domain.Mark(mark.at, mark.equity, mark.cash, mark.hold) for mark in gently(kept)]
    found = domain.performance(dealt, known, session.starting_balance)
    return replace(found, max_drawdown_pct=_deepest(found.max_drawdown_pct, kept))


def _deepest(reckoned: Figure, kept: Sequence[Mark]) -> Figure:
    """As the account has it: between two marks, and before those that were thinned, it may have been deeper, and in
    some of them stand prices that were not live. Where the last mark remembers nothing of it, as the marks have it."""
    remembered = [mark.deepest_pct for mark in kept if mark.deepest_pct is not None]
    if kept and kept[-1].deepest_pct is not None:
        return Figure(significant(max(remembered), 9))
    if reckoned.value is None:
        return reckoned
    return Figure(significant(max(reckoned.value, *remembered, NOTHING), 9))
