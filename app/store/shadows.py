"""The ten shadow accounts of a session: in each the bot trades as if the slider were always at that level."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, insert, select

from app.domain.decisions import LEVELS
from app.domain.ledger import deposit
from app.domain.session import shadow_id
from app.store.database import Store
from app.store.ledger_tables import ACCOUNTS, ENTRIES, SESSIONS
from app.store.rows import entry_row

SHADOW = "shadow"


def add_shadows(store: Store, session_id: str, at: datetime) -> None:
    """Give an open session of an earlier release its shadows, each holding the starting balance from `at` on.

    Those that are there stay as they are, and a session that has ended or is unknown gets none. Raises StoreRefused.
    """
    wanted = select(SESSIONS.c.starting_balance).where(SESSIONS.c.id == session_id, SESSIONS.c.ended_at.is_(None))
    there = select(ACCOUNTS.c.level).where(ACCOUNTS.c.session_id == session_id, ACCOUNTS.c.kind == SHADOW)
    with store.writing() as connection:
        balance: Decimal | None = connection.scalar(wanted)
        if balance is None:
            return
        missing = sorted(set(LEVELS) - set(connection.scalars(there)))
        if missing:
            cast_shadows(connection, session_id, balance, at, missing)


def cast_shadows(
    connection: Connection, session_id: str, balance: Decimal, at: datetime, levels: Iterable[int] = LEVELS
) -> None:
    """Open the shadows of a session, as part of the connection's transaction."""
    ids = {level: shadow_id(session_id, level) for level in levels}
    accounts = [
        {"id": account_id, "session_id": session_id, "version": 1, "kind": SHADOW, "level": level}
        for level, account_id in ids.items()
    ]
    connection.execute(insert(ACCOUNTS), accounts)
    first = deposit(1, at, balance)
    connection.execute(insert(ENTRIES), [entry_row(account_id, first, None) for account_id in ids.values()])
