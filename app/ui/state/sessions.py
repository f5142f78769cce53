"""Sessions as views: all of them, the way to a new one, two of them compared, and what can be taken away."""

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

import reflex as rx

from app.domain.chains import CHAINS
from app.domain.money import change_pct, decimal_of, digits_of
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tickets import USD_DIGITS
from app.runtime.house import House, current
from app.runtime.naming import rename
from app.runtime.reports import compare
from app.runtime.sessions import LONGEST_NAME, LONGEST_NOTE, new_session, recordings, unfit_balance
from app.runtime.standing import standing
from app.store.database import Store, StoreRefused
from app.store.equity import marks
from app.store.sessions import session as find_session
from app.store.sessions import sessions
from app.store.trades import ALL, count_trades
from app.trading.bell import Topic
from app.ui import format as fmt
from app.ui import offered
from app.ui.state import comparing
from app.ui.state.clicks import late, order_id_of, text_of
from app.ui.state.downloads import session_file, trades_file
from app.ui.state.journal import read
from app.ui.state.view import View, put

PAGE = 20
# Above zero; which of those are too much is judged, and said, by the rule of sessions.
_BALANCE = ("the starting balance", "10000", Decimal(0), Decimal("Infinity"))


class SessionsState(rx.State):
    """`rows` are sessions, newest first: id, name, note, market, chain, span, balance, returned, trades, state.
    `present` (its id), `name` and `note` are those of the one at work. `markets` and `chains` are value and word of
    what a new one can be in, `fault` says what is wrong with the balance that is written for it."""

    rows: list[dict[str, str]] = []
    present: str = ""
    name: str = ""
    note: str = ""
    markets: list[list[str]] = []
    chains: list[list[str]] = []
    market: str = ""
    chain: str = ""
    balance: str = ""
    fault: str = ""
    older: bool = False
    newer: bool = False
    asked: bool = False
    said: str = ""
    refused: bool = False
    busy: bool = False
    _cursors: list[int] = []
    _last: int = 0
    # The press that was answered last, and what came of the archived sessions that were read once: nothing more will.
    _opened: str = ""
    _settled: dict[str, tuple[str, int]] = {}

    @rx.event
    async def load(self):
        put(self, said="", fault="")
        await show(self)

    @rx.event
    def judge(self, balance: str):
        """Say what is wrong with a starting balance while it is written, before anybody is asked to be sure of it."""
        found = _balance(text_of(balance, 60))
        put(self, fault=found.sentence if isinstance(found, Refusal) else "")

    @rx.event
    async def go_older(self):
        if self.older:
            self._cursors = [*self._cursors, self._last]
            await show(self)

    @rx.event
    async def go_newer(self):
        self._cursors = self._cursors[:-1]
        await show(self)

    @rx.event(background=True)
    async def open_new(self, form: dict, order_id: str, clicked_ms: float):
        """Archive the session at work and open another: once for a press, however often it comes."""
        known = order_id_of(order_id)
        refusal = late(clicked_ms) or (known if isinstance(known, Refusal) else None)
        async with self:
            if self.busy or (not refusal and known == self._opened):
                return
            if refusal:
                put(self, said=refusal.sentence, refused=True)
                return
            self._opened = str(known)
            put(self, busy=True, said="Opening it…", refused=False)
        outcome: Session | Refusal = Refusal("failed", "It was not opened; look into the log.")
        try:
            outcome = await opened(form if isinstance(form, dict) else {})
        finally:
            async with self:
                refused = isinstance(outcome, Refusal)
                words = outcome.sentence if isinstance(outcome, Refusal) else f"“{outcome.name}” is open."
                put(self, busy=False, said=words, refused=refused)
                await show(self)

    @rx.event
    async def rename(self, form: dict, clicked_ms: float):
        """Give the session at work another name and note."""
        house, given = current(), form if isinstance(form, dict) else {}
        if house is None:
            return
        outcome = late(clicked_ms) or await rename(
            house, _within(given, "name", LONGEST_NAME), _within(given, "note", LONGEST_NOTE)
        )
        refused = isinstance(outcome, Refusal)
        put(self, said=outcome.sentence if isinstance(outcome, Refusal) else "Kept.", refused=refused)
        await show(self)

    @rx.event
    async def take_session(self, session_id: str):
        """The whole session as JSON."""
        house = current()
        return await session_file(house, text_of(session_id)) if house else None

    @rx.event
    async def take_trades(self, session_id: str):
        """Its trades as CSV."""
        house, known = current(), text_of(session_id)
        if house is None or await read(find_session, house.store, known) is None:
            return None
        return await trades_file(house, known, ALL)


class CompareState(rx.State):
    """`chosen` are the ids of one or two sessions; `settings` and `outcome` their lines (see `comparing.Line`)."""

    chosen: list[str] = []
    names: list[str] = []
    settings: list[comparing.Line] = []
    outcome: list[comparing.Line] = []
    said: str = ""

    @rx.event
    async def choose(self, session_id: str):
        """Choose a session or let it go; of three the first is let go."""
        known = text_of(session_id)
        kept = [one for one in self.chosen if one != known]
        chosen = kept if known in self.chosen else [*kept, known][-2:]
        put(self, chosen=chosen, **await compared(chosen))


