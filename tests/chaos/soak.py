"""Days of the demo market at speed, with the bot at work, a person who trades now and then, and readers.

`python -m tests.chaos.soak --hours 72` prints what memory and database have become, hour by hour, and ends with 1 where
anything was found: something that grows, books out of balance, an error in the log, a heart that stood still.
"""

import argparse
import asyncio
import json
import logging
import random
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from app.api.cable import Cable
from app.domain.alerts import AlertKind
from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.runtime import jobs
from app.runtime.audit import audited
from app.runtime.house import House
from app.runtime.logs import set_up
from app.runtime.pit import Pit
from app.runtime.settings import Settings
from app.trading.bell import Topic
from app.trading.desk import Placed
from tests.chaos.simulated import Threads
from tests.chaos.soak_figures import A_LEAK, HOUR, Run, judged, shown, table
from tests.chaos.soaked import Census, Sample, census, grown, sample
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of

SYMBOLS = ("WETH", "cbBTC", "AERO", "LINK", "BRETT", "DEGEN", "TOSHI", "VIRTUAL")
# Turns of the loop in which no thread is at work, after which nothing more comes of a tick.
_CALM_TURNS = 5
_SEED = 72
# How long somebody listens to the stream at the beginning of each hour, and how often a person trades, in seconds.
_LISTENS, _TRADES = 120, 1260


