"""Files to take away: trades as CSV, from the API where that is open, else made here."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

import reflex as rx

from app.domain.money import plain
from app.domain.trades import Trade
from app.runtime.house import House
from app.store.trades import TradeFilter, each_trade
from app.ui.state.journal import read

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
# A program for tables would run a text that begins like this.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


async def trades_file(house: House, session_id: str, wanted: TradeFilter) -> rx.event.EventSpec | None:
    """The event that hands these trades to the browser as a file; None while the database refuses."""
    name = f"drydock-trades-{session_id}.csv"
    if house.settings.password is None and house.settings.api_token is None:
        return rx.download(url=f"/api/trades.csv?{_query(session_id, wanted)}", filename=name)
    text = await read(lambda: trades_csv(each_trade(house.store, session_id, wanted)))
    return None if text is None else rx.download(data=text, filename=name, mime_type="text/csv")


def _query(session_id: str, wanted: TradeFilter) -> str:
    """The filter as the API takes it."""
    stated = {
        "session": session_id,
        "symbol": wanted.address,
        "side": wanted.side,
        "status": wanted.status,
        "origin": wanted.origin,
        "since": _zulu(wanted.since),
        "until": _zulu(wanted.until),
    }
    return urlencode({name: value for name, value in stated.items() if value is not None})


def _zulu(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def trades_csv(found: Iterable[Trade]) -> str:
    """The trades as CSV: the same columns, in the same spelling, as the API's."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for trade in found:
        values = (trade.token.symbol if name == "symbol" else _value(trade, name) for name in COLUMNS)
        rows.writerow([_cell(value) for value in values])
    return text.getvalue()


def _value(trade: Trade, name: str) -> object:
    return trade.token.address if name == "token_address" else getattr(trade, name)


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return _zulu(value)
    if isinstance(value, str) and value.lstrip(" ").startswith(_BEGINS_FORMULA):
        return f"'{value}"
    return value
