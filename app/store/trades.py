"""Trades as they are kept: one, a page, or all of an account; and how far each fill was off, once that is measured."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select, update

from app.domain.orders import Origin, Side
from app.domain.trades import Trade, TradeStatus
from app.store.database import Store
from app.store.ledger_tables import TRADES
from app.store.rows import TRADE, asked_for, trade_of

_TRADES_A_QUERY = 500
_ID = re.compile(r"(.+)-([1-9]\d{0,8})", re.ASCII)

# Each by the name of the value that it asks for.
_CONDITIONS = {
    "address": TRADES.c.address == bindparam("address"),
    "side": TRADES.c.side == bindparam("side"),
    "status": TRADES.c.status == bindparam("status"),
    "origin": TRADES.c.origin == bindparam("origin"),
    "since": TRADES.c.at >= bindparam("since"),
    "until": TRADES.c.at < bindparam("until"),
    "before": TRADES.c.number < bindparam("before"),
    "after": TRADES.c.number > bindparam("after"),
}
_THIS = and_(TRADES.c.account_id == bindparam("account"), TRADES.c.number == bindparam("trade"))
_ONE = TRADE.where(_THIS)


@dataclass(frozen=True, slots=True)
class TradeFilter:
    """Which trades: those of a token (its address in any case), and so on; None is any. `since` <= at < `until`."""

    address: str | None = None
    side: Side | None = None
    status: TradeStatus | None = None
    origin: Origin | None = None
    since: datetime | None = None
    until: datetime | None = None


ALL = TradeFilter()


def trades(store: Store, account_id: str, wanted: TradeFilter, limit: int, before: int | None = None) -> list[Trade]:
    """The newest trades of an account that are wanted, those numbered below `before`. Raises StoreRefused."""
    values = _values(account_id, wanted) | ({} if before is None else {"before": before})
    return _read(store, values, limit, newest=True)


def each_trade(store: Store, account_id: str, wanted: TradeFilter = ALL) -> Iterator[Trade]:
    """All trades of an account that are wanted, oldest first, read a few hundred at a time: whoever takes them
    slowly keeps no transaction open. Raises StoreRefused."""
    values = _values(account_id, wanted) | {"after": 0}
    while True:
        found = _read(store, values, _TRADES_A_QUERY, newest=False)
        yield from found
        if len(found) < _TRADES_A_QUERY:
            return
        values["after"] = found[-1].number


def count_trades(store: Store, account_id: str, wanted: TradeFilter = ALL) -> int:
    """How many trades of an account are wanted. Raises StoreRefused."""
    values = _values(account_id, wanted)
    query = select(func.count()).select_from(TRADES).where(_matching(tuple(sorted(values))))
    with store.reading() as connection:
        return connection.scalar(query, values) or 0


def trade(store: Store, trade_id: str) -> Trade | None:
    """The trade with this id; None where there is none. Raises StoreRefused."""
    this = _this(trade_id)
    if this is None:
        return None
    with store.reading() as connection:
        row = connection.execute(_ONE, this).first()
    return trade_of(row) if row else None


def measured(store: Store, trade_id: str, next_block: Decimal | None, after_30s: Decimal | None) -> None:
    """Note by how many basis points a fill was off; None leaves what is known. Raises StoreRefused.

    Nothing else of a trade ever changes.
    """
    found = {"fill_error_bps": next_block, "fill_error_30s_bps": after_30s}
    known = {name: figure for name, figure in found.items() if figure is not None}
    this = _this(trade_id)
    if known and this is not None:
        with store.writing() as connection:
            connection.execute(update(TRADES).where(_THIS).values(known), this)


def unmeasured(store: Store, account_id: str, since: datetime) -> list[Trade]:
    """The fills since then that lack one of the two measures, oldest first. Raises StoreRefused."""
    fills = each_trade(store, account_id, TradeFilter(status=TradeStatus.FILLED, since=since))
    return [fill for fill in fills if fill.fill_error_bps is None or fill.fill_error_30s_bps is None]


def _this(trade_id: str) -> dict[str, Any] | None:
    parts = _ID.fullmatch(trade_id)
    return {"account": parts[1], "trade": int(parts[2])} if parts else None


def _values(account_id: str, wanted: TradeFilter) -> dict[str, Any]:
    """What is asked for, by name; what is not asked for has no name."""
    return {"account": account_id, **asked_for(wanted)}


def _read(store: Store, values: dict[str, Any], limit: int, *, newest: bool) -> list[Trade]:
    query = _page(tuple(sorted(values)), newest)
    with store.reading() as connection:
        rows = connection.execute(query, values | {"most": limit}).all()
    return [trade_of(row) for row in rows]


@cache
def _page(stated: tuple[str, ...], newest: bool) -> Select[Any]:
    """A page of trades by the names of what is asked for; composing it anew would take as long as running it."""
    order = TRADES.c.number.desc() if newest else TRADES.c.number
    if set(stated) <= {"account", "before", "after"}:
        return TRADE.where(_matching(stated)).order_by(order).limit(bindparam("most"))
    # The numbers first: an index holds all that is asked for, and is a tenth of the table.
    numbers = select(TRADES.c.number).where(_matching(stated)).order_by(order).limit(bindparam("most"))
    mine = TRADES.c.account_id == bindparam("account")
    return TRADE.where(mine, TRADES.c.number.in_(numbers)).order_by(order)


def _matching(stated: tuple[str, ...]) -> ColumnElement[bool]:
    mine = TRADES.c.account_id == bindparam("account")
    return and_(mine, *(_CONDITIONS[name] for name in stated if name != "account"))
