"""The chosen token as a view: its candles, and the readings that its price was made of."""

import reflex as rx

from app.domain.bars import Bar, Interval
from app.domain.consensus import TOLERANCE_BP
from app.domain.money import apart_bp, ratio
from app.domain.orders import Side
from app.domain.prices import Consensus, Reading
from app.domain.tokens import Token
from app.domain.trades import Trade, TradeStatus
from app.runtime.house import House, current
from app.store.trades import TradeFilter, trades
from app.trading.bell import Topic
from app.ui import format as fmt
from app.ui.state.journal import read
from app.ui.state.prices import entry_of, limit_ms, row_key, seen_ms
from app.ui.state.view import Sight, Vars, View, look, put

BARS_SHOWN = 300
# More would cover the candles, and every trade sends them all.
MARKS_SHOWN = 60
_DID = {Side.BUY: "Bought", Side.SELL: "Sold"}


class ChartState(rx.State):
    """`token` and `interval` live in the browser, so that a new connection shows the same chart. `history` goes out
    once, `tick` is the newest bar; `key` ties them together. `marks` are the fills of the token: when (Unix ms), at
    which price, which way, and what to say of each."""

    token: str = rx.LocalStorage("", name="drydock_token")
    interval: str = rx.LocalStorage("", name="drydock_interval")
    shown: str = ""
    key: str = ""
    chosen: str = ""
    name: str = ""
    history: dict[str, str | int | list[float]] = {}
    tick: list[str | float] = []
    marks: dict[str, list[float | str]] = {}
    decimals: int = 2
    bars: int = 0
    asked: bool = False

    @rx.event
    async def load(self):
        await show_history(self)

    @rx.event
    async def choose(self, key: str):
        """Show another token."""
        self.token = str(key)[:64]
        await show_history(self)
        await show_readings(await self.get_state(ReadingsState))

    @rx.event
    async def switch(self, interval: str):
        """Show bars of another length."""
        if str(interval) in set(Interval):
            self.interval = str(interval)
            await show_history(self)


class ReadingsState(rx.State):
    """`rows` are the readings behind the chosen token's price: source, price, moment (Unix ms), distance,
    role, and for how long it counts (ms)."""

    rows: list[list[str | int]] = []
    agree: str = ""

    @rx.event
    async def load(self):
        await show_readings(self)


def _asked(state: ChartState) -> tuple[str, str]:
    """Token and interval as the browser stores them, which it sets without any check of their types."""
    return str(state.token), str(state.interval)


def _chosen(house: House, asked: str) -> Token | None:
    entry = entry_of(house, asked) or next(iter(house.floor.watchlist), None)
    return entry.token if entry else None


def _interval(house: House, asked: str) -> Interval:
    """The interval asked for, at first an hour, in a replay the recording's own; never one that has no bars."""
    if asked in set(Interval):
        return house.feed.shortest(Interval(asked))
    return house.feed.shortest(Interval.M1 if house.feed.mode == "replay" else Interval.H1)


async def show_history(state: rx.State) -> None:
    house = current()
    if house is None or not isinstance(state, ChartState):
        return
    asked = _asked(state)
    token, interval = _chosen(house, asked[0]), _interval(house, asked[1])
    if token is None:
        return
    bars = await house.bars(token, interval, BARS_SHOWN)
    key = _key(house, token, interval)
    entry = entry_of(house, token.address)
    put(
        state,
        key=key,
        shown=interval.value,
        chosen=row_key(house, entry) if entry else token.symbol,
        name=token.name,
        history=_history(key, interval, bars),
        tick=[],
        decimals=fmt.decimals(bars[-1].close) if bars else 2,
        bars=len(bars),
        asked=True,
    )
    look(state, Sight("/", key, *asked) if bars else None)
    await show_marks(state)


def _key(house: House, token: Token, interval: Interval) -> str:
    """What names a chart: the zoom is kept for as long as it stays the same."""
    return f"{house.floor.series}|{token.symbol}|{token.address[-4:]}|{interval}"


def _history(key: str, interval: Interval, bars: list[Bar]) -> dict[str, str | int | list[float]]:
    return {
        "key": key,
        "step": interval.seconds * 1000,
        "t": [fmt.millis(bar.at) for bar in bars],
        "o": [float(bar.open) for bar in bars],
        "h": [float(bar.high) for bar in bars],
        "l": [float(bar.low) for bar in bars],
        "c": [float(bar.close) for bar in bars],
        "v": [float(bar.volume) for bar in bars],
    }


