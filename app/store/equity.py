"""Equity as it is kept: what an account was worth from minute to minute, thinned out as it gets older."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, delete, extract, func, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite

from app.store.database import Store
from app.store.ledger_tables import ACCOUNTS, EQUITY, SESSIONS
from app.store.rows import if_any, moment, raw

# Of marks older than the first, only the last in each of the second's lengths is kept.
KEPT: tuple[tuple[timedelta, timedelta], ...] = (
    (timedelta(days=2), timedelta(minutes=5)),
    (timedelta(days=30), timedelta(hours=1)),
)

_ROWS_A_TRANSACTION = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIGURES = raw(EQUITY.c.at, EQUITY.c.equity, EQUITY.c.cash, EQUITY.c.hold, EQUITY.c.highest, EQUITY.c.deepest_pct)
_IDENTITY = (EQUITY.c.account_id, EQUITY.c.at)
_DROP = delete(EQUITY).where(EQUITY.c.account_id == bindparam("account"), EQUITY.c.at == bindparam("moment"))


@dataclass(frozen=True, slots=True)
class Mark:
    """What an account was worth at a time and the cash in that, in US dollars; `hold` is the benchmark's worth.

    `highest` and `deepest_pct` (percent, positive) are the highest worth and the deepest drawdown up to then, which
    other marks may not show any more once they are thinned.
    """

    at: datetime
    equity: Decimal
    cash: Decimal
    hold: Decimal | None = None
    highest: Decimal | None = None
    deepest_pct: Decimal | None = None


def mark(store: Store, rows: Iterable[tuple[str, Mark]]) -> None:
    """Keep marks of accounts, each in place of what was kept for its account and time. Raises StoreRefused."""
    values = [
        {
            "account_id": account_id,
            "at": mark.at,
            "equity": mark.equity,
            "cash": mark.cash,
            "hold": mark.hold,
            "highest": mark.highest,
            "deepest_pct": mark.deepest_pct,
        }
        for account_id, mark in rows
    ]
    if not values:
        return
    with store.writing() as connection:
        connection.execute(_putting(connection), values)


def marks(store: Store, account_id: str, since: datetime | None = None, until: datetime | None = None) -> list[Mark]:
    """An account's marks, oldest first, `since` <= at < `until`. Raises StoreRefused."""
    query = _FIGURES.where(EQUITY.c.account_id == account_id).order_by(EQUITY.c.at)
    if since is not None:
        query = query.where(EQUITY.c.at >= since)
    if until is not None:
        query = query.where(EQUITY.c.at < until)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [_mark(row) for row in rows]


def last_mark(store: Store, account_id: str) -> Mark | None:
    """An account's newest mark. Raises StoreRefused."""
    query = _FIGURES.where(EQUITY.c.account_id == account_id).order_by(EQUITY.c.at.desc()).limit(1)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return _mark(row) if row else None


def some_marks(store: Store, account_id: str, most: int) -> list[Mark]:
    """At most so many (two or more) of an account's marks, oldest first and evenly spaced in their order, the first and
    the last among them. Raises StoreRefused."""
    mine = EQUITY.c.account_id == account_id
    with store.reading() as connection:
        count = connection.execute(select(func.count()).select_from(EQUITY).where(mine)).scalar_one()
        wanted = [place + 1 for place in spread(count, most)]
        place = func.row_number().over(order_by=EQUITY.c.at).label("place")
        placed = select(EQUITY.c.at, place).where(mine).subquery()
        chosen = select(placed.c.at).where(placed.c.place.in_(wanted))
        rows = connection.execute(_FIGURES.where(mine, EQUITY.c.at.in_(chosen)).order_by(EQUITY.c.at)).all()
    return [_mark(row) for row in rows]


def spread(count: int, most: int) -> list[int]:
    """At most so many of the places 0 to `count` - 1, evenly spaced, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [place * (count - 1) // (most - 1) for place in range(most)]


def thin(store: Store, now: datetime, market: str | None = None) -> int:
    """Drop the marks that KEPT does not keep at `now`; how many. Transactions of 2,000 rows at most.

    Without a market it is all whose time is the present: a replay keeps the time of its recording, and is thinned
    only by name and with its own clock. Raises StoreRefused.
    """
    doomed: list[dict[str, Any]] = []
    with store.reading() as connection:
        for age, length in KEPT:
            # Whole lengths only, so that the last mark of one is known to be the last.
            cutoff = now - age - (now - age - _EPOCH) % length
            doomed += _superseded(connection, cutoff, length, market)
    dropped = 0
    for start in range(0, len(doomed), _ROWS_A_TRANSACTION):
        with store.writing() as connection:
            dropped += connection.execute(_DROP, doomed[start : start + _ROWS_A_TRANSACTION]).rowcount
    return dropped


def timed_by(market: str | None) -> ColumnElement[bool]:
    """The sessions of a market; without one, all whose time is the present."""
    return SESSIONS.c.market == market if market is not None else ~SESSIONS.c.market.startswith("replay:")


def _mark(row: Sequence[Any]) -> Mark:
    at, equity, cash, *others = row
    return Mark(moment(at), Decimal(equity), Decimal(cash), *(if_any(Decimal, other) for other in others))


def _superseded(
    connection: Connection, cutoff: datetime, length: timedelta, market: str | None
) -> list[dict[str, Any]]:
    """The marks before the cutoff that another of the same account follows in the same length of time."""
    accounts = select(ACCOUNTS.c.id).join(SESSIONS, ACCOUNTS.c.session_id == SESSIONS.c.id).where(timed_by(market))
    follower = func.lead(EQUITY.c.at).over(partition_by=EQUITY.c.account_id, order_by=EQUITY.c.at)
    marked = (
        select(*_IDENTITY, follower.label("next"))
        .where(EQUITY.c.account_id.in_(accounts), EQUITY.c.at < cutoff)
        .subquery()
    )
    together = _count(connection, marked.c.at, length) == _count(connection, marked.c.next, length)
    rows = connection.execute(select(marked.c.account_id, marked.c.at).where(together))
    return [{"account": row[0], "moment": row[1]} for row in rows]


def _count(connection: Connection, at: ColumnElement[datetime], length: timedelta) -> ColumnElement[int]:
    """How many whole lengths of time lie between 1970 and a mark."""
    if connection.dialect.name == "postgresql":
        return func.floor(extract("epoch", at) / int(length.total_seconds()))
    return type_coerce(at, BigInteger) // int(length / timedelta(milliseconds=1))


def _putting(connection: Connection) -> sqlite.Insert | postgresql.Insert:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(EQUITY)
    figures = {column.name: statement.excluded[column.name] for column in EQUITY.c if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(EQUITY.primary_key), set_=figures)
