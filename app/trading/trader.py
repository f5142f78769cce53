"""The trader: the bot at the person's account. It knocks at the desk's door like anybody else."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from app.bot.bids import bid_of
from app.bot.exits import Exit, jump, step, stop_pct, tightened, triggers
from app.bot.indicators import Row
from app.bot.levels import Level, level
from app.bot.market import Book, Market
from app.domain.books import Books, Change
from app.domain.bots import BotState, Holding
from app.domain.decisions import Decision, Verdict
from app.domain.drawdown import Drawdown
from app.domain.fields import as_field
from app.domain.money import added, minus, plain
from app.domain.orders import Origin, Side, Ticket
from app.domain.prices import PriceState
from app.domain.refusal import Refusal
from app.domain.registry import priced_as
from app.domain.tickets import Asked
from app.domain.tokens import Token, TokenKey
from app.domain.trades import Trade, TradeStatus
from app.domain.valuation import UNKNOWN, Price, Valued
from app.trading.desk import Desk
from app.trading.diary import Diary, diary_of
from app.trading.holdings import book_of, bought, held_of, less, rungs_of, share_of
from app.trading.repeats import Outcome, Placed
from app.trading.terms import Entry, Terms, called_off, liquidity_of

_log = logging.getLogger("drydock.trade")

# Gives a decision to sell its place in the log, and comes back with its id.
Log = Callable[[Token, Exit], Awaitable[str]]
# The level that decided it, and the indicators that it was decided on: gas is bid by them.
_By = tuple[Level, Row | None]


class Trader:
    """What the bot holds on a person's account, and how it buys and sells there: only what it bought itself.

    `holdings` are by token address. `notice` never waits, so that no tick is missed; `work` sells what was touched.
    `upto` is the number of the last trade that is in the holdings: after a crash the rest is read from the ledger.
    `buying` are tokens that were decided to be bought and are not yet.
    """

    def __init__(self, desk: Desk, terms: Terms) -> None:
        self.desk = desk
        self.terms = terms
        self.state = BotState.STOPPED
        self.level: Level = level(5)
        self.holdings: dict[str, Holding] = {}
        self.diary = Diary()
        self.upto = 0
        self.buying: set[str] = set()
        self._stops: dict[str, tuple[float, int]] = {}
        self._leaving: dict[str, tuple[Token, Exit]] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._changed: set[str] = set()
        self._news = False
        self._selling = asyncio.Lock()

    # -- what it remembers

    def recall(self, holdings: dict[str, Holding], memory: str | None, since: Iterable[Trade]) -> None:
        """Go on where it was left: what was kept, and the trades that came after that."""
        self.holdings = dict(holdings)
        if memory is None:
            self.upto, self._news = self.desk.books.account.version, True
            return
        kept = json.loads(memory)
        self.diary, self.upto = diary_of(kept["diary"]), kept["upto"]
        for trade in since:
            self.hear(trade)
        for asset in list(self.holdings):
            self._never_more_than_is_there(asset, self.desk.venue.now())

    async def keep(self) -> None:
        """Put what has changed on disk."""
        if not self._news:
            return
        changed, self._changed, self._news = self._changed, set(), False
        gone = Holding("", Decimal(0), Decimal(0), self.desk.venue.now(), Decimal(0), Decimal(0))
        rows = tuple(self.holdings.get(asset) or replace(gone, asset=asset) for asset in sorted(changed))
        memory = json.dumps({"diary": self.diary.kept(), "upto": self.upto})

        def decide(books: Books) -> Change:
            return Change(books.account, holdings=rows, memory=memory)

        kept = await self.desk.rounds.settle(self.desk.session.id, decide)
        if isinstance(kept, Refusal):
            self._changed, self._news = self._changed | changed, True

    # -- what it hears

    def hear(self, trade: Trade) -> None:
        """A trade on the account, whoever made it."""
        if trade.number <= self.upto:
            return
        self.upto, self._news = trade.number, True
        asset, before = trade.token.key.address, self.holdings.get(trade.token.key.address)
        if trade.status is not TradeStatus.FILLED:
            return
        if trade.origin is Origin.BOT and trade.side is Side.BUY:
            pct, number = self._stops.pop(trade.order_id, (stop_pct(self.level, None, 0.0), self.level.number))
            self._set(asset, bought(before, trade, pct, number))
            self.diary.note(trade, None)
        elif before is not None and trade.origin is Origin.BOT:
            rungs = rungs_of(trade.reason, before.rungs)
            # What was touched while it was sold was touched with what is gone.
            self._leaving.pop(asset, None)
            left = less(replace(before, rungs=rungs).seen(trade.mid_price), trade.quantity)
            self._set(asset, left)
            position = self.desk.books.account.positions.get(asset)
            self.diary.note(trade, position if left is None and position and not position.is_open else None)
            if left is None:
                self.diary.sold[asset] = trade.at
        if trade.side is Side.SELL and trade.origin is not Origin.BOT:
            self._never_more_than_is_there(asset, trade.at)

    def notice(self, keys: Iterable[TokenKey]) -> None:
        """These prices have ticked: remember what they touch. Only live ones do, and only while the bot is at work."""
        if self.state is BotState.STOPPED:
            self._leaving.clear()
            return
        ticked = set(keys)
        for asset, holding in list(self.holdings.items()):
            token = self._token(asset)
            if token is None or (priced_as(token) or token).key not in ticked:
                continue
            held = self.desk.venue.price(token)
            if held.state is PriceState.LIVE and held.price is not None:
                self._touch(token, holding, held.price)

    # -- what it does

    def exits_of(self, asset: str) -> tuple[Decimal, Decimal | None] | None:
        """Under which price it sells what it holds of the token, and at which it takes the next profit; None where it
        holds none."""
        holding = self.holdings.get(asset)
        return None if holding is None else triggers(holding)

    def book(self, market: Market, worth: Valued, drawdown: Drawdown, at: datetime, kelly_pct: float | None) -> Book:
        """The account as a decision looks at it, at what it is worth now."""
        self._news = self.diary.turn(at, worth.equity, self.desk.books.account, self._mark) or self._news
        asset, holding = market.address, self.holdings.get(market.address)
        price = None if holding is None else self._mark(asset).usd
        return book_of(
            market,
            None if holding is None else held_of(holding, price, triggers(holding), at),
            self.holdings.keys(),
            self.buying,
            (self.desk.books.account.cash, worth.equity),
            self.diary,
            drawdown,
            self.terms,
            self.diary.rested_h(asset, at),
            kelly_pct if self.level.stop_pct is None else None,
        )

    async def act(self, token: Token, market: Market, decision: Decision, decision_id: str) -> Outcome | None:
        """Do what was decided at a bar's close, as far as the bot's state lets it. None where nothing is to be done."""
        if self.state is BotState.RUNNING and decision.verdict is Verdict.BUY:
            order_id, decided = f"bot-{decision_id}", level(decision.level)
            self._stops[order_id] = stop_pct(decided, market.row, market.interval_s), decided.number
            asked = Asked(order_id, Side.BUY.value, amount_usd=plain(decision.size_usd))
            entry = Entry(token, decision.size_usd, decided, self.terms.worst_bps, liquidity_of(market))
            outcome = await self._place(asked, token, decision_id, "entry", (decided, market.row), entry)
            if isinstance(outcome, Refusal):
                # Nobody will fill it any more.
                self._stops.pop(order_id, None)
            return outcome
        if self.state is not BotState.STOPPED and decision.verdict is Verdict.SELL:
            reason = decision.first_failed or ""
            if reason in ("patience", "strength"):
                async with self._selling:
                    sale, by = Exit(Decimal(0), Decimal(1), reason), (level(decision.level), market.row)
                    return await self._sell(token, sale, decision_id, by)
        return None

    async def work(self, log: Log) -> None:
        """Sell what was touched since the last time; on disk when this returns."""
        leaving, self._leaving = self._leaving, {}
        for token, sale in leaving.values():
            try:
                async with self._selling:
                    await self._leave(token, sale, log)
            except Exception:  # noqa: BLE001 - one token's failure is told, and keeps no other one in
                _log.exception("[TRADE] token=%s sale=failed", as_field(token.symbol))
        await self.keep()

    @property
    def is_leaving(self) -> bool:
        """Whether something was touched that has not been sold yet, and may be."""
        return bool(self._leaving) and self.state is not BotState.STOPPED

    # -- how

    def _touch(self, token: Token, holding: Holding, price: Decimal) -> None:
        stepped, sale = step(holding, self.level, jump(price))
        asset = holding.asset
        if sale is None:
            self._let_stay(asset)
            if stepped != holding:
                self._set(asset, stepped)
            return
        # What a target does to the holding is done when it is sold.
        self._set(asset, tightened(holding.seen(price), self.level, price))
        self._leaving[asset] = (token, sale)

    async def _leave(self, token: Token, sale: Exit, log: Log) -> None:
        """Sell what was touched. One decision stands for every try, until it is sold or touched no more."""
        why = token.key.address, sale.reason
        if token.key.address not in self.holdings:
            return
        if why not in self._ids:
            self._ids[why] = await log(token, sale)
        outcome = await self._sell(token, sale, self._ids[why], (self.level, None))
        if isinstance(outcome, Placed):
            self._let_stay(token.key.address)
        elif outcome is not None and outcome.code == "order_id_reused":
            # Somebody else has used the id: the next try is another decision.
            self._ids.pop(why, None)

    def _let_stay(self, asset: str) -> None:
        self._leaving.pop(asset, None)
        self._ids = {why: name for why, name in self._ids.items() if why[0] != asset}

    async def _sell(self, token: Token, sale: Exit, decision_id: str, by: _By) -> Outcome | None:
        """Sell a share of what the bot holds; all of it where less would be none."""
        holding = self.holdings.get(token.key.address)
        if holding is None:
            return None
        quantity = share_of(holding, sale.share, token.decimals)
        asked = Asked(f"bot-{decision_id}", Side.SELL.value, quantity=plain(quantity))
        outcome = await self._place(asked, token, decision_id, sale.reason, by)
        if isinstance(outcome, Refusal) and outcome.code == "too_small":
            # What no pool takes is not worth a place among its positions: it is the person's now.
            self._set(token.key.address, None)
        return outcome

    async def _place(
        self, asked: Asked, token: Token, decision_id: str, why: str, by: _By, entry: Entry | None = None
    ) -> Outcome:
        """Without an `entry` it gets out, and nothing that the session allows keeps it in."""
        gets_out, worst = entry is None, None if entry is None else entry.worst_bps
        off: list[Refusal] = []

        def terms(ticket: Ticket) -> Ticket:
            return replace(ticket, decision_id=decision_id, worst_bps=worst, bid=bid_of(*by))

        def still() -> bool:
            if entry is None:
                return self.state is not BotState.STOPPED
            refusal = called_off(self.terms, entry, self.diary, self.holdings.keys())
            off.extend([refusal] if refusal else ())
            return not off and self.state is BotState.RUNNING

        with self.desk.blotter.behind(asked.order_id, by[0].number):
            outcome = await self.desk.place(
                asked, token.address, Origin.BOT, gets_out=gets_out, why=why, terms=terms, still=still
            )
        # Who is told why knows more than that it was not wanted.
        outcome = off[0] if off else outcome
        if isinstance(outcome, Refusal):
            _log.info("[TRADE] order=%s refused=%s why=%r", as_field(asked.order_id), outcome.code, outcome.sentence)
        return outcome

    def _never_more_than_is_there(self, asset: str, at: datetime) -> None:
        """Where the person has sold what the bot had bought, the bot holds less."""
        holding, held = self.holdings.get(asset), self.desk.books.account.held(asset)
        if holding is None or holding.quantity <= held:
            return
        left = less(holding, added(holding.quantity, minus(held)))
        self._set(asset, left)
        if left is None:
            self.diary.sold[asset] = at

    def _set(self, asset: str, holding: Holding | None) -> None:
        if holding is None:
            self.holdings.pop(asset, None)
            self._leaving.pop(asset, None)
        else:
            self.holdings[asset] = holding
        self._changed.add(asset)
        self._news = True

    def _token(self, asset: str) -> Token | None:
        entry = self.desk.venue.watchlist.at(asset)
        return entry.token if entry else None

    def _mark(self, asset: str) -> Price:
        token = self._token(asset)
        held = self.desk.venue.price(token) if token else None
        return Price(held.price, live=held.state is PriceState.LIVE) if held else UNKNOWN
