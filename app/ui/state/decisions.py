"""The decisions as a view: every one of them page by page, or the tokens that are nearest to being bought now."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import reflex as rx

from app.bot.words import titles
from app.domain.decisions import LEVELS, Logged, Verdict
from app.domain.tokens import is_address
from app.runtime.house import House, current
from app.runtime.outcomes import AFTER, Outcome, all_outcomes
from app.runtime.pit import Pit
from app.store.database import StoreRefused
from app.store.decisions import DecisionFilter, decision, decisions, last_decisions, number_of
from app.trading.bell import Topic
from app.ui.state.clicks import text_of
from app.ui.state.decision_files import decisions_file
from app.ui.state.decision_rows import closeness, logged_row, look_row
from app.ui.state.journal import read
from app.ui.state.view import View, put
from app.ui.state.weighing import NOTHING_OPEN, weighed

PAGE = 25
_LATE = timedelta(minutes=2)
_ANY = {"token": "", "verdict": "", "level": "", "failed": ""}


class DecisionsState(rx.State):
    """`rows` are one page of the decisions that `wanted` leaves, or while `closest` the watched tokens, the nearest to
    a purchase first (see `decision_rows`). `tokens` are address and symbol of all that were decided on. `opened` is the
    row that is laid open in `laid` (see `weighing`)."""

    rows: list[dict[str, str]] = []
    wanted: dict[str, str] = dict(_ANY)
    tokens: list[list[str]] = []
    closest: bool = False
    level: int = 0
    first: int = 0
    older: bool = False
    newer: bool = False
    asked: bool = False
    opened: str = ""
    laid: dict[str, Any] = dict(NOTHING_OPEN)
    # The cursors of the pages that were left for older ones, the last of the page that is shown, and the session that
    # they belong to.
    _cursors: list[int] = []
    _last: int = 0
    _session: str = ""
    # What came of the decisions that are shown, and when there may be more to say.
    _came: dict[str, tuple[Outcome, datetime | None]] = {}

    @rx.event
    async def load(self):
        await show(self)

    @rx.event
    async def narrow(self, name: str, value: str):
        """Show only what fits; '' is any."""
        known = text_of(name)
        if known in _ANY:
            put(self, wanted=self.wanted | {known: _fitting(known, text_of(value))}, _cursors=[], opened="")
            await show(self)

    @rx.event
    async def widen(self):
        """Take all filters away."""
        put(self, wanted=dict(_ANY), _cursors=[], opened="")
        await show(self)

    @rx.event
    async def switch(self):
        """From what was decided to what is nearest to being bought, and back."""
        put(self, closest=not self.closest, _cursors=[], opened="", asked=False)
        await show(self)

    @rx.event
    async def go_older(self):
        if self.older:
            put(self, _cursors=[*self._cursors, self._last], opened="")
            await show(self)

    @rx.event
    async def go_newer(self):
        put(self, _cursors=self._cursors[:-1], opened="")
        await show(self)

    @rx.event
    async def download(self):
        """The newest decisions that the filters leave, as CSV."""
        house = current()
        if house is None or house.pit is None:
            return None
        return await decisions_file(house.store, house.pit.session.id, wanted_of(self.wanted))

    @rx.event
    async def lay_open(self, row_id: str):
        """Show what a decision was made of; the same one again closes it."""
        put(self, opened="" if text_of(row_id) == self.opened else text_of(row_id))
        await show(self)


def _fitting(name: str, value: str) -> str:
    """The value of a filter, '' where it is none."""
    if name == "token":
        return value.lower() if is_address(value) else ""
    kinds = {"verdict": set(Verdict), "level": {str(number) for number in LEVELS}, "failed": set(titles())}
    return value if value in kinds[name] else ""


def wanted_of(texts: Mapping[str, str]) -> DecisionFilter:
    """The filter that these texts come to."""
    return DecisionFilter(
        address=texts["token"] or None,
        verdict=Verdict(texts["verdict"]) if texts["verdict"] else None,
        level=int(texts["level"]) if texts["level"] else None,
        first_failed=texts["failed"] or None,
    )


async def show(state: rx.State) -> None:
    house = current()
    if house is None or house.pit is None or not isinstance(state, DecisionsState):
        return
    mine = house.pit.session.id
    if state._session != mine:
        put(state, _session=mine, _cursors=[], wanted=dict(_ANY), opened="", _came={})
    put(state, level=house.pit.bot.record.level)
    await (_show_closest(state, house.pit) if state.closest else _show_page(state, house, mine))


async def _show_page(state: DecisionsState, house: House, session_id: str) -> None:
    before = state._cursors[-1] if state._cursors else None
    page = await read(decisions, house.store, session_id, wanted_of(state.wanted), PAGE + 1, before)
    known = await read(last_decisions, house.store, session_id)
    if page is None or known is None:
        return
    shown = page[:PAGE]
    opened = await _opened(state, house, shown)
    # What is open stays in sight when newer ones push it off the page.
    listed = shown if opened is None or opened in shown else [*shown, opened]
    found = await _outcomes(state, house, listed)
    if found is None:
        return
    put(
        state,
        rows=[logged_row(one, outcome) for one, outcome in zip(listed, found, strict=True)],
        tokens=sorted(([address, last.token.symbol] for address, last in known.items()), key=_by_symbol),
        first=len(state._cursors) * PAGE + 1,
        older=len(page) > PAGE,
        newer=bool(state._cursors),
        asked=True,
        opened=opened.id if opened else "",
        laid=await weighed(house, opened) if opened else dict(NOTHING_OPEN),
        _last=number_of(shown[-1].id) or 0 if shown else 0,
    )


async def _opened(state: DecisionsState, house: House, shown: Sequence[Logged]) -> Logged | None:
    """The decision that is open; None for none of this session's."""
    if not state.opened:
        return None
    here = next((one for one in shown if one.id == state.opened), None)
    found = here or await read(decision, house.store, state.opened)
    return found if found and found.session_id == state._session else None


