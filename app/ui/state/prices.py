"""The watchlist and its prices as views: what stands there changes seldom, what it costs on every tick."""

from datetime import datetime, timedelta

import reflex as rx

from app.domain.prices import Consensus
from app.domain.refusal import Refusal
from app.domain.registry import priced_as
from app.runtime.house import House, current
from app.runtime.listing import list_token, unlist_token
from app.store.watchlist import WatchedToken
from app.trading.bell import Topic
from app.ui import format as fmt
from app.ui.state.clicks import late, order_id_of, text_of
from app.ui.state.toasts import tell
from app.ui.state.view import Sight, Vars, View, look, page_of, put, server_ms

# A replay at speed has prices that live for moments; the browser gives each at least this long.
LOOKING = "Looking it up…"
_LEAST_LIVE_MS = 5_000


class PricesState(rx.State):
    """`quotes` holds, by the key of the watchlist's rows: price, change, state, and the moment it stands for (Unix
    ms). `lives` is how long each price is live (ms), which changes seldom and so is kept apart."""

    quotes: dict[str, list[str | int]] = {}
    lives: dict[str, int] = {}
    server_ms: float = 0.0

    @rx.event
    async def load(self):
        # The first thing that every page does; a page with a chart then says which.
        look(self, Sight(page_of(self)))
        await show_prices(self)


class WatchState(rx.State):
    """`rows` are the watched tokens in order: key, symbol, name, address, note, spark (points), up ('yes' or empty)."""

    rows: list[dict[str, str]] = []
    opened: bool = False
    adding: bool = False
    asked: str = ""
    said: str = ""
    refused: bool = False
    _pressed: str = ""

    @rx.event
    async def load(self):
        await show_watchlist(self)

    @rx.event
    def open_dialog(self):
        self.adding, self.asked, self.said, self.refused = True, "", "", False

    @rx.event
    def close_dialog(self):
        self.adding = False

    @rx.event
    def write(self, text: str):
        """What is typed into the dialog."""
        self.asked = str(text)[:100]

    @rx.event
    async def add(self, clicked_ms: float):
        """Look up what was typed and watch it, or say why not."""
        house, refusal = current(), late(clicked_ms)
        if refusal:
            put(self, said=refusal.sentence, refused=True)
            return
        if house is None or not self.asked.strip():
            put(self, said="Type a token's address, or the symbol of a known one.", refused=True)
            return
        put(self, said=LOOKING, refused=False)
        yield
        entry = await list_token(house, self.asked)
        if isinstance(entry, Refusal):
            put(self, said=entry.sentence, refused=True)
            return
        put(self, said=f"{entry.token.symbol} is on the watchlist.", asked="", refused=False)
        await show_watchlist(self)

    @rx.event
    async def remove(self, key: str, order_id: str, clicked_ms: float):
        """Stop watching the token of a row. The second press of a double click belongs to the first: by then another
        token may be the chosen one."""
        house, known = current(), order_id_of(order_id)
        refusal = late(clicked_ms) or (known if isinstance(known, Refusal) else None)
        if house is None or (not refusal and known == self._pressed):
            return
        if not refusal:
            self._pressed = str(known)
            refusal = await _unlisted(house, text_of(key))
        if refusal:
            await tell(self, "refused", refusal.sentence)
        await show_watchlist(self)


async def _unlisted(house: House, key: str) -> Refusal | None:
    """Why the token of a row is watched all the same; None where it is not any more."""
    found = house.floor.watchlist.find(key)
    outcome = found if isinstance(found, Refusal) else await unlist_token(house, found.token.address)
    return outcome if isinstance(outcome, Refusal) else None


def row_key(house: House, entry: WatchedToken) -> str:
    """What names a row: the symbol, or the address where two tokens share a symbol."""
    found = house.floor.watchlist.find(entry.token.symbol)
    return entry.token.symbol if isinstance(found, WatchedToken) else entry.token.address


def entry_of(house: House, key: str) -> WatchedToken | None:
    """The watched token of a row; None for anything else."""
    found = house.floor.watchlist.find(key)
    return found if isinstance(found, WatchedToken) else None


async def show_prices(state: rx.State) -> None:
    house = current()
    if house is None:
        return
    seen = _prices(house)
    put(state, lives=seen["lives"])
    if seen["quotes"] != getattr(state, "quotes", None):
        put(state, quotes=seen["quotes"], server_ms=float(server_ms()))


def _prices(house: House, _sight: Sight | None = None) -> Vars:
    held = {row_key(house, entry): (entry, house.price(entry.token)) for entry in house.floor.watchlist}
    return {
        "quotes": {key: _quote(house, entry, price) for key, (entry, price) in held.items()},
        "lives": {key: limit_ms(house, price.source) for key, (_, price) in held.items()},
    }


async def show_watchlist(state: rx.State) -> None:
    house = current()
    if house is not None:
        put(state, rows=[_row(house, entry) for entry in house.floor.watchlist], opened=True)


def _quote(house: House, entry: WatchedToken, held: Consensus) -> list[str | int]:
    change = fmt.signed_pct(house.day(entry.token).change_pct(held.price))
    return [fmt.price(held.price), change, held.state.value, seen_ms(house, held.as_of)]


def seen_ms(house: House, as_of: datetime | None) -> int:
    """The moment on the wall clock (Unix ms) that a market's moment stands for; 0 for none. Recorded time runs at
    its own speed: what is a minute old at 60 times the speed is a second old to who watches."""
    if as_of is None:
        return 0
    if house.feed.mode != "replay":
        return fmt.millis(as_of)
    age = (house.feed.now() - as_of) / timedelta(milliseconds=1)
    return server_ms() - round(age / float(house.feed.speed))


def limit_ms(house: House, source: str | None) -> int:
    """How long (ms, on the wall clock) a reading of the source counts; 0 for no source."""
    rule = house.board.rules.get(source or "")
    if rule is None:
        return 0
    limit = rule.fresh_for / timedelta(milliseconds=1) / float(house.feed.speed)
    return max(_LEAST_LIVE_MS, round(limit))


def _row(house: House, entry: WatchedToken) -> dict[str, str]:
    token, priced = entry.token, priced_as(entry.token)
    day = house.day(token)
    change = day.change_pct(house.board.peek(priced.key if priced else token.key).price)
    note = entry.reason or ""
    if priced is None:
        note = "No market: a testnet token that stands for nothing on a mainnet."
    elif priced.key != token.key:
        note = "Priced as its mainnet asset."
    return {
        "key": row_key(house, entry),
        "symbol": token.symbol,
        "name": token.name,
        "address": token.address,
        "note": note,
        "spark": fmt.points(day.closes),
        "up": "" if change is not None and change < 0 else "yes",
    }


PRICES = View(PricesState, show_prices, frozenset({Topic.PRICES}), alike=_prices, stamp="server_ms")
WATCHLIST = View(WatchState, show_watchlist, frozenset({Topic.WATCHLIST, Topic.BARS}))
