"""A shadow: one ledger that one level of the bot trades, by the same execution and costs as the person's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.bot.bids import bid_of
from app.bot.exits import Exit, Leg, step, tightened, triggers
from app.bot.levels import Level
from app.bot.market import Book, Market
from app.domain.bids import Bid
from app.domain.books import Books, Change, applied, settled
from app.domain.bots import Holding
from app.domain.drawdown import Drawdown
from app.domain.execution import Deal
from app.domain.money import divided_down
from app.domain.orders import Order, Origin, Side, Size, SizeUnit, Ticket
from app.domain.prices import Consensus, PriceState
from app.domain.quotes import Ask, Rates, Swap, bidding, priced
from app.domain.quotes import Leg as Exact
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.domain.valuation import Marks
from app.trading.diary import Diary
from app.trading.holdings import book_of, bought, held_of, less, share_of
from app.trading.terms import NO_LIMIT, Entry, Terms, called_off

_ALL = Decimal(1)
_NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a token trades at a moment: what the market's pools would do with an ask at a price, in dollars by `rates`.
    `asset` is the token's address in lower case, `at` the market's time."""

    token: Token
    usdc: Token
    asset: str
    at: datetime
    rates: Rates
    pool: Callable[[Ask, Decimal], Swap | Refusal]


@dataclass(frozen=True, slots=True)
class Intent:
    """What was decided at a bar's close and waits for the next price: to buy for so many dollars, or to sell all that
    is held where that is None. It lapses after `until`. `stop_pct` is how far below its entry a buy is given up.
    `bid` is what gas is paid at: without one, as the level does where it knows no indicators. `liquidity_usd` is the
    one that a buy was decided on; it is not kept over a restart."""

    usd: Decimal | None
    until: datetime
    reason: str
    stop_pct: float = 0.0
    bid: Bid | None = None
    liquidity_usd: float | None = field(default=NO_LIMIT, compare=False)


@dataclass(slots=True)
class Written:
    """What has happened since it was last written down: changes of the books, and whose holdings have changed."""

    changes: list[Change]
    touched: set[str]
    remembers: bool = True


