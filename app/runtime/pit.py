"""The pit: one session at work, with its desk, its resting orders and what is measured and marked of it."""

import asyncio
import logging
from collections.abc import Set
from dataclasses import dataclass
from decimal import Decimal

from app.domain.ledger import Account
from app.domain.money import NOTHING, product, ratio, rounded_down, total
from app.domain.prices import PriceState
from app.domain.session import Session
from app.domain.tokens import Token, TokenKey
from app.domain.valuation import Valued, valued
from app.runtime.floor import Floor
from app.store.database import Store, StoreRefused
from app.store.equity import Mark, mark, marks
from app.store.sessions import set_hold
from app.store.trades import TradeFilter, trades
from app.store.watchlist import WatchedToken
from app.trading.bell import Bell, Topic
from app.trading.desk import Desk
from app.trading.measuring import Measuring
from app.trading.resting import Resting
from app.trading.watchlist import board_key

_log = logging.getLogger("drydock.trade")


@dataclass(slots=True)
class Drawdown:
    """The deepest fall of the equity below its highest point so far, in percent; never negative."""

    highest: Decimal = NOTHING
    deepest_pct: Decimal = NOTHING

    def see(self, equity: Decimal) -> None:
        self.highest = max(self.highest, equity)
        if self.highest > 0:
            self.deepest_pct = max(self.deepest_pct, (1 - ratio(equity, self.highest)) * 100)

    def recall(self, past: Mark) -> None:
        """Go on from what was marked before."""
        self.see(past.equity)
        self.highest = max(self.highest, past.highest or NOTHING)
        self.deepest_pct = max(self.deepest_pct, past.deepest_pct or NOTHING)


class Pit:
    """A session that is traded in. Opened and closed by the house; faces reach the desk through it."""

    def __init__(self, desk: Desk, floor: Floor, store: Store, bell: Bell) -> None:
        self.desk = desk
        self.floor = floor
        self.resting = Resting(desk)
        self.measuring = Measuring(desk.venue, store, bell)
        self.drawdown = Drawdown()
        self._store = store
        self._bell = bell
        self._hold = desk.session.hold
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def session(self) -> Session:
        return self.desk.session

    @property
    def account(self) -> Account:
        return self.desk.books.account

    async def open(self) -> None:
        """Fold the ledger and begin to work. Raises StoreRefused."""
        await asyncio.to_thread(self.desk.rounds.open, self.session.id)
        await self._watch_held()
        self.drawdown.see(self.account.deposits)
        for past in await asyncio.to_thread(marks, self._store, self.session.id):
            self.drawdown.recall(past)
        await self.measuring.resume(self.session.id)
        self.desk.heard.append(self.measuring.hear)
        self.floor.ticker.heard.append(self._hear)
        self._tasks = [asyncio.create_task(self._work())]
        self._bell.ring(Topic.SESSION, Topic.ACCOUNT)

    async def close(self) -> None:
        """Let nothing more happen; what was begun is finished and written."""
        self.desk.closed = True
        if self._hear in self.floor.ticker.heard:
            self.floor.ticker.heard.remove(self._hear)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.desk.quiet()
        await self.mark()

    def value(self) -> Valued:
        """What the account is worth at the prices on the board."""
        return valued(self.account, self._price)

    async def mark(self) -> None:
        """Write down what the account is worth now, and what holding from the beginning would be."""
        worth = self.value()
        if worth.stale_value and worth.stale_value == worth.positions_value:
            return
        self.drawdown.see(worth.equity)
        now = self.desk.venue.now()
        held = await self._held()
        row = Mark(now, worth.equity, self.account.cash, held, self.drawdown.highest, self.drawdown.deepest_pct)
        try:
            await asyncio.to_thread(mark, self._store, [(self.session.id, row)])
        except StoreRefused as error:
            _log.error("[SESSION] mark=refused why=%r", str(error))

    # -- how

    def _hear(self, keys: Set[TokenKey]) -> None:
        self.resting.notice(keys)
        assets = {entry.token.key.address for entry in self.floor.watchlist if board_key(entry.token) in keys}
        if any(position.asset in assets for position in self.account.open_positions):
            self.drawdown.see(self.value().equity)

    async def _work(self) -> None:
        """Try resting orders after every tick. One that fails as it never should is told, and ends nobody's day."""
        listener = self._bell.listener()
        try:
            while True:
                topics = await listener.wait()
                if Topic.PRICES in topics or Topic.MARKET in topics:
                    await self._try()
        finally:
            listener.leave()

    async def _try(self) -> None:
        task = asyncio.create_task(self.resting.work())
        await asyncio.wait([task])
        if error := task.exception():
            asyncio.get_running_loop().call_exception_handler({"message": "resting orders failed", "exception": error})

    async def _watch_held(self) -> None:
        """What is held is watched, whatever the watchlist says by now."""
        for position in self.account.open_positions:
            if self.token(position.asset):
                continue
            bought = await asyncio.to_thread(
                trades, self._store, self.session.id, TradeFilter(address=position.asset), 1, None
            )
            self.floor.watchlist.add(WatchedToken(bought[0].token))

    def _price(self, asset: str) -> tuple[Decimal | None, bool]:
        token = self.token(asset)
        if token is None:
            return None, False
        held = self.desk.venue.price(token)
        return held.price, held.state is PriceState.LIVE

    def minds(self, token: Token) -> bool:
        """Whether the token is held, or an open order waits for it."""
        books, address = self.desk.books, token.key.address
        waits = any(order.ticket.token.key.address == address for order in books.orders.values())
        return waits or books.account.held(address) > 0

    def token(self, asset: str) -> Token | None:
        """The token of an address that is held or watched."""
        return next((entry.token for entry in self.floor.watchlist if entry.token.key.address == asset), None)

    async def _held(self) -> Decimal | None:
        """The worth of the starting balance, had it been put in equal parts into what was watched at the first mark,
        at no cost. None until all of that has a price."""
        if self._hold is None:
            found = {e.token.key.address: self._price(e.token.key.address)[0] for e in self.floor.watchlist}
            usdc = self.desk.venue.usdc.key.address
            base = {asset: price for asset, price in found.items() if price is not None and asset != usdc}
            if not base:
                return None
            await self._keep_hold(base)
        hold = self._hold or {}
        share = ratio(self.session.starting_balance, Decimal(len(hold)))
        worth = NOTHING
        for asset, base_price in hold.items():
            price = self._price(asset)[0] or base_price
            worth = total(worth, rounded_down(product(share, ratio(price, base_price)), 6))
        return worth

    async def _keep_hold(self, base: dict[str, Decimal]) -> None:
        try:
            await asyncio.to_thread(set_hold, self._store, self.session.id, base)
        except StoreRefused as error:
            _log.error("[SESSION] hold=refused why=%r", str(error))
        else:
            self._hold = base
