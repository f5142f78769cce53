"""A session as a whole: all that is kept of it read as it is at one moment, and one from elsewhere written at once."""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Table, func, insert, or_, select

from app.domain.bars import Bar, Interval
from app.domain.ledger import Entry, Position
from app.domain.money import plain
from app.domain.orders import Order
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tokens import TokenKey
from app.domain.trades import Trade
from app.store.database import Store
from app.store.equity import Mark
from app.store.flattens import Flatten
from app.store.ledger_tables import ACCOUNTS, CLOSED, ENTRIES, EQUITY, FLATTENS, ORDERS, SESSIONS, TRADES
from app.store.orders import SEAL
from app.store.rows import (
    CLOSING,
    ENTRY,
    ORDER,
    TRADE,
    closed_of,
    closed_row,
    entry_of,
    entry_row,
    order_of,
    order_row,
    trade_of,
    trade_row,
)
from app.store.sessions import PERSON
from app.store.tables import BARS, SERIES

_ROWS_AT_ONCE = 500
# The market of the bars that came with a session. No recording's name has a slash in it: they are never mistaken for
# any market's own, and like those of a replay they are not pruned as time goes by.
_CAME_WITH = "replay:/"
_BY_SECONDS = {interval.seconds: interval for interval in Interval}
_MARK = tuple(each.name for each in fields(Mark))
_TABLES = (ENTRIES, TRADES, ORDERS, CLOSED, FLATTENS, EQUITY)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Holder:
    """An account of a session: `kind` is 'person' or 'shadow', `level` a shadow's."""

    id: str
    kind: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that is kept of one account, each in the order of its making; `closed` as in a Batch."""

    holder: Holder
    entries: Sequence[Entry] = ()
    trades: Sequence[Trade] = ()
    orders: Sequence[Order] = ()
    closed: Sequence[tuple[int, Position]] = ()
    flattens: Sequence[Flatten] = ()
    marks: Sequence[Mark] = ()

    @property
    def rows(self) -> int:
        return sum(map(len, (self.entries, self.trades, self.orders, self.closed, self.flattens, self.marks)))


@dataclass(frozen=True, slots=True)
class Archive:
    """A session that has ended, with all that there is of it; the bars of each token, no two of them the same ones."""

    session: Session
    accounts: Sequence[Holdings]
    bars: Mapping[TokenKey, Sequence[tuple[Interval, Bar]]] = field(default_factory=dict[TokenKey, Any])


class Kept:
    """What is kept of a session's person, as it was at one moment. Rows come a few hundred at a time."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self.session = session
        self._connection = connection
        mine = select(ACCOUNTS.c.id, ACCOUNTS.c.kind, ACCOUNTS.c.level).where(ACCOUNTS.c.session_id == session.id)
        # What the shadows would have done is no part of what the person did.
        self.holders = [Holder(*row) for row in connection.execute(mine.where(ACCOUNTS.c.kind == PERSON))]

    def rows(self) -> int:
        """How many rows of all tables there are."""
        ids = [holder.id for holder in self.holders]
        counts = (select(func.count()).select_from(table).where(table.c.account_id.in_(ids)) for table in _TABLES)
        return sum(self._connection.scalar(query) or 0 for query in counts)

    def entries(self, account_id: str) -> Iterator[Entry]:
        rows = self._rows(ENTRY.where(ENTRIES.c.account_id == account_id).order_by(ENTRIES.c.number))
        return map(entry_of, rows)

    def trades(self, account_id: str) -> Iterator[Trade]:
        return map(trade_of, self._rows(TRADE.where(TRADES.c.account_id == account_id).order_by(TRADES.c.number)))

    def orders(self, account_id: str) -> Iterator[Order]:
        rows = self._rows(ORDER.where(ORDERS.c.account_id == account_id).order_by(ORDERS.c.seq))
        return (order_of(row)[1] for row in rows)

    def closed(self, account_id: str) -> Iterator[tuple[int, Position]]:
        return map(closed_of, self._rows(CLOSING.where(CLOSED.c.account_id == account_id).order_by(CLOSED.c.number)))

    def flattens(self, account_id: str) -> Iterator[Flatten]:
        order = (FLATTENS.c.at, FLATTENS.c.order_id)
        rows = self._rows(select(FLATTENS).where(FLATTENS.c.account_id == account_id).order_by(*order))
        return (_flatten(row.order_id, account_id, row.at, row.orders, row.refusals) for row in rows)

    def marks(self, account_id: str) -> Iterator[Mark]:
        rows = self._rows(
            select(*(EQUITY.c[name] for name in _MARK)).where(EQUITY.c.account_id == account_id).order_by(EQUITY.c.at)
        )
        return (Mark(*row) for row in rows)

    def bars(self, key: TokenKey) -> Iterator[tuple[Interval, Bar]]:
        """The bars of a token that began while the session was open, or with its opening in them, or that came with it
        from elsewhere: the shortest first, each length in order of time."""
        chain_id, address = key
        imported = SEAL in self.session.settings
        market = _CAME_WITH + self.session.id if imported else self.session.market
        during = () if imported else (or_(*map(self._within, Interval)),)
        figures = (BARS.c.at, BARS.c.open, BARS.c.high, BARS.c.low, BARS.c.close, BARS.c.volume, BARS.c.origin)
        whose = (SERIES.c.market == market, SERIES.c.chain_id == chain_id, SERIES.c.address == address.lower())
        query = (
            select(BARS.c.interval, *figures)
            .join(SERIES, SERIES.c.id == BARS.c.series_id)
            .where(*whose, *during)
            .order_by(BARS.c.interval, BARS.c.at)
        )
        return ((_BY_SECONDS[seconds], Bar(*rest)) for seconds, *rest in self._rows(query))

    def _within(self, interval: Interval) -> Any:
        session = self.session
        during = (BARS.c.interval == interval.seconds) & (BARS.c.at >= interval.start_of(session.started_at))
        return during if session.ended_at is None else during & (BARS.c.at < session.ended_at)

    def _rows(self, query: Executable) -> Iterator[Any]:
        return iter(self._connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}))


