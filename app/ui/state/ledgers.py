"""Ledgers as views: the ten levels' side by side, ranked, and the account's own worth against holding."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal

import reflex as rx

from app.domain.money import change_pct, minus, product, ratio, total
from app.runtime.house import House, current
from app.runtime.looks import LevelLine
from app.runtime.pit import Pit
from app.runtime.reckoning import reckonings
from app.store.database import StoreRefused
from app.store.equity import Mark, marks
from app.trading.bell import Topic
from app.ui import format as fmt
from app.ui.state.view import Sight, Vars, View, put

# Points of a small line, and of a curve.
SMALL = 30
CURVE = 80
# A small line's heights are letters: a tenth of the bytes that coordinates take.
_LETTERS = "abcdefghijklmnopqrstuvwxy"
_HEIGHT = 1000


class LedgersState(rx.State):
    """`rows` are the levels, the best return first: level, return, deepest drawdown in percent, and its line, a letter
    a point from 'a' at the bottom to 'y' at the top."""

    rows: list[list[str]] = []

    @rx.event
    async def load(self):
        await show_ledgers(self)


class EquityState(rx.State):
    """`equity` and `hold` are heights from 0 at the top to 1000 at the bottom, evenly spaced in time between
    the moments in `ends`; `bounds` are the dollars at the top and at the bottom, `returns` the percent of both."""

    equity: list[int] = []
    hold: list[int] = []
    bounds: list[str] = []
    ends: list[str] = []
    returns: list[str] = []
    asked: bool = False

    @rx.event
    async def load(self):
        await show_equity(self)


async def show_ledgers(state: rx.State) -> None:
    house = current()
    if house is not None:
        put(state, **_ledgers(house, Sight()))


def _ledgers(house: House, sight: Sight) -> Vars:
    if house.pit is None or sight.page != "/":
        return {}
    return {"rows": [_row(line) for line in ranked(house.pit.bot.lines())]}


def ranked(lines: Sequence[LevelLine]) -> list[LevelLine]:
    """The best return first; of two that are equal the calmer level."""
    return sorted(lines, key=lambda line: (-line.return_pct, line.level))


def _row(line: LevelLine) -> list[str]:
    deepest = f"{line.max_drawdown_pct:.1f}"
    return [str(line.level), fmt.signed_pct(line.return_pct), deepest, letters(line.spark)]


def letters(values: Sequence[Decimal]) -> str:
    """A line's points as letters, the newest always among them; in the middle where nothing moved."""
    if len(values) < 2:
        return ""
    seen = [values[round(i * (len(values) - 1) / (SMALL - 1))] for i in range(SMALL)] if len(values) > SMALL else values
    low, high = min(seen), max(seen)
    if low == high:
        return _LETTERS[len(_LETTERS) // 2] * 2
    top = len(_LETTERS) - 1
    return "".join(_LETTERS[round(ratio(total(value, minus(low)), total(high, minus(low))) * top)] for value in seen)


async def show_equity(state: rx.State) -> None:
    house = current()
    if house is None or house.pit is None:
        return
    try:
        found = await _curves(house, house.pit)
    except StoreRefused:
        return
    put(state, **found, asked=True)


async def _curves(house: House, pit: Pit) -> Vars:
    """The curves of some of the account's marks, evenly spaced; made again only when one was written."""
    known = (pit.account.version, pit.marking.count)
    return await reckonings(house.store).of(f"{pit.session.id} curve", known, _drawing(house, pit))


def _drawing(house: House, pit: Pit) -> Callable[[], Vars]:
    return lambda: curves(spaced(_from_the_beginning(pit, marks(house.store, pit.session.id)), CURVE))


def _from_the_beginning(pit: Pit, found: list[Mark]) -> list[Mark]:
    """The marks after the balance that the session began with, of which holding is as much."""
    session = pit.session
    start = Mark(session.started_at, session.starting_balance, session.starting_balance, session.starting_balance)
    return [start, *found] if found and found[0].at > start.at else found


def spaced(found: Sequence[Mark], count: int) -> list[Mark]:
    """So many of the marks: the last one at each of as many moments, evenly spaced from the first to the last."""
    if len(found) <= 2:
        return list(found)
    first, times = found[0].at, [mark.at for mark in found]
    step = (times[-1] - first) / (count - 1)
    return [found[bisect_right(times, first + step * i) - 1] for i in range(count - 1)] + [found[-1]]


def curves(found: Sequence[Mark]) -> Vars:
    """Two lines on one scale; nothing for fewer than two marks."""
    if len(found) < 2:
        return {"equity": [], "hold": [], "bounds": [], "ends": [], "returns": []}
    held = _filled([mark.hold for mark in found])
    own = [mark.equity for mark in found]
    low, high = min(own + held), max(own + held)
    return {
        "equity": _heights(own, low, high),
        "hold": _heights(held, low, high),
        "bounds": [fmt.money(high), fmt.money(low)],
        "ends": [f"{mark.at:%d %b %H:%M}" for mark in (found[0], found[-1])],
        "returns": [_gain(own), _gain(held) if held else fmt.NOTHING],
    }


def _gain(worth: Sequence[Decimal]) -> str:
    return fmt.signed_pct(change_pct(worth[-1], worth[0])) if worth[0] else fmt.NOTHING


def _filled(worth: Sequence[Decimal | None]) -> list[Decimal]:
    """Gaps as what stood before them, at first as what comes after; nothing where nothing is known."""
    last = next((value for value in worth if value is not None), None)
    found: list[Decimal] = []
    for value in worth:
        last = value if value is not None else last
        if last is not None:
            found.append(last)
    return found


def _heights(worth: Sequence[Decimal], low: Decimal, high: Decimal) -> list[int]:
    span = total(high, minus(low))
    if not span:
        return [_HEIGHT // 2] * len(worth)
    return [round(ratio(product(total(high, minus(value)), Decimal(_HEIGHT)), span)) for value in worth]


LEDGERS = View(LedgersState, show_ledgers, frozenset({Topic.BOT, Topic.SESSION}), "/", alike=_ledgers)
EQUITY = View(EquityState, show_equity, frozenset({Topic.BOT, Topic.ACCOUNT, Topic.SESSION}), "/")
