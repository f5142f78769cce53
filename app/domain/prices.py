"""Readings of a price by its sources, and the consensus that is made of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from app.domain.tokens import TokenKey


class PriceState(StrEnum):
    """How far a price can be trusted, best first."""

    LIVE = "live"
    DELAYED = "delayed"
    STALE = "stale"
    DISPUTED = "disputed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Pool:
    """Where a token trades: pool address (any case), exchange name, the worth of both sides in dollars and the
    fee in basis points where it is known."""

    address: str
    exchange: str
    liquidity_usd: Decimal
    fee_bp: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One source's price of one token in US dollars.

    `as_of` is the time the source states for the price, None where it states none; `fetched_at` is when the
    answer arrived. `pool` is where the source saw it trade, if it says.
    """

    token: TokenKey
    price: Decimal
    source: str
    fetched_at: datetime
    as_of: datetime | None = None
    pool: Pool | None = None

    @property
    def stands_at(self) -> datetime:
        """The moment the price stands for: the stated time, else the fetch."""
        return self.as_of or self.fetched_at


@dataclass(frozen=True, slots=True)
class SourceRule:
    """How a source's readings are weighed.

    `rank` orders the leaders (lower first); sources of one `group` do not confirm each other; a reading counts
    while it is no older than `fresh_for`; `deviation_bp` is the source's own tolerance in basis points.
    """

    name: str
    rank: int
    group: str
    fresh_for: timedelta
    leads: bool = True
    deviation_bp: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the desk holds a token's price to be.

    `source` is the leading source and `as_of` the moment its price stands for; both are None where the price is.
    `confirmed_by` names the sources of other groups that agree; `readings` are the latest of every source,
    leader first, and `counted` names the sources whose reading is young enough to count; `dropped` are readings too
    far off every other to be a price.
    """

    token: TokenKey
    state: PriceState
    price: Decimal | None = None
    source: str | None = None
    as_of: datetime | None = None
    confirmed_by: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    counted: tuple[str, ...] = ()
    dropped: tuple[Reading, ...] = ()

    @property
    def confirmed(self) -> bool:
        return bool(self.confirmed_by)

    def age_s(self, now: datetime) -> float | None:
        """Seconds since the moment that the price stands for, never less than none; None where that is not known."""
        return None if self.as_of is None else max(0.0, (now - self.as_of).total_seconds())