@contextmanager
def kept(store: Store, session: Session) -> Generator[Kept]:
    """Everything of a session, to be read before the block ends. Raises StoreRefused."""
    with store.reading() as connection:
        yield Kept(connection, session)


def take_in(
    store: Store,
    seal: str,
    order_ids: Callable[[int], Iterable[str]],
    settled: Callable[[int, frozenset[str]], Archive],
    told: Callable[[int], None] = lambda _count: None,
) -> Session | None:
    """Write a session from elsewhere, all of it or nothing; None where one whose settings hold the seal is kept.

    `settled` makes it, from its place among all sessions (after which it has to be called, 's7') and those of its
    `order_ids`, which the place may be in too, that are taken. `told` hears how many rows were written since it was
    last told. Raises StoreRefused.
    """
    with store.writing() as connection:
        sealed = select(SESSIONS.c.id).where(SESSIONS.c.settings.contains(seal, autoescape=True)).limit(1)
        if connection.scalar(sealed) is not None:
            return None
        seq = 1 + (connection.scalar(select(func.count()).select_from(SESSIONS)) or 0)
        archive = settled(seq, _taken(connection, order_ids(seq)))
        _write(connection, seq, archive, told)
    return archive.session


def _taken(connection: Connection, order_ids: Iterable[str]) -> frozenset[str]:
    """Those of these ids that orders or flattenings have."""
    taken: set[str] = set()
    for some in _chunks(order_ids):
        for table in (ORDERS, FLATTENS):
            taken.update(connection.scalars(select(table.c.order_id).where(table.c.order_id.in_(some))))
    return frozenset(taken)


def _write(connection: Connection, seq: int, archive: Archive, told: Callable[[int], None]) -> None:
    session = archive.session
    connection.execute(insert(SESSIONS), _session_row(seq, session))
    for each in archive.accounts:
        account_id, ordered = each.holder.id, {trade.number: trade.order_id for trade in each.trades}
        of_account = {
            "id": account_id,
            "session_id": session.id,
            "version": len(each.entries),
            "kind": each.holder.kind,
            "level": each.holder.level,
            "ended_at": session.ended_at,
        }
        connection.execute(insert(ACCOUNTS), of_account)
        written: dict[Table, Iterable[dict[str, Any]]] = {
            ENTRIES: (entry_row(account_id, entry, ordered.get(entry.number)) for entry in each.entries),
            TRADES: map(trade_row, each.trades),
            ORDERS: map(order_row, each.orders),
            CLOSED: (closed_row(account_id, *item) for item in each.closed),
            FLATTENS: map(_flatten_row, each.flattens),
            EQUITY: (_mark_row(account_id, mark) for mark in each.marks),
        }
        for table, rows in written.items():
            for some in _chunks(rows):
                connection.execute(insert(table), some)
                told(len(some))
    for key, bars in archive.bars.items():
        _write_bars(connection, _CAME_WITH + session.id, key, bars, told)


def _write_bars(
    connection: Connection,
    market: str,
    key: TokenKey,
    bars: Iterable[tuple[Interval, Bar]],
    told: Callable[[int], None],
) -> None:
    series = {"market": market, "chain_id": key[0], "address": key[1].lower()}
    series_id = connection.scalar(insert(SERIES).returning(SERIES.c.id), series)
    for some in _chunks(bars):
        rows = [{"series_id": series_id, "interval": each.seconds, **_bar_row(bar)} for each, bar in some]
        connection.execute(insert(BARS), rows)
        told(len(some))


def _bar_row(bar: Bar) -> dict[str, Any]:
    return {each.name: getattr(bar, each.name) for each in fields(Bar)}


def _session_row(seq: int, session: Session) -> dict[str, Any]:
    same = ("id", "name", "note", "market", "chain_id", "starting_balance", "started_at", "ended_at")
    hold = None if session.hold is None else {address: plain(price) for address, price in session.hold.items()}
    texts = {"settings": json.dumps(dict(session.settings)), "hold": None if hold is None else json.dumps(hold)}
    return {"seq": seq, **{name: getattr(session, name) for name in same}, **texts}


def _mark_row(account_id: str, mark: Mark) -> dict[str, Any]:
    return {"account_id": account_id, **{name: getattr(mark, name) for name in _MARK}}


def _flatten(order_id: str, account_id: str, at: datetime, orders: str, refusals: str | None) -> Flatten:
    sells: list[tuple[str, str]] = [(child, address) for child, address in json.loads(orders)]
    flatten = Flatten(order_id, account_id, at, sells)
    if refusals is None:
        return flatten
    told: dict[str, list[str]] = json.loads(refusals)
    return replace(flatten, refusals={child: Refusal(code, sentence) for child, (code, sentence) in told.items()})


def _flatten_row(flatten: Flatten) -> dict[str, Any]:
    told = None if flatten.refusals is None else {id_: [it.code, it.sentence] for id_, it in flatten.refusals.items()}
    return {
        "order_id": flatten.order_id,
        "account_id": flatten.account_id,
        "at": flatten.at,
        "orders": json.dumps([list(pair) for pair in flatten.orders]),
        "refusals": None if told is None else json.dumps(told),
    }


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    left = iter(items)
    while some := list(islice(left, _ROWS_AT_ONCE)):
        yield some
