"""Sessions: one market, one chain and one starting balance, from the day it is opened to the day it is archived."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Session:
    """What a person trades in; its account has its id.

    `market` is the name of a series of prices ('live', 'demo', 'replay:<name>'), `starting_balance` US dollars.
    `settings` are those that were in force when it was opened, as text. `hold` is the price in US dollars of each
    token (by address) at the first mark: what holding from the beginning is reckoned from; None before there is one.
    """

    id: str
    name: str
    note: str
    market: str
    chain_id: int
    starting_balance: Decimal
    started_at: datetime
    ended_at: datetime | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    hold: Mapping[str, Decimal] | None = None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


def shadow_id(session_id: str, level: int) -> str:
    """The account in which a session's bot would trade, were it always at this level: 's3-L7'."""
    return f"{session_id}-L{level}"
