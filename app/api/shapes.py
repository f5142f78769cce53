"""The JSON shapes of the API: amounts, prices and percentages are decimal strings, times are ISO 8601 UTC."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, PlainSerializer

from app.domain.money import plain


def utc(at: datetime) -> str:
    """A time as it is answered: '2026-01-31T12:00:00.000Z'."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age(at: datetime | None, now: datetime) -> int | None:
    """Whole seconds since then, never below 0."""
    return max(0, int((now - at).total_seconds())) if at is not None else None


Amount = Annotated[Decimal, PlainSerializer(plain, return_type=str)]
Moment = Annotated[datetime, PlainSerializer(utc, return_type=str)]


class MarketHealth(BaseModel):
    mode: str
    state: str


class Health(BaseModel):
    """`status` is ok, degraded (no live price of anything, or the database refuses) or down (not open yet)."""

    status: str
    market: MarketHealth
    database: str
    bot: str
    leader: bool
    version: str


class ReadingShape(BaseModel):
    source: str
    price: Amount
    as_of: Moment
    age_s: int


class PriceShape(BaseModel):
    """A token's price. `reference_price_from` is 'mainnet' for a testnet token, which is priced by identity;
    `reason` says why there is no price where the token can have none."""

    symbol: str
    token_address: str
    chain_id: int
    price: Amount | None
    change_24h_pct: Amount | None
    state: str
    confirmed: bool
    as_of: Moment | None
    age_s: int | None
    source: str | None
    readings: list[ReadingShape]
    reference_price_from: str | None = None
    reason: str | None = None


class BarShape(BaseModel):
    at: Moment
    open: Amount
    high: Amount
    low: Amount
    close: Amount
    volume: Amount
    origin: str


class TokenShape(BaseModel):
    symbol: str
    name: str
    address: str
    decimals: int
    tradable: bool
    reason: str | None


class TokenAsked(BaseModel):
    """`address` is a token's address, or the symbol of a known one."""

    address: Annotated[str, Field(min_length=1, max_length=100)]


class BudgetShape(BaseModel):
    used: int
    limit: int
    window_s: int


class SourceShape(BaseModel):
    """`budget` is the window with the largest share used, `budgets` are all; `reads` counts the prices read from the
    board that this source had a reading of, `hits` those whose reading was young enough to count."""

    source: str
    title: str
    state: str
    last_success_at: Moment | None
    latency_p50_ms: int | None
    latency_p95_ms: int | None
    requests: int
    errors: int
    rate_limited: int
    budget: BudgetShape | None
    budgets: list[BudgetShape]
    breaker: str
    reads: int
    hits: int
    last_fault: str
