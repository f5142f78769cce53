"""The board: the latest reading of every source, and the consensus that everybody reads.

Reading it never causes a call: pollers post to it, everyone else looks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.consensus import CLOCK_SKEW, Witness, consensus, witnessed
from app.domain.prices import Consensus, PriceState, Reading, SourceRule
from app.domain.tokens import TokenKey

# Long enough to hold a source that is polled every few minutes against one that is polled every few seconds.
TRAIL_FOR = timedelta(seconds=700)
TRAIL_LENGTH = 48


@dataclass(slots=True)
class Reads:
    """Plain counters of what was read from the board.

    `hits` and `misses` are answers with and without a price; `by_source` counts the readings that stood in an
    answer, `fresh_by_source` those of them that counted.
    """

    hits: int = 0
    misses: int = 0
    by_source: Counter[str] = field(default_factory=Counter[str])
    fresh_by_source: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class _Column:
    """One token's column on the board."""

    trails: dict[str, list[Reading]] = field(default_factory=dict[str, list[Reading]])
    struck: dict[str, Reading] = field(default_factory=dict[str, Reading])
    since: datetime | None = None
    held: Consensus | None = None
    witness: Witness | None = None


class Board:
    """Readings in, consensus out. Lives on one event loop and does no I/O.

    `patience` is how long a token's very first price waits for a second group to agree, where there is one: who
    answers first is alone for a moment, and could say anything.
    """

    def __init__(self, rules: Mapping[str, SourceRule], patience: timedelta = timedelta(0)) -> None:
        self.rules: dict[str, SourceRule] = dict(rules)
        self.patience = patience
        self.reads = Reads()
        self.garbled: Counter[str] = Counter()
        self._columns: dict[TokenKey, _Column] = {}

    def post(self, readings: Iterable[Reading], now: datetime) -> set[TokenKey]:
        """Put readings up and hold the prices of their tokens anew; returns the tokens that were ticked.

        A reading from the future is garbled; one older than its source's last is not put up.
        """
        ticked: set[TokenKey] = set()
        for reading in readings:
            if reading.stands_at > now + CLOCK_SKEW:
                self.garbled[reading.source] += 1
                continue
            column = self._columns.setdefault(reading.token, _Column())
            if _put_up(column, reading, now):
                ticked.add(reading.token)
        for key in ticked:
            self._hold(key, now)
        return ticked

    def settle(self, now: datetime) -> set[TokenKey]:
        """Hold all prices anew because time has passed; returns the tokens whose state or leader changed."""
        changed: set[TokenKey] = set()
        for key, column in self._columns.items():
            before = column.held
            after = self._hold(key, now)
            if before is None or (before.state, before.source) != (after.state, after.source):
                changed.add(key)
        return changed

    def read(self, key: TokenKey) -> Consensus:
        """The consensus as last held: never a call, never an invention."""
        held = self.peek(key)
        if held.price is None:
            self.reads.misses += 1
        else:
            self.reads.hits += 1
        self.reads.by_source.update(reading.source for reading in held.readings)
        self.reads.fresh_by_source.update(held.counted)
        return held

    def peek(self, key: TokenKey) -> Consensus:
        """As `read`, for the desk's own bookkeeping: it is not counted as a read."""
        column = self._columns.get(key)
        return column.held if column and column.held else Consensus(key, PriceState.NONE)

    def forget(self, key: TokenKey) -> None:
        """Take a token off the board."""
        self._columns.pop(key, None)

    def _hold(self, key: TokenKey, now: datetime) -> Consensus:
        column = self._columns[key]
        while True:
            struck = tuple(column.struck.values())
            held = consensus(key, column.trails, self.rules, now, column.witness, struck)
            if not held.dropped:
                break
            for reading in held.dropped:
                column.trails[reading.source].remove(reading)
                column.struck[reading.source] = reading
                self.garbled[reading.source] += 1
        if self._too_early(column, held, now):
            held = Consensus(key, PriceState.NONE, readings=held.readings, counted=held.counted)
        column.witness = witnessed(held, column.witness, now)
        column.held = held
        return held

    def _too_early(self, column: _Column, held: Consensus, now: datetime) -> bool:
        column.since = column.since or now
        if column.witness is not None or held.confirmed or held.state is not PriceState.LIVE:
            return False
        alone = len({rule.group for rule in self.rules.values()}) < 2
        return not alone and abs(now - column.since) < self.patience


def _put_up(column: _Column, reading: Reading, now: datetime) -> bool:
    trail = column.trails.setdefault(reading.source, [])
    # After a clock was set back, what was read before the step would look new for as long as the step.
    trail[:] = [past for past in trail if past.stands_at <= now + CLOCK_SKEW]
    if trail and reading.stands_at < trail[0].stands_at:
        return False
    column.struck.pop(reading.source, None)
    if trail and (trail[0].as_of, trail[0].price) == (reading.as_of, reading.price) and reading.as_of is not None:
        # The same answer again, from a provider's cache: it is no second opinion.
        trail[0] = reading
        return True
    trail.insert(0, reading)
    trail[:] = [past for past in trail[:TRAIL_LENGTH] if reading.stands_at - past.stands_at <= TRAIL_FOR]
    return True
