"""How what is traded is spelled in a file, and read back out of one that nobody vouches for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any

from app.domain.ledger import Book
from app.domain.money import plain
from app.domain.orders import OrderState, OrderType, Origin, Side, SizeUnit
from app.domain.quotes import Grade
from app.domain.trades import TradeStatus

# A quotient has 60 digits and, below one, zeros before them.
_NUMBER = re.compile(r"-?\d{1,60}(\.\d{1,120})?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_LONGEST = 10_000


class Misspelled(ValueError):
    """What a file says cannot be. The message goes on after 'The file cannot be imported: ' without its full stop."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """One kind of value: as JSON, and back. `read` raises ValueError."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def utc(at: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: object) -> Decimal:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise ValueError("not a number written as text")
    return Decimal(value)


def _positive(value: object) -> Decimal:
    number = _number(value)
    if number <= 0:
        raise ValueError("not above zero")
    return number


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("not a time in UTC")
    return datetime.fromisoformat(value).astimezone(UTC)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value:
        raise ValueError("not a text")
    # Half of a surrogate pair is no text, whatever JSON says.
    value.encode()
    return value


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError("not a whole number")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _same(value: Any) -> Any:
    return value


def one_of(members: type[StrEnum]) -> Spelling:
    by_text: dict[object, StrEnum] = {member.value: member for member in members}

    def read(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in by_text:
            raise ValueError(f"none of {', '.join(members)}")
        return by_text[value]

    return Spelling(_same, read)


def maybe(spelling: Spelling) -> Spelling:
    """The same, or nothing."""
    return Spelling(spelling.write, lambda value: None if value is None else spelling.read(value))


def by_name(spelling: Spelling) -> Spelling:
    """An object of such values, in the order of their names."""

    def read(value: object) -> Mapping[str, Any]:
        if not isinstance(value, dict) or len(value) > 1000:
            raise ValueError("not an object")
        return {_text(name): spelling.read(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] # JSON

    return Spelling(lambda value: {name: spelling.write(each) for name, each in sorted(value.items())}, read)


class Record:
    """The fields of a thing, by the names that they have in the domain. `what` is how sentences call it."""

    def __init__(self, what: str, **fields: Spelling) -> None:
        self._what = what
        self._fields = tuple((name, spelling.write, spelling.read) for name, spelling in fields.items())
        self._values = attrgetter(*fields)

    def write(self, item: object) -> dict[str, Any]:
        """Its fields; those that say nothing are left out."""
        return {
            name: write(value)
            for (name, write, _), value in zip(self._fields, self._values(item), strict=True)
            if value is not None
        }

    def read(self, row: Any) -> dict[str, Any]:
        """Its values by name. Raises Misspelled."""
        if not isinstance(row, dict):
            raise Misspelled(f"{self._what} in it is not an object")
        values: dict[str, Any] = {}
        for name, _, read in self._fields:
            try:
                values[name] = read(row.get(name))
            except ValueError as error:
                raise Misspelled(f"the {name} of {self._what} in it is {_reason(error)}") from error
        return values


def _reason(error: ValueError) -> str:
    return "not a text" if isinstance(error, UnicodeError) else str(error)


NUMBER = Spelling(plain, _number)
MOMENT = Spelling(utc, _moment)
TEXT = Spelling(_same, _text)
COUNT = Spelling(_same, _count)
FLAG = Spelling(_same, _flag)

SESSION = Record(
    "the session",
    id=TEXT,
    name=TEXT,
    note=TEXT,
    market=TEXT,
    chain_id=COUNT,
    starting_balance=NUMBER,
    started_at=MOMENT,
    ended_at=maybe(MOMENT),
    settings=by_name(TEXT),
    hold=maybe(by_name(Spelling(plain, _positive))),
)
HOLDER = Record("an account", id=TEXT, kind=TEXT, level=maybe(COUNT))
FOLD = Record(
    "an account",
    version=COUNT,
    **dict.fromkeys(("cash", "deposits", "realized", "gas", "fees", "impact"), NUMBER),
)
_MADE = dict.fromkeys(("bought", "paid", "realized"), NUMBER) | {"opened_at": MOMENT, "closed_at": maybe(MOMENT)}
POSITION = Record("a position", asset=TEXT, quantity=NUMBER, cost=NUMBER, **_MADE)
CLOSED = Record("a closed position", asset=TEXT, **_MADE)
ENTRY = Record("an entry", number=COUNT, at=MOMENT, fee_usd=NUMBER, impact_usd=NUMBER)
BOOK = one_of(Book)
TRADE = Record(
    "a trade",
    number=COUNT,
    order_id=TEXT,
    at=MOMENT,
    side=one_of(Side),
    **dict.fromkeys(("quantity", "price", "mid_price", "value", "gas_usd"), NUMBER),
    **dict.fromkeys(("fee_usd", "impact_usd", "slippage_bps"), NUMBER),
    grade=one_of(Grade),
    quote_source=TEXT,
    route=TEXT,
    block_number=maybe(COUNT),
    status=one_of(TradeStatus),
    reason=TEXT,
    origin=one_of(Origin),
    order_type=one_of(OrderType),
    realized_pnl=maybe(NUMBER),
    pay=NUMBER,
    receive=NUMBER,
    rate=NUMBER,
    fill_error_bps=maybe(NUMBER),
    fill_error_30s_bps=maybe(NUMBER),
    decision_id=maybe(TEXT),
)
TICKET = Record(
    "an order",
    order_id=TEXT,
    side=one_of(Side),
    type=one_of(OrderType),
    limit_price=maybe(NUMBER),
    stop_price=maybe(NUMBER),
    trail_pct=maybe(NUMBER),
    slippage_bps=NUMBER,
    expires_at=maybe(MOMENT),
    origin=one_of(Origin),
    gets_out=FLAG,
    why=TEXT,
)
SIZE = Record("the size of an order", unit=one_of(SizeUnit), amount=NUMBER)
ORDER = Record(
    "an order",
    created_at=MOMENT,
    body=TEXT,
    state=one_of(OrderState),
    reason=TEXT,
    trade_id=maybe(TEXT),
    oco_id=maybe(TEXT),
    highest=maybe(NUMBER),
    ended_at=maybe(MOMENT),
)
FLATTEN = Record("a flattening", order_id=TEXT, at=MOMENT)
SELL = Record("a sell of a flattening", order_id=TEXT, asset=TEXT)
REFUSED = Record("a refusal of a flattening", order_id=TEXT, code=TEXT, sentence=TEXT)
MARK = Record(
    "a mark of the equity",
    at=MOMENT,
    equity=NUMBER,
    cash=NUMBER,
    **dict.fromkeys(("hold", "highest", "deepest_pct"), maybe(NUMBER)),
)
TOKEN = Record(
    "a token", chain_id=COUNT, address=TEXT, symbol=TEXT, name=TEXT, decimals=COUNT, coingecko_id=maybe(TEXT)
)
BAR = Record("a bar", at=MOMENT, **dict.fromkeys(("open", "high", "low", "close", "volume"), NUMBER), origin=TEXT)
