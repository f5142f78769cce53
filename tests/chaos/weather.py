"""Hours of bad weather at a desk in the live market, in simulated time: every price source goes wrong at random.

`python -m tests.chaos.weather --hours 10 --seed 1` prints figures and ends with 1 where it found anything wrong.
"""

import argparse
import asyncio
import logging
import random
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from app.domain.alerts import AlertKind
from app.domain.bars import Interval
from app.domain.prices import PriceState
from app.domain.registry import named, usdc_of
from app.domain.tokens import Token
from app.runtime import jobs
from app.runtime.alarms import Alarms
from app.runtime.audit import audited
from app.runtime.house import House, settle_in
from app.runtime.live import LiveFeed
from app.runtime.pit import Pit
from app.store.bars import SeriesKey, write_bars
from app.store.database import Store, open_store
from tests.chaos.readings import Judge, Records
from tests.chaos.simulated import Job, Passage, SimulatedClock, Threads, Wire
from tests.chaos.sky import Sky
from tests.double import Double
from tests.runtime.bots import rising
from tests.runtime.desk import settings_from, settings_of
from tests.store.fresh import with_database

SYMBOLS = ("WETH", "LINK", "BRETT")
# What the last fault may leave behind: a source that rests for half a minute, then an alert that lasts 20 s longer.
CALM_S = 240
ROOM = (10**12, 2 * 10**12)
# What may stand in the end: it is true until midnight.
_LASTING = {AlertKind.DAILY_LOSS}


