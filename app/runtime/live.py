"""The live feed: a poller for every source, warm-started from history."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.bars import Bar, Interval
from app.domain.prices import Reading
from app.domain.tokens import TokenKey
from app.market.line import Client, Clock, Line
from app.market.source import PriceSource
from app.runtime.floor import Floor
from app.runtime.poller import Poller, SourceStatus
from app.runtime.warm import Warmer
from app.store.database import StoreRefused
from app.trading.bell import Topic

FIRST_ROUND = 6.0
# Prices grow old by the second; nobody sees a quarter of one.
SETTLE = 1.0
# A second group has so long to agree with the first price of a token.
PATIENCE = timedelta(seconds=5)
FIRST_ANSWERS = 1.0

_log = logging.getLogger("drydock.price")


class LiveFeed:
    """Real prices from real sources."""

    mode = "live"
    speed = Decimal(1)
    keeps_bars = True

    def __init__(
        self,
        floor: Floor,
        sources: Sequence[PriceSource],
        client: Client,
        clock: Clock,
        refresh: float,
    ) -> None:
        self.state = "starting"
        self._floor = floor
        self._clock = clock
        self.pollers = [
            Poller(source, rank, Line(source.card, client, clock), clock, refresh)
            for rank, source in enumerate(sources)
        ]
        self._warmer = Warmer(floor, self.pollers, clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered = False
        self._settled = 0.0
        self._judged: dict[str, str] = {}
        floor.board.patience = PATIENCE
        self._titles = {source.card.name: source.card.title for source in sources}
        self.reschedule()

    def reschedule(self, *, hurry: bool = False) -> None:
        """Set every poller's pace for the tokens now watched; with `hurry`, ask at once."""
        tokens = self._floor.tokens()
        for poller in self.pollers:
            self._floor.board.rules[poller.name] = poller.schedule(tokens)
            if hurry:
                poller.hurry()
        if hurry:
            self._spawn(self._warmer.run(self))

    async def start(self) -> None:
        try:
            await self._warmer.resume()
        except StoreRefused as error:
            _log.error("[PRICE] resume=refused why=%r", str(error))
        if not self._answered:
            await self.first_round()
        self._spawn(self._warm())

    async def _warm(self) -> None:
        """History needs to know the pools, and those come with the first answers of all sources."""
        await self._clock.sleep(FIRST_ANSWERS)
        await self._warmer.run(self)

    async def first_round(self, *, again: bool = False) -> bool:
        """Ask every source once, or `again` those that are due; returns as soon as one that leads has answered, or when
        none has in time. Whether one answers: of those that were not due `again`, whether it did when last asked."""
        if again:
            self._answered = False
        for poller in self.pollers:
            if poller.is_due():
                self._spawn(self._poll(poller))
        loop = asyncio.get_running_loop()
        until = loop.time() + FIRST_ROUND
        while self._tasks and not self._answered and loop.time() < until:
            await asyncio.wait(self._tasks, timeout=until - loop.time(), return_when=asyncio.FIRST_COMPLETED)
        self._judge()
        return self._answered or (again and self.state == "live")

    def ring(self) -> None:
        for poller in self.pollers:
            if poller.is_due():
                self._spawn(self._poll(poller))
        mono = self._clock.instant().mono
        if mono - self._settled >= SETTLE:
            self._settled = mono
            self._floor.ticker.settle(self.now())
            self._judge()

    async def quiet(self) -> None:
        """Wait until nothing is being asked."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def now(self) -> datetime:
        return self._clock.instant().utc

    def statuses(self) -> list[SourceStatus]:
        board = self._floor.board
        reads = board.reads
        return [
            poller.status(reads.by_source[poller.name], reads.fresh_by_source[poller.name], board.garbled[poller.name])
            for poller in self.pollers
        ]

    def states(self) -> dict[str, str]:
        return {poller.name: poller.state() for poller in self.pollers}

    def title(self, source: str) -> str:
        return self._titles.get(source, source)

    def shortest(self, interval: Interval) -> Interval:
        return interval

    def recorded(self, key: TokenKey, interval: Interval, limit: int) -> list[Bar] | None:
        return None

    async def _poll(self, poller: Poller) -> None:
        if await poller.poll(self._floor.tokens(), self._post) and poller.source.card.leads:
            self._answered = True

    def _post(self, readings: Sequence[Reading]) -> None:
        # A token may have been taken off the watchlist while its answer was on the way.
        wanted = {token.key for token in self._floor.tokens()}
        self._floor.ticker.post((r for r in readings if r.token in wanted), self.now())

    def _judge(self) -> None:
        states = self.states()
        if states == self._judged:
            return
        self._judged = states
        # Who only confirms gives nobody a price.
        leads = {poller.name for poller in self.pollers if poller.source.card.leads}
        self.state = "live" if any(states[name] == "live" for name in leads) else "down"
        _log.info("[PRICE] market=live %s", " ".join(f"{name}={state}" for name, state in states.items()))
        self._floor.ticker.bell.ring(Topic.MARKET)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a feed task failed", "exception": task.exception(), "task": task}
            )
