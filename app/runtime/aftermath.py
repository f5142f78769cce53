"""The aftermath: how the last run ended, found out at the start, and one sentence about it.

A marker in the data folder says that Drydock runs; an orderly end says so in it. Its time is the last sign of life.
"""

import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.domain.books import Books
from app.market.budget import Instant
from app.runtime.witness import Shown, Witness, shown
from app.store.database import Store, StoreRefused
from app.store.disk import sync
from app.store.health import Reached, missing_orders, reached

FILE = "last_run.json"
# Clocks that are set right by the network move by less.
NOTICED = timedelta(seconds=60)
_NAMED = 3
_REPLAY = "replay:"

# The witness is not synced: what a loss of power took from it and from the database, nobody knows of.
_NO_LOSS = {
    True: "nothing that is known to have been shown is missing",
    False: "what is on disk is there, and no record tells whether more was",
    None: "the database could not be read, so nobody knows whether anything is missing",
}
_log = logging.getLogger("drydock")


@dataclass(frozen=True, slots=True)
class Gap:
    """An account that stands at an earlier entry than was shown; `shown_up_to` was the last, 0 stands for no account
    of that id at all."""

    account_id: str
    stands_at: int
    shown_up_to: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What a start finds. `unclean` where a run has not ended in order, at about `last_sign`; `vouched` where a witness
    says what had been shown, None where the database could not be read. `ahead` is by how much the last sign of life
    lies in the future, or the newest entry where there is none."""

    unclean: bool = False
    last_sign: datetime | None = None
    vouched: bool | None = True
    gaps: tuple[Gap, ...] = ()
    orders: tuple[str, ...] = ()
    ahead: timedelta = timedelta(0)


def told(found: Findings, now: datetime) -> str:
    """One sentence for people; empty where there is nothing to tell."""
    parts: list[str] = []
    lost = bool(found.gaps or found.orders)
    if found.unclean:
        at = f" at about {_moment(found.last_sign, now)} (its last sign of life)" if found.last_sign else ""
        parts.append(f"Drydock was ended without warning{at}")
    elif lost:
        parts.append("The database is not as Drydock left it")
    if lost:
        parts.append(_loss(found))
    elif found.unclean:
        parts.append(_NO_LOSS[found.vouched])
    if found.ahead > NOTICED:
        sentence = f"clock went back by {span(found.ahead)} while Drydock was away"
        parts.append(f"the {sentence}" if parts else f"The {sentence}")
    return "; ".join(parts) + "." if parts else ""


def stepped(by: timedelta, at: datetime) -> str:
    """One sentence about a clock that was set while Drydock ran, to `at`."""
    way = "back" if by < timedelta(0) else "forward"
    asleep = "" if by < timedelta(0) else ", or this machine was asleep for as long"
    return f"The clock went {way} by {span(abs(by))} to {_moment(at, at)} while Drydock was running{asleep}."


def span(length: timedelta) -> str:
    """A length of time in its largest unit, rounded."""
    seconds = length.total_seconds()
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit * 0.95:
            number = round(seconds / unit)
            return f"{number} {name}{'' if number == 1 else 's'}"
    return f"{seconds:.0f} seconds"


def _loss(found: Findings) -> str:
    trades = sum(gap.shown_up_to - gap.stands_at for gap in found.gaps)
    if found.gaps and not any(gap.stands_at for gap in found.gaps):
        return "none of the accounts that had been shown is in the database"
    what = [f"the last {_counted(trades, 'trade')} ({_ranges(found.gaps)})"] if trades else []
    if found.orders:
        what.append(f"{_counted(len(found.orders), 'order')} that waited ({_some(found.orders)})")
    is_one = trades + len(found.orders) == 1
    why = "an older database was put in place of it"
    if found.unclean:
        why = f"the end of the write-ahead log was damaged, or {why}"
    stand = f", and the books are as of {_as_of(found.gaps)}" if found.gaps else ""
    return f"{why}: {' and '.join(what)} that had been shown {'is' if is_one else 'are'} gone{stand}"


def _counted(number: int, what: str) -> str:
    return what if number == 1 and what == "trade" else f"{number} {what}{'' if number == 1 else 's'}"


def _ranges(gaps: tuple[Gap, ...]) -> str:
    def one(gap: Gap) -> str:
        first, last = f"{gap.account_id}-{gap.stands_at + 1}", f"{gap.account_id}-{gap.shown_up_to}"
        return last if first == last else f"{first} to {last}"

    return _some([one(gap) for gap in gaps])


def _some(names: "list[str] | tuple[str, ...]") -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _as_of(gaps: tuple[Gap, ...]) -> str:
    return _some([f"{gap.account_id}-{gap.stands_at}" if gap.stands_at > 1 else "their start" for gap in gaps])


def _moment(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%H:%M} UTC on {at:%d %B}"


class Aftermath:
    """The last run's end, this run's marker and its witness. `said` is the sentence about the last end, empty where it
    was in order. A folder that cannot be written to is told once, and disturbs nothing else."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.said = ""
        self._marker = folder / FILE
        self._store = store
        self._witness = Witness(folder)
        self._last: Instant | None = None
        self._told = False

    def look(self, now: datetime) -> None:
        """Find out how the last run ended. Blocks."""
        self.said = told(self._found(now), now)
        if self.said:
            _log.warning("[SESSION] after=%r", self.said)

    def begin(self, now: datetime) -> None:
        """Mark that this run has begun: one that fails before has not ended without warning."""
        self._mark("running", now)

    def beat(self, now: Instant) -> timedelta:
        """Give a sign of life; by how much the clock was set since the last."""
        with suppress(OSError):
            os.utime(self._marker, (now.utc.timestamp(), now.utc.timestamp()))
        last, self._last = self._last, now
        return now.utc - last.utc - timedelta(seconds=now.mono - last.mono) if last else timedelta(0)

    def note(self, books: list[Books], at: datetime) -> None:
        """Take down how far the accounts have come."""
        if books:
            self._try(lambda: self._witness.write(shown(self._store.name, books), at))

    def end(self, at: datetime) -> None:
        """Mark that this run has ended in order."""
        self._mark("ended", at)

    # -- how

    def _found(self, now: datetime) -> Findings:
        state, last_sign = self._left()
        witness = self._witness.read()
        if witness is not None and witness.database != self._store.name:
            witness = None
        compared = self._compared(witness)
        gaps, orders, newest = compared or ((), (), None)
        vouched = witness is not None if compared else None
        # What was written while the clock was ahead stays dated so; the marker went back with it.
        left = last_sign or newest
        ahead = left - now if left else timedelta(0)
        return Findings(state == "running", last_sign, vouched, gaps, orders, ahead)

    def _left(self) -> tuple[str, datetime | None]:
        """What the last run wrote into its marker, and when it was last seen alive."""
        try:
            left = json.loads(self._marker.read_text("utf-8"))
            seen = datetime.fromtimestamp(self._marker.stat().st_mtime, datetime.fromisoformat(left["at"]).tzinfo)
            return str(left["state"]), seen
        except (OSError, ValueError, KeyError, TypeError):
            return "", None

    def _compared(self, witness: Shown | None) -> tuple[tuple[Gap, ...], tuple[str, ...], datetime | None] | None:
        """What the witness has seen and the database does not hold; and when the newest that it holds was written.
        None where it cannot be read."""
        try:
            there = reached(self._store)
            newest = max((each.at for each in there.values() if not each.market.startswith(_REPLAY)), default=None)
            if witness is None:
                return (), (), newest
            orders = tuple(missing_orders(self._store, witness.orders))
        except StoreRefused as error:
            _log.error("[SESSION] aftermath=unread why=%r", str(error))
            return None
        return tuple(_gaps(witness, there)), orders, newest

    def _mark(self, state: str, at: datetime) -> None:
        text = json.dumps({"state": state, "pid": os.getpid(), "at": at.isoformat()})
        self._try(lambda: _put(self._marker, text, at))

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            if not self._told:
                self._told = True
                _log.warning("[SESSION] aftermath=unwritten why=%r", error.strerror)


def _gaps(witness: Shown, there: dict[str, Reached]) -> list[Gap]:
    gaps = [Gap(name, there[name].number if name in there else 0, number) for name, number in witness.entries.items()]
    return [gap for gap in gaps if gap.stands_at < gap.shown_up_to]


def _put(file: Path, text: str, at: datetime) -> None:
    """Put this into the file, on disk when it returns: all of it or nothing. Raises OSError."""
    beside = file.with_name(f".{file.name}.part")
    beside.write_text(text, encoding="utf-8")
    sync(beside)
    os.utime(beside, (at.timestamp(), at.timestamp()))
    beside.replace(file)
    sync(file.parent)
