"""The books: what the desk has done is written here, all of a round or nothing, and read back to be folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.bots import Holding
from app.domain.ledger import Entry, Position
from app.domain.orders import Order, OrderState
from app.domain.trades import Trade
from app.store.bots import put_holdings, put_memories
from app.store.database import Store
from app.store.decisions import note_trades
from app.store.ledger_tables import ACCOUNTS, CLOSED, ENTRIES, ORDERS, TRADES
from app.store.rows import CLOSING, ENTRY, closed_of, closed_row, entry_of, entry_row, order_row, trade_row

_ENTRIES_A_QUERY = 2000


class Outpaced(Exception):
    """Somebody else has written first: what was decided rests on an account or an order that is no longer so."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round writes for one account: decided at version `expected`, which the entries carry on from.

    `closed` are the positions that ended, each with the number of its entry. `holdings` are those of the bot that
    have changed (one of quantity 0 is gone), `memory` what the bot is to remember, None where that is as it was. A
    trade that a logged decision led to is noted with it. Raises ValueError for what is of another account or out of
    turn: a bug.
    """

    account_id: str
    expected: int
    entries: tuple[Entry, ...] = ()
    trades: tuple[Trade, ...] = ()
    orders: tuple[Order, ...] = ()
    closed: tuple[tuple[int, Position], ...] = ()
    holdings: tuple[Holding, ...] = ()
    memory: str | None = None

    def __post_init__(self) -> None:
        if [entry.number for entry in self.entries] != list(range(self.expected + 1, self.version + 1)):
            raise ValueError(f"entries do not follow version {self.expected} of {self.account_id}")
        if any(item.account_id != self.account_id for item in (*self.trades, *self.orders)):
            raise ValueError(f"a batch of {self.account_id} holds what is another account's")

    @property
    def version(self) -> int:
        """The account's version once this is written."""
        return self.expected + len(self.entries)


_ADVANCE = (
    update(ACCOUNTS)
    .where(
        ACCOUNTS.c.id == bindparam("account"),
        ACCOUNTS.c.version == bindparam("expected"),
        ACCOUNTS.c.ended_at.is_(None),
    )
    .values(version=bindparam("next"))
)
_NEXT_ENTRIES = (
    ENTRY.where(ENTRIES.c.account_id == bindparam("account"), ENTRIES.c.number > bindparam("after"))
    .order_by(ENTRIES.c.number)
    .limit(_ENTRIES_A_QUERY)
)


def write(store: Store, batches: Sequence[Batch]) -> None:
    """Write all of this in one transaction, or nothing. It is on disk when this returns.

    An order is put in place of the open one with its id. Raises Outpaced where an account is not at the version
    that a batch expects or has ended, and where an order's id is another account's, stands for something else
    (another body), or has ended; StoreRefused.
    """
    if not batches:
        return
    with store.writing() as connection:
        _advance(connection, batches)
        _add(connection, ENTRIES, _entry_rows(batches))
        _add(connection, TRADES, [trade_row(trade) for batch in batches for trade in batch.trades])
        _put_orders(connection, [order_row(order) for batch in batches for order in batch.orders])
        _add(connection, CLOSED, [closed_row(batch.account_id, *item) for batch in batches for item in batch.closed])
        put_holdings(connection, [(batch.account_id, held) for batch in batches for held in batch.holdings])
        put_memories(connection, [(it.account_id, it.memory) for it in batches if it.memory is not None])
        note_trades(connection, [trade for batch in batches for trade in batch.trades if trade.decision_id])


def entries(store: Store, account_id: str, after: int = 0) -> Iterator[Entry]:
    """An account's entries in their order, those numbered above `after`. Raises StoreRefused."""
    while True:
        with store.reading() as connection:
            rows = connection.execute(_NEXT_ENTRIES, {"account": account_id, "after": after}).all()
        yield from map(entry_of, rows)
        if len(rows) < _ENTRIES_A_QUERY:
            return
        after = rows[-1][0]


def version_of(store: Store, account_id: str) -> int | None:
    """The number of the account's last entry; None where there is no such account. Raises StoreRefused."""
    with store.reading() as connection:
        return connection.scalar(select(ACCOUNTS.c.version).where(ACCOUNTS.c.id == account_id))


def closed_positions(
    store: Store, account_id: str, limit: int, before: int | None = None
) -> list[tuple[int, Position]]:
    """Positions that have ended, newest first, each with the number of the entry (and trade) that ended it.

    Only those of entries numbered below `before`. Raises StoreRefused.
    """
    query = CLOSING.where(CLOSED.c.account_id == account_id).order_by(CLOSED.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(CLOSED.c.number < before)
    with store.reading() as connection:
        return [closed_of(row) for row in connection.execute(query).all()]


def _advance(connection: Connection, batches: Sequence[Batch]) -> None:
    steps = [{"account": batch.account_id, "expected": batch.expected, "next": batch.version} for batch in batches]
    if connection.execute(_ADVANCE, steps).rowcount != len(batches):
        raise Outpaced("An account is no longer at the version that was decided on.")


def _entry_rows(batches: Sequence[Batch]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for batch in batches:
        ordered = {trade.number: trade.order_id for trade in batch.trades}
        rows += [entry_row(batch.account_id, entry, ordered.get(entry.number)) for entry in batch.entries]
    return rows


def _add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_INSERTS[table.name], rows)


def _put_orders(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows and connection.execute(_PUT_ORDER[connection.dialect.name], rows).rowcount != len(rows):
        raise Outpaced("An order's id is taken, or the order has ended.")


def _putting(statement: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    new = statement.excluded
    kept = {"seq", "order_id", "account_id", "created_at", "body"}
    changed = {column.name: new[column.name] for column in ORDERS.c if column.name not in kept}
    same = (ORDERS.c.account_id == new.account_id, ORDERS.c.body == new.body)
    # What has ended stays as it ended, whoever still believes it to be open.
    still = and_(*same, ORDERS.c.state == OrderState.OPEN)
    return statement.on_conflict_do_update(index_elements=[ORDERS.c.order_id], set_=changed, where=still)


# Composed once: doing so for every write would cost more than the write.
_INSERTS = {table.name: insert(table) for table in (ENTRIES, TRADES, CLOSED)}
_PUT_ORDER: dict[str, sqlite.Insert | postgresql.Insert] = {
    "sqlite": _putting(sqlite.insert(ORDERS)),
    "postgresql": _putting(postgresql.insert(ORDERS)),
}
