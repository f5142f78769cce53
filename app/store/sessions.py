"""Sessions as they are kept: opened with their accounts and the deposits of these, archived, and read back."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from app.domain.bots import BotState
from app.domain.ledger import deposit
from app.domain.money import decimal_of, plain
from app.domain.orders import OrderState
from app.domain.session import Session
from app.store.bot_tables import BOTS
from app.store.database import Store
from app.store.ledger_tables import ACCOUNTS, ENTRIES, EQUITY, ORDERS, SESSIONS
from app.store.rows import entry_row
from app.store.shadows import cast_shadows

PERSON = "person"
ARCHIVED = "The session was archived."


def open_session(store: Store, draft: Session, at: datetime) -> Session:
    """The session as it is kept: with an id, begun at `at`, its account and ten shadows each holding the starting
    balance.

    The draft's id and times are not looked at, and no other session is touched. Raises StoreRefused.
    """
    return succeed(store, None, draft, at)


def archive(store: Store, session_id: str, at: datetime) -> None:
    """End a session: nothing is written to its accounts any more, their open orders are cancelled, its bot is stopped.
    It ends no earlier than the last that was written to them, wherever the clock stands: that of a recording may have
    begun anew.

    One that has ended stays as it is. Raises StoreRefused.
    """
    with store.writing() as connection:
        _archive(connection, session_id, at)


def succeed(store: Store, old_id: str | None, draft: Session, at: datetime) -> Session:
    """Archive a session, if there is one, and open the next, in one transaction. Raises StoreRefused."""
    with store.writing() as connection:
        if old_id is not None:
            _archive(connection, old_id, at)
        return _open(connection, draft, at)


def session(store: Store, session_id: str) -> Session | None:
    """The session with this id. Raises StoreRefused."""
    with store.reading() as connection:
        row = connection.execute(select(SESSIONS).where(SESSIONS.c.id == session_id)).mappings().first()
    return _session(row) if row else None


def last_open(store: Store, market: str) -> Session | None:
    """The newest session of a market that has not ended. Raises StoreRefused."""
    query = select(SESSIONS).where(SESSIONS.c.market == market, SESSIONS.c.ended_at.is_(None))
    with store.reading() as connection:
        row = connection.execute(query.order_by(SESSIONS.c.seq.desc()).limit(1)).mappings().first()
    return _session(row) if row else None


def sessions(store: Store, limit: int, before: int | None = None) -> list[tuple[int, Session]]:
    """The newest sessions, each with its place among all: those whose place is below `before`. Raises StoreRefused."""
    query = select(SESSIONS).order_by(SESSIONS.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(SESSIONS.c.seq < before)
    with store.reading() as connection:
        return [(row["seq"], _session(row)) for row in connection.execute(query).mappings()]


def set_hold(store: Store, session_id: str, hold: Mapping[str, Decimal]) -> None:
    """Keep the prices that holding is reckoned from. Raises StoreRefused."""
    _change(store, session_id, {"hold": _hold_text(hold)})


def rename(store: Store, session_id: str, name: str, note: str) -> None:
    """Give a session another name and note. Raises StoreRefused."""
    _change(store, session_id, {"name": name, "note": note})


def _change(store: Store, session_id: str, values: dict[str, Any]) -> None:
    with store.writing() as connection:
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == session_id).values(values))


def _open(connection: Connection, draft: Session, at: datetime) -> Session:
    seq = 1 + (connection.scalar(select(func.count()).select_from(SESSIONS)) or 0)
    opened = replace(draft, id=f"s{seq}", started_at=at, ended_at=None)
    connection.execute(insert(SESSIONS), _row(seq, opened))
    account = {"id": opened.id, "session_id": opened.id, "version": 1, "kind": PERSON}
    connection.execute(insert(ACCOUNTS), account)
    connection.execute(insert(ENTRIES), entry_row(opened.id, deposit(1, at, opened.starting_balance), None))
    cast_shadows(connection, opened.id, opened.starting_balance, at)
    return opened


def _archive(connection: Connection, session_id: str, at: datetime) -> None:
    mine = select(ACCOUNTS.c.id).where(ACCOUNTS.c.session_id == session_id)
    at = max([at, *_last_written(connection, mine)])
    cancelled = {"state": OrderState.CANCELLED, "reason": ARCHIVED, "ended_at": at}
    whose = (ORDERS.c.account_id.in_(mine), ORDERS.c.state == OrderState.OPEN)
    connection.execute(update(ORDERS).where(*whose).values(cancelled))
    connection.execute(update(BOTS).where(BOTS.c.session_id == session_id).values(state=BotState.STOPPED))
    for table, which in ((ACCOUNTS, ACCOUNTS.c.session_id), (SESSIONS, SESSIONS.c.id)):
        still = (which == session_id, table.c.ended_at.is_(None))
        connection.execute(update(table).where(*still).values(ended_at=at))


def _last_written(connection: Connection, mine: Select[tuple[str]]) -> Iterator[datetime]:
    for table, moment in ((ENTRIES, ENTRIES.c.at), (EQUITY, EQUITY.c.at), (ORDERS, ORDERS.c.created_at)):
        newest = connection.scalar(select(func.max(moment)).where(table.c.account_id.in_(mine)))
        if newest is not None:
            yield newest


def _row(seq: int, opened: Session) -> dict[str, Any]:
    return {
        "id": opened.id,
        "seq": seq,
        "name": opened.name,
        "note": opened.note,
        "market": opened.market,
        "chain_id": opened.chain_id,
        "starting_balance": opened.starting_balance,
        "started_at": opened.started_at,
        "ended_at": opened.ended_at,
        "settings": json.dumps(dict(opened.settings)),
        "hold": None if opened.hold is None else _hold_text(opened.hold),
    }


def _hold_text(hold: Mapping[str, Decimal]) -> str:
    return json.dumps({address: plain(decimal_of(price)) for address, price in hold.items()})


def _session(row: RowMapping) -> Session:
    settings: dict[str, str] = json.loads(row["settings"])
    prices: dict[str, str] | None = json.loads(row["hold"]) if row["hold"] is not None else None
    hold = None if prices is None else {address: Decimal(price) for address, price in prices.items()}
    return Session(
        row["id"],
        row["name"],
        row["note"],
        row["market"],
        row["chain_id"],
        row["starting_balance"],
        row["started_at"],
        row["ended_at"],
        MappingProxyType(settings),
        MappingProxyType(hold) if hold is not None else None,
    )
