"""The pit: one session at work, with its desk, its resting orders and what is measured and marked of it."""

import asyncio
import logging
from collections.abc import Iterable, Set
from weakref import finalize

from app.domain.books import Books
from app.domain.bots import BotState
from app.domain.drawdown import Drawdown
from app.domain.ledger import Account
from app.domain.orders import Origin
from app.domain.prices import Consensus, PriceState
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tokens import Token, TokenKey
from app.domain.trades import Trade, TradeStatus
from app.domain.valuation import Marks, Valued
from app.runtime.benchmark import Benchmark
from app.runtime.bot import Bot
from app.runtime.floor import Feed, Floor
from app.runtime.gauges import Gauges
from app.runtime.marking import Marking
from app.runtime.replay import ReplayFeed
from app.store.database import Store, StoreRefused
from app.store.equity import Mark, last_mark, marks
from app.store.flattens import find_flatten
from app.store.trades import TradeFilter, trades
from app.store.watchlist import WatchedToken
from app.trading.bell import Bell, Topic
from app.trading.desk import Desk
from app.trading.flattening import Flattened, flatten
from app.trading.measuring import Measuring
from app.trading.resting import Resting
from app.trading.rounds import Rounds

_log = logging.getLogger("drydock.trade")


def _recall(drawdown: Drawdown, past: Mark) -> None:
    """Go on from what was marked before. A mark that remembers no more than its equity is taken at that."""
    if past.highest is None or past.deepest_pct is None:
        drawdown.see(past.equity)
    else:
        drawdown.highest = max(drawdown.highest, past.highest)
        drawdown.deepest_pct = max(drawdown.deepest_pct, past.deepest_pct)