async def _outcomes(state: DecisionsState, house: House, listed: Sequence[Logged]) -> list[Outcome] | None:
    """What came of them, read again only where there may be more to say; None while the database refuses."""
    now = house.feed.now()
    known = {key: (came, due) for key, (came, due) in state._came.items() if due is None or now < due}
    asked = [one for one in listed if one.id not in known]
    try:
        found = await all_outcomes(house, asked)
    except StoreRefused:
        return None
    known |= {one.id: (came, _due(one, now)) for one, came in zip(asked, found, strict=True)}
    put(state, _came={one.id: known[one.id] for one in listed})
    return [known[one.id][0] for one in listed]


def _due(one: Logged, now: datetime) -> datetime | None:
    """When there may be more to say of a decision; None for never. The bar of a time may be a moment late."""
    ends = (one.at + wait for wait in AFTER)
    return min((end for end in ends if end > now - _LATE), default=None)


async def _show_closest(state: DecisionsState, pit: Pit) -> None:
    looks = sorted(pit.bot.looks(), key=closeness)
    opened = next((look for look in looks if look.token.key.address == state.opened), None)
    put(
        state,
        rows=[look_row(look) for look in looks],
        older=False,
        newer=False,
        asked=True,
        opened=state.opened if opened else "",
        laid=await weighed(None, opened) if opened else dict(NOTHING_OPEN),
    )


def _by_symbol(pair: list[str]) -> str:
    return pair[1].lower()


async def show_looks(state: rx.State) -> None:
    """A tick of the bot changes only what is nearest, and which level is the slider's."""
    if isinstance(state, DecisionsState) and state.closest:
        await show(state)


VIEW = View(DecisionsState, show, frozenset({Topic.DECISION, Topic.SESSION}), "/decisions")
LOOKS = View(DecisionsState, show_looks, frozenset({Topic.BOT}), "/decisions")
