"""What an aggregator of pools is: the call it plans for a swap, and the offer that its answer makes."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from app.domain.money import NotANumber, decimal_of, product
from app.domain.quotes import Ask
from app.domain.tokens import Token
from app.market.decode import Json
from app.market.source import Call, Card, Garbled

AGGREGATORS = ("kyberswap", "velora")
# How a desk names itself where a provider wants to know who asks.
CLIENT_ID = "drydock"

# A transaction without a call takes 21,000 units, and no block of these chains holds a swap of 30 million.
_LEAST_UNITS, _MOST_UNITS = 21_000, 30_000_000
_WHOLE = re.compile(r"[0-9]{1,60}", re.ASCII)
_LONGEST_ROUTE = 60


@dataclass(frozen=True, slots=True)
class Offer:
    """What an aggregator would do with an ask: exact amounts in whole units, the units of gas that it takes, and the
    exchanges it goes through."""

    pay: Decimal
    receive: Decimal
    gas_units: int
    route: str


class Aggregator(Protocol):
    """A provider of quotes over many pools of a mainnet. Pure: `market.line` makes the calls."""

    @property
    def card(self) -> Card: ...

    def covers(self, ask: Ask) -> bool:
        """Whether it can be asked this: its chain is known, and the exact leg is one it takes."""
        ...

    def call(self, ask: Ask) -> Call:
        """The call that asks for the exact amount."""
        ...

    def parse(self, payload: object, ask: Ask) -> Offer:
        """The offer in a decoded JSON answer to this ask. Raises Garbled and nothing else."""
        ...


def base_units(token: Token, amount: Decimal) -> int:
    """Whole tokens as the integer that contracts count in. Raises ValueError for more digits than the token has."""
    units = product(amount, Decimal(10) ** token.decimals)
    if units != units.to_integral_value():
        raise ValueError(f"{token.symbol} has {token.decimals} decimals")
    return int(units)


def amount_in(token: Token, value: Json) -> Decimal:
    """An amount above zero, given as text in base units, in whole tokens. Raises Garbled."""
    units = whole(value)
    if not units:
        raise Garbled("an amount of nothing")
    return product(Decimal(units), Decimal(1).scaleb(-token.decimals))


def gas_units(value: Json) -> int:
    """Units of gas given as text, within what a swap can take. Raises Garbled."""
    units = whole(value)
    if not _LEAST_UNITS <= units <= _MOST_UNITS:
        raise Garbled("units of gas that no swap takes")
    return units


def whole(value: Json) -> int:
    """A whole number, zero or more, that is documented as text. Raises Garbled."""
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise Garbled("a whole number that should be text is not")
    try:
        return int(decimal_of(value))
    except NotANumber as error:
        raise Garbled(str(error)) from error


def same_token(value: Json, token: Token) -> None:
    """Raises Garbled where the answer is about another token; the case of an address does not matter."""
    if not isinstance(value, str) or value.lower() != token.key.address:
        raise Garbled("the answer is about another token")


def route_of(exchanges: list[Json]) -> str:
    """The exchanges on the way, each once: 'uniswapv3, aerodrome'. What cannot be printed is left out."""
    names = [name.strip()[:24] for name in exchanges if isinstance(name, str) and name.isprintable() and name.strip()]
    kept = ""
    for name in dict.fromkeys(names):
        longer = f"{kept}, {name}" if kept else name
        if len(longer) > _LONGEST_ROUTE:
            return f"{kept} and others"
        kept = longer
    return kept or "route not stated"
