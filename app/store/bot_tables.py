"""The tables of the bot: its orders from its owner, what it holds and remembers, and the log of its decisions."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index
from sqlmodel import Field

from app.store.columns import Exact, Moment
from app.store.ledger_tables import METADATA
from app.store.tables import Row


class BotRow(Row, table=True):
    """As the domain's BotRecord; `limits` is a JSON object."""

    # SQLModel declares the name as text and as a function; text is what its own manual uses.
    __tablename__ = "bots"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]

    session_id: str = Field(primary_key=True, foreign_key="sessions.id")
    state: str
    level: int
    limits: str


class HoldingRow(Row, table=True):
    """As the domain's Holding, by the account whose bot bought it."""

    __tablename__ = "holdings"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = ({"sqlite_with_rowid": False},)

    account_id: str = Field(primary_key=True)
    asset: str = Field(primary_key=True)
    quantity: Decimal = Field(sa_type=Exact)
    cost: Decimal = Field(sa_type=Exact)
    opened_at: datetime = Field(sa_type=Moment)
    stop: Decimal = Field(sa_type=Exact)
    highest: Decimal = Field(sa_type=Exact)
    rungs: int
    level: int


class MemoryRow(Row, table=True):
    """What the bot of an account remembers from one tick to the next: a text of its own that nobody reads here."""

    __tablename__ = "bot_memory"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]

    account_id: str = Field(primary_key=True)
    memory: str


class DecisionRow(Row, table=True):
    """As the domain's Logged; `seq` grows with every row and is never used again. Addresses as in OrderRow.

    `verdicts` has one letter for each opinion, in their order; `detail` is a packet of app/store/decision_rows.py.
    """

    __tablename__ = "decisions"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = (
        # In each the order of a page, and all that a page may be asked for by beside its own.
        Index("ix_decisions_time", "session_id", "at", "seq"),
        Index("ix_decisions_address", "session_id", "address", "at", "seq", "verdict", "level", "first_failed"),
        Index("ix_decisions_verdict", "session_id", "verdict", "at", "seq", "level", "first_failed"),
        Index("ix_decisions_level", "session_id", "level", "at", "seq", "verdict", "first_failed"),
        Index("ix_decisions_failed", "session_id", "first_failed", "at", "seq", "verdict", "level"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True)
    session_id: str
    at: datetime = Field(sa_type=Moment)
    bar_at: datetime | None = Field(default=None, sa_type=Moment)
    occasion: str
    chain_id: int
    address: str
    shown_address: str
    symbol: str
    name: str
    decimals: int
    coingecko_id: str | None = None
    price: Decimal | None = Field(default=None, sa_type=Exact)
    state: str
    source: str | None = None
    age_s: float | None = None
    bot: str
    level: int
    verdict: str
    first_failed: str | None = None
    acted: bool
    trade_id: str | None = None
    said: str
    verdicts: str
    detail: bytes


class CountRow(Row, table=True):
    """How many decisions of a day (UTC) were dropped from the log; `first_failed` is empty where no gate had failed."""

    __tablename__ = "decision_counts"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = ({"sqlite_with_rowid": False},)

    session_id: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    address: str = Field(primary_key=True)
    level: int = Field(primary_key=True)
    verdict: str = Field(primary_key=True)
    first_failed: str = Field(primary_key=True)
    count: int


BOTS = METADATA.tables["bots"]
HOLDINGS = METADATA.tables["holdings"]
MEMORIES = METADATA.tables["bot_memory"]
DECISIONS = METADATA.tables["decisions"]
COUNTS = METADATA.tables["decision_counts"]
