"""What tests of the bot in a replay market share: a file with trades in it, its rehearsal, a house that plays it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from math import exp
from pathlib import Path
from random import Random
from typing import NamedTuple

from app.domain.bots import Limits
from app.domain.decisions import Opinion
from app.domain.session import shadow_id
from app.domain.trades import Trade
from app.market.recording import read_recording
from app.runtime.bot import Bot
from app.runtime.house import House
from app.runtime.replay import ReplayFeed
from app.runtime.settings import Settings
from app.store.database import Store
from app.store.trades import TradeFilter, trades
from app.trading.rehearsal import Ground, Stage
from app.trading.shadows import new_shadows, opinion_of
from app.trading.terms import terms_of
from tests.clock import FakeClock
from tests.recorded import ASSUMED, BALANCE, BEGIN, HEADER, USDC, WETH
from tests.runtime.demo_house import pit_of
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of, until

ASSET = WETH.key.address


def walk_rows(bars: int, seed: int = 7) -> list[str]:
    """Rows of a file whose price walks at random, in calm and wild stretches that drift up or down, an hour a bar."""
    chance, rows, price = Random(seed), list[str](), 2000.0
    drift = noise = 0.0
    for index in range(bars):
        if index % 60 == 0:
            drift, noise = chance.gauss(0.0, 0.0025), chance.choice((0.002, 0.004, 0.009))
        opening = price * exp(chance.gauss(0.0, noise / 6))
        close = opening * exp(chance.gauss(drift, noise))
        high = max(opening, close) * exp(abs(chance.gauss(0.0, noise / 2)))
        low = min(opening, close) * exp(-abs(chance.gauss(0.0, noise / 2)))
        at = BEGIN + timedelta(hours=index)
        rows.append(
            f"{at:%Y-%m-%dT%H:%M:%SZ},{opening:.4f},{high:.4f},{low:.4f},{close:.4f},{chance.uniform(50, 150):.2f}"
        )
        price = close
    return rows


def written(folder: Path, rows: Sequence[str], header: str = HEADER) -> Path:
    file = folder / "walk.csv"
    file.write_text("\n".join((header, *rows)))
    return file


def settings_for(file: Path, folder: Path, **values: object) -> Settings:
    """A replay market at full speed, unless they say another."""
    return settings_of(folder, market=f"replay:{file}", **({"replay_speed": "max"} | values))


class Told(NamedTuple):
    """A trade as it does not depend on whose it is."""

    at: datetime
    side: str
    quantity: Decimal
    price: Decimal
    gas: Decimal
    reason: str


def told(trade: Trade) -> Told:
    return Told(trade.at, trade.side.value, trade.quantity, trade.price, trade.gas_usd, trade.reason)


@dataclass
class Played:
    """What ten levels have done: their trades by level, and what they made of each bar by its index."""

    trades: dict[int, list[Told]] = field(default_factory=dict[int, list[Told]])
    opinions: dict[int, tuple[Opinion, ...]] = field(default_factory=dict[int, tuple[Opinion, ...]])


def rehearsal(file: Path) -> tuple[Played, Stage]:
    """The file as the terminal's rehearsal plays it, but for the sale of what is held when it ends."""
    recording = read_recording(file, "WETH")
    shadows = new_shadows("r", recording.first_at, BALANCE, terms_of(Limits()))
    stage, found = Stage(Ground(recording, WETH, USDC, ASSUMED, BALANCE / 2), shadows), Played()
    for index in range(len(recording.bars)):
        found.opinions[index] = tuple(opinion_of(decision) for decision in stage.play(index))
    for shadow in shadows.all:
        found.trades[shadow.level.number] = [told(it.trade) for it in shadow.written.changes if it.trade]
    return found, stage


def bot_of(house: House) -> Bot:
    return pit_of(house).bot


def feed_of(house: House) -> ReplayFeed:
    assert isinstance(house.feed, ReplayFeed)
    return house.feed


@asynccontextmanager
async def playing(settings: Settings, found: Played) -> AsyncIterator[House]:
    """A house that plays a file, from before its first bar; what ten levels make of each bar is put down."""
    async with house_of(settings, FakeClock()) as house:
        feed = feed_of(house)
        places = {bar.at: index for index, bar in enumerate(feed.recording.bars)}

        def note(_index: int = -1) -> None:
            look = bot_of(house).look(ASSET)
            if look is not None and look.bar_at is not None:
                place = places[look.bar_at]
                assert found.opinions.setdefault(place, look.opinions) == look.opinions

        # Told before the bot is: what it thinks then is of the bar before.
        feed.played.append(note)
        await house.opened()
        yield house
        note()


async def play_on(house: House, bars: int = 10**9) -> None:
    """Let the replay go on at full speed until it has shown so many bars, or all."""
    feed = feed_of(house)
    until_shown = min(bars, len(feed.recording.bars))
    for _ in range(20_000):
        if feed.shown >= until_shown:
            return
        house.ring()
        await asyncio.sleep(0.002)
    raise AssertionError(f"the replay stands still after {feed.shown} bars")


async def settled(house: House) -> None:
    """Wait until the bot has done what it has heard, and write it down."""
    bot = bot_of(house)
    await until(lambda: not bot.is_busy())
    await bot.tick()


def kept(store: Store, session_id: str) -> dict[int, list[Told]]:
    """The trades of the ten that are on disk, by level, oldest first."""
    return {level: [told(trade) for trade in of(store, shadow_id(session_id, level))] for level in range(1, 11)}


def of(store: Store, account_id: str) -> Iterator[Trade]:
    yield from reversed(trades(store, account_id, TradeFilter(), 10_000, None))
