"""What tests of the bot at work share: a demo market whose tokens have risen for two hours, ticked by hand."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.bars import Bar, Interval
from app.domain.decisions import Logged
from app.domain.orders import Origin
from app.domain.prices import Pool, Reading
from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal
from app.domain.registry import on_chain
from app.domain.tickets import Asked
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.market.demo import DEMO_SEED, DemoMarket
from app.market.modelled import ModelledQuoter, Reserves
from app.runtime.bot import Bot
from app.runtime.demo import DemoFeed
from app.runtime.house import House
from app.store.bars import SeriesKey, write_bars
from app.store.database import Store, open_store
from app.store.decisions import DecisionFilter, decisions
from app.store.trades import TradeFilter, trades
from app.trading.desk import Placed
from tests.clock import START, FakeClock
from tests.runtime.demo_house import pit_of
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of
from tests.store.fresh import with_database

M1 = Interval.M1
DEPTH = Decimal(20_000_000)


def token_of(symbol: str) -> Token:
    return next(token for token in on_chain(8453) if token.symbol == symbol)


WETH, LINK = token_of("WETH"), token_of("LINK")


def rising(until: datetime, last: Decimal, count: int = 130, seed: int = 7) -> list[Bar]:
    """Minutes in which a price has risen, never in a straight line, up to its last close."""
    dice, closes = random.Random(seed), [1.0]
    for _ in range(count):
        closes.append(closes[-1] * (1.0 + dice.gauss(0.003, 0.004)))
    prices = [round(Decimal(close / closes[-1]) * last, 8) for close in closes]
    begins = [until - (count - index) * M1.length for index in range(count)]
    pairs = zip(begins, prices, prices[1:], strict=False)
    return [Bar(at, a, max(a, b), min(a, b), b, Decimal(dice.randint(50, 150)), "demo") for at, a, b in pairs]


class Pools:
    """Pools that stand where the posted prices do, each as deep as the ground says; `instead` is what a test has them
    answer, or raise, and `ladders` whether that goes for many asks at once too. `meanwhile` is what happens while the
    next quote is on its way."""

    def __init__(self, ground: "Ground") -> None:
        self._ground = ground
        self._model = ModelledQuoter(self._reserves, self.gas)
        self.instead: Callable[[Ask], Refusal | None] | None = None
        self.ladders = True
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.before_quotes: Callable[[], object] = lambda: None

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        self.before_quotes()
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile()
        return (self.instead and self.instead(ask)) or await self._model.quote(ask, block=block)

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        refusal = self.instead(asks[0]) if self.instead and self.ladders else None
        return refusal or await self._model.several(asks)

    async def gas(self, token_address: str) -> Gas | Refusal:
        return Gas(0, 0, basis="declared", declared_usd=Decimal("0.02"))

    async def head(self) -> int | None:
        return None

    def _reserves(self, ask: Ask) -> Reserves | None:
        ground, symbol = self._ground, ask.token.symbol
        usdc = ground.house.price(ask.usdc).price
        assert usdc is not None
        pool = Pool("0x" + "1" * 40, "p", ground.depth[symbol], Decimal(5))
        return Reserves(pool, ground.price(symbol), usdc, ground.clock.utc, "Test pool")


class Ground:
    """A house in the demo market, whose feed is not rung: prices are what a test posts, from pools that it fills."""

    def __init__(self, house: House, clock: FakeClock, symbols: Sequence[str]) -> None:
        self.house = house
        self.clock = clock
        self.tokens = {symbol: token_of(symbol) for symbol in symbols}
        self.began = {symbol: price_at(START, token) for symbol, token in self.tokens.items()}
        self.parts = dict.fromkeys(symbols, Decimal(1))
        self.depth = dict.fromkeys(symbols, DEPTH)
        self.pools = Pools(self)
        desk, feed = pit_of(house).desk, house.feed
        desk.venue = replace(desk.venue, quoter=self.pools)
        assert isinstance(feed, DemoFeed)
        self._others = [
            reading
            for reading in feed.market.readings(clock.utc)
            if reading.token not in {token.key for token in self.tokens.values()}
        ]

    @property
    def bot(self) -> Bot:
        return pit_of(self.house).bot

    def price(self, symbol: str = "WETH") -> Decimal:
        return self.began[symbol] * self.parts[symbol]

    def post(self, age_s: float = 0, **parts: str) -> None:
        """Prices as they are now, or were so many seconds ago, as parts of what they began with; those not named are
        shown again."""
        self.parts |= {symbol: Decimal(part) for symbol, part in parts.items()}
        now, at = self.clock.utc, self.clock.utc - timedelta(seconds=age_s)
        shown = [
            Reading(token.key, self.price(symbol), "demo", now, at, Pool("0x" + "1" * 40, "p", self.depth[symbol]))
            for symbol, token in self.tokens.items()
        ]
        others = [Reading(it.token, it.price, "demo", now, now, it.pool) for it in self._others]
        self.house.floor.ticker.post([*shown, *others], now)

    async def after(self, seconds: float, age_s: float = 0, **parts: str) -> None:
        """Time goes on, and prices tick; what they touch is sold before this returns."""
        self.clock.advance(seconds)
        self.post(age_s, **parts)
        await self.done()

    async def done(self) -> None:
        """Wait until the bot has nothing under way."""
        for _ in range(2000):
            if not self.bot.is_busy() and _is_idle(self.bot):
                return
            await asyncio.sleep(0.002)
        raise AssertionError("the bot is never done")

    async def think(self) -> None:
        await self.house.think()

    async def close_a_bar(self, **parts: str) -> None:
        """The bar that is open closes at these prices, and the bot thinks of it a second later."""
        into = self.clock.utc - M1.start_of(self.clock.utc)
        await self.after((M1.length - into).total_seconds() - 1, 0, **parts)
        await self.after(2)
        await self.think()

    async def begin(self, state: str = "start", level: int = 9, **limits: Any) -> None:
        assert not await self.bot.set_level(level)
        assert await self.bot.set_limits({"bar": "1m"} | limits) == self.bot.record.limits
        assert not await self.bot.command(state)

    async def buy(self, order_id: str, usd: str, symbol: str = "WETH") -> Trade:
        """The person buys."""
        return await self._placed(Asked(order_id, "buy", amount_usd=usd), symbol)

    async def sell(self, order_id: str, symbol: str = "WETH", **size: str) -> Trade:
        """The person sells."""
        return await self._placed(Asked(order_id, "sell", **size), symbol)  # pyright: ignore[reportArgumentType] # sizes

    async def _placed(self, asked: Asked, symbol: str) -> Trade:
        outcome = await pit_of(self.house).desk.place(asked, symbol, Origin.HAND)
        assert isinstance(outcome, Placed) and outcome.trade, outcome
        return outcome.trade

    def forget(self, *, all_but: int, between: int = 0) -> None:
        """Drop the minutes on disk but so many of the newest, or the ones that lie between those and so many older."""
        nth = "(SELECT at FROM bars WHERE interval = 60 ORDER BY at DESC LIMIT 1 OFFSET {})"
        least = f"AND at > {nth.format(all_but + between)}" if between else ""
        with closing(sqlite3.connect(self.house.settings.data_dir / "drydock.db")) as database, database:
            database.execute(f"DELETE FROM bars WHERE interval = 60 AND at <= {nth.format(all_but)} {least}")

    def trades(self) -> list[Trade]:
        """The account's, oldest first."""
        return trades(self.house.store, pit_of(self.house).session.id, TradeFilter(), 1000, None)[::-1]

    def logged(self, symbol: str | None = None) -> list[Logged]:
        """The log, oldest first."""
        wanted = DecisionFilter(address=self.tokens[symbol].key.address if symbol else None)
        return decisions(self.house.store, pit_of(self.house).session.id, wanted, 1000)[::-1]

    def held(self, symbol: str = "WETH") -> Decimal:
        """What the bot holds."""
        holding = self.bot.trader.holdings.get(self.tokens[symbol].key.address)
        return holding.quantity if holding else Decimal(0)


