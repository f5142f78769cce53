"""Figures over REST: equity through time, performance, and the audit of the books."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from app.api.answers import AuditShape, EquityPage, PerformanceShape
from app.api.document import problems
from app.api.door import house, pit_of, session_asked
from app.api.forms import Limit, SessionId, following, place_of
from app.api.reports import performance_shape
from app.api.shapes import utc
from app.api.written import page, plain_or_none
from app.domain.bars import Interval
from app.domain.money import plain
from app.domain.session import Session
from app.runtime import figures
from app.runtime.audit import audited
from app.store.equity import Mark

router = APIRouter(prefix="/api")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# Pages reach back from their end by at most 501 days, and end a second after the last mark.
_FIRST, _LAST = datetime(10, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
# Milliseconds since 1970: with more digits no calendar has a day for them.
Instant = Annotated[str, Query(pattern="^([1-9][0-9]{0,13})?$"), following(14)]


@router.get("/equity", response_model=None, responses={200: {"model": EquityPage}} | problems(404))
async def equity(
    interval: Interval | None = None, session: SessionId = None, limit: Limit = 50, cursor: Instant = ""
) -> JSONResponse:
    """What the account was worth, newest first: at the end of each interval, or at all times that are kept."""
    asked = await session_asked(session)
    before = _moment(cursor) if cursor else _latest(asked) + timedelta(seconds=1)
    found = await asyncio.to_thread(figures.equity, house().store, asked.id, interval, limit + 1, before)
    shown = page(found, limit, lambda row: _item(row[1]), lambda row: (row[0] - _EPOCH) // _MILLISECOND)
    return JSONResponse(shown)


@router.get("/performance", responses=problems(404))
async def performance(session: SessionId = None) -> PerformanceShape:
    """What the session has made of its money, from its trades and its equity through time."""
    asked = await session_asked(session)
    return performance_shape(await figures.performance(house().store, asked, pit_of(asked)))


@router.get("/audit", responses=problems(404))
async def audit(session: SessionId = None) -> AuditShape:
    """The ledger folded anew from disk, held against its identities and against memory."""
    asked = await session_asked(session)
    found = await audited(house().store, asked, pit_of(asked))
    return AuditShape(
        session_id=asked.id,
        entries=found.entries,
        balanced=found.balanced,
        residuals=found.residuals,
        fault=found.fault,
    )


def _latest(session: Session) -> datetime:
    """The market's time now, or when the session ended; within the years that can be reckoned with."""
    return min(max(_ended_or_now(session), _FIRST), _LAST)


def _ended_or_now(session: Session) -> datetime:
    if session.ended_at:
        return session.ended_at
    here = pit_of(session)
    return here.desk.venue.now() if here else house().clock.instant().utc


def _moment(cursor: str) -> datetime:
    return _EPOCH + (place_of(cursor) or 0) * _MILLISECOND


def _item(mark: Mark) -> dict[str, str | None]:
    """An EquityShape."""
    return {
        "at": utc(mark.at),
        "equity": plain(mark.equity),
        "cash": plain(mark.cash),
        "hold": plain_or_none(mark.hold),
    }
