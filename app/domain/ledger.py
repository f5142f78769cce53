"""The ledger: entries that sum to zero, and the account that they fold into."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from app.domain.money import NOTHING, dollars, minus, product, ratio, total

USD = "USD"


class Book(StrEnum):
    """Whose column a posting stands in. `POOL` is the other side of every swap, `DEPOSITS` of every deposit."""

    CASH = "cash"
    TOKEN = "token"  # noqa: S105
    GAS = "gas"
    DEPOSITS = "deposits"
    POOL = "pool"


class Unbalanced(ValueError):
    """An entry that does not sum to zero for every asset: a bug, never a trader's doing."""


class Overdrawn(ValueError):
    """An entry that would leave less than nothing of something: a bug, never a trader's doing."""


@dataclass(frozen=True, slots=True)
class Posting:
    """`amount` of `asset` (USD, or a token's address in lower case) into a book; negative is out of it."""

    book: Book
    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """What one event did to the books. `number` counts an account's entries from 1.

    `fee_usd` and `impact_usd` are parts of what was paid, noted beside the entry and posted nowhere.
    Raises Unbalanced.
    """

    number: int
    at: datetime
    postings: tuple[Posting, ...]
    fee_usd: Decimal = NOTHING
    impact_usd: Decimal = NOTHING

    def __post_init__(self) -> None:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for posting in self.postings:
            sums[posting.asset] = total(sums[posting.asset], posting.amount)
        if not self.postings or any(sums.values()):
            raise Unbalanced(f"entry {self.number} does not sum to zero")


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of one token: `cost` is the dollars paid for the `quantity` that is left, at average cost.

    `bought` whole tokens for `paid` dollars, and `realized`, are those since it was opened.
    """

    asset: str
    quantity: Decimal
    cost: Decimal
    bought: Decimal
    paid: Decimal
    realized: Decimal
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def average_entry_price(self) -> Decimal:
        """US dollars per whole token, all-in: of what is held, or once nothing is, of all that was bought."""
        return ratio(self.cost, self.quantity) if self.quantity else ratio(self.paid, self.bought)

    @property
    def is_open(self) -> bool:
        return self.quantity > 0


@dataclass(frozen=True, slots=True)
class Account:
    """The fold of an account's entries. All in US dollars; nothing here is ever below zero but `realized`, `impact`.

    `version` is the number of the last entry. `positions` holds open ones and, after they are sold, the last of
    each token with nothing in it.
    """

    id: str
    version: int = 0
    cash: Decimal = NOTHING
    deposits: Decimal = NOTHING
    realized: Decimal = NOTHING
    gas: Decimal = NOTHING
    fees: Decimal = NOTHING
    impact: Decimal = NOTHING
    positions: Mapping[str, Position] = field(default_factory=lambda: MappingProxyType[str, Position]({}))

    @property
    def open_positions(self) -> list[Position]:
        return [position for position in self.positions.values() if position.is_open]

    def held(self, asset: str) -> Decimal:
        """Whole tokens held of an asset."""
        position = self.positions.get(asset)
        return position.quantity if position else NOTHING

    @property
    def cost(self) -> Decimal:
        """What was paid for all that is held."""
        return total(*(position.cost for position in self.positions.values()))

    @property
    def residual(self) -> Decimal:
        """By how much the books fail to balance: cash + cost − (deposits + realized − gas). Zero, or we have a bug."""
        return total(self.cash, self.cost, minus(self.deposits), minus(self.realized), self.gas)


def posted(account: Account, entry: Entry) -> Account:
    """The account after one more entry. Raises Overdrawn, and ValueError for an entry out of turn."""
    if entry.number != account.version + 1:
        raise ValueError(f"entry {entry.number} does not follow version {account.version}")
    moved: dict[Book, Decimal] = dict.fromkeys(Book, NOTHING)
    tokens: dict[str, Decimal] = {}
    for posting in entry.postings:
        if posting.book is Book.TOKEN:
            tokens[posting.asset] = total(tokens.get(posting.asset, NOTHING), posting.amount)
        elif posting.asset == USD:
            moved[posting.book] = total(moved[posting.book], posting.amount)
    positions, realized = account.positions, account.realized
    for asset, quantity in tokens.items():
        position, gained = _traded(account.positions.get(asset), asset, quantity, moved[Book.POOL], entry.at)
        positions, realized = MappingProxyType({**positions, asset: position}), total(realized, gained)
    cash = total(account.cash, moved[Book.CASH])
    if cash < 0:
        raise Overdrawn(f"entry {entry.number} overdraws the cash")
    return replace(
        account,
        version=entry.number,
        cash=cash,
        deposits=total(account.deposits, minus(moved[Book.DEPOSITS])),
        realized=realized,
        gas=total(account.gas, moved[Book.GAS]),
        fees=total(account.fees, entry.fee_usd),
        impact=total(account.impact, entry.impact_usd),
        positions=positions,
    )


def folded(account_id: str, entries: Iterable[Entry]) -> Account:
    """The account that these entries, in their order, make. Raises Overdrawn, ValueError."""
    account = Account(account_id)
    for entry in entries:
        account = posted(account, entry)
    return account


def deposit(number: int, at: datetime, amount: Decimal) -> Entry:
    """The entry that opens an account with dollars."""
    return Entry(number, at, (Posting(Book.CASH, USD, amount), Posting(Book.DEPOSITS, USD, minus(amount))))


def gas_paid(amount: Decimal) -> tuple[Posting, ...]:
    """The postings that charge gas in dollars to the cash."""
    return (Posting(Book.CASH, USD, minus(amount)), Posting(Book.GAS, USD, amount)) if amount else ()


def swapped(asset: str, quantity: Decimal, value: Decimal) -> tuple[Posting, ...]:
    """The postings of a swap: `quantity` tokens for `value` dollars. Both positive for a buy, negative for a sell."""
    return (
        Posting(Book.CASH, USD, minus(value)),
        Posting(Book.POOL, USD, value),
        Posting(Book.TOKEN, asset, quantity),
        Posting(Book.POOL, asset, minus(quantity)),
    )


def _traded(
    before: Position | None, asset: str, quantity: Decimal, value: Decimal, at: datetime
) -> tuple[Position, Decimal]:
    """The position after a trade, and what was realized by it: dollars received less the average cost of what left.

    `quantity` and `value` are signed as in `swapped`.
    """
    held = before if before and before.is_open else _opened(asset, at)
    left = total(held.quantity, quantity)
    if left < 0:
        raise Overdrawn(f"more than was held of {asset} is sold")
    if quantity >= 0:
        bought, paid = total(held.bought, quantity), total(held.paid, value)
        return replace(held, quantity=left, cost=total(held.cost, value), bought=bought, paid=paid), NOTHING
    # The last of a position takes all of its cost along: nothing is left over from rounding.
    cost = held.cost if not left else dollars(ratio(product(held.cost, minus(quantity)), held.quantity))
    gained = total(minus(value), minus(cost))
    closed_at = at if not left else None
    sold = replace(held, quantity=left, cost=total(held.cost, minus(cost)), closed_at=closed_at)
    return replace(sold, realized=total(held.realized, gained)), gained


def _opened(asset: str, at: datetime) -> Position:
    return Position(asset, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, at)