def _is_idle(bot: Bot) -> bool:
    working = bot._working
    return working is None or working.done()


def price_at(at: datetime, token: Token) -> Decimal:
    """What the demo market shows."""
    return DemoMarket(DEMO_SEED, (token,)).price(token, at)


def remember(store: Store, until: datetime, tokens: Iterable[Token]) -> None:
    """Write the past of tokens that have risen."""
    rows = [
        (SeriesKey("demo", *token.key), M1, bar)
        for seed, token in enumerate(tokens, start=7)
        for bar in rising(until, price_at(until, token), seed=seed)
    ]
    write_bars(store, rows)


@asynccontextmanager
async def ground_of(folder: Path, clock: FakeClock, symbols: Sequence[str] = ("WETH",)) -> AsyncIterator[Ground]:
    """A house that watches these tokens and remembers how they rose; the first prices are up."""
    settings = settings_of(folder, market="demo", watchlist=",".join(symbols))
    if not (folder / "drydock.db").exists():
        with_database(folder)
        store = open_store(settings.store_url)
        remember(store, M1.start_of(clock.utc), [token_of(symbol) for symbol in symbols])
        store.close()
    async with house_of(settings, clock) as house:
        await house.opened()
        # The market's own past takes longer to make up than all the rest.
        await house.feed.stop()
        ground = Ground(house, clock, symbols)
        clock.advance(1)
        ground.post()
        yield ground
