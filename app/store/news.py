"""What is new in the log of trades and in that of decisions since a place in it, oldest first."""

from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from app.domain.decisions import Logged
from app.domain.trades import Trade
from app.store.bot_tables import DECISIONS
from app.store.database import Store
from app.store.decision_rows import DECISION, decision_of
from app.store.ledger_tables import SESSIONS, TRADES
from app.store.rows import TRADE, trade_of

_TRADES = (
    TRADE.where(TRADES.c.account_id == bindparam("account"), TRADES.c.number > bindparam("after"))
    .order_by(TRADES.c.number)
    .limit(bindparam("most"))
)
# Asked for by number alone: the log is in one order for all sessions, and its key finds the place at once.
_DECISIONS = DECISION.where(DECISIONS.c.seq > bindparam("after")).order_by(DECISIONS.c.seq).limit(bindparam("most"))
_NEWEST = select(
    select(func.coalesce(func.max(SESSIONS.c.seq), 0)).scalar_subquery(),
    select(func.coalesce(func.max(DECISIONS.c.seq), 0)).scalar_subquery(),
)


class Newest(NamedTuple):
    """The numbers of the newest session and of the newest decision; 0 where there is none."""

    session: int
    decision: int


def newest(store: Store) -> Newest:
    """How far the logs go. Raises StoreRefused."""
    with store.reading() as connection:
        return Newest(*connection.execute(_NEWEST).one())


def trades_after(store: Store, account_id: str, number: int, limit: int) -> list[Trade]:
    """The first trades of an account that are numbered above this. Raises StoreRefused."""
    with store.reading() as connection:
        rows = connection.execute(_TRADES, {"account": account_id, "after": number, "most": limit}).all()
    return [trade_of(row) for row in rows]


def decisions_after(store: Store, number: int, limit: int) -> list[Logged]:
    """The first decisions of all sessions that are numbered above this. Raises StoreRefused."""
    with store.reading() as connection:
        rows = connection.execute(_DECISIONS, {"after": number, "most": limit}).all()
    return [decision_of(row) for row in rows]
