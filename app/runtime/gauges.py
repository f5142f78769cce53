"""Gauges: plain counts of what the house does, kept by whoever does it and rendered at /metrics."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from app.domain.buckets import Buckets
from app.market.line import Tally
from app.runtime.poller import Poller
from app.trading.blotter import Blotter
from app.trading.board import Board


@dataclass(slots=True)
class Reads:
    """How often prices were read from the boards, with a price in the answer and without. Boards come and go with
    their markets: what was read from one that is left stays counted."""

    hits: int = 0
    misses: int = 0
    _board: Board | None = None
    _seen: WeakKeyDictionary[Board, tuple[int, int]] = field(default_factory=WeakKeyDictionary[Board, tuple[int, int]])

    def follow(self, board: Board) -> None:
        """Take over what was read from this board, and from the last one, since they were looked at."""
        for each in {self._board, board} - {None}:
            assert each is not None
            hits, misses = self._seen.get(each, (0, 0))
            self._seen[each] = each.reads.hits, each.reads.misses
            self.hits += each.reads.hits - hits
            self.misses += each.reads.misses - misses
        self._board = board


@dataclass(slots=True)
class Gauges:
    """All of it since the start of the process: no count goes back with a session or a market that is left.

    `tick_to_push` are seconds from a ring of prices until it was cried to every tab that is told so; `browser_tabs`
    are those connected, None where nobody pushes; `decisions` counts those of the ten levels by (level, verdict);
    `position_updates` counts positions whose worth was changed by a price or by a trade; `sources` are the tallies of
    the price sources, by name.
    """

    tick_to_push: Buckets = field(default_factory=Buckets)
    browser_tabs: int | None = None
    blotter: Blotter = field(default_factory=Blotter)
    decisions: Counter[tuple[int, str]] = field(default_factory=Counter[tuple[int, str]])
    position_updates: int = 0
    reads: Reads = field(default_factory=Reads)
    sources: dict[str, Tally] = field(default_factory=dict[str, Tally])

    def follow(self, board: Board, pollers: Iterable[Poller]) -> None:
        """Count on with the market that stands now: its pollers count where those before them did."""
        self.reads.follow(board)
        for poller in pollers:
            meter = poller.line.meter
            kept = self.sources.setdefault(poller.name, meter.tally)
            if kept is not meter.tally:
                kept.take(meter.tally)
                meter.tally = kept