class _Ears(logging.Handler):
    """Keeps what is called an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record)[:2000])


class Stay:
    """One house at work, from its opening to its end. Time passes second by second, and every job comes to its end
    before the next second."""

    def __init__(self, house: House, clock: FakeClock, run: Run, threads: Threads) -> None:
        self.house = house
        self.clock = clock
        self.run = run
        self.threads = threads
        self.random = random.Random(f"{_SEED} {clock.utc}")
        self.cable = Cable(house)
        # As `jobs` rings them; the faster ones at every second.
        self.due: list[tuple[int, Callable[[], Awaitable[object]]]] = [
            (jobs.MEASURE_SECONDS, house.measure),
            (jobs.ALARM_SECONDS, house.alarms.look),
            (jobs.WRITE_SECONDS, house.write_down),
            (int(house.settings.bot_tick_seconds), house.think),
            (jobs.PROBE_SECONDS, house.probe),
            (jobs.MARK_SECONDS, house.mark),
            (jobs.LOOK_BACK_SECONDS, house.look_back),
            (jobs.PRUNE_SECONDS, house.prune),
        ]

    @property
    def pit(self) -> Pit:
        assert self.house.pit is not None
        return self.house.pit

    async def pass_second(self, second: int) -> None:
        """Let a second go by."""
        for _ in range(round(1 / jobs.RING_SECONDS)):
            self.clock.advance(jobs.RING_SECONDS)
            self.house.ring()
        for every, work in self.due:
            if second % every == 0:
                began = time.perf_counter()
                await work()
                took = time.perf_counter() - began
                name = getattr(work, "__qualname__", "?")
                self.run.spent_s[name] = self.run.spent_s.get(name, 0.0) + took
                self.run.slowest_s[name] = max(self.run.slowest_s.get(name, 0.0), took)
        self.house.uptime.look()
        self._read()
        if second % _TRADES == 0:
            await self._trade(second)
        await self.at_rest()
        self._heartbeat()

    async def listen(self, second: int) -> None:
        """At the beginning of each hour a program reads the stream for a while."""
        reader = await self.cable.reader()
        gone = asyncio.create_task(self._drain(reader.chunks()))
        for each in range(second, second + _LISTENS):
            await self.pass_second(each)
            await self.cable.hear(frozenset(Topic))
        if self.run.tabs:
            await self._show()
        reader.end("closing", "That is enough.")
        await gone
        reader.leave()

    async def _show(self) -> None:
        """A browser tab comes to the desk, is shown all its pages, and goes."""
        # The pages take seconds to load, which a short run does without.
        from tests.ui.tabs import Tab

        tab = Tab()
        await tab.show_all()
        self.run.shown += len(tab.sent())

    async def at_rest(self) -> None:
        """Wait until no thread is at work and nothing more comes of itself."""
        calm = 0
        while calm < _CALM_TURNS:
            calm = 0 if self.threads.under_way else calm + 1
            await asyncio.sleep(0.001 if self.threads.under_way else 0)

    async def _drain(self, chunks: object) -> None:
        async for _ in chunks:  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType] # bytes
            self.run.heard += 1

    def _read(self) -> None:
        """As a program does that asks for all prices once a second."""
        for entry in self.house.floor.watchlist:
            self.house.price(entry.token)

    async def _trade(self, second: int) -> None:
        """Buy a little of something, sell some, or leave an order that waits for ever and take it back."""
        desk, draw = self.pit.desk, self.random
        symbol, name = draw.choice(SYMBOLS[: self.run.tokens]), f"soak-{self.clock.utc:%d-%H%M%S}-{second}"
        kind = draw.random()
        if kind < 0.55:
            asked = Asked(name, "buy", amount_usd=str(draw.randint(20, 200)))
        elif kind < 0.9:
            asked = Asked(name, "sell", share_pct=draw.choice(("25", "100")))
        else:
            asked = Asked(name, "buy", amount_usd="50", type="limit", limit_price="0.0000001")
        placed = await desk.place(asked, symbol, Origin.HAND)
        self.run.placed += isinstance(placed, Placed)
        self.run.refused += not isinstance(placed, Placed)
        if kind >= 0.9:
            await desk.cancel(name)

    def _heartbeat(self) -> None:
        beat, now = self.pit.bot.last_tick_at, self.house.feed.now()
        sentence = f"the bot has not looked for some time since {beat}"
        late = beat is not None and now - beat > timedelta(seconds=4 * self.house.settings.bot_tick_seconds)
        if late and sentence not in self.run.findings:
            self.run.findings.append(sentence)

    async def leave(self, hour: float) -> None:
        """See that all is well."""
        run, house = self.run, self.house
        audit = await audited(house.store, self.pit.session, self.pit)
        if not audit.balanced:
            run.findings.append(f"after {hour:.0f} h the books are out of balance: {audit}")
        run.reads += house.board.reads.hits + house.board.reads.misses
        run.hits += house.board.reads.hits
        run.by_bot += sum(count for (origin, _), count in self.pit.desk.repeats.outcomes.items() if origin == "bot")
        run.alerts += house.alarms.counts.total()
        wrong = {kind.value for kind in house.alarms.counts if kind is not AlertKind.DAILY_LOSS}
        wrong |= {alert.condition.kind.value for alert in house.alarms.standing} - {AlertKind.DAILY_LOSS.value}
        run.findings += [f"after {hour:.0f} h there was an alert: {kind}" for kind in sorted(wrong)]
        self.cable.hang_up()


async def soak(
    run: Run, folder: Path, told: Callable[[Sample], None] = lambda _: None, census_s: int = 12 * HOUR
) -> None:
    """Let the hours pass in two houses, one after the other, over one database."""
    clock, total, began, used = FakeClock(), round(run.hours * HOUR), time.monotonic(), time.process_time()
    settings = settings_of(folder, market="demo", watchlist=",".join(SYMBOLS[: run.tokens]))
    sessions = set[str]()
    threads = Threads(asyncio.get_running_loop())
    asyncio.get_running_loop().set_default_executor(threads)
    with _heard(settings) as ears:
        for first, last in ((1, total // 2), (total // 2 + 1, total)):
            async with house_of(settings, clock) as house:
                await house.opened()
                assert house.pit is not None
                await house.pit.bot.set_level(run.level)
                await house.pit.bot.command("start")
                stay = Stay(house, clock, run, threads)
                sessions.add(house.pit.session.id)
                await _hours(stay, first, last, folder, told, census_s)
                await stay.leave(last / HOUR)
    run.findings += ["the restart has begun another session"] if len(sessions) > 1 else []
    run.findings += [f"an error was logged: {line}" for line in ears.said[:20]]
    run.wall_s, run.cpu_s = time.monotonic() - began, time.process_time() - used
    run.findings += judged(run)


async def _hours(
    stay: Stay, first: int, last: int, folder: Path, told: Callable[[Sample], None], census_s: int
) -> None:
    """Let the seconds pass, and look around every hour. Within one house, what grows is found."""
    run, second, censuses = stay.run, first, list[Census]()
    snapshot: tracemalloc.Snapshot | None = None
    while second <= last:
        if second % HOUR == 1 and second + _LISTENS < last:
            await stay.listen(second)
            second += _LISTENS
        await stay.pass_second(second)
        if second % min(HOUR, census_s) == 0:
            run.samples.append(sample(second / HOUR, folder))
            told(run.samples[-1])
        if second % census_s == 0 or second == last:
            censuses.append(census())
            if tracemalloc.is_tracing():
                snapshot, before = tracemalloc.take_snapshot(), snapshot
                run.traced = [str(each) for each in snapshot.compare_to(before, "lineno")[:25]] if before else []
        second += 1
    if len(censuses) >= 3:
        run.growing += grown(censuses[-3], censuses[-2], censuses[-1], min(A_LEAK, census_s // 6))


@contextmanager
def _heard(settings: Settings) -> Iterator[_Ears]:
    """The desk's own log files, and an ear for errors; the loggers are left as they were found."""
    root, ears = logging.getLogger(), _Ears()
    handlers, known = list(root.handlers), [each for each in root.manager.loggerDict.values()]
    levels = [(each, each.level) for each in (root, *known) if isinstance(each, logging.Logger)]
    set_up(settings, ears)
    try:
        yield ears
    finally:
        for handler in [handler for handler in root.handlers if handler not in handlers]:
            root.removeHandler(handler)
            handler.close()
        for logger, level in levels:
            logger.setLevel(level)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=72)
    parser.add_argument("--tokens", type=int, default=6, choices=range(1, len(SYMBOLS) + 1))
    parser.add_argument("--level", type=int, default=9, choices=range(1, 11))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--trace", action="store_true", help="say which lines hold more memory in the end (much slower)"
    )
    asked = parser.parse_args()
    run = Run(asked.hours, asked.tokens, asked.level, tabs=True)
    # The desk's lines go to its own files.
    said = (lambda _: None) if asked.json else (lambda each: print(table(each), flush=True))
    if asked.trace:
        tracemalloc.start()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(soak(run, Path(folder), said))
    if asked.json:
        print(json.dumps(asdict(run)))
    else:
        print(*shown(run), sep="\n")
    return 1 if run.findings else 0


if __name__ == "__main__":
    sys.exit(main())
