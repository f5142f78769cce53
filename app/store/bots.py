"""The bot of a session as it was left, and what the bot of each account holds and remembers."""

import json
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.bars import Interval
from app.domain.bots import BotRecord, BotState, Holding, Limits
from app.domain.money import decimal_of, plain
from app.store.bot_tables import BOTS, HOLDINGS, MEMORIES
from app.store.database import Store
from app.store.ledger_tables import ACCOUNTS
from app.store.rows import if_any

_HOLDING = tuple(field.name for field in fields(Holding))
_EXACT_LIMITS = ("max_trade_usd", "daily_loss_pct", "min_liquidity_usd", "max_slippage_bps")
_DROP = delete(HOLDINGS).where(HOLDINGS.c.account_id == bindparam("account"), HOLDINGS.c.asset == bindparam("held"))


def bot(store: Store, session_id: str) -> BotRecord | None:
    """The bot of a session as it was left; None where it was never told anything. Raises StoreRefused."""
    with store.reading() as connection:
        row = connection.execute(select(BOTS).where(BOTS.c.session_id == session_id)).first()
    return BotRecord(BotState(row.state), row.level, _limits(row.limits)) if row else None


def set_bot(store: Store, session_id: str, record: BotRecord) -> None:
    """Keep how a session's bot is left, in place of what was kept. Raises StoreRefused."""
    values = {
        "session_id": session_id,
        "state": record.state,
        "level": record.level,
        "limits": _limits_text(record.limits),
    }
    with store.writing() as connection:
        connection.execute(_PUT_BOT[connection.dialect.name], [values])


def holdings(store: Store, account_id: str) -> dict[str, Holding]:
    """What the bot of an account holds, by asset. Raises StoreRefused."""
    query = select(*(HOLDINGS.c[name] for name in _HOLDING)).where(HOLDINGS.c.account_id == account_id)
    with store.reading() as connection:
        return {row.asset: Holding(*row) for row in connection.execute(query.order_by(HOLDINGS.c.asset))}


def memories(store: Store, session_id: str) -> dict[str, str]:
    """What the bots of a session's accounts remember, by account; nothing of those that were never told.

    Raises StoreRefused.
    """
    mine = select(ACCOUNTS.c.id).where(ACCOUNTS.c.session_id == session_id)
    query = select(MEMORIES.c.account_id, MEMORIES.c.memory).where(MEMORIES.c.account_id.in_(mine))
    with store.reading() as connection:
        return {account_id: memory for account_id, memory in connection.execute(query).all()}


def put_holdings(connection: Connection, held: Sequence[tuple[str, Holding]]) -> None:
    """Keep what the bots of accounts hold, as part of the connection's transaction; of nothing left nothing is kept."""
    left = [{"account_id": id_} | {name: getattr(it, name) for name in _HOLDING} for id_, it in held if it.quantity]
    gone = [{"account": id_, "held": it.asset} for id_, it in held if not it.quantity]
    if left:
        connection.execute(_PUT_HOLDING[connection.dialect.name], left)
    if gone:
        connection.execute(_DROP, gone)


def put_memories(connection: Connection, told: Sequence[tuple[str, str]]) -> None:
    """Keep what the bots of accounts remember, as part of the connection's transaction."""
    if told:
        rows = [{"account_id": account_id, "memory": memory} for account_id, memory in told]
        connection.execute(_PUT_MEMORY[connection.dialect.name], rows)


def _limits_text(limits: Limits) -> str:
    exact = {name: if_any(lambda number: plain(decimal_of(number)), getattr(limits, name)) for name in _EXACT_LIMITS}
    others = {"bar": limits.bar, "max_trades_per_day": limits.max_trades_per_day}
    return json.dumps(others | exact | {"allow": limits.allow, "block": limits.block})


def _limits(text: str) -> Limits:
    told: dict[str, Any] = json.loads(text)
    exact = {name: if_any(Decimal, told[name]) for name in _EXACT_LIMITS}
    lists = {name: tuple(told[name]) for name in ("allow", "block")}
    read: dict[str, Any] = told | exact | lists | {"bar": Interval(told["bar"])}
    return Limits(**read)


def _putting(table: Table) -> dict[str, sqlite.Insert | postgresql.Insert]:
    """By dialect, the statement that puts a row in place of the one with its key."""
    return {name: _replacing(table, dialect.insert(table)) for name, dialect in _DIALECTS.items()}


def _replacing(table: Table, statement: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


# Composed once: doing so for every write would cost more than the write.
_DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}
_PUT_BOT, _PUT_HOLDING, _PUT_MEMORY = _putting(BOTS), _putting(HOLDINGS), _putting(MEMORIES)
