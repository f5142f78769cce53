"""The diary of a ledger that a bot trades: its day, its rests and its record, which limits and sizes are taken from."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import pvariance
from typing import Any

from app.bot.market import seen
from app.domain.ledger import Account, Position
from app.domain.money import NOTHING, added, minus, plain, product, ratio, total
from app.domain.trades import Trade
from app.domain.valuation import Price

# Level 10 trusts its record once it has so many round trips, and remembers the last of them.
ENOUGH, REMEMBERED = 30, 100
# After a start prices come one after the other; what was remembered of the others may be hours old.
_WAITS = timedelta(minutes=5)


@dataclass(slots=True)
class Diary:
    """One ledger's.

    `day` is the UTC day on the market's clock, `began` the equity at its beginning in US dollars, `lowest` the lowest
    since, `trades` how many there were. `prices` are the last live ones of what is held, or what was paid, in US
    dollars per token, and `late` the tokens that have had none since the day began: their day begins with their first.
    `sold` is when the bot last sold out of a token, by address, `gas` the dollars of gas that its open positions have
    cost so far; `returns` are its last round trips' gains after gas, as fractions of what was paid.
    """

    day: str = ""
    began: Decimal | None = None
    lowest: Decimal | None = None
    trades: int = 0
    sold: dict[str, datetime] = field(default_factory=dict[str, datetime])
    gas: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    returns: deque[float] = field(default_factory=lambda: deque[float](maxlen=REMEMBERED))
    prices: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    late: set[str] = field(default_factory=set[str])
    # When this process looked first, and which of the tokens it has seen a live price of.
    _since: datetime | None = field(default=None, repr=False, compare=False)
    _seen: set[str] = field(default_factory=set[str], repr=False, compare=False)
    # Asked for at every decision, and another one only once a trade has closed or the equity has fallen.
    _kelly_pct: float | None = field(init=False, repr=False, compare=False)
    _loss_pct: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._kelly_pct, self._loss_pct = _kelly_pct(self.returns), _loss_pct(self.began, self.lowest)

    def turn(self, at: datetime, equity: Decimal, account: Account, price_of: Callable[[str], Price]) -> bool:
        """This is the equity now, of this account at these prices by token address; a new day begins with it. What has
        no live price counts at its last one, or at its cost: it is neither gain nor loss. Whether there is anything new
        to remember."""
        self._since, today = self._since or at, at.date().isoformat()
        if today > self.day:
            self.day, self.began, self.lowest, self.trades, self._loss_pct = today, None, None, 0, 0.0
        before, silent = self.prices, self._look(account, price_of)
        if silent:
            worth = (product(position.quantity, self.prices[position.asset]) for position in account.open_positions)
            equity = total(account.cash, *worth)
        if self.began is None or self.lowest is None:
            self.began, self.lowest, self.late = equity, equity, silent
            return True
        found = self.late and self.late & (self.prices.keys() - silent)
        for asset in found:
            late = product(account.held(asset), added(self.prices[asset], minus(before.get(asset, NOTHING))))
            self.began, self.lowest = added(self.began, late), added(self.lowest, late)
        self.late &= silent
        # What is remembered from before a start is not taken for the last price at once.
        waits = silent and silent - self.late - self._seen and at - self._since < _WAITS
        is_lower = equity < self.lowest and not waits
        if is_lower:
            self.lowest = equity
        if is_lower or found:
            self._loss_pct = _loss_pct(self.began, self.lowest)
        return is_lower or bool(found)

    def _look(self, account: Account, price_of: Callable[[str], Price]) -> set[str]:
        """Take the live prices of what is held over; the tokens that have none."""
        before, self.prices, silent = self.prices, {}, set[str]()
        for position in account.open_positions:
            asset, (usd, live) = position.asset, price_of(position.asset)
            if live and usd is not None:
                self.prices[asset] = usd
                self._seen.add(asset)
                continue
            silent.add(asset)
            known = before.get(asset)
            self.prices[asset] = ratio(position.cost, position.quantity) if known is None else known
        return silent

    @property
    def loss_pct(self) -> float:
        """How far the equity has been below the day's first, in percent: who has lost too much rests until the next
        day, whatever the price does."""
        return self._loss_pct

    def note(self, trade: Trade, closed: Position | None) -> None:
        """One more trade of the bot's, and the position that it has closed."""
        self.trades += 1
        asset = trade.token.key.address
        gas = total(self.gas.get(asset, NOTHING), trade.gas_usd)
        if closed is None:
            self.gas[asset] = gas
            return
        self.gas.pop(asset, None)
        self.sold[asset] = trade.at
        self.returns.append(seen(ratio(total(closed.realized, minus(gas)), closed.paid)))
        self._kelly_pct = _kelly_pct(self.returns)

    def rested_h(self, asset: str, at: datetime) -> float:
        """Hours since the token was sold out of; infinite if it never was."""
        sold = self.sold.get(asset)
        return float("inf") if sold is None else (at - sold).total_seconds() / 3600.0

    def kelly_pct(self) -> float | None:
        """Half of Kelly's share of equity in percent, mean over variance of the returns (Thorp 1997, for many small
        bets); None until there are enough of them."""
        return self._kelly_pct

    def copy(self) -> "Diary":
        """Another of its own, which goes on from here."""
        return replace(self, sold=dict(self.sold), gas=dict(self.gas), returns=self.returns.copy(), late=set(self.late))

    def kept(self) -> dict[str, object]:
        """The diary as JSON can keep it."""
        return {
            "day": self.day,
            "began": _text(self.began),
            "lowest": _text(self.lowest),
            "trades": self.trades,
            "sold": {asset: at.isoformat() for asset, at in self.sold.items()},
            "gas": {asset: plain(gas) for asset, gas in self.gas.items()},
            "returns": list(self.returns),
            "prices": {asset: plain(price) for asset, price in self.prices.items()},
            "late": sorted(self.late),
        }


def diary_of(kept: Mapping[str, Any]) -> Diary:
    """The diary that was kept. The first releases kept no prices."""
    return Diary(
        kept["day"],
        _exact(kept["began"]),
        _exact(kept["lowest"]),
        kept["trades"],
        {asset: datetime.fromisoformat(at) for asset, at in kept["sold"].items()},
        {asset: Decimal(gas) for asset, gas in kept["gas"].items()},
        deque(kept["returns"], maxlen=REMEMBERED),
        {asset: Decimal(price) for asset, price in kept.get("prices", {}).items()},
        set(kept.get("late", ())),
    )


def _kelly_pct(returns: Sequence[float]) -> float | None:
    if len(returns) < ENOUGH:
        return None
    mean = sum(returns) / len(returns)
    # Exact, so that returns which do not vary have none.
    variance = pvariance(returns)
    return 50.0 * mean / variance if variance > 0 else 0.0


def _loss_pct(began: Decimal | None, lowest: Decimal | None) -> float:
    if began is None or lowest is None or began <= 0:
        return 0.0
    return max(0.0, 100.0 * (1.0 - seen(lowest) / seen(began)))


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _exact(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
