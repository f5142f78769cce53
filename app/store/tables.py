"""The tables of the desk's memory: bars and whose they are, the watchlist, and what the sources' budgets have used."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import MetaData, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from app.store.columns import Exact, Moment

DESK = "desk"

# Names of constraints are stated, since a migration on SQLite can only change what it can name.
METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all tables of this room share: a catalogue of their own, apart from any other SQLModel."""


class Series(Row, table=True):
    """Whose bars these are: a token (address in lower case) in a market ('live', 'demo', 'replay:<name>', or
    'replay:/<session id>' for what came with an imported session)."""

    __table_args__ = (UniqueConstraint("market", "chain_id", "address"),)

    id: int | None = Field(default=None, primary_key=True)
    market: str
    chain_id: int
    address: str


class BarRow(Row, table=True):
    """A bar over [at, at + interval): `interval` in seconds, prices and volume in US dollars, `origin` as in Bar."""

    # SQLModel declares the name as text and as a function; text is what its own manual uses.
    __tablename__ = "bars"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = ({"sqlite_with_rowid": False},)

    series_id: int = Field(primary_key=True, foreign_key="series.id")
    interval: int = Field(primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=Moment)
    open: Decimal = Field(sa_type=Exact)
    high: Decimal = Field(sa_type=Exact)
    low: Decimal = Field(sa_type=Exact)
    close: Decimal = Field(sa_type=Exact)
    volume: Decimal = Field(sa_type=Exact)
    origin: str


class Watched(Row, table=True):
    """A token on an account's watchlist, in the order of `position`.

    `address` is in lower case and identifies; `shown_address` is the EIP-55 spelling. `reason` says why a token
    is not `tradable`; `liquidity_usd` is its pool's worth in US dollars where it was looked at.
    """

    account_id: str = Field(default=DESK, primary_key=True)
    market: str = Field(primary_key=True)
    chain_id: int = Field(primary_key=True)
    address: str = Field(primary_key=True)
    shown_address: str
    symbol: str
    name: str
    decimals: int
    coingecko_id: str | None = None
    position: int
    tradable: bool = True
    reason: str | None = None
    liquidity_usd: Decimal | None = Field(default=None, sa_type=Exact)


class Spending(Row, table=True):
    """The calls a source has had in a calendar month UTC ('2026-11'), for budgets that outlive the process.

    `recent` are the moments of the latest of them, in Unix ms with commas between.
    """

    source: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    calls: int
    recent: str = ""


SERIES = METADATA.tables["series"]
BARS = METADATA.tables["bars"]
WATCHED = METADATA.tables["watched"]
SPENDING = METADATA.tables["spending"]
