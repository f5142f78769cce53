"""A small trading floor: one desk over a real database, with a board, pools and gas that a test sets by hand."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from app.domain.chains import CHAINS
from app.domain.prices import Pool, Reading, SourceRule
from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal
from app.domain.registry import named, usdc_of
from app.domain.session import Session
from app.domain.tokens import Token
from app.market.modelled import ModelledQuoter, Reserves
from app.store.database import Store, open_store
from app.store.sessions import last_open, open_session
from app.store.watchlist import WatchedToken
from app.trading.bell import Bell
from app.trading.board import Board
from app.trading.desk import Desk
from app.trading.offers import Signer
from app.trading.resting import Resting
from app.trading.rounds import Rounds
from app.trading.tape import Tape
from app.trading.ticker import Ticker
from app.trading.venue import Venue
from app.trading.watchlist import Watchlist
from tests.clock import START, FakeClock
from tests.store.fresh import with_database

BASE = CHAINS[8453]


def _token(symbol: str) -> Token:
    token = named(8453, symbol)
    assert token is not None
    return token


WETH, AERO, USDC = _token("WETH"), _token("AERO"), usdc_of(8453)


@dataclass
class Pools:
    """Pools of constant product at a block that a test mines; a `refusal` stands for a world that fails, `told` for
    the gas of a chain that tells its fees, and `meanwhile` for what others do while the next quote is on its way."""

    floor: "TradingFloor"
    block: int = 100
    gas_usd: Decimal = Decimal("0.02")
    told: Gas | None = None
    liquidity: Decimal = Decimal(20_000_000)
    refusal: Refusal | None = None
    lag: timedelta = timedelta(0)
    shift: Decimal = Decimal(1)
    meanwhile: Callable[[], Awaitable[object]] | None = None
    asked: list[Ask] = field(default_factory=list[Ask])

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        self.asked.append(ask)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile()
        if self.refusal:
            return self.refusal
        swap = await ModelledQuoter(self._reserves, self.gas).quote(ask)
        return replace(swap, block_number=self.block) if isinstance(swap, Swap) else swap

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        return self.refusal or await ModelledQuoter(self._reserves, self.gas).several(asks)

    async def gas(self, token_address: str) -> Gas | Refusal:
        return self.refusal or self.told or Gas(0, 0, basis="declared", declared_usd=self.gas_usd)

    async def head(self) -> int | None:
        return self.block

    def _reserves(self, ask: Ask) -> Reserves | None:
        prices = self.floor.prices
        pool = Pool("0x" + "11" * 20, "a pool", self.liquidity, Decimal(5))
        at = self.floor.clock.utc - self.lag
        return Reserves(pool, prices[ask.token.symbol] * self.shift, prices["USDC"], at, "Test pool")


class TradingFloor:
    """Everything that a desk stands on. `desk` is opened anew by `reopen`, as after a restart."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FakeClock()
        self.bell = Bell()
        self.board = Board({"dexscreener": SourceRule("dexscreener", 0, "dex", timedelta(seconds=30))})
        self.ticker = Ticker(self.board, Tape(), self.bell)
        self.watchlist = Watchlist([WatchedToken(WETH), WatchedToken(AERO), WatchedToken(USDC)])
        self.prices = {"WETH": Decimal(2500), "AERO": Decimal("1.25"), "USDC": Decimal(1)}
        self.pools = Pools(self)
        self.signer = Signer(b"k" * 32)
        self.tick()
        self.desk = self._opened()
        self.resting = Resting(self.desk)
        self.ticker.heard.append(self._notice)

    def _opened(self) -> Desk:
        draft = Session("", "Test", "", "demo", 8453, Decimal(10_000), START)
        session = last_open(self.store, "demo") or open_session(self.store, draft, self.clock.utc)
        rounds = Rounds(self.store, self.bell)
        rounds.open(session.id)
        venue = Venue(BASE, self.board, self.watchlist, self.pools, lambda: self.clock.utc)
        return Desk(session, venue, rounds, self.store, self.signer, lambda: self.clock.utc)

    def reopen(self) -> Desk:
        """The desk as a restart finds it."""
        self.desk = self._opened()
        self.resting = Resting(self.desk)
        return self.desk

    def tick(self, **prices: str) -> None:
        """Prices, by symbol, as a source shows them now; those not named are shown again."""
        self.prices |= {symbol: Decimal(price) for symbol, price in prices.items()}
        now = self.clock.utc
        tokens = (WETH, AERO, USDC)
        self.ticker.post([Reading(t.key, self.prices[t.symbol], "dexscreener", now, now) for t in tokens], now)

    async def after(self, seconds: float, **prices: str) -> None:
        """Time passes, prices tick, and what they touch is tried."""
        self.clock.advance(seconds)
        self.tick(**prices)
        await self.resting.work()

    def _notice(self, keys: object) -> None:
        self.resting.notice({token.key for token in (WETH, AERO, USDC)})


@contextmanager
def trading_floor(folder: Path) -> Iterator[TradingFloor]:
    """A floor over a real SQLite file."""
    with_database(folder)
    store = open_store(f"sqlite:///{folder / 'drydock.db'}")
    try:
        yield TradingFloor(store)
    finally:
        store.close()
