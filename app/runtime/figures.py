"""Figures: what a session has made of its money, read from the store and reckoned by the domain."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from app.domain import performance as domain
from app.domain.bars import Interval
from app.domain.ledger import folded
from app.domain.money import change_pct, significant, total
from app.domain.performance import Costs, Figure, Performance
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.runtime.pit import Pit
from app.runtime.standing import standing
from app.store.books import entries
from app.store.database import Store
from app.store.equity import Mark, marks
from app.store.sessions import session as find_session
from app.store.trades import count_trades, each_trade

if TYPE_CHECKING:
    from app.runtime.house import House


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a session, in US dollars; of an archived one `equity` is at the last prices it was marked at.
    `trades` counts filled and reverted ones."""

    session: Session
    equity: Decimal
    cash: Decimal
    realized: Decimal
    costs: Costs
    return_pct: Decimal
    trades: int
    performance: Performance


async def performance(store: Store, session: Session, pit: Pit | None) -> Performance:
    """All figures of a session; with its pit, up to now. Raises StoreRefused."""
    now = _now(pit) if pit else None
    return await asyncio.to_thread(_performance, store, session, now)


async def report(house: "House", session_id: str) -> Report | Refusal:
    """What came of a session, the one at work or an archived one. Raises StoreRefused."""
    found = await asyncio.to_thread(find_session, house.store, session_id)
    if found is None:
        return Refusal("unknown_session", f"There is no session {session_id[:60]!r}.")
    pit = house.pit if house.pit and house.pit.session.id == session_id else None
    return await asyncio.to_thread(_report, house.store, found, _now(pit) if pit else None)


async def compare(house: "House", a_id: str, b_id: str) -> tuple[Report, Report] | Refusal:
    """Two sessions side by side. Raises StoreRefused."""
    a, b = await report(house, a_id), await report(house, b_id)
    if isinstance(a, Refusal):
        return a
    return b if isinstance(b, Refusal) else (a, b)


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


def _report(store: Store, session: Session, now: Mark | None) -> Report:
    figures = _performance(store, session, now)
    account = folded(session.id, entries(store, session.id))
    last = [now] if now else marks(store, session.id)[-1:]
    worth = last[0].equity if last else total(account.cash, account.cost)
    return Report(
        session=session,
        equity=worth,
        cash=account.cash,
        realized=account.realized,
        costs=Costs(account.gas, account.fees, account.impact),
        return_pct=significant(change_pct(worth, session.starting_balance), 9),
        trades=count_trades(store, session.id),
        performance=figures,
    )
