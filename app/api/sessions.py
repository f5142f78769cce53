"""Sessions over REST: listed, compared, and a new one in place of the old."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from app.api.answers import ComparisonShape, ReportShape, SessionPage, SessionShape
from app.api.document import problems
from app.api.door import house, refused, session_asked, unless_refused
from app.api.forms import Cursor, Limit, SessionForm, SessionNamed, place_of
from app.api.reports import report_shape, session_shape
from app.domain.money import NotANumber, decimal_of, digits_of
from app.domain.refusal import Refusal
from app.domain.tickets import USD_DIGITS
from app.runtime import reports
from app.runtime.exporting import session_file
from app.runtime.sessions import new_session
from app.store.sessions import sessions as kept

router = APIRouter(prefix="/api")

SessionAsked = Annotated[str, Query(examples=["s1"])]
_LINES_A_PIECE = 200


@router.get("/sessions")
async def sessions(limit: Limit = 50, cursor: Cursor = "") -> SessionPage:
    """All sessions of all markets, newest first."""
    found = await asyncio.to_thread(kept, house().store, limit + 1, place_of(cursor))
    shown = found[:limit]
    following = str(shown[-1][0]) if len(found) > limit else None
    return SessionPage(items=[session_shape(session) for _, session in shown], next_cursor=following)


@router.post("/sessions", status_code=201, responses=problems(404, 409))
async def open_session(wanted: SessionForm) -> SessionShape:
    """Archive the session at work and open another. Nothing is sold: what is held stays in the archive."""
    opened = await new_session(
        house(),
        name=wanted.name,
        note=wanted.note,
        starting_balance=_balance(wanted.starting_balance),
        market=wanted.market,
        chain_id=wanted.chain_id,
    )
    return session_shape(unless_refused(opened))


@router.get("/sessions/compare", responses=problems(404, 409))
async def compare(a: SessionAsked, b: SessionAsked) -> ComparisonShape:
    """Two sessions side by side: what was set, and what came of it."""
    for each in (a, b):
        await session_asked(each)
    found = reports.compared(*unless_refused(await reports.compare(house(), a, b)))
    return ComparisonShape(a=report_shape(found.a), b=report_shape(found.b), differing=list(found.differs))


@router.get("/sessions/{session_id}", responses=problems(404))
async def session(session_id: SessionNamed) -> ReportShape:
    """One session, and what has come of it."""
    await session_asked(session_id)
    return report_shape(unless_refused(await reports.report(house(), session_id)))


@router.get(
    "/sessions/{session_id}/export",
    response_model=None,
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "object"}}},
            "description": "The session with all that is kept of it, as it can be imported again.",
        }
    }
    | problems(404),
)
async def export(session_id: SessionNamed) -> Response:
    """One session whole, as the database was when the answer began."""
    await session_asked(session_id)
    found = unless_refused(await asyncio.to_thread(session_file, house().store, session_id))
    # Read before the answer begins: a database that refuses can still be told.
    pieces = _pieces(found.lines)
    first = await asyncio.to_thread(lambda: list(islice(pieces, 1)))
    named = {"content-disposition": f'attachment; filename="drydock-session-{session_id}.json"'}
    return StreamingResponse(chain(first, pieces), media_type="application/json", headers=named)


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    while some := list(islice(lines, _LINES_A_PIECE)):
        yield "".join(some)


def _balance(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        balance = decimal_of(text)
    except NotANumber:
        raise refused(Refusal("not_a_number", "starting_balance is not a decimal number.")) from None
    if digits_of(balance) > USD_DIGITS:
        raise refused(Refusal("too_many_digits", f"Dollars have at most {USD_DIGITS} decimals here."))
    return balance
