"""How far the accounts have come, and what is missing of them: for who knows how far they had been."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from app.store.database import Store
from app.store.ledger_tables import ACCOUNTS, ENTRIES, ORDERS, SESSIONS

# Places that SQLite takes at most in one question, with room to spare.
_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Reached:
    """The last entry of an account: its number and its time, which is the market's, and that market."""

    number: int
    at: datetime
    market: str


def reached(store: Store) -> dict[str, Reached]:
    """How far every account has come, by its id; those of archived sessions too. Raises StoreRefused."""
    last = (ENTRIES.c.account_id == ACCOUNTS.c.id) & (ENTRIES.c.number == ACCOUNTS.c.version)
    query = (
        select(ACCOUNTS.c.id, ACCOUNTS.c.version, ENTRIES.c.at, SESSIONS.c.market)
        .join(ENTRIES, last)
        .join(SESSIONS, SESSIONS.c.id == ACCOUNTS.c.session_id)
    )
    with store.reading() as connection:
        return {name: Reached(number, at, market) for name, number, at, market in connection.execute(query)}


def missing_orders(store: Store, order_ids: Collection[str]) -> list[str]:
    """Those of the ids that no order has. Raises StoreRefused."""
    wanted = list(order_ids)
    with store.reading() as connection:
        there = {
            name for start in range(0, len(wanted), _A_QUERY) for name in _there(connection, wanted[start:][:_A_QUERY])
        }
    return [name for name in wanted if name not in there]


def _there(connection: Connection, order_ids: list[str]) -> list[str]:
    return list(connection.scalars(select(ORDERS.c.order_id).where(ORDERS.c.order_id.in_(order_ids))))