class Pit:
    """A session that is traded in. Opened and closed by the house; faces reach the desk through it.

    `changes` counts what has happened to the account and its trades since it was opened. The `gauges` outlive it.
    """

    def __init__(
        self,
        desk: Desk,
        floor: Floor,
        store: Store,
        bell: Bell,
        feed: Feed,
        tick_seconds: float,
        gauges: Gauges | None = None,
    ) -> None:
        self.desk = desk
        self.floor = floor
        self.resting = Resting(desk)
        self.measuring = Measuring(desk.venue, store, bell)
        self.drawdown = Drawdown()
        self.benchmark = Benchmark(desk.session, desk.venue, floor, store)
        self.changes = 0
        self.feed = feed
        self.marking = Marking(self, store)
        self._store = store
        self._bell = bell
        self._marks = Marks()
        self._valued: Account | None = None
        self._shown: dict[str, Consensus | None] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._trying: asyncio.Task[None] | None = None
        self.gauges = gauges or Gauges()
        self.bot = Bot(self, feed, store, bell, tick_seconds)

    @property
    def session(self) -> Session:
        return self.desk.session

    @property
    def account(self) -> Account:
        return self.desk.books.account

    async def open(self) -> None:
        """Fold the ledger and begin to work. Raises StoreRefused."""
        await asyncio.to_thread(self.desk.rounds.open, self.session.id)
        await self._watch_minded()
        self.drawdown.see(self.account.deposits)
        for past in await asyncio.to_thread(self._past):
            _recall(self.drawdown, past)
            self.marking.newest = max(self.marking.newest, past.at)
        await self.benchmark.open()
        await self.measuring.resume(self.session.id)
        self.desk.heard += [self.measuring.hear, self._traded]
        await self.bot.open()
        for shadow in self.bot.shadows.all:
            await self._watch_held(shadow.account_id, shadow.holdings)
        self.floor.ticker.heard.append(self._hear)
        if isinstance(self.feed, ReplayFeed):
            # After the bot has heard of the bar.
            self.feed.played.append(self.marking.played)
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._count())]
        self._bell.ring(Topic.SESSION, Topic.ACCOUNT)

    async def close(self) -> None:
        """Let nothing more happen; what was begun is finished and written. Whoever still holds the desk finds its
        books as they were; with the last of them they go."""
        self.desk.closed = True
        if self._hear in self.floor.ticker.heard:
            self.floor.ticker.heard.remove(self._hear)
        if isinstance(self.feed, ReplayFeed) and self.marking.played in self.feed.played:
            self.feed.played.remove(self.marking.played)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._trying:
            await asyncio.wait([self._trying])
        await self.bot.close()
        await self.desk.quiet()
        await self.marking.end()
        # Every desk holds its measuring, which outlives it where something is being measured.
        finalize(self.measuring, _let_go, self.desk.rounds, self.session.id, self.desk.books).atexit = False

    def value(self) -> Valued:
        """What the account is worth at the prices on the board. Where there is none, the last one stands."""
        account = self.account
        if account is not self._valued:
            self._shown = {position.asset: self._shown.get(position.asset) for position in account.open_positions}
            self._tick()
            self._marks.put(account)
            self._valued = account
        else:
            self._tick()
        return self._marks.valued(account.id)

    def see(self) -> Valued:
        """As `value`, and the drawdown sees it too, unless a price that is not live stands in it."""
        worth = self.value()
        if not worth.stale_value:
            self.drawdown.see(worth.equity)
        return worth

    async def mark(self) -> None:
        """Write down what the account and the ten ledgers are worth, and what holding from the beginning would be."""
        await self.marking.mark()

    async def flatten(self, order_id: str, origin: Origin) -> list[Flattened] | Refusal:
        """Sell everything. A bot that runs is paused first: it would buy back what it sees fit."""
        if self.bot.record.state is BotState.RUNNING and not await self._is_flat(order_id):
            await self.bot.command("pause")
            # What it was buying is bought, or called off, before everything is sold.
            await self.desk.repeats.quiet()
        return await flatten(self.desk, order_id, origin)

    # -- how

    def _past(self) -> list[Mark]:
        """The newest mark, which remembers those before it; all of them where it does not."""
        newest = last_mark(self._store, self.session.id)
        if newest is None or (newest.highest is not None and newest.deepest_pct is not None):
            return [newest] if newest else []
        return marks(self._store, self.session.id)

    async def _is_flat(self, order_id: str) -> bool:
        """Whether this is the repeat of a flattening that was done: the bot may have been started since."""
        try:
            return await asyncio.to_thread(find_flatten, self._store, order_id) is not None
        except StoreRefused:
            return False

    def _hear(self, keys: Set[TokenKey]) -> None:
        self.resting.notice(keys)
        self.bot.hear(keys)
        self.benchmark.hear(keys)
        if self.account is not self._valued or any(shown and shown.token in keys for shown in self._shown.values()):
            self.see()

    def _tick(self) -> None:
        """Take over what the board holds of what is held. It makes a new consensus whenever it looks, so that one that
        is known says what it said."""
        for asset, known in self._shown.items():
            token = self.token(asset)
            held = self.desk.venue.price(token) if token else None
            if held is not known or held is None:
                if known is not None and held is not None and held.price != known.price:
                    self.gauges.position_updates += 1
                self._shown[asset] = held
                live = held is not None and held.state is PriceState.LIVE
                self._marks.tick(asset, held.price if held else None, live)

    def _traded(self, trade: Trade) -> None:
        if trade.status is TradeStatus.FILLED:
            self.gauges.position_updates += 1

    async def _work(self) -> None:
        """Try resting orders after every tick. One that fails as it never should is told, and ends nobody's day."""
        listener = self._bell.listener()
        try:
            while True:
                topics = await listener.wait()
                if Topic.PRICES in topics or Topic.MARKET in topics:
                    self._trying = asyncio.create_task(self.resting.work())
                    self._trying.add_done_callback(_told)
                    await asyncio.wait([self._trying])
        finally:
            listener.leave()

    async def _count(self) -> None:
        """Count changes of the account, at once: whoever has let the loop go round finds the last one counted."""
        listener = self._bell.listener()
        try:
            while True:
                if Topic.ACCOUNT in await listener.wait():
                    self.changes += 1
        finally:
            listener.leave()

    async def _watch_minded(self) -> None:
        """What is held, and what orders wait for, is watched, whatever the watchlist says by now."""
        for order in self.desk.books.orders.values():
            self.floor.watchlist.add(WatchedToken(order.ticket.token))
        await self._watch_held(self.session.id, [position.asset for position in self.account.open_positions])

    async def _watch_held(self, account_id: str, assets: Iterable[str]) -> None:
        """Nobody else would look after what an account, the person's or a level's, holds."""
        for asset in assets:
            if self.token(asset) is None:
                bought = await asyncio.to_thread(trades, self._store, account_id, TradeFilter(address=asset), 1, None)
                self.floor.watchlist.add(WatchedToken(bought[0].token))

    def minds(self, token: Token) -> bool:
        """Whether the token is held, or an open order waits for it."""
        books, address = self.desk.books, token.key.address
        waits = any(order.ticket.token.key.address == address for order in books.orders.values())
        return waits or books.account.held(address) > 0

    def token(self, asset: str) -> Token | None:
        """The token of an address that is held or watched."""
        entry = self.floor.watchlist.at(asset)
        return entry.token if entry else None


def _told(tried: "asyncio.Task[None]") -> None:
    """Say so where resting orders have failed as they never should."""
    if error := None if tried.cancelled() else tried.exception():
        tried.get_loop().call_exception_handler({"message": "resting orders failed", "exception": error})


def _let_go(rounds: Rounds, account_id: str, books: Books) -> None:
    """Forget the books of a session that is closed, unless it was opened anew."""
    if account_id in rounds.accounts and rounds.books(account_id) is books:
        rounds.close(account_id)
