"""Trades over REST: by the page, and all that are wanted as CSV."""

import asyncio
from itertools import chain, islice
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from app.api.answers import TradePage
from app.api.document import problems
from app.api.door import house, session_asked
from app.api.forms import Cursor, Limit, TradeQuery, place_of
from app.api.pages import Pages
from app.api.tokens import address_of
from app.api.written import as_json, page
from app.runtime.exporting import trades_csv
from app.runtime.trade_rows import trade_item
from app.store import trades as kept
from app.store.database import Store
from app.store.trades import TradeFilter

router = APIRouter(prefix="/api")
Wanted = Annotated[TradeQuery, Query()]


@router.get("/trades", response_model=None, responses={200: {"model": TradePage}} | problems(404, 409))
async def trades(request: Request, wanted: Wanted, limit: Limit = 50, cursor: Cursor = "") -> Response:
    """The session's trades, newest first."""

    async def made() -> bytes:
        account_id, which = await _which(wanted)
        return await asyncio.to_thread(_page, house().store, account_id, which, limit, place_of(cursor))

    pages: Pages = request.app.state.pages
    body = await pages.of(house(), ("trades", request.scope["query_string"]), made)
    return Response(body, media_type="application/json")


@router.get(
    "/trades.csv",
    response_class=StreamingResponse,
    response_model=None,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The fields of a trade."}}
    | problems(404, 409),
)
async def trades_as_csv(wanted: Wanted) -> Response:
    """All of them, oldest first, as CSV. Text that a program for tables would run has an apostrophe before it."""
    account_id, which = await _which(wanted)
    lines = trades_csv(house().store, account_id, which)
    # Read before the answer begins: a database that refuses can still be told.
    first = await asyncio.to_thread(lambda: list(islice(lines, 2)))
    named = {"content-disposition": f'attachment; filename="drydock-trades-{account_id}.csv"'}
    return StreamingResponse(chain(first, lines), media_type="text/csv; charset=utf-8", headers=named)


def _page(store: Store, account_id: str, which: TradeFilter, limit: int, before: int | None) -> bytes:
    found = kept.trades(store, account_id, which, limit + 1, before)
    return as_json(page(found, limit, trade_item, lambda trade: trade.number))


async def _which(wanted: TradeQuery) -> tuple[str, TradeFilter]:
    """The account, and which of its trades."""
    session = await session_asked(wanted.session)
    address = address_of(session, wanted.symbol) if wanted.symbol is not None else None
    filtered = TradeFilter(address, wanted.side, wanted.status, wanted.origin, wanted.since, wanted.until)
    return session.id, filtered