class Complaints(logging.Handler):
    """What the desk calls an error of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@dataclass(frozen=True, slots=True)
class Desk:
    """A house under a sky; `passage` lets its time go by."""

    house: House
    double: Double
    sky: Sky
    clock: SimulatedClock
    passage: Passage

    @property
    def pit(self) -> Pit:
        assert self.house.pit is not None
        return self.house.pit

    @property
    def feed(self) -> LiveFeed:
        assert isinstance(self.house.feed, LiveFeed)
        return self.house.feed

    async def go_on(self, *, calm: bool = False) -> None:
        self.sky.turn(self.clock.mono, calm=calm)
        await self.passage.second()


@asynccontextmanager
async def desk_of(folder: Path, seed: int) -> AsyncIterator[Desk]:
    """An open desk with a bot at level 9, whose jobs are due as often as the scheduler has them due."""
    loop, clock = asyncio.get_running_loop(), SimulatedClock()
    threads = Threads(loop)
    loop.set_default_executor(threads)
    with Double(now=lambda: clock.utc, hang_s=0, slow_s=0, mono=lambda: clock.mono) as double:
        sky = Sky(double, seed, [token.coingecko_id or "" for token in watched()])
        wire = Wire(clock, sky.afoot)
        passage = Passage(clock, wire, threads)
        values = settings_from(double.environment()) | {"watchlist": ",".join(SYMBOLS), "alchemy_api_key": "a-key"}
        settings = settings_of(folder, market="live", **values)
        with_database(folder)
        store = open_store(settings.store_url)
        _remember(store, double, clock.utc)
        house = House(settings, clock, store, None, httpx.AsyncClient(transport=wire))
        house.alarms = Alarms(house, free=lambda _: ROOM)
        settle_in(house)
        desk = Desk(house, double, sky, clock, passage)
        try:
            await _opened(desk)
            yield desk
        finally:
            sky.turn(clock.mono, calm=True)
            await _closed(house, passage)
            settle_in(None)
            store.close()


def watched() -> list[Token]:
    found = [named(8453, symbol) for symbol in SYMBOLS]
    return [*(token for token in found if token), usdc_of(8453)]


def _remember(store: Store, double: Double, until: datetime) -> None:
    """Two hours of minutes in which all rose, as the bot likes it."""
    for seed, token in enumerate(watched()[:-1], start=7):
        past = rising(Interval.M1.start_of(until), double.price(token.coingecko_id or ""), seed=seed)
        write_bars(store, [(SeriesKey("live", *token.key), Interval.M1, bar) for bar in past])


async def _opened(desk: Desk) -> None:
    house = desk.house
    house.open()
    # A fine minute to begin with: history comes, and every source says its first price.
    while not house.is_open:
        await desk.go_on(calm=True)
    desk.passage.jobs += _jobs(house)
    for _ in range(60):
        await desk.go_on(calm=True)
    assert not await desk.pit.bot.set_level(9)
    await desk.pit.bot.set_limits({"bar": "1m", "daily_loss_pct": None, "max_trades_per_day": None})
    assert not await desk.pit.bot.command("start")


async def _closed(house: House, passage: Passage) -> None:
    """The scheduler stops first. What is under way may wait for the clock."""
    passage.jobs.clear()
    closing = asyncio.ensure_future(house.close())
    while not closing.done():
        await passage.second()
    closing.result()


def _jobs(house: House) -> list[Job]:
    async def ring() -> None:
        house.ring()

    async def watch() -> None:
        house.uptime.look()

    return [
        # The scheduler rings four times a second; a second is what the sources' paces are stated in.
        Job(1, ring),
        Job(jobs.WRITE_SECONDS, house.write_down),
        Job(jobs.LOOK_BACK_SECONDS, house.look_back),
        Job(jobs.MARK_SECONDS, house.mark),
        Job(house.settings.bot_tick_seconds, house.think),
        Job(jobs.MEASURE_SECONDS, house.measure),
        Job(jobs.ALARM_SECONDS, house.alarms.look),
        Job(jobs.UPTIME_SECONDS, watch),
        Job(jobs.PRUNE_SECONDS, house.prune),
    ]


async def weathered(folder: Path, seconds: int, seed: int) -> Records:
    """What was found in so many simulated seconds of weather and the calm after it."""
    complaints, log = Complaints(), logging.getLogger("drydock")
    log.addHandler(complaints)
    try:
        async with desk_of(folder, seed) as desk:
            judge = Judge(desk.feed, desk.pit, desk.house.board, desk.sky, desk.clock, watched())
            for _ in range(seconds):
                await desk.go_on()
                judge.look()
            for _ in range(CALM_S):
                await desk.go_on(calm=True)
                judge.look()
            records = judge.records
            await _sum_up(desk, records)
    finally:
        log.removeHandler(complaints)
    records.findings += [f"the desk complained: {said}" for said in dict.fromkeys(complaints.said)]
    records.findings += [f"crash: {error!r}" for error in desk.passage.failures]
    return records


async def _sum_up(desk: Desk, records: Records) -> None:
    house, pit = desk.house, desk.pit
    found = await audited(house.store, pit.session, pit)
    if not found.balanced:
        records.findings.append(f"the books do not balance: {found}")
    standing = [alert.condition for alert in house.alarms.standing if alert.condition.kind not in _LASTING]
    records.findings += [f"an alert stands in fine weather: {condition.sentence}" for condition in standing]
    records.findings += [f"budget exceeded: {name}" for name in records.budgets.judge(desk.double.requests())]
    dark = [token.symbol for token in watched() if house.board.peek(token.key).state is not PriceState.LIVE]
    records.findings += [f"{symbol} is not live in fine weather" for symbol in dark]
    not_live = {name: state for name, state in desk.feed.states().items() if state not in ("live", "idle")}
    if not_live:
        records.findings.append(f"sources are not back in fine weather: {not_live}")
    records.figures |= {
        "spells by kind": {str(kind): count for kind, count in sorted(desk.sky.seen.items())},
        "calls": desk.passage.wire.calls,
        "alerts raised": {kind.value: count for kind, count in house.alarms.counts.items()},
        "entries in the ledger": found.entries,
        "equity of 10,000": str(round(pit.value().equity, 2)),
        "rests of breakers": sum(len(source.rests) for source in (await house.uptime.report()).sources),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.weather", description=__doc__)
    parser.add_argument("--hours", type=float, default=10, help="simulated")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    logging.getLogger("drydock").setLevel(logging.ERROR)
    began = time.monotonic()
    print(f"seed {options.seed}, {options.hours} hours", flush=True)
    with tempfile.TemporaryDirectory(prefix="drydock-weather-") as folder:
        records = asyncio.run(weathered(Path(folder), round(options.hours * 3600), options.seed))
    for line in records.told():
        print(line)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"took {time.monotonic() - began:.0f} s of the wall's time and {peak} MB at most")
    return 1 if records.findings else 0


if __name__ == "__main__":
    sys.exit(main())