class Shadow:
    """One level's ledger. Nothing here waits or is written: whoever holds it takes what has changed to the disk.

    `holdings` are by token address; `refused` is why the last intent came to nothing, for people.
    """

    def __init__(
        self, level: Level, books: Books, marks: Marks, holdings: Mapping[str, Holding] | None = None,
        diary: Diary | None = None,
    ) -> None:  # fmt: skip
        self.level = level
        self.books = books
        self.marks = marks
        self.holdings = dict(holdings or {})
        self.diary = diary or Diary()
        self.intents: dict[str, Intent] = {}
        self.drawdown = Drawdown()
        self.refused: Refusal | None = None
        self.written = Written([], set())
        self._triggers: dict[str, tuple[Decimal, Decimal | None]] = {}
        marks.put(books.account)

    @property
    def account_id(self) -> str:
        return self.books.account.id

    @property
    def equity(self) -> Decimal:
        """US dollars at the last prices."""
        return self.marks.valued(self.account_id).equity

    def see(self, at: datetime) -> Decimal:
        """The equity at the last prices; its drawdown sees it too, unless a price that is not live, or none, stands in
        it, and so does its day. A new day begins here."""
        worth = self.marks.valued(self.account_id)
        if not worth.stale_value:
            self.drawdown.see(worth.equity)
        self.diary.turn(at, worth.equity, self.books.account, self.marks.price)
        return worth.equity

    # -- what a price does

    def meet(self, stand: Stand, price: Decimal, terms: Terms = _NO_TERMS) -> None:
        """Do what was decided at the last close, at this price: the first after it. A buy has to keep to the terms that
        are in force by now."""
        asset = stand.asset
        intent = self.intents.pop(asset, None)
        if intent is None or stand.at > intent.until:
            return
        if intent.usd is None:
            if asset in self.holdings:
                self._sell(stand, Exit(price, _ALL, intent.reason), intent.bid)
        else:
            entry = Entry(stand.token, intent.usd, self.level, terms.worst_bps, intent.liquidity_usd)
            refusal = called_off(terms, entry, self.diary, self.holdings.keys())
            if refusal:
                self.refused = refusal
                return
            self._buy(stand, price, intent, terms.worst_bps)

    def walk(self, stand: Stand, legs: tuple[Leg, ...]) -> None:
        """Let the price go this way, and sell what it touches."""
        asset = stand.asset
        for leg in legs:
            rest = leg
            while self.minds(asset, min(rest), max(rest)):
                before = self.holdings[asset]
                holding, sale = step(before, self.level, rest)
                self._keep(asset, holding)
                if sale is None:
                    break
                if not self._sell(stand, sale):
                    self._keep(asset, before)
                    break
                rest = Leg(sale.price, rest.end) if leg.begin != leg.end else rest

    def walk_worst(self, stand: Stand, ways: Sequence[tuple[Leg, ...]]) -> None:
        """Let the price go the one of these ways that leaves the least at its end."""
        if len(ways) == 1:
            self.walk(stand, ways[0])
            return
        ends: list[tuple[Decimal, tuple[Any, ...]]] = []
        for way in ways:
            before = self._saved()
            self.walk(stand, way)
            self.marks.tick(stand.asset, way[-1].end, live=True)
            ends.append((self.equity, self._saved()))
            self._restore(before)
        self._restore(min(ends, key=lambda end: end[0])[1])

    def end(self, stand: Stand, price: Decimal, reason: str) -> None:
        """Sell what is held of the token, because nothing follows."""
        if stand.asset in self.holdings:
            self._sell(stand, Exit(price, _ALL, reason))

    def close(self, asset: str, price: Decimal) -> None:
        """A bar of the token has closed at this price."""
        holding = self.holdings.get(asset)
        if holding is None:
            return
        if price > holding.highest:
            self._keep(asset, tightened(holding.seen(price), self.level, price))

    def minds(self, asset: str, low: Decimal, high: Decimal) -> bool:
        """Whether a price that has been this low and this high has touched anything."""
        holding = self.holdings.get(asset)
        if holding is None:
            return False
        stop, target = self._levels(asset, holding)
        return low <= stop or (target is not None and high >= target) or (holding.rungs > 0 and high > holding.highest)

    def book(self, market: Market, terms: Terms, at: datetime, equity: Decimal) -> Book:
        """The ledger as a decision looks at it, at this equity in US dollars."""
        asset, holding = market.address, self.holdings.get(market.address)
        price = self.marks.price(asset).usd
        return book_of(
            market,
            None if holding is None else held_of(holding, price, self._levels(asset, holding), at),
            self.holdings.keys(),
            self._buying,
            (self.books.account.cash, equity),
            self.diary,
            self.drawdown,
            terms,
            self.diary.rested_h(asset, at),
            self.diary.kelly_pct() if self.level.stop_pct is None else None,
        )

    # -- how

    @property
    def _buying(self) -> set[str]:
        """What will be bought at the next price counts as held already."""
        return {asset for asset, intent in self.intents.items() if intent.usd is not None}

    def _levels(self, asset: str, holding: Holding) -> tuple[Decimal, Decimal | None]:
        found = self._triggers.get(asset)
        if found is None:
            found = self._triggers[asset] = triggers(holding)
        return found

    def _saved(self) -> tuple[Any, ...]:
        """Everything that a walk changes."""
        written = Written(list(self.written.changes), set(self.written.touched))
        return self.books, dict(self.holdings), self.diary.copy(), self.refused, written

    def _restore(self, saved: tuple[Any, ...]) -> None:
        self.books, self.holdings, self.diary, self.refused, self.written = saved
        self._triggers.clear()
        self.marks.put(self.books.account)

    def _keep(self, asset: str, holding: Holding) -> None:
        self.holdings[asset] = holding
        self._triggers.pop(asset, None)
        self.written.touched.add(asset)

    def _buy(self, stand: Stand, price: Decimal, intent: Intent, worst_bps: Decimal | None) -> None:
        assert intent.usd is not None
        amount = divided_down(intent.usd, stand.rates.usdc, stand.usdc.decimals)
        ask = Ask(stand.token, stand.usdc, Side.BUY, Exact.PAY, amount)
        ticket = self._ticket(stand, ask, Size(SizeUnit.USD, intent.usd), intent.reason)
        trade = self._trade(stand, price, ask, replace(ticket, worst_bps=worst_bps), intent.bid)
        if trade is None:
            return
        before = self.holdings.get(stand.asset)
        after = bought(before, trade, intent.stop_pct, self.level.number)
        self._keep(stand.asset, tightened(after, self.level, price))

    def _sell(self, stand: Stand, sale: Exit, bid: Bid | None = None) -> bool:
        """Sell a share of what is held; all of it where less would be none."""
        asset = stand.asset
        holding = self.holdings[asset]
        quantity = share_of(holding, sale.share, stand.token.decimals)
        ask = Ask(stand.token, stand.usdc, Side.SELL, Exact.PAY, quantity)
        ticket = self._ticket(stand, ask, Size(SizeUnit.QUANTITY, quantity), sale.reason)
        trade = self._trade(stand, sale.price, ask, ticket, bid)
        if trade is None:
            return False
        left = less(holding, quantity)
        if left is None:
            self.written.touched.add(asset)
            del self.holdings[asset]
        else:
            self._keep(asset, left)
        return True

    def _ticket(self, stand: Stand, ask: Ask, size: Size, reason: str) -> Ticket:
        order_id = f"{self.account_id}-b{self.books.account.version + 1}"
        out = ask.side is Side.SELL
        return Ticket(order_id, stand.token, ask.side, size, origin=Origin.BOT, gets_out=out, why=reason)

    def _trade(self, stand: Stand, price: Decimal, ask: Ask, ticket: Ticket, bid: Bid | None) -> Trade | None:
        """Execute it on the books as they are; None where it is refused, and nothing has changed then."""
        swap = stand.pool(ask, price)
        if isinstance(swap, Refusal):
            self.refused = swap
            return None
        quote = bidding(priced(swap, stand.rates), bid or bid_of(self.level, None))
        order = Order(ticket, self.account_id, stand.at, "")
        change = settled(self.books, Deal(order, quote, Consensus(stand.token.key, PriceState.LIVE, price), stand.at))
        if isinstance(change, Refusal):
            self.refused = change
            return None
        return self._take(change)

    def _take(self, change: Change) -> Trade:
        assert change.trade is not None
        self.books = applied(self.books, change)
        self.marks.put(self.books.account)
        self.diary.note(change.trade, change.closed[0][1] if change.closed else None)
        self.written.changes.append(change)
        return change.trade
