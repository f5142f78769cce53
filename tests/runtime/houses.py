"""Whole houses for tests: opened over a database that was migrated once, and closed whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from app.domain.bars import Bar, Interval
from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.market.line import Clock
from app.runtime.demo import DemoFeed
from app.runtime.house import House, settle_in
from app.runtime.live import LiveFeed
from app.runtime.opening import recording_of
from app.runtime.settings import Settings
from app.store.bars import SeriesKey, read_bars
from app.store.database import Store, open_store
from tests.clock import FakeClock
from tests.double import Double
from tests.runtime.desk import settings_from, settings_of
from tests.store.fresh import with_database

WETH = next(token for token in on_chain(8453) if token.symbol == "WETH")


@asynccontextmanager
async def house_of(settings: Settings, clock: Clock) -> AsyncIterator[House]:
    """A house whose market is opening, findable as `current()`; nothing rings it but the test."""
    with_database(settings.data_dir)
    store = open_store(settings.store_url)
    # The certificates of the world, which loopback has no use for, take longer to load than all the rest.
    client = httpx.AsyncClient(trust_env=False, verify=False)
    house = House(settings, clock, store, recording_of(settings), client)
    settle_in(house)
    house.open()
    try:
        yield house
    finally:
        await house.close()
        settle_in(None)
        store.close()


@asynccontextmanager
async def opened_house(settings: Settings, clock: Clock) -> AsyncIterator[House]:
    """A house whose market is open, and whose past is all there."""
    async with house_of(settings, clock) as house:
        await house.opened()
        await at_rest(house)
        yield house


async def at_rest(house: House) -> None:
    """Wait until the house's feed has nothing under way."""
    feed = house.feed
    if isinstance(feed, LiveFeed | DemoFeed):
        await feed.quiet()


async def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread does; a test that waits for ten seconds has failed."""
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def settings_on(double: Double, folder: Path, **values: object) -> Settings:
    """Settings that send every call to the double."""
    return settings_of(folder, **(settings_from(double.environment()) | {"watchlist": "WETH,LINK"} | values))


def stored(store: Store, market: str, interval: Interval, token: Token = WETH) -> list[Bar]:
    """All bars on disk, oldest first."""
    return read_bars(store, SeriesKey(market, *token.key), interval, 10_000)


async def go_on(house: House, clock: FakeClock, seconds: int, step: float = 1) -> None:
    """Let time pass, ringing as the scheduler does."""
    for _ in range(round(seconds / step)):
        clock.advance(step)
        house.ring()
        if isinstance(house.feed, LiveFeed):
            await house.feed.quiet()
