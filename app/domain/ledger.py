"""The ledger: entries that sum to zero, and the account that they fold into."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from app.domain.money import NOTHING, added, dollars, minus, product, ratio, total

USD = "USD"


class Book(StrEnum):
    """Whose column a posting stands in. `POOL` is the other side of every swap, `DEPOSITS` of every deposit."""

    CASH = "cash"
    TOKEN = "token"  # noqa: S105
    GAS = "gas"
    DEPOSITS = "deposits"
    POOL = "pool"


# A start posts hundreds of thousands of times: looking a member up in its enum would be a tenth of that.
_CASH, _TOKEN, _GAS, _POOL = Book.CASH, Book.TOKEN, Book.GAS, Book.POOL


class Unbalanced(ValueError):
    """An entry that does not sum to zero for every asset: a bug, never a trader's doing."""


class Misposted(ValueError):
    """An entry that would lose what it moves: dollars among the tokens, tokens among the dollars, two tokens at one
    price, or dollars for no tokens. A bug, never a trader's doing."""


class Overdrawn(ValueError):
    """An entry that would leave less than nothing of something: a bug, never a trader's doing."""


class Posting(NamedTuple):
    """`amount` of `asset` (USD, or a token's address in lower case) into a book; negative is out of it."""

    book: Book
    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """What one event did to the books. `number` counts an account's entries from 1.

    `fee_usd` and `impact_usd` are parts of what was paid, noted beside the entry and posted nowhere.
    Raises Unbalanced, Misposted.
    """

    number: int
    at: datetime
    postings: tuple[Posting, ...]
    fee_usd: Decimal = NOTHING
    impact_usd: Decimal = NOTHING

    def __post_init__(self) -> None:
        sums: dict[str, Decimal] = {}
        for book, asset, amount in self.postings:
            if (asset == USD) is (book is _TOKEN) and book is not _POOL:
                raise Misposted(f"entry {self.number} has {asset} in the book {book}")
            before = sums.get(asset)
            sums[asset] = amount if before is None else added(before, amount)
        if not sums or any(sums.values()):
            raise Unbalanced(f"entry {self.number} does not sum to zero")
        if len(sums) > 1 + (USD in sums):
            raise Misposted(f"entry {self.number} moves more than one token")


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
    """The account after one more entry. Raises Overdrawn, Misposted, and ValueError for an entry out of turn."""
    running = _Running(account)
    running.post(entry)
    return running.account()


def folded(account_id: str, entries: Iterable[Entry]) -> Account:
    """The account that these entries, in their order, make. Raises Overdrawn, Misposted, ValueError."""
    running = _Running(Account(account_id))
    for entry in entries:
        running.post(entry)
    return running.account()


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


class _Lot:
    """A position while entries are posted; its fields are those of a Position."""

    __slots__ = ("bought", "closed_at", "cost", "opened_at", "paid", "quantity", "realized")

    def __init__(self, opened_at: datetime) -> None:
        self.quantity = self.cost = self.bought = self.paid = self.realized = NOTHING
        self.opened_at = opened_at
        self.closed_at: datetime | None = None

    def buy(self, quantity: Decimal, value: Decimal) -> None:
        if value < 0:
            raise Misposted("tokens and dollars move the same way")
        self.quantity, self.cost = added(self.quantity, quantity), added(self.cost, value)
        self.bought, self.paid = added(self.bought, quantity), added(self.paid, value)

    def sell(self, quantity: Decimal, value: Decimal, at: datetime) -> Decimal:
        """Both are positive. What is realized: dollars received less the average cost of what leaves."""
        left = added(self.quantity, minus(quantity))
        if left < 0:
            raise Overdrawn("more is sold than was held")
        if value < 0:
            raise Misposted("tokens and dollars move the same way")
        # The last of a position takes all of its cost along: nothing is left over from rounding.
        cost = dollars(ratio(product(self.cost, quantity), self.quantity)) if left else self.cost
        gained = added(value, minus(cost))
        self.quantity, self.cost, self.realized = left, added(self.cost, minus(cost)), added(self.realized, gained)
        self.closed_at = None if left else at
        return gained

    def position(self, asset: str) -> Position:
        return Position(
            asset, self.quantity, self.cost, self.bought, self.paid, self.realized, self.opened_at, self.closed_at
        )


class _Running:
    """An account while entries are posted to it: changed in place, since a start posts a hundred thousand."""

    def __init__(self, before: Account) -> None:
        self.before = before
        self.version, self.cash, self.deposits, self.gas = before.version, before.cash, before.deposits, before.gas
        self.realized, self.fees, self.impact = before.realized, before.fees, before.impact
        self.lots: dict[str, _Lot] = {}

    def post(self, entry: Entry) -> None:
        if entry.number != self.version + 1:
            raise ValueError(f"entry {entry.number} does not follow version {self.version}")
        self.version = entry.number
        pool = quantity = NOTHING
        token = ""
        for book, asset, amount in entry.postings:
            if book is _TOKEN:
                token, quantity = asset, added(quantity, amount)
            elif book is _CASH:
                self.cash = added(self.cash, amount)
            elif book is _GAS:
                self.gas = added(self.gas, amount)
            elif book is _POOL:
                pool = added(pool, amount) if asset == USD else pool
            else:
                self.deposits = added(self.deposits, minus(amount))
        if self.cash < 0:
            raise Overdrawn(f"entry {entry.number} overdraws the cash")
        self._trade(token, quantity, pool, entry)

    def _trade(self, token: str, quantity: Decimal, value: Decimal, entry: Entry) -> None:
        """`quantity` and `value` are signed as in `swapped`."""
        if quantity > 0:
            self._lot(token, entry.at).buy(quantity, value)
        elif quantity < 0:
            gained = self._lot(token, entry.at).sell(minus(quantity), minus(value), entry.at)
            self.realized = added(self.realized, gained)
        elif token or value:
            raise Misposted(f"entry {entry.number} swaps for no tokens")
        self.fees, self.impact = added(self.fees, entry.fee_usd), added(self.impact, entry.impact_usd)

    def _lot(self, token: str, at: datetime) -> _Lot:
        lot = self.lots.get(token)
        if lot is None:
            lot = self.lots[token] = _lot_of(self.before.positions.get(token), at)
        elif not lot.quantity:
            lot = self.lots[token] = _Lot(at)
        return lot

    def account(self) -> Account:
        positions = dict(self.before.positions)
        positions.update((asset, lot.position(asset)) for asset, lot in self.lots.items())
        return Account(
            self.before.id,
            self.version,
            self.cash,
            self.deposits,
            self.realized,
            self.gas,
            self.fees,
            self.impact,
            MappingProxyType(positions) if self.lots else self.before.positions,
        )


def _lot_of(position: Position | None, at: datetime) -> _Lot:
    """What an open position holds; an empty lot opened now where there is none."""
    if position is None or not position.is_open:
        return _Lot(at)
    lot = _Lot(position.opened_at)
    lot.quantity, lot.cost, lot.realized = position.quantity, position.cost, position.realized
    lot.bought, lot.paid = position.bought, position.paid
    return lot
