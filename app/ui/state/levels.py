"""The ten levels as a view: what each has made of the same market, ranked, and its curve beside holding and cash."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import reflex as rx

from app.bot.levels import level
from app.domain.decisions import LEVELS
from app.domain.drawdown import Drawdown
from app.domain.money import change_pct, product, total
from app.domain.session import Session, shadow_id
from app.runtime.house import House, current
from app.runtime.looks import LevelLine
from app.runtime.pit import Pit
from app.store.books import entries
from app.store.database import Store, StoreRefused
from app.store.equity import Mark, marks
from app.trading.bell import Topic
from app.ui import format as fmt
from app.ui.state.journal import read
from app.ui.state.view import View, put

POINTS = 400
# Shadows that began so long after their session did are measured against holding from their own beginning.
TOGETHER = timedelta(minutes=10)
# A mark is written every minute; the last one of holding is among those of so long.
_RECENT = timedelta(minutes=5)


class LevelsState(rx.State):
    """`rows` are the ten ledgers, and holding and cash, by what they have returned, the best first. `level` is the
    slider's. `history` and `tip` are the curves and the newest point of each (see `curved`, `tip_of`), drawn without
    holding while `bare`."""

    rows: list[dict[str, str]] = []
    level: int = 0
    history: dict[str, Any] = {}
    tip: list[Any] = []
    since: str = ""
    asked: bool = False
    bare: bool = False
    # What holding is measured from, and what it was last known to be worth: US dollars.
    _base: Decimal | None = None
    _held: Decimal | None = None
    # The most that it has been worth, US dollars, and its deepest fall below that, in percent.
    _highest: Decimal = Decimal(0)
    _deepest: Decimal = Decimal(0)

    @rx.event
    async def load(self):
        await show(self, anew=True)

    @rx.event
    def switch_holding(self):
        """Take the line of holding from the picture, so that the ten fill it, and back."""
        put(self, bare=not self.bare)


@dataclass(frozen=True, slots=True)
class Held:
    """What holding is worth against: `base` US dollars in the beginning and `now`, None while nobody knows.
    `deepest` is its deepest fall since, in percent."""

    base: Decimal
    now: Decimal | None
    deepest: Decimal = Decimal(0)

    @property
    def returned(self) -> Decimal | None:
        return None if self.now is None or not self.base else change_pct(self.now, self.base)


async def show(state: rx.State, *, anew: bool = False) -> None:
    """The ledgers as they are now; their curves from the beginning only `anew` or for another session, as the browser
    lengthens what it has by each tip."""
    house = current()
    if house is None or house.pit is None or not isinstance(state, LevelsState):
        return
    pit, bot = house.pit, house.pit.bot
    if anew or state.history.get("key") != pit.session.id:
        await _show_curves(state, house, pit)
    await _see_holding(state, house, pit)
    held, lines = Held(state._base or pit.session.starting_balance, state._held, state._deepest), bot.lines()
    put(
        state,
        rows=ranked(lines, pit.session.starting_balance, held, bot.record.level),
        level=bot.record.level,
        tip=tip_of(pit.session.id, pit.desk.venue.now(), lines, held.returned),
        asked=True,
    )


async def _show_curves(state: LevelsState, house: House, pit: Pit) -> None:
    session = pit.session
    began = await read(_began, house.store, session)
    try:
        found = await pit.bot.curves(POINTS)
    except StoreRefused:
        return
    if began is not None:
        base = held_from(session, began, found.get(0, ()))
        since = f"{began.day} {began:%b %Y %H:%M} UTC"
        put(state, history=curved(session, began, found, base), since=since, _base=base, _held=None)
        # The curve shows some of the marks; the fall is that of all.
        own = await read(marks, house.store, session.id, began)
        _note(state, fallen(base, began, own or found.get(0, ())))


def _began(store: Store, session: Session) -> datetime:
    """When the ten ledgers began: with their session, or later where that is older than they are."""
    first = next(entries(store, shadow_id(session.id, 1)), None)
    return first.at if first else session.started_at


async def _see_holding(state: LevelsState, house: House, pit: Pit) -> None:
    """What holding is worth by the last mark. Where none was written of late, it stays at what it was."""
    wide = _RECENT if state._held is not None else timedelta(days=1)
    found = await read(marks, house.store, pit.session.id, pit.desk.venue.now() - wide)
    known = (mark.hold for mark in reversed(found or []) if mark.hold is not None)
    held = next(known, state._held)
    if held is not None:
        fall = Drawdown(state._highest, state._deepest)
        fall.see(held)
        _note(state, fall)
    put(state, _held=held)


def _note(state: LevelsState, fall: Drawdown) -> None:
    put(state, _highest=fall.highest, _deepest=fall.deepest_pct)


def fallen(base: Decimal, began: datetime, own: Sequence[Mark]) -> Drawdown:
    """How far holding has fallen since it was worth `base`, by the marks that draw it."""
    found = Drawdown(base)
    for mark in own:
        if mark.at >= began and mark.hold is not None:
            found.see(mark.hold)
    return found


# -- the curves


def curved(session: Session, began: datetime, found: Mapping[int, Sequence[Mark]], base: Decimal) -> dict[str, Any]:
    """What the browser draws: `key` (the session), `t` (Unix ms) and `of`: the returns in percent of the ten levels by
    their number and then of holding since it was worth `base`, each a list as long as `t`, None where not known."""
    start, times = session.starting_balance, [at for at in _times(found) if at > began]
    ten = [[_pct(mark and mark.equity, start) for mark in _at_times(times, found.get(n, ()))] for n in LEVELS]
    hold = [_pct(mark and mark.hold, base) for mark in _at_times(times, found.get(0, ()))]
    lines = [[0.0, *line] for line in ten]
    lines.append([0.0 if any(at is not None for at in hold) else None, *hold])
    return {"key": session.id, "t": [fmt.millis(at) for at in (began, *times)], "of": lines}


def tip_of(key: str, at: datetime, lines: Sequence[LevelLine], held: Decimal | None) -> list[Any]:
    """The newest point of each curve: the session, Unix ms, and the returns in percent of the ten and of holding."""
    return [key, fmt.millis(at), *[_rounded(line.return_pct) for line in lines], _rounded(held)]


def held_from(session: Session, began: datetime, own: Sequence[Mark]) -> Decimal:
    """The dollars that holding is measured from: the starting balance, unless the ledgers began later than their
    session; then what holding was worth when they did."""
    if began - session.started_at <= TOGETHER:
        return session.starting_balance
    return next((mark.hold for mark in own if mark.at >= began and mark.hold), session.starting_balance)


def _times(found: Mapping[int, Sequence[Mark]]) -> list[datetime]:
    """The times of the ledger that was marked most often."""
    return [mark.at for mark in max((found.get(number, ()) for number in LEVELS), key=len)]


def _at_times(times: Sequence[datetime], line: Sequence[Mark]) -> list[Mark | None]:
    """The last mark at or before each time; None before the first."""
    known = [mark.at for mark in line]
    places = (bisect_right(known, at) for at in times)
    return [line[place - 1] if place else None for place in places]


def _pct(value: Decimal | None, base: Decimal) -> float | None:
    return _rounded(change_pct(value, base)) if value is not None and base else None


def _rounded(pct: Decimal | None) -> float | None:
    """A picture's number: to a thousandth of a percent, and nothing is ever reckoned from it."""
    return None if pct is None else round(float(pct), 3)