async def compared(chosen: list[str]) -> dict[str, object]:
    """The two chosen sessions side by side; nothing for fewer."""
    house = current()
    nothing: dict[str, object] = {"names": [], "settings": [], "outcome": [], "said": ""}
    if house is None or len(chosen) < 2:
        return nothing
    try:
        found = await compare(house, chosen[0], chosen[1])
    except StoreRefused as error:
        return nothing | {"said": str(error)}
    if isinstance(found, Refusal):
        return nothing | {"said": found.sentence}
    a, b = found
    settings, outcome = comparing.settings(a.session, b.session), comparing.outcome(a, b)
    return nothing | {"names": [a.session.name, b.session.name], "settings": settings, "outcome": outcome}


def _within(form: dict, name: str, longest: int) -> str:
    """What was written into a field: one character more than it may have says that there were more."""
    return text_of(form.get(name), longest + 1)


async def opened(form: dict) -> Session | Refusal:
    """The session that a form asks for, open."""
    house = current()
    if house is None:
        return Refusal("not_open", "The desk is not open.")
    balance = _balance(text_of(form.get("balance"), 60))
    if isinstance(balance, Refusal):
        return balance
    chain = text_of(form.get("chain"), 20)
    if chain not in {str(known) for known in CHAINS}:
        return Refusal("unknown_chain", "Choose a chain.")
    try:
        return await new_session(
            house,
            name=_within(form, "name", LONGEST_NAME),
            note=_within(form, "note", LONGEST_NOTE),
            starting_balance=balance,
            market=text_of(form.get("market"), 200),
            chain_id=int(chain),
        )
    except StoreRefused as error:
        return Refusal("database_refused", str(error))


def _balance(text: str) -> Decimal | Refusal:
    found = offered.number_of(text, *_BALANCE)
    if isinstance(found, Refusal):
        return found
    balance = decimal_of(found)
    if refusal := unfit_balance(balance):
        return refusal
    if digits_of(balance) > USD_DIGITS:
        return Refusal("too_many_digits", f"Dollars have at most {USD_DIGITS} decimals here.")
    return balance


async def show(state: rx.State) -> None:
    house, page = current(), cast("SessionsState", state)
    if house is None:
        return
    before = page._cursors[-1] if page._cursors else None
    present = house.pit.session if house.pit else None
    found = await read(_page, house.store, before, page._settled, present)
    if found is None:
        return
    shown = found[:PAGE]
    page._settled = page._settled | {one.id: (worth, count) for _, one, worth, count in shown if one.ended_at}
    if present and present.id != page.present:
        # The form is a new one.
        put(page, fault="")
    put(
        state,
        rows=[_row(house, one, worth, count) for _, one, worth, count in shown],
        present=present.id if present else "",
        name=present.name if present else "",
        note=present.note if present else "",
        markets=[[value, comparing.market_words(value)] for value in _markets(house)],
        chains=[[str(chain.id), chain.name] for chain in CHAINS.values()],
        market=house.floor.series,
        chain=str(house.chain.id),
        balance=f"{house.settings.starting_balance:f}",
        older=len(found) > PAGE,
        newer=bool(page._cursors),
        asked=True,
        _last=shown[-1][0] if shown else 0,
    )


def _markets(house: House) -> list[str]:
    known = ["live", "demo", *(f"replay:{name}" for name in recordings(house.settings))]
    return known if house.floor.series in known else [*known, house.floor.series]


def _page(
    store: Store, before: int | None, settled: Mapping[str, tuple[str, int]], present: Session | None
) -> list[tuple[int, Session, str, int]]:
    """Sessions, each with its place, its last return (of the one at work it is known without the marks) and its
    trades; what is `settled` is not read again."""

    def came_of(one: Session) -> tuple[str, int]:
        at_work = present is not None and one.id == present.id
        return (fmt.NOTHING if at_work else _returned(store, one)), count_trades(store, one.id)

    found = sessions(store, PAGE + 1, before)
    return [(seq, one, *(settled.get(one.id) or came_of(one))) for seq, one in found]


def _returned(store: Store, one: Session) -> str:
    """The return of a session at the last prices that it was marked at."""
    last = (marks(store, one.id, since=one.ended_at) if one.ended_at else []) or marks(store, one.id)
    return fmt.signed_pct(change_pct(last[-1].equity, one.starting_balance)) if last else fmt.NOTHING


def _row(house: House, one: Session, returned: str, count: int) -> dict[str, str]:
    at_work = house.pit is not None and house.pit.session.id == one.id
    return {
        "id": one.id,
        "name": one.name,
        "note": one.note,
        "market": comparing.market_words(one.market),
        "chain": comparing.chain_words(one),
        "span": comparing.span_words(one),
        "balance": fmt.money(one.starting_balance),
        "returned": fmt.signed_pct(standing(house.pit).return_pct) if at_work and house.pit else returned,
        "trades": f"{count:,}",
        "state": "at work" if at_work else "open" if one.is_open else "archived",
    }


VIEW = View(SessionsState, show, frozenset({Topic.ACCOUNT, Topic.SESSION}), "/sessions")
