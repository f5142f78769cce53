"""The demo feed: an invented market, a price a second, labelled SIMULATED wherever it is shown."""

import asyncio
import logging
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.bars import Bar, Interval, covering
from app.domain.prices import SourceRule
from app.domain.tokens import Token, TokenKey
from app.market.demo import DEMO, DemoMarket
from app.market.line import Clock
from app.runtime.floor import Floor
from app.runtime.poller import SourceStatus
from app.store.bars import fill_bars, read_bars
from app.store.database import StoreRefused
from app.trading.bell import Topic

STEP = 1.0
# How much of its past the market shows at once; a day costs more to make up than a minute.
# From the shortest on: a longer one is as high and as low as those within it.
PAST = {Interval.M1: 300, Interval.M5: 300, Interval.M15: 200, Interval.H1: 300, Interval.D1: 90}

_log = logging.getLogger("drydock")


class DemoFeed:
    """Posts what the invented market shows, once a second."""

    mode = DEMO
    speed = Decimal(1)
    keeps_bars = True

    def __init__(self, floor: Floor, market: DemoMarket, clock: Clock) -> None:
        self.state = "starting"
        self._floor = floor
        self.market = market
        self._clock = clock
        self._next = 0.0
        self._last: datetime | None = None
        self._past: asyncio.Task[None] | None = None
        floor.board.rules[DEMO] = SourceRule(DEMO, 0, DEMO, timedelta(seconds=30))

    async def start(self) -> None:
        self.state = "running"
        self.reschedule()
        self.ring()

    def ring(self) -> None:
        instant = self._clock.instant()
        if instant.mono < self._next:
            return
        self._next = instant.mono + STEP
        self._last = instant.utc
        if self.market.tokens != tuple(self._floor.tokens()):
            # A session that is opened puts what it holds back on the list.
            self.reschedule()
        self._floor.ticker.post(self.market.readings(instant.utc), instant.utc)

    async def stop(self) -> None:
        if self._past:
            self._past.cancel()
            await asyncio.gather(self._past, return_exceptions=True)

    async def quiet(self) -> None:
        """Wait until the past is written down."""
        if self._past:
            await asyncio.wait([self._past])

    def now(self) -> datetime:
        return self._clock.instant().utc

    def reschedule(self, *, hurry: bool = False) -> None:
        self.market = DemoMarket(self.market.seed, tuple(self._floor.tokens()))
        if self._past:
            self._past.cancel()
        self._past = asyncio.create_task(self._remember())

    def states(self) -> dict[str, str]:
        return {DEMO: "live" if self._last else "waiting"}

    def title(self, source: str) -> str:
        return "Simulated market" if source == DEMO else source

    def shortest(self, interval: Interval) -> Interval:
        return interval

    def recorded(self, key: TokenKey, interval: Interval, limit: int) -> list[Bar] | None:
        return None

    def statuses(self) -> list[SourceStatus]:
        return [own_status(DEMO, self.title(DEMO), self._floor, self._last, STEP)]

    async def _remember(self) -> None:
        """Write the market's past down, as it was before the desk opened."""
        try:
            await self._write_past()
        except StoreRefused as error:
            _log.error("[SESSION] past=refused why=%r", str(error))

    async def _write_past(self) -> None:
        until = self._clock.instant().utc
        shorter: Interval | None = None
        for interval in PAST:
            for token in self._floor.watched():
                bars = await asyncio.to_thread(self._past_of, token, interval, shorter, until)
                self._floor.tape.resume(token.key, interval, bars[-1])
                key = self._floor.series_key(token.key)
                await asyncio.to_thread(fill_bars, self._floor.store, key, interval, bars[:-1])
            shorter = interval
            await self._floor.look_back(self)
            self._floor.ticker.bell.ring(Topic.BARS, Topic.WATCHLIST)

    def _past_of(self, token: Token, interval: Interval, shorter: Interval | None, until: datetime) -> list[Bar]:
        """The bars of an interval, which leave out nothing that was shown. Blocks. Raises StoreRefused."""
        key, bars = self._floor.series_key(token.key), self.market.bars(token, interval, until, PAST[interval])
        for known in (interval, shorter):
            if known is not None:
                bars = covering(bars, read_bars(self._floor.store, key, known, PAST[known]), interval)
        return bars


def own_status(name: str, title: str, floor: Floor, last: datetime | None, step: float) -> SourceStatus:
    """The status of a market that is its own source: no calls, so no budget and no latency."""
    reads = floor.board.reads
    return SourceStatus(
        name=name,
        title=title,
        state="live" if last else "waiting",
        last_success_at=last,
        latency_p50_ms=None,
        latency_p95_ms=None,
        requests=0,
        errors=floor.board.garbled[name],
        rate_limited=0,
        budget=(),
        breaker="closed",
        reads=reads.by_source[name],
        hits=reads.fresh_by_source[name],
        last_fault="",
        poll_seconds=step,
        attribution="",
    )
