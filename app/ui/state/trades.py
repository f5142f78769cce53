"""Trades as views: the newest beside the chart, and all of them page by page, each to be taken apart."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import reflex as rx

from app.domain.orders import Origin, Side
from app.domain.tokens import is_address
from app.domain.trades import Trade, TradeStatus
from app.runtime.house import House, current
from app.runtime.pit import Pit
from app.store.trades import ALL, TradeFilter, count_trades, trade, trades
from app.trading.bell import Topic
from app.ui import figures
from app.ui import format as fmt
from app.ui.state.clicks import text_of
from app.ui.state.costs import WHO, Line, taken_apart
from app.ui.state.downloads import trades_file
from app.ui.state.journal import read
from app.ui.state.view import View, put

RECENT = 10
PAGE = 25


class RecentState(rx.State):
    """`rows` are the newest trades (see `row`), `count` is how many there are in all."""

    rows: list[dict[str, str]] = []
    count: int = 0
    asked: bool = False

    @rx.event
    async def load(self):
        await show_recent(self)


class TradesState(rx.State):
    """`rows` are one page of the trades that `wanted` leaves; `tokens` are address and symbol of all that were traded.
    `opened` is the trade that is taken apart in `prices`, `costs`, `result` and `quote`."""

    rows: list[dict[str, str]] = []
    wanted: dict[str, str] = {"token": "", "side": "", "status": "", "origin": "", "since": "", "until": ""}
    tokens: list[list[str]] = []
    count: int = 0
    first: int = 0
    older: bool = False
    newer: bool = False
    asked: bool = False
    opened: str = ""
    prices: list[Line] = []
    costs: list[Line] = []
    result: list[Line] = []
    quote: list[Line] = []
    # The cursors of the pages that were left for older ones, and the session that they belong to.
    _cursors: list[int] = []
    _session: str = ""

    @rx.event
    async def load(self):
        await show_page(self)

    @rx.event
    async def narrow(self, name: str, value: str):
        """Show only what fits; '' is any."""
        if text_of(name) in self.wanted:
            put(self, wanted=self.wanted | {text_of(name): _fitting(text_of(name), text_of(value))}, _cursors=[])
            await show_page(self)

    @rx.event
    async def widen(self):
        """Take all filters away."""
        put(self, wanted=dict.fromkeys(self.wanted, ""), _cursors=[])
        await show_page(self)

    @rx.event
    async def go_older(self):
        if self.older and self.rows:
            self._cursors = [*self._cursors, int(self.rows[-1]["number"])]
            await show_page(self)

    @rx.event
    async def go_newer(self):
        self._cursors = self._cursors[:-1]
        await show_page(self)

    @rx.event
    async def take_apart(self, trade_id: str):
        """Show what a trade is made of; the same one again closes it."""
        await _take_apart(self, "" if text_of(trade_id) == self.opened else text_of(trade_id))

    @rx.event
    async def download(self):
        """All the trades that the filters leave, as CSV."""
        house = current()
        if house is None or house.pit is None:
            return None
        return await trades_file(house, house.pit.session.id, wanted_of(self.wanted))


def _fitting(name: str, value: str) -> str:
    """The value of a filter, '' where it is none."""
    if name in ("since", "until"):
        return value if _day(value) else ""
    if name == "token":
        return value if is_address(value) else ""
    kinds = {"side": Side, "status": TradeStatus, "origin": Origin}
    return value if value in set(kinds[name]) else ""


def _day(text: str) -> datetime | None:
    """The beginning of a UTC day; None for what is not a day that has another after it."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return day if day + timedelta(days=1) else None
    except (ValueError, OverflowError):
        return None


def wanted_of(texts: Mapping[str, str]) -> TradeFilter:
    """The filter that these texts come to. The last day counts whole."""
    last = _day(texts["until"])
    return TradeFilter(
        address=texts["token"] or None,
        side=Side(texts["side"]) if texts["side"] else None,
        status=TradeStatus(texts["status"]) if texts["status"] else None,
        origin=Origin(texts["origin"]) if texts["origin"] else None,
        since=_day(texts["since"]),
        until=last + timedelta(days=1) if last else None,
    )


async def show_recent(state: rx.State) -> None:
    house = current()
    if house is None or house.pit is None:
        return
    mine = house.pit.session.id
    newest, count = await read(trades, house.store, mine, ALL, RECENT), await read(count_trades, house.store, mine)
    if newest is not None and count is not None:
        put(state, rows=[row(found) for found in newest], count=count, asked=True)


async def show_page(state: rx.State) -> None:
    house = current()
    if house is None or house.pit is None or not isinstance(state, TradesState):
        return
    mine = house.pit.session.id
    if state._session != mine:
        put(state, _session=mine, _cursors=[], wanted=dict.fromkeys(state.wanted, ""), opened="")
    wanted = wanted_of(state.wanted)
    before = state._cursors[-1] if state._cursors else None
    page = await read(trades, house.store, mine, wanted, PAGE + 1, before)
    count = await read(count_trades, house.store, mine, wanted)
    if page is None or count is None:
        return
    put(
        state,
        rows=[row(found) for found in page[:PAGE]],
        tokens=await _tokens(house, house.pit),
        count=count,
        first=len(state._cursors) * PAGE + 1,
        older=len(page) > PAGE,
        newer=bool(state._cursors),
        asked=True,
    )
    await _take_apart(state, state.opened)


async def _take_apart(state: TradesState, trade_id: str) -> None:
    house = current()
    if house is None or house.pit is None or not trade_id:
        put(state, opened="")
        return
    found = await read(trade, house.store, trade_id)
    if found is None or found.account_id != house.pit.session.id:
        put(state, opened="")
        return
    put(state, opened=found.id, **taken_apart(found))


async def _tokens(house: House, pit: Pit) -> list[list[str]]:
    """Address and symbol of every token that the session has traded."""
    found: list[list[str]] = []
    for asset in pit.account.positions:
        token = pit.token(asset)
        if token is None:
            last = await read(trades, house.store, pit.session.id, replace(ALL, address=asset), 1)
            token = last[0].token if last else None
        found += [[asset, token.symbol]] if token else []
    return sorted(found, key=lambda pair: pair[1].lower())


def row(found: Trade) -> dict[str, str]:
    """A trade as a row of a table. `pnl` begins with its sign; `status` is filled or reverted."""
    return {
        "id": found.id,
        "number": str(found.number),
        "at": figures.moment(found.at),
        "side": found.side.value,
        "symbol": found.token.symbol,
        "quantity": fmt.quantity(found.quantity),
        "price": fmt.price(found.price),
        "value": figures.amount(found.value),
        "slippage": figures.bp(found.slippage_bps),
        "gas": figures.cost(found.gas_usd),
        "grade": found.grade.value,
        "source": found.quote_source,
        "status": found.status.value,
        "pnl": figures.gain(found.realized_pnl) if found.realized_pnl is not None else "",
        "origin": WHO[found.origin.value],
        "reason": found.reason,
    }


_SHOWN = frozenset({Topic.ACCOUNT, Topic.SESSION})
RECENT_VIEW = View(RecentState, show_recent, _SHOWN, "/")
PAGE_VIEW = View(TradesState, show_page, _SHOWN, "/trades")
