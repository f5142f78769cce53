"""Valuation: what an account is worth at the prices of now, from scratch or kept up tick by tick."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.domain.ledger import Account
from app.domain.money import NOTHING, added, minus, product, ratio, significant


class Price(NamedTuple):
    """The last known US dollars per whole token, None where none ever was; `live` says whether it is one of now."""

    usd: Decimal | None
    live: bool


UNKNOWN = Price(None, live=False)


@dataclass(frozen=True, slots=True)
class Valued:
    """An account in US dollars. `equity` is cash and `positions_value`; `unrealized` that value less what was paid for
    it; `stale_value` the part of it that no live price stands behind."""

    equity: Decimal
    positions_value: Decimal
    unrealized: Decimal
    stale_value: Decimal

    @property
    def stale_value_pct(self) -> Decimal:
        """The share of the positions' value that no live price stands behind, 0 to 100, to 9 digits."""
        if not self.positions_value:
            return NOTHING
        return significant(product(ratio(self.stale_value, self.positions_value), Decimal(100)), 9)


def valued(account: Account, price_of: Callable[[str], tuple[Decimal | None, bool]]) -> Valued:
    """The account at these prices, by token address. A position is worth its quantity at the last known price; where
    no price was ever known, what it cost, and that counts as stale."""
    value = cost = stale = NOTHING
    for position in account.open_positions:
        price, live = price_of(position.asset)
        worth = position.cost if price is None else product(position.quantity, price)
        value, cost = added(value, worth), added(cost, position.cost)
        if price is None or not live:
            stale = added(stale, worth)
    return Valued(added(account.cash, value), value, added(value, minus(cost)), stale)


class Marks:
    """Many accounts, always marked: a tick touches the positions in its token and no others."""

    def __init__(self) -> None:
        self._prices: dict[str, Price] = {}
        self._sums: dict[str, _Sum] = {}
        self._held: dict[str, dict[str, _Held]] = {}

    def price(self, asset: str) -> Price:
        """The last known price of a token."""
        return self._prices.get(asset, UNKNOWN)

    def tick(self, asset: str, price: Decimal | None, live: bool) -> tuple[str, ...]:
        """Mark all positions in a token, and say whose they are. Without a price the last known one stays, and is not
        live."""
        before = self.price(asset)
        now = Price(before.usd, live=False) if price is None else Price(price, live)
        self._prices[asset] = now
        held = self._held.get(asset, {})
        if before.usd is not None and price is not None and before.live and live:
            # The usual tick: what a price's change makes of the sums is one product, whatever they were.
            change = added(price, minus(before.usd))
            for each in held.values():
                each.of.value = added(each.of.value, product(each.quantity, change))
        else:
            for each in held.values():
                each.move(before, now)
        return tuple(held)

    def put(self, account: Account) -> None:
        """Take an account in, or take its trades and its cash over."""
        self.drop(account.id)
        found = self._sums[account.id] = _Sum(account.cash)
        for position in account.open_positions:
            held = _Held(found, position.quantity, position.cost)
            held.enter(self.price(position.asset))
            found.cost = added(found.cost, position.cost)
            found.assets.append(position.asset)
            self._held.setdefault(position.asset, {})[account.id] = held

    def drop(self, account_id: str) -> None:
        """Let go of an account; one that is not here changes nothing."""
        gone = self._sums.pop(account_id, None)
        for asset in gone.assets if gone else ():
            del self._held[asset][account_id]

    def valued(self, account_id: str) -> Valued:
        """The account at the last prices. Raises KeyError for one that was never put in."""
        found = self._sums[account_id]
        return Valued(added(found.cash, found.value), found.value, added(found.value, minus(found.cost)), found.stale)


class _Sum:
    """What an account's positions come to."""

    __slots__ = ("assets", "cash", "cost", "stale", "value")

    def __init__(self, cash: Decimal) -> None:
        self.cash = cash
        self.cost = self.value = self.stale = NOTHING
        self.assets: list[str] = []


class _Held:
    """A position, and the sums of its account that it is part of."""

    __slots__ = ("cost", "of", "quantity")

    def __init__(self, of: _Sum, quantity: Decimal, cost: Decimal) -> None:
        self.of = of
        self.quantity = quantity
        self.cost = cost

    def enter(self, price: Price) -> None:
        worth = self._worth(price)
        self.of.value = added(self.of.value, worth)
        if not price.live:
            self.of.stale = added(self.of.stale, worth)

    def move(self, before: Price, now: Price) -> None:
        worth = self._worth(before)
        self.of.value = added(self.of.value, minus(worth))
        if not before.live:
            self.of.stale = added(self.of.stale, minus(worth))
        self.enter(now)

    def _worth(self, price: Price) -> Decimal:
        return self.cost if price.usd is None else product(self.quantity, price.usd)