# -- the ranking


def ranked(lines: Sequence[LevelLine], start: Decimal, held: Held, chosen: int) -> list[dict[str, str]]:
    """The ledgers and what they are measured against, by their returns, the best first; equal ones by their level."""
    hold = _measure("hold", "Holding", fmt.money(_held_worth(start, held)), held.returned)
    hold |= {"drawn": _fall(held.deepest)} if held.now is not None else {}
    cash = _measure("cash", "Cash", fmt.money(start), Decimal(0))
    rows = [(line.return_pct, _ledger(line, chosen)) for line in lines]
    rows += [(held.returned, hold)] if held.returned is not None else []
    rows += [(Decimal(0), cash)]
    places = sorted(range(len(rows)), key=lambda place: -rows[place][0])
    found = [rows[place][1] for place in places] + ([hold] if held.returned is None else [])
    numbers = iter(range(1, len(found) + 1))
    return [row | {"rank": "" if row["kind"] else str(next(numbers))} for row in found]


def _held_worth(start: Decimal, held: Held) -> Decimal | None:
    returned = held.returned
    return None if returned is None else product(start, total(Decimal(1), returned.scaleb(-2)))


def _ledger(line: LevelLine, chosen: int) -> dict[str, str]:
    return {
        "level": str(line.level),
        "kind": "",
        "name": level(line.level).name,
        "chosen": "yes" if line.level == chosen else "",
        "equity": fmt.money(line.equity),
        "returned": fmt.signed_pct(line.return_pct),
        "drawn": _fall(line.max_drawdown_pct),
        "trades": f"{line.trades:,}",
        "costs": fmt.money(total(line.gas, line.fees, line.impact)),
        "parts": f"gas {fmt.money(line.gas)} · fees {fmt.money(line.fees)} · impact {fmt.money(line.impact)}",
        "positions": f"{line.positions} of {level(line.level).positions}",
    }


def _fall(pct: Decimal) -> str:
    return f"{pct:.2f} %"


def _measure(kind: str, name: str, equity: str, returned: Decimal | None) -> dict[str, str]:
    missing = dict.fromkeys(("drawn", "trades", "costs", "positions"), fmt.NOTHING)
    said = {"equity": equity, "returned": fmt.signed_pct(returned), "parts": "", "chosen": ""}
    return {"level": "", "kind": kind, "name": name, **said, **missing}


VIEW = View(LevelsState, show, frozenset({Topic.BOT, Topic.SESSION}), "/levels")
