"""The tables of what is traded: sessions and their accounts, the ledger, orders, trades, closed positions, equity."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from app.store.columns import Exact, Moment
from app.store.tables import METADATA, Row


class SessionRow(Row, table=True):
    """As the domain's Session; `settings` and `hold` are JSON objects of texts. `seq` counts sessions from 1."""

    # SQLModel declares the name as text and as a function; text is what its own manual uses.
    __tablename__ = "sessions"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = (UniqueConstraint("seq"),)

    id: str = Field(primary_key=True)
    seq: int
    name: str
    note: str
    market: str
    chain_id: int
    starting_balance: Decimal = Field(sa_type=Exact)
    started_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    settings: str
    hold: str | None = None


class AccountRow(Row, table=True):
    """An account of a session. `version` is the number of its last entry; once it has ended nothing is written to it.

    `kind` is 'person' or 'shadow', `level` a shadow's.
    """

    __tablename__ = "accounts"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = (Index(None, "session_id"),)

    id: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="sessions.id")
    version: int
    kind: str
    level: int | None = None
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class EntryRow(Row, table=True):
    """As the domain's Entry; `postings` are words with spaces between, three to a posting: book, asset, amount."""

    __tablename__ = "entries"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = ({"sqlite_with_rowid": False},)

    account_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    postings: str
    fee_usd: Decimal = Field(sa_type=Exact)
    impact_usd: Decimal = Field(sa_type=Exact)
    order_id: str | None = None


class OrderRow(Row, table=True):
    """As the domain's Order and its ticket; `address` is in lower case, `shown_address` as EIP-55 spells it.

    `seq` grows with every order that is new.
    """

    __tablename__ = "orders"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("order_id"),
        Index(None, "account_id", "state"),
        Index(None, "account_id", "seq"),
    )

    seq: int | None = Field(default=None, primary_key=True)
    order_id: str
    account_id: str
    created_at: datetime = Field(sa_type=Moment)
    body: str
    chain_id: int
    address: str
    shown_address: str
    symbol: str
    name: str
    decimals: int
    coingecko_id: str | None = None
    side: str
    size_unit: str
    size_amount: Decimal = Field(sa_type=Exact)
    type: str
    limit_price: Decimal | None = Field(default=None, sa_type=Exact)
    stop_price: Decimal | None = Field(default=None, sa_type=Exact)
    trail_pct: Decimal | None = Field(default=None, sa_type=Exact)
    slippage_bps: Decimal = Field(sa_type=Exact)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    origin: str
    gets_out: bool
    why: str
    state: str
    reason: str
    trade_id: str | None = None
    oco_id: str | None = None
    highest: Decimal | None = Field(default=None, sa_type=Exact)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class TradeRow(Row, table=True):
    """As the domain's Trade; its id is made of the account and the number. Addresses as in OrderRow."""

    __tablename__ = "trades"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = (
        Index(None, "account_id", "address", "number"),
        # All that trades are asked for by.
        Index("ix_trades_asked", "account_id", "number", "at", "side", "status", "origin", "address"),
        {"sqlite_with_rowid": False},
    )

    account_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    side: str
    status: str
    origin: str
    order_id: str
    chain_id: int
    address: str
    shown_address: str
    symbol: str
    name: str
    decimals: int
    coingecko_id: str | None = None
    quantity: Decimal = Field(sa_type=Exact)
    price: Decimal = Field(sa_type=Exact)
    mid_price: Decimal = Field(sa_type=Exact)
    value: Decimal = Field(sa_type=Exact)
    gas_usd: Decimal = Field(sa_type=Exact)
    fee_usd: Decimal = Field(sa_type=Exact)
    impact_usd: Decimal = Field(sa_type=Exact)
    slippage_bps: Decimal = Field(sa_type=Exact)
    grade: str
    quote_source: str
    route: str
    block_number: int | None = Field(default=None, sa_type=BigInteger)
    reason: str
    order_type: str
    realized_pnl: Decimal | None = Field(default=None, sa_type=Exact)
    pay: Decimal = Field(sa_type=Exact)
    receive: Decimal = Field(sa_type=Exact)
    rate: Decimal = Field(sa_type=Exact)
    fill_error_bps: Decimal | None = Field(default=None, sa_type=Exact)
    fill_error_30s_bps: Decimal | None = Field(default=None, sa_type=Exact)
    decision_id: str | None = None


class ClosedRow(Row, table=True):
    """A position that ended with the entry of this number, as the domain's Position was then."""

    __tablename__ = "closed"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = ({"sqlite_with_rowid": False},)

    account_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    asset: str
    bought: Decimal = Field(sa_type=Exact)
    paid: Decimal = Field(sa_type=Exact)
    realized: Decimal = Field(sa_type=Exact)
    opened_at: datetime = Field(sa_type=Moment)
    closed_at: datetime = Field(sa_type=Moment)


class EquityRow(Row, table=True):
    """What an account was worth at a time, in US dollars; `hold` is what its starting balance would be, held.

    `highest` and `deepest_pct` are the highest worth and the deepest drawdown up to then: thinning loses neither.
    """

    __tablename__ = "equity"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = ({"sqlite_with_rowid": False},)

    account_id: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=Moment)
    equity: Decimal = Field(sa_type=Exact)
    cash: Decimal = Field(sa_type=Exact)
    hold: Decimal | None = Field(default=None, sa_type=Exact)
    highest: Decimal | None = Field(default=None, sa_type=Exact)
    deepest_pct: Decimal | None = Field(default=None, sa_type=Exact)


class FlattenRow(Row, table=True):
    """One flattening: `orders` is JSON, the ids of the sells that it is made of, each with the token's address, and
    `refusals` a JSON object of those that were refused, code and sentence by id; null until all have ended."""

    __tablename__ = "flattens"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]

    order_id: str = Field(primary_key=True)
    account_id: str
    at: datetime = Field(sa_type=Moment)
    orders: str
    refusals: str | None = None


SESSIONS = METADATA.tables["sessions"]
ACCOUNTS = METADATA.tables["accounts"]
ENTRIES = METADATA.tables["entries"]
ORDERS = METADATA.tables["orders"]
TRADES = METADATA.tables["trades"]
CLOSED = METADATA.tables["closed"]
EQUITY = METADATA.tables["equity"]
FLATTENS = METADATA.tables["flattens"]
