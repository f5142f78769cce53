"""A trade as programs are given it: by its fields, and as lines of CSV that no program for tables would run."""

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from app.domain.money import plain
from app.domain.trades import Trade
from app.runtime.spelling import utc

# The columns of the CSV, and the fields of a trade as JSON.
COLUMNS = (
    "id",
    "order_id",
    "at",
    "side",
    "symbol",
    "token_address",
    "quantity",
    "price",
    "mid_price",
    "value",
    "gas_usd",
    "fee_usd",
    "impact_usd",
    "slippage_bps",
    "grade",
    "quote_source",
    "route",
    "block_number",
    "status",
    "reason",
    "origin",
    "order_type",
    "realized_pnl",
    "fill_error_bps",
    "fill_error_30s_bps",
    "decision_id",
)
_ROWS_A_CHUNK = 500
# What is text comes from outside in part: a program for tables must not take it for a formula.
_TEXTS = ("id", "order_id", "symbol", "token_address", "quote_source", "route", "reason", "decision_id")
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def trade_item(trade: Trade) -> dict[str, Any]:
    """A trade as programs are given it, over REST and in files: exact numbers and times as text."""
    return {
        "id": trade.id,
        "order_id": trade.order_id,
        "at": utc(trade.at),
        "side": trade.side,
        "symbol": trade.token.symbol,
        "token_address": trade.token.address,
        "quantity": plain(trade.quantity),
        "price": plain(trade.price),
        "mid_price": plain(trade.mid_price),
        "value": plain(trade.value),
        "gas_usd": plain(trade.gas_usd),
        "fee_usd": plain(trade.fee_usd),
        "impact_usd": plain(trade.impact_usd),
        "slippage_bps": plain(trade.slippage_bps),
        "grade": trade.grade,
        "quote_source": trade.quote_source,
        "route": trade.route,
        "block_number": trade.block_number,
        "status": trade.status,
        "reason": trade.reason,
        "origin": trade.origin,
        "order_type": trade.order_type,
        "realized_pnl": plain_or_none(trade.realized_pnl),
        "fill_error_bps": plain_or_none(trade.fill_error_bps),
        "fill_error_30s_bps": plain_or_none(trade.fill_error_30s_bps),
        "decision_id": trade.decision_id,
    }


def csv_lines(trades: Iterable[Trade]) -> Iterator[str]:
    """The trades as CSV, some hundred lines at a time, after one with the names.

    Text that a program for tables would run has an apostrophe before it.
    """
    yield _csv([COLUMNS])
    rest = iter(trades)
    while some := [_cells(trade) for trade in islice(rest, _ROWS_A_CHUNK)]:
        yield _csv(some)


def plain_or_none(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _cells(trade: Trade) -> list[Any]:
    item = trade_item(trade)
    for name in _TEXTS:
        if (text := item[name]) and text.lstrip(" ").startswith(_BEGINS_FORMULA):
            item[name] = f"'{text}"
    return [item[name] for name in COLUMNS]


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
