"""The replay market: what a recording shows at a moment, at a chosen speed. Pure: the caller brings the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.bars import Bar
from app.domain.prices import Pool, Reading, SourceRule
from app.domain.tokens import Token
from app.market.recording import Recording

REPLAY = "replay"

# For so many of its lengths after its close a bar's price is fresh, and what was decided then is good.
FRESH_BARS = 2

# The most bars handed out at once where no clock holds them back.
BARS_A_CALL = 200

# A file does not name its pool.
NO_ADDRESS = "0x" + "0" * 40


@dataclass(frozen=True, slots=True)
class ReplayClock:
    """Recorded time as a function of real time.

    `started_mono` is the moment, in seconds of a clock that never jumps, at which the recorded time was `start`.
    `speed` is in recorded seconds per real second, above zero; None sets no pace at all. It never passes `end`.
    """

    start: datetime
    end: datetime
    speed: Decimal | None
    started_mono: float

    def __post_init__(self) -> None:
        if self.speed is not None and not (self.speed.is_finite() and self.speed > 0):
            raise ValueError("a replay's speed is above zero")

    def recorded(self, mono: float) -> datetime:
        """The recorded moment at the real moment `mono`; without a pace, the end."""
        if self.speed is None:
            return self.end
        elapsed = Decimal(max(0.0, mono - self.started_mono))
        whole = max(0, (self.end - self.start) // timedelta(microseconds=1))
        return self.start + timedelta(microseconds=int(min(elapsed * self.speed * 1_000_000, Decimal(whole))))

    def finished(self, mono: float) -> bool:
        """Whether recorded time has come to the end; a clock without a pace always has, ask the tape there."""
        return self.recorded(mono) >= self.end


@dataclass(frozen=True, slots=True)
class ReplayTape:
    """A recording as it unrolls. A cursor is the index of the first bar not yet handed out; it begins at 0."""

    recording: Recording
    clock: ReplayClock

    def next_bars(self, cursor: int, mono: float) -> tuple[tuple[Bar, ...], int]:
        """The bars that have closed since the cursor, oldest first, and the cursor after them.

        Without a pace, the next BARS_A_CALL bars at most.
        """
        ready = self.recording.closed_by(self.clock.recorded(mono))
        if self.clock.speed is None:
            ready = min(ready, cursor + BARS_A_CALL)
        after = max(cursor, ready)
        return self.recording.bars[cursor:after], after

    def recorded(self, cursor: int, mono: float) -> datetime:
        """The recorded moment that the replay stands at: the clock's, or without a pace the close of the last bar
        handed out, which is never earlier than the clock's start."""
        if self.clock.speed is not None:
            return self.clock.recorded(mono)
        return max(self.clock.start, self.recording.closes_at(cursor - 1)) if cursor else self.clock.start

    def finished(self, cursor: int) -> bool:
        """Whether every bar up to the clock's end has been handed out."""
        return cursor >= self.recording.closed_by(self.clock.end)


def tape_of(recording: Recording, speed: Decimal | None, mono: float, since: datetime | None = None) -> ReplayTape:
    """A tape that starts at the real moment `mono` (s): from the recording's beginning, or from the recorded moment
    `since`, which a replay that goes on gives together with the cursor `recording.closed_by(since)`."""
    return ReplayTape(recording, ReplayClock(since or recording.first_at, recording.last_at, speed, mono))


def rule_of(recording: Recording) -> SourceRule:
    """How a replay's readings are weighed: a bar is fresh for two bars of recorded time."""
    return SourceRule(REPLAY, rank=0, group=REPLAY, fresh_for=recording.length * FRESH_BARS)


def to_reading(token: Token, recording: Recording, index: int, fetched_at: datetime) -> Reading:
    """What the recording says of its token when the bar at `index` closes.

    The price is the bar's close in US dollars, `as_of` the recorded moment of it; `fetched_at` is on the same,
    recorded, clock. The pool is there where the file states its liquidity.
    """
    liquidity = recording.liquidity[index]
    pool = None if liquidity is None else Pool(NO_ADDRESS, recording.name, liquidity)
    as_of = recording.closes_at(index)
    return Reading(token.key, recording.bars[index].close, REPLAY, fetched_at, as_of, pool)
