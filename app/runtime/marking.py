"""Marking: what a session is worth is noted from moment to moment of its market, and written down."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.runtime.noted import Noted
from app.runtime.replay import ReplayFeed
from app.store.database import Store
from app.store.equity import Mark

if TYPE_CHECKING:
    from app.runtime.pit import Pit

# Marks of a recording's bars are at least so far apart, on its own time.
APART = timedelta(minutes=5)
# The ten ledgers are drawn, not reckoned with: so many marks of each are enough for any recording.
DRAWN = 500


class Marking:
    """The marks of the account at work, and of its ten ledgers. `count` grows with every writing, and `newest` is the
    moment of the last: while a clock that was set back comes there again, nothing is marked twice.

    A recording goes by at any speed: its bars are noted as they close, and nothing else, so that figures do not depend
    on it.
    """

    def __init__(self, pit: "Pit", store: Store) -> None:
        self.count = 0
        self.newest = pit.session.started_at
        self._pit = pit
        self._noted = Noted(store, "account")
        self._last: dict[str, datetime] = {}

    def note(self, at: datetime) -> None:
        """Note what the account is worth, and what holding from the beginning would be, at a moment of its market;
        nothing where only prices that are not live stand behind it."""
        pit = self._pit
        worth, drawn = pit.see(), pit.drawdown
        if worth.stale_value and worth.stale_value == worth.positions_value:
            return
        self.newest = max(self.newest, at)
        row = Mark(at, worth.equity, pit.account.cash, pit.benchmark.worth(), drawn.highest, drawn.deepest_pct)
        self._noted.add(pit.session.id, row)

    def played(self, index: int) -> None:
        """A bar of the recording has been shown."""
        pit, feed = self._pit, self._pit.feed
        assert isinstance(feed, ReplayFeed)
        at, recording = feed.recording.closes_at(index), feed.recording
        if self._is_due("account", at, APART):
            self.note(at)
        whole = recording.closes_at(len(recording.bars) - 1) - recording.first_at
        if self._is_due("ledgers", at, max(APART, whole / DRAWN)):
            pit.bot.ledgers.note(at)

    async def mark(self) -> None:
        """Note this moment, unless a recording is played, and write down what was noted."""
        now = self._pit.desk.venue.now()
        if not isinstance(self._pit.feed, ReplayFeed) and now >= self.newest:
            self.note(now)
            self._pit.bot.ledgers.note(now)
        await self.write()

    async def end(self) -> None:
        """Note what the account is worth at the end, and write down what was noted."""
        now = self._pit.desk.venue.now()
        if now >= self.newest:
            self.note(now)
        await self.write()

    async def write(self) -> None:
        """Write down what was noted."""
        await self._pit.benchmark.keep()
        await self._noted.write()
        await self._pit.bot.ledgers.write()
        self.count += 1

    def _is_due(self, what: str, at: datetime, apart: timedelta) -> bool:
        last = self._last.get(what)
        if last is not None and at - last < apart:
            return False
        self._last[what] = at
        return True
