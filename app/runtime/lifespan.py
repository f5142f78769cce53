"""The life of the process: the house is opened when the server starts and closed when it ends."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta

from app.domain.alerts import AlertKind
from app.domain.fields import as_field
from app.domain.refusal import Refusal
from app.market.line import Clock
from app.runtime.aftermath import NOTICED, Aftermath, stepped
from app.runtime.clock import WallClock
from app.runtime.house import House, settle_in
from app.runtime.jobs import scheduler_of
from app.runtime.listing import list_token
from app.runtime.opening import recording_of, unlisted
from app.runtime.settings import Settings, load
from app.runtime.steady import Pace
from app.store.database import open_store
from app.trading.bell import Topic

BEAT_SECONDS = 1.0
# A clock that is set right by less disturbs no job.
_SET = timedelta(seconds=1)

_log = logging.getLogger("drydock")
_clock: ContextVar[Clock] = ContextVar("clock")


def go_by(clock: Clock) -> None:
    """Let every house that is opened in this context from now on go by this clock instead of the machine's."""
    _clock.set(clock)


@asynccontextmanager
async def open_house(settings: Settings | None = None) -> AsyncIterator[House]:
    """The running house with its jobs, findable as `current()`."""
    settings = settings or load()
    clock = _clock.get(WallClock())
    store = open_store(settings.store_url)
    aftermath = Aftermath(settings.data_dir, store)
    aftermath.look(clock.instant().utc)
    house = House(settings, clock, store, recording_of(settings))
    settle_in(house)
    if aftermath.said:
        house.alarms.tell(AlertKind.RESTARTED, aftermath.said)
    scheduler = scheduler_of(house)
    pace = Pace(scheduler)
    house.open()
    # A full collection walks everything that was imported: 100 ms in which no tick is pushed.
    gc.collect()
    gc.freeze()
    tasks = [
        asyncio.create_task(_watch_named(house)),
        asyncio.create_task(_collect(house)),
        asyncio.create_task(_beat(house, aftermath, pace)),
    ]
    witnessing = asyncio.create_task(_witness(house, aftermath))
    scheduler.start()
    aftermath.begin(clock.instant().utc)
    _log.info("[SESSION] market=%s chain=%s", as_field(settings.market), as_field(house.chain.name))
    try:
        yield house
    finally:
        await pace.end()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await house.close()
        witnessing.cancel()
        await asyncio.gather(witnessing, return_exceptions=True)
        settle_in(None)
        store.engine.dispose()
        aftermath.end(clock.instant().utc)


async def _beat(house: House, aftermath: Aftermath, pace: Pace) -> None:
    """Give a sign of life every second. Where the clock was set meanwhile, the jobs go on and people are told."""
    while True:
        now = house.clock.instant()
        by = aftermath.beat(now)
        if abs(by) > _SET:
            pace.hurry()
        if abs(by) > NOTICED:
            sentence = stepped(by, now.utc)
            _log.warning("[SESSION] clock=%r", sentence)
            house.alarms.tell(AlertKind.RESTARTED, sentence)
        await asyncio.sleep(BEAT_SECONDS)


async def _witness(house: House, aftermath: Aftermath) -> None:
    """Take down how far the accounts have come, after every change of one."""
    listener = house.bell.listener()
    try:
        while True:
            if await listener.wait() & {Topic.ACCOUNT, Topic.SESSION}:
                books = [house.rounds.books(name) for name in house.rounds.accounts]
                aftermath.note(books, house.clock.instant().utc)
    finally:
        listener.leave()


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
