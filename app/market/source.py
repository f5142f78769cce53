"""What a price source is: the calls it plans, the answers it parses, and the limits it states.

A source is pure: it says which calls to make and what an answer means. `market.line` makes the calls.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from app.domain.bars import Bar, Interval
from app.domain.prices import Pool, Reading
from app.domain.tokens import Token
from app.market.budget import Allowance


class Fault(StrEnum):
    """What can go wrong with a call, as it is counted. ABSENT: the source does not know the one thing asked for."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    HTTP = "http"
    GARBLED = "garbled"
    REFUSED = "refused"
    NOT_HERE = "not_here"
    ABSENT = "absent"


class Garbled(Exception):
    """The answer is not what the source documents, or is an error in the shape of an answer.

    `fault` says how it counts: GARBLED (no sense in it), REFUSED (the source says no), RATE_LIMITED,
    NOT_HERE (this way of asking does not exist there; another may).
    """

    def __init__(self, why: str, fault: Fault = Fault.GARBLED) -> None:
        super().__init__(why)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request relative to the source's base URL, and the tokens it asks about.

    `label` is what may be logged of it: paths can hold keys. `body` makes it a POST of JSON. `otherwise` is
    asked instead where the answer raises Garbled with NOT_HERE.
    """

    path: str = field(repr=False)
    label: str
    tokens: tuple[Token, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    body: object | None = None
    otherwise: "Call | None" = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says: readings, and one sentence for each item that made no sense."""

    readings: tuple[Reading, ...] = ()
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A source's stated facts.

    `base_urls` are tried in order, the next one after a fault. `group` names whom it is not independent of;
    `rank` is its place in the default order of leaders; `allowances` its rate limits; `cached_for` how long the
    provider serves one price to everybody; `deviation_bp` its own tolerance; `attribution` the line its terms
    ask to be shown.
    """

    name: str
    title: str
    group: str
    rank: int
    base_urls: tuple[str, ...] = field(repr=False)
    allowances: tuple[Allowance, ...]
    cached_for: timedelta = timedelta(0)
    leads: bool = True
    fresh_for: timedelta | None = None
    deviation_bp: Decimal = Decimal(0)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    attribution: str = ""


class PriceSource(Protocol):
    """A provider of prices. Both methods are pure."""

    @property
    def card(self) -> Card: ...

    def covers(self, token: Token) -> bool:
        """Whether the source can be asked about this mainnet token."""
        ...

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        """The calls that price all of these tokens, batched to the documented limit."""
        ...

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        """The readings in a decoded JSON answer that arrived `at`. Raises Garbled and nothing else."""
        ...


@runtime_checkable
class HistorySource(PriceSource, Protocol):
    """A provider of past bars. Pure like PriceSource."""

    def history(self, token: Token, interval: Interval, pool: Pool | None) -> Call | None:
        """The call for the newest bars, or None where the source has none for this token and interval."""
        ...

    def parse_history(self, payload: object, call: Call, interval: Interval) -> list[Bar]:
        """Bars in order of time, the one still open left out where the source marks it. Raises Garbled."""
        ...


def read_each(tokens: Sequence[Token], read: Callable[[Token], Reading | None]) -> Answer:
    """The answer for every token that was asked about: what is garbled for one leaves the others untouched.

    `read` gives a token's reading, None where the source has none, or raises Garbled.
    """
    readings: list[Reading] = []
    rejected: list[str] = []
    for token in tokens:
        try:
            reading = read(token)
        except Garbled as error:
            rejected.append(f"{token.symbol}: {error}")
        else:
            if reading is not None:
                readings.append(reading)
    return Answer(tuple(readings), tuple(rejected))


def batches(tokens: Sequence[Token], size: int) -> list[tuple[Token, ...]]:
    """The tokens in groups of at most `size`."""
    return [tuple(tokens[i : i + size]) for i in range(0, len(tokens), size)]


def batches_by_chain(tokens: Sequence[Token], size: int) -> list[tuple[Token, ...]]:
    """The tokens in groups of at most `size`, each of one chain, for sources that name the chain once a call."""
    chains = dict.fromkeys(token.chain_id for token in tokens)
    return [batch for chain in chains for batch in batches([t for t in tokens if t.chain_id == chain], size)]
