"""Orders as they are kept: found by id, the open ones of an account, and all of them, newest first."""

import json
from collections.abc import Collection

from sqlalchemy import bindparam, select

from app.domain.orders import Order, OrderState
from app.store.database import Store
from app.store.ledger_tables import ACCOUNTS, ORDERS, SESSIONS
from app.store.rows import ORDER, order_of
from app.store.sessions import PERSON

# The name, among a session's settings, of the digest of the file that it was imported from.
SEAL = "imported_sha256"
_BY_ID = ORDER.where(ORDERS.c.order_id == bindparam("order_id"))
_OF_ACCOUNT = ORDER.where(ORDERS.c.account_id == bindparam("account"))
_SETTINGS = (
    select(SESSIONS.c.settings)
    .join(ACCOUNTS, ACCOUNTS.c.session_id == SESSIONS.c.id)
    .where(ACCOUNTS.c.id == bindparam("account"), ACCOUNTS.c.kind == PERSON)
)
_OPEN = _OF_ACCOUNT.where(ORDERS.c.state == OrderState.OPEN).order_by(ORDERS.c.seq)


def find_order(store: Store, order_id: str) -> Order | None:
    """The order with this id, whosever it is: ids are unique for ever, across sessions. Raises StoreRefused."""
    with store.reading() as connection:
        row = connection.execute(_BY_ID, {"order_id": order_id}).first()
    return order_of(row)[1] if row else None


def find_asked(store: Store, order_id: str) -> Order | None:
    """The order with this id, where it was asked of this desk, in whatever session. Raises StoreRefused."""
    order = find_order(store, order_id)
    return order if order and is_asked_here(store, order.account_id) else None


def is_asked_here(store: Store, account_id: str) -> bool:
    """Whether an account's orders were asked of this desk: those of a shadow were asked of nobody, and those of a
    session that came in a file of another desk. Raises StoreRefused."""
    with store.reading() as connection:
        settings = connection.scalar(_SETTINGS, {"account": account_id})
    return settings is not None and SEAL not in json.loads(settings)


def open_orders(store: Store, account_id: str) -> list[Order]:
    """The orders of an account that are open, oldest first. Raises StoreRefused."""
    with store.reading() as connection:
        return [order_of(row)[1] for row in connection.execute(_OPEN, {"account": account_id}).all()]


def orders(
    store: Store, account_id: str, *, states: Collection[OrderState] = (), limit: int, before: int | None = None
) -> list[tuple[int, Order]]:
    """The newest orders of an account, each with its place among all: those in these states (any, where none is
    named) whose place is below `before`. Raises StoreRefused."""
    query = _OF_ACCOUNT.order_by(ORDERS.c.seq.desc()).limit(limit)
    if states:
        query = query.where(ORDERS.c.state.in_(states))
    if before is not None:
        query = query.where(ORDERS.c.seq < before)
    with store.reading() as connection:
        return [order_of(row) for row in connection.execute(query, {"account": account_id}).all()]
