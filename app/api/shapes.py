"""The JSON shapes of the API: amounts, prices and percentages are decimal strings, times are ISO 8601 UTC."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from app.domain.bots import BotState
from app.domain.money import plain
from app.domain.prices import PriceState


def utc(at: datetime) -> str:
    """A time as it is answered: '2026-01-31T12:00:00.000Z'."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age(at: datetime | None, now: datetime) -> int | None:
    """Whole seconds since then, never below 0."""
    return max(0, int((now - at).total_seconds())) if at is not None else None


_NUMBER = WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"})
_TIME = {"type": "string", "format": "date-time", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z$"}
Amount = Annotated[Decimal, PlainSerializer(plain, return_type=str), _NUMBER]
Moment = Annotated[datetime, PlainSerializer(utc, return_type=str), WithJsonSchema(_TIME)]
# EIP-55: the letters' case is a checksum, which no pattern can hold.
Address = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]
Count = Annotated[int, Field(ge=0)]
Next = Annotated[str | None, Field(pattern="^[1-9][0-9]{0,17}$")]
SessionName = Annotated[str, Field(pattern="^s[1-9][0-9]*$")]


def _among(*names: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [*names]})


MarketMode = Annotated[str, _among("live", "demo", "replay", "none")]
MarketState = Annotated[str, _among("starting", "live", "down", "running", "ended")]
SourceState = Annotated[str, _among("live", "waiting", "idle", "resting", "down", "ended")]


class MarketHealth(BaseModel):
    mode: MarketMode
    state: MarketState


class Health(BaseModel):
    """`status` is ok, degraded (no live price of anything, no node of the chain answers, or the database refuses) or
    down (not open yet). `nodes` is ok too in a market that has none."""

    status: Literal["ok", "degraded", "down"]
    market: MarketHealth
    database: str
    nodes: str
    bot: BotState | Literal["starting"]
    leader: bool
    version: str


class ReadingShape(BaseModel):
    source: str
    price: Amount
    as_of: Moment
    age_s: Count


class PriceShape(BaseModel):
    """A token's price. `reference_price_from` is 'mainnet' for a testnet token, which is priced by identity;
    `reason` says why there is no price where the token can have none."""

    symbol: str
    token_address: Address
    chain_id: int
    price: Amount | None
    change_24h_pct: Amount | None
    state: PriceState
    confirmed: bool
    as_of: Moment | None
    age_s: Count | None
    source: str | None
    readings: list[ReadingShape]
    reference_price_from: Literal["mainnet"] | None = None
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
    address: Address
    decimals: Count
    tradable: bool
    reason: str | None


class TokenAsked(BaseModel):
    """`address` is a token's address, or the symbol of a known one."""

    address: Annotated[str, Field(min_length=1, max_length=100, examples=["AERO"])]


class BudgetShape(BaseModel):
    used: Count
    limit: Count
    window_s: Count


class SourceShape(BaseModel):
    """`budget` is the window with the largest share used, `budgets` are all; `reads` counts the prices read from the
    board that this source had a reading of, `hits` those whose reading was young enough to count."""

    source: str
    title: str
    state: SourceState
    last_success_at: Moment | None
    latency_p50_ms: Count | None
    latency_p95_ms: Count | None
    requests: Count
    errors: Count
    rate_limited: Count
    budget: BudgetShape | None
    budgets: list[BudgetShape]
    breaker: str
    reads: Count
    hits: Count
    last_fault: str
