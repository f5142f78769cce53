"""Trades over REST: by the page, and all that are wanted as CSV."""

import asyncio
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.api.answers import TradePage, TradeShape
from app.api.door import house, unless_refused
from app.api.forms import Cursor, Limit, TradeQuery, place_of
from app.api.written import page, trade_item
from app.domain.trades import Trade
from app.runtime.figures import account_of, address_of
from app.store import trades as kept
from app.store.trades import TradeFilter

router = APIRouter(prefix="/api")
Wanted = Annotated[TradeQuery, Query()]

_ROWS_A_CHUNK = 500
_COLUMNS = tuple(TradeShape.model_fields)
# What is text comes from outside in part: a program for tables must not take it for a formula.
_TEXTS = tuple(name for name, field in TradeShape.model_fields.items() if field.annotation in (str, str | None))
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@router.get("/trades", response_model=None, responses={200: {"model": TradePage}})
async def trades(wanted: Wanted, limit: Limit = 50, cursor: Cursor = "") -> JSONResponse:
    """The session's trades, newest first."""
    account_id, which = await _which(wanted)
    before = place_of(cursor)
    found = await asyncio.to_thread(kept.trades, house().store, account_id, which, limit + 1, before)
    return page(found, limit, trade_item, lambda trade: trade.number)


@router.get(
    "/trades.csv",
    response_model=None,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The fields of a trade."}},
)
async def trades_as_csv(wanted: Wanted) -> Response:
    """All of them, oldest first, as CSV. Text that a program for tables would run has an apostrophe before it."""
    account_id, which = await _which(wanted)
    lines = _chunks(kept.each_trade(house().store, account_id, which))
    # Read before the answer begins: a database that refuses can still be told.
    first = await asyncio.to_thread(lambda: list(islice(lines, 1)))
    named = {"content-disposition": f'attachment; filename="drydock-trades-{account_id}.csv"'}
    return StreamingResponse(chain(first, lines), media_type="text/csv; charset=utf-8", headers=named)


async def _which(wanted: TradeQuery) -> tuple[str, TradeFilter]:
    """The account, and which of its trades."""
    session = unless_refused(await account_of(house(), wanted.session))
    address = None
    if wanted.symbol is not None:
        address = unless_refused(await address_of(house(), session, wanted.symbol))
    filtered = TradeFilter(address, wanted.side, wanted.status, wanted.origin, wanted.since, wanted.until)
    return session.id, filtered


def _chunks(found: Iterable[Trade]) -> Iterator[str]:
    """The trades as lines of CSV, after one with the names."""
    yield _lines([_COLUMNS])
    rest = iter(found)
    while some := [_cells(trade) for trade in islice(rest, _ROWS_A_CHUNK)]:
        yield _lines(some)


def _cells(trade: Trade) -> list[Any]:
    item = trade_item(trade)
    for name in _TEXTS:
        if (text := item[name]) and text.lstrip(" ").startswith(_BEGINS_FORMULA):
            item[name] = f"'{text}"
    return [item[name] for name in _COLUMNS]


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
