"""What tests of the bot in the live market share: prices from the double, pools on a real node, a past that rose."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.bars import Bar, Interval
from app.domain.bids import PERCENTILES
from app.domain.decisions import Logged, Opinion
from app.domain.session import shadow_id
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.runtime.bot import Bot
from app.runtime.house import House
from app.runtime.pit import Pit
from app.store.bars import SeriesKey, write_bars
from app.store.database import open_store
from app.store.decisions import DecisionFilter, decisions
from app.store.trades import TradeFilter, trades
from tests.clock import START, FakeClock
from tests.double import Double
from tests.evm.market import Market
from tests.evm.proxy import Proxy
from tests.runtime.desk import settings_from, settings_of
from tests.runtime.houses import at_rest, house_of, until
from tests.store.fresh import with_database

M1 = Interval.M1
# Three groups, of which the first leads.
SOURCES = "dexscreener,coinbase,kraken"
PRICES = {"weth": "3500", "chainlink": "14"}
# The pools of the run were filled within so many seconds of START; the desk is opened later than that.
_LATER = timedelta(minutes=30, seconds=20)


class LiveBot:
    """A desk on Base whose sources are the double's and whose pools are the chain's; `node` stands between, counts what
    is asked and can be made to fail. Time passes for all of them at once, and nothing rings the desk but the test."""

    def __init__(self, house: House, double: Double, market: Market, node: Proxy, clock: FakeClock) -> None:
        self.house = house
        self.double = double
        self.market = market
        self.node = node
        self.clock = clock

    @property
    def pit(self) -> Pit:
        assert self.house.pit is not None
        return self.house.pit

    @property
    def bot(self) -> Bot:
        return self.pit.bot

    async def begin(self, level: int, action: str = "start", **limits: Any) -> None:
        assert not await self.bot.set_level(level)
        assert await self.bot.set_limits({"bar": "1m"} | limits) == self.bot.record.limits
        assert not await self.bot.command(action)

    async def after(self, seconds: float) -> None:
        """Time goes on, sources that are due are asked, and what their prices touch is sold before this returns."""
        self.clock.advance(seconds)
        self.keep_up()
        self.house.ring()
        await at_rest(self.house)
        await self.done()

    async def to_the_close(self) -> None:
        """The bar that is open closes; nobody has thought of it yet a second later."""
        into = self.clock.utc - M1.start_of(self.clock.utc)
        await self.after((M1.length - into).total_seconds() - 1)
        await self.after(2)

    async def close_a_bar(self) -> list[Opinion]:
        """The bar that is open closes, and the bot thinks of it; what the ten make of the first token."""
        await self.to_the_close()
        return await self.think()

    async def think(self) -> list[Opinion]:
        await self.house.think()
        await self.done()
        assert self.bot.last_tick_at == self.clock.utc
        return list(self.bot.looks()[0].opinions)

    async def done(self) -> None:
        """Wait until the bot has nothing under way. What a dead node keeps it from is not under way."""

        def idle() -> bool:
            # Nobody but a test waits for what no price waits for.
            working = self.bot._working
            return working is None or working.done()

        await until(idle)

    def keep_up(self) -> None:
        """Have the chain's newest block be of now, unless it is ahead already."""
        now = int(self.clock.utc.timestamp())
        if now > self.head_at():
            self.market.anvil.rpc("evm_setNextBlockTimestamp", hex(now))
            self.market.mine()

    def head_at(self) -> int:
        return int(self.market.anvil.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def tip(self) -> list[int]:
        """Blocks of transactions that tip unlike each other; what each bid's percentile has tipped there, in wei."""
        rpc, trader = self.market.anvil.rpc, self.market.anvil.trader
        rpc("evm_setAutomine", False)
        for _ in range(3):
            for tip in (2, 9, 4, 7, 1, 6, 3, 10, 5, 8):
                fees = {"maxPriorityFeePerGas": hex(tip * 10**7), "maxFeePerGas": hex(10**12)}
                rpc("eth_sendTransaction", {"from": trader, "to": trader, "gas": hex(21_000), "value": "0x1"} | fees)
            self.market.mine()
        rpc("evm_setAutomine", True)
        rewards = rpc("eth_feeHistory", "0x1", "latest", [*PERCENTILES])["reward"][0]
        return [int(wei, 16) for wei in rewards]

    def reprice(self, price: int, *, pools: bool = True) -> None:
        """WETH at another price, at all sources, and where nothing else is said in the pools."""
        self.double.set_price("weth", str(price))
        if pools:
            self.market.move(price)

    def trades(self, level: int | None = None) -> list[Trade]:
        """The account's, or those of a level's shadow, oldest first."""
        session = self.pit.session.id
        account = session if level is None else shadow_id(session, level)
        return trades(self.house.store, account, TradeFilter(), 1000, None)[::-1]

    def logged(self, token: Token | None = None) -> list[Logged]:
        """The log, oldest first."""
        wanted = DecisionFilter(address=token.key.address if token else None)
        return decisions(self.house.store, self.pit.session.id, wanted, 1000)[::-1]


def rising(until: datetime, last: Decimal, seed: int) -> list[Bar]:
    """Two hours of minutes in which a price has risen by a tenth, never in a straight line, up to its last close."""
    dice, closes = random.Random(seed), [1.0]
    for _ in range(130):
        closes.append(closes[-1] * (1.0 + dice.gauss(0.0006, 0.0008)))
    prices = [round(Decimal(close / closes[-1]) * last, 8) for close in closes]
    begins = [until - (len(prices) - 1 - index) * M1.length for index in range(len(prices))]
    pairs = zip(begins, prices, prices[1:], strict=False)
    return [Bar(at, a, max(a, b), min(a, b), b) for at, a, b in pairs]


@contextmanager
def world(clock: FakeClock) -> Iterator[Double]:
    """The double at the prices of the pools, on the clock of the desk."""
    with Double(now=lambda: clock.utc) as double:
        for asset, price in PRICES.items():
            double.set_price(asset, price, always=True)
        yield double


@asynccontextmanager
async def live_bot(folder: Path, market: Market, *symbols: str, spare: str = "") -> AsyncIterator[LiveBot]:
    """A bot that looks at these tokens, WETH where none is named, and remembers how they rose. `spare` is the URL of a
    second node."""
    clock, tokens = FakeClock(START + _LATER), {"WETH": market.weth, "LINK": market.link}
    watched = [tokens[symbol] for symbol in symbols or ("WETH",)]
    with world(clock) as double, Proxy(market.url) as node:
        values = {"watchlist": ",".join(token.symbol for token in watched), "sources": SOURCES}
        nodes = (node.url, spare) if spare else (node.url,)
        settings = settings_of(
            folder, market="live", **(settings_from(double.environment()) | values | {"rpc_url_8453": nodes})
        )
        with_database(folder)
        store = open_store(settings.store_url)
        for seed, token in enumerate(watched, start=7):
            price = Decimal(PRICES[token.coingecko_id or ""])
            past = rising(M1.start_of(clock.utc), price, seed)
            write_bars(store, [(SeriesKey("live", *token.key), M1, bar) for bar in past])
        store.close()
        async with house_of(settings, clock) as house:
            await house.opened()
            await at_rest(house)
            made = LiveBot(house, double, market, node, clock)
            market.base_fee(10**7)
            assert made.head_at() < clock.utc.timestamp()
            await made.after(6)
            yield made
