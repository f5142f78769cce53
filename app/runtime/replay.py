"""The replay feed: a recorded market, bar by bar, at the chosen speed and on recorded time."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.bars import Bar, Interval, rolled_up
from app.domain.tokens import Token, TokenKey
from app.market.line import Clock
from app.market.recording import Recording
from app.market.replay import REPLAY, rule_of, tape_of, to_reading
from app.runtime.demo import own_status
from app.runtime.floor import Floor
from app.runtime.poller import SourceStatus
from app.trading.bell import Topic
from app.trading.tape import RECENT

MAX_SPEED = Decimal(1_000_000)
LOOK_BACK = timedelta(minutes=15)
AFTER_THE_END = Decimal(60)
_INSTANT = timedelta(microseconds=1)


class ReplayFeed:
    """Shows recorded bars as they close. Nothing after the recorded moment is ever read."""

    mode = REPLAY
    keeps_bars = False

    def __init__(
        self,
        floor: Floor,
        recording: Recording,
        token: Token,
        clock: Clock,
        speed: Decimal | None,
        since: datetime | None = None,
    ) -> None:
        self.state = "starting"
        self.speed = speed or MAX_SPEED
        self.recording = recording
        self._floor = floor
        self.token = token
        self._clock = clock
        self._unroll = tape_of(recording, speed, clock.instant().mono, since)
        self._cursor = recording.closed_by(since) if since else 0
        self._since = since
        self._last: datetime | None = None
        self._ended: float | None = None
        self._looked = recording.first_at
        self._looking: asyncio.Task[None] | None = None
        # Told of every bar by its index when it has been shown; while any of the others says so, no more are shown.
        self.played: list[Callable[[int], None]] = []
        self.holds: list[Callable[[], bool]] = []
        floor.board.rules[REPLAY] = rule_of(recording)

    async def start(self) -> None:
        self._unroll = tape_of(self.recording, self._unroll.clock.speed, self._clock.instant().mono, self._since)
        self.state = "running"
        self.ring()

    def ring(self) -> None:
        if self.state != "running":
            self._floor.ticker.settle(self.now(), to_tape=False)
            return
        instant = self._clock.instant()
        first = self._cursor
        bars, _ = self._unroll.next_bars(first, instant.mono)
        for index, bar in enumerate(bars, start=first):
            if any(holds() for holds in self.holds):
                break
            self._cursor = index + 1
            self._to_tape(bar)
            # Each on its own, at its own time: an order must not sleep through a bar because many closed at once.
            at = self.recording.closes_at(index)
            self._floor.ticker.post([to_reading(self.token, self.recording, index, at)], at, to_tape=False)
            for hear in self.played:
                hear(index)
        shown = self._cursor - first
        if shown:
            self._last = instant.utc
            self._floor.ticker.bell.ring(Topic.MARKET, *([Topic.BARS] if shown >= RECENT else []))
        self._floor.ticker.settle(self.now(), to_tape=False)
        self._look_back()
        if self._unroll.finished(self._cursor):
            self.state = "ended"
            self._ended = instant.mono
            self._floor.ticker.bell.ring(Topic.MARKET)

    @property
    def shown(self) -> int:
        """How many bars have been shown."""
        return self._cursor

    def _look_back(self) -> None:
        """The last day goes by on recorded time."""
        now = self.now()
        if self._looking is None or (self._looking.done() and now - self._looked >= LOOK_BACK):
            self._looked = now
            self._looking = asyncio.create_task(self._floor.look_back(self))
            self._looking.add_done_callback(lambda _done: self._floor.ticker.bell.ring(Topic.WATCHLIST))

    async def stop(self) -> None:
        self.state = "ended"
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def reschedule(self, *, hurry: bool = False) -> None:
        """A recording has one token: there is nothing to plan."""

    def now(self) -> datetime:
        mono = self._clock.instant().mono
        recorded = self._unroll.recorded(self._cursor, mono)
        if self._cursor < len(self.recording.bars):
            # Time waits for a bar that is held back: what was shown last must not grow old before it is traded on.
            recorded = min(recorded, self.recording.closes_at(self._cursor) - _INSTANT)
        # Nothing comes after the end, and the last price grows old like any other.
        if self._ended is None:
            return recorded
        return recorded + timedelta(seconds=(mono - self._ended) * float(min(self.speed, AFTER_THE_END)))

    def statuses(self) -> list[SourceStatus]:
        return [own_status(REPLAY, self.title(REPLAY), self._floor, self._last, self.recording.interval_s)]

    def states(self) -> dict[str, str]:
        return {REPLAY: "live" if self._last else "waiting"}

    def title(self, source: str) -> str:
        return "Recording" if source == REPLAY else source

    def shortest(self, interval: Interval) -> Interval:
        long_enough = (i for i in Interval if i.seconds >= max(interval.seconds, self.recording.interval_s))
        return next(long_enough, Interval.D1)

    def recorded(self, key: TokenKey, interval: Interval, limit: int) -> list[Bar] | None:
        """The recording's own bars up to now, rolled up; none of an interval shorter than the recording's."""
        if key != self.token.key or interval.seconds < self.recording.interval_s:
            return []
        per_bar = interval.seconds // self.recording.interval_s + 1
        since = max(0, self._cursor - (limit + 1) * per_bar)
        return rolled_up(self.recording.bars[since : self._cursor], interval)[-limit:]

    def _to_tape(self, bar: Bar) -> None:
        own = self.recording.interval or next((i for i in Interval if i.seconds >= self.recording.interval_s), None)
        if own:
            self._floor.tape.fold(self.token.key, own, bar)
            self._floor.tape.take()
