"""The life of the process: the house is opened when the server starts and closed when it ends."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.domain.refusal import Refusal
from app.runtime.clock import WallClock
from app.runtime.house import House, settle_in
from app.runtime.jobs import scheduler_of
from app.runtime.listing import list_token
from app.runtime.opening import recording_of, unlisted
from app.runtime.settings import Settings, load
from app.store.database import open_store

_log = logging.getLogger("drydock")


@asynccontextmanager
async def open_house(settings: Settings | None = None) -> AsyncIterator[House]:
    """The running house with its jobs, findable as `current()`."""
    settings = settings or load()
    store = open_store(settings.store_url)
    house = House(settings, WallClock(), store, recording_of(settings))
    settle_in(house)
    scheduler = scheduler_of(house)
    house.open()
    # A full collection walks everything that was imported: 100 ms in which no tick is pushed.
    gc.collect()
    gc.freeze()
    tasks = [asyncio.create_task(_watch_named(house)), asyncio.create_task(_collect(house))]
    scheduler.start()
    _log.info("[SESSION] market=%s chain=%s", settings.market, house.chain.name)
    try:
        yield house
    finally:
        scheduler.shutdown(wait=False)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await house.close()
        settle_in(None)
        store.engine.dispose()


async def _collect(house: House) -> None:
    """Collect garbage from when the market is open, or could not be opened: to fold a ledger makes millions of objects
    and no cycle of them, and the collector would look for one all the time."""
    try:
        await house.opened()
    finally:
        gc.enable()


async def _watch_named(house: House) -> None:
    """Look up the addresses that DRYDOCK_WATCHLIST names and the registry does not know."""
    await house.opened()
    for text in unlisted(house.settings, house.floor):
        entry = await list_token(house, text)
        if isinstance(entry, Refusal):
            _log.warning("[SESSION] watchlist=%r refused=%r", text, entry.sentence)