async def show_marks(state: rx.State) -> None:
    """Point at the newest fills of the shown token; nothing else of the chart is sent."""
    house = current()
    if house is None or house.pit is None or not isinstance(state, ChartState):
        return
    token = _chosen(house, _asked(state)[0])
    if token is None:
        return
    wanted = TradeFilter(address=token.address, status=TradeStatus.FILLED)
    fills = await read(trades, house.store, house.pit.session.id, wanted, MARKS_SHOWN)
    if fills is not None:
        put(state, marks=_marks(fills[::-1]))


def _marks(fills: list[Trade]) -> dict[str, list[float | str]]:
    return {
        "t": [fmt.millis(fill.at) for fill in fills],
        "side": [fill.side.value for fill in fills],
        "text": [f"{_DID[fill.side]} {fmt.quantity(fill.quantity)} at {fmt.price(fill.price)}" for fill in fills],
    }


async def show_tick(state: rx.State) -> None:
    """Send the newest bar; the whole history only where there was none yet."""
    house = current()
    if house is None or not isinstance(state, ChartState):
        return
    if not state.bars or _tick(house, Sight("/", state.key, *_asked(state))) is None:
        await show_history(state)
    if state.bars:
        put(state, **(_tick(house, Sight("/", state.key, *_asked(state))) or {}))


def _tick(house: House, sight: Sight) -> Vars | None:
    if not sight.key:
        return {}
    token, interval = _chosen(house, sight.token), _interval(house, sight.interval)
    if token is None or sight.key != _key(house, token, interval):
        return None
    bars = house.newest_bars(token, interval)
    return {"tick": [sight.key, *(figure for bar in bars for figure in _figures(bar))]} if bars else {}


def _figures(bar: Bar) -> list[float]:
    return [fmt.millis(bar.at), *(float(figure) for figure in (bar.open, bar.high, bar.low, bar.close, bar.volume))]


async def show_readings(state: rx.State) -> None:
    house = current()
    if house is None:
        return
    chart = await state.get_state(ChartState)
    put(state, **_readings(house, Sight("/", chart.key, *_asked(chart))))


def _readings(house: House, sight: Sight) -> Vars:
    token = _chosen(house, sight.token) if sight.key else None
    if token is None:
        return {}
    held = house.price(token)
    return {"rows": [_reading(house, held, reading) for reading in held.readings], "agree": _agree(house, held)}


def _reading(house: House, held: Consensus, reading: Reading) -> list[str | int]:
    apart = (ratio(reading.price, held.price) - 1) * 10_000 if held.price else None
    leads = reading.source == held.source
    return [
        house.feed.title(reading.source),
        fmt.price(reading.price),
        seen_ms(house, reading.stands_at),
        "" if leads or apart is None else fmt.signed_bp(apart),
        _role(house, held, reading),
        limit_ms(house, reading.source),
    ]


def _role(house: House, held: Consensus, reading: Reading) -> str:
    if reading.source == held.source:
        return "leads" if reading.source in held.counted else "last known"
    if reading.source not in held.counted:
        return "too old"
    if reading.source in held.confirmed_by:
        return "confirms"
    own, leader = (house.board.rules.get(name or "") for name in (reading.source, held.source))
    if own is None or leader is None or held.price is None or own.group == leader.group:
        return "same group"
    return "agrees" if apart_bp(reading.price, held.price) <= TOLERANCE_BP + own.deviation_bp else "differs"


def _agree(house: House, held: Consensus) -> str:
    if held.source is None:
        return "no source has a price"
    if house.feed.mode != "live":
        return "recorded" if house.feed.mode == "replay" else "simulated"
    names = [house.feed.title(name) for name in (held.source, *held.confirmed_by)]
    if held.state == "disputed":
        against = [house.feed.title(r.source) for r in held.readings if _role(house, held, r) == "differs"]
        return f"{' and '.join([names[0], *(against or ['others'])])} disagree"
    if len(names) > 4:
        return f"{names[0]} and {len(names) - 1} others agree"
    if len(names) > 1:
        return f"{', '.join(names)} agree"
    return f"{names[0]} alone"


MARKS = View(ChartState, show_marks, frozenset({Topic.ACCOUNT, Topic.SESSION}), "/")
CHART = View(ChartState, show_history, frozenset({Topic.BARS}), "/")
TICK = View(ChartState, show_tick, frozenset({Topic.PRICES}), "/", alike=_tick)
READINGS = View(ReadingsState, show_readings, frozenset({Topic.PRICES}), "/", alike=_readings)
