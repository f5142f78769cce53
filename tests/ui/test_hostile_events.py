"""No event and nothing that a browser stores breaks a state, or changes what it should not."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import reflex as rx

from app.domain.bars import Interval
from app.domain.refusal import Refusal
from app.runtime.house import House
from app.store.sessions import sessions
from app.ui.state.chart import ChartState, ReadingsState
from app.ui.state.clicks import order_id_of
from app.ui.state.prices import WatchState
from tests.ui.dealings import bought, pit_of, placed, press
from tests.ui.tabs import Tab, call

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    float("nan"),
    "",
    " ",
    "x" * 10_000,
    "\0",
    "1H",
    "__class__",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    b"WETH",
    [],
    ["WETH"],
    [[[[]]]],
    {},
    {"address": "WETH"},
    {"__proto__": {"x": 1}},
    object(),
]


def handlers() -> list[tuple[type[rx.State], str, int]]:
    """Every event handler of ours, with the number of its arguments."""
    states = sorted(rx.State.get_substates(), key=lambda state: state.__name__)
    return [
        (state, name, len(inspect.signature(handler.fn).parameters) - 1)
        for state in states
        for name, handler in state.event_handlers.items()
        if issubclass(state, rx.State) and handler.fn.__module__.startswith("app.")
    ]


async def test_every_event_handler_is_among_those_that_are_tried() -> None:
    names = {(state.__name__, name) for state, name, _ in handlers()}
    assert {
        ("ChartState", "choose"),
        ("ChartState", "switch"),
        ("WatchState", "add"),
        ("WatchState", "remove"),
    } <= names
    assert {("AuditState", "open"), ("CompareState", "choose"), ("ExitsState", "edit")} <= names
    assert {("WatchState", "write"), ("MarketState", "go_live"), ("FeedState", "load")} <= names


async def test_no_argument_of_an_event_breaks_anything(house: House) -> None:
    before = list(house.floor.watchlist)
    for cls, name, count in handlers():
        tab = Tab()
        await tab.show_all()
        for argument in HOSTILE if count else [None]:
            await call(await tab.get(cls), name, *([argument] * count))
            tab.sent()
            assert list(house.floor.watchlist) == before, (name, argument)
            assert house.feed.mode == "demo"
        shown, watch = await tab.get(ChartState), await tab.get(WatchState)
        assert (shown.chosen, shown.shown, shown.bars) == ("WETH", "1h", 300)
        assert shown.interval in {"", *Interval}
        assert len(shown.token) <= 64
        assert len(watch.asked) <= 100


async def test_nothing_but_a_press_that_makes_sense_trades_cancels_or_archives(own: House) -> None:
    await bought(own, "WETH", "500")
    await placed(own, "sell", "WETH", type="stop_loss", stop_price="1", share_pct="100")
    before = kept(own)
    for cls, name, names in presses():
        tab = Tab()
        await tab.show_all()
        for arguments in nearly_right(names):
            await call(await tab.get(cls), name, *arguments)
            tab.sent()
            assert kept(own) == before, (cls.__name__, name, arguments)


async def test_every_way_to_trade_is_among_the_presses_that_are_tried() -> None:
    assert {(state.__name__, name) for state, name, _ in presses()} >= {
        *(("AccountState", "flatten"), ("PositionsState", "sell"), ("SessionsState", "open_new")),
        *(("ExitsState", "save"), ("ExitsState", "clear"), ("OrdersState", "cancel"), ("OrdersState", "cancel_all")),
        *(("TicketState", "press"), ("TicketState", "preset"), ("TicketState", "hit"), ("TicketState", "arm")),
    }


def kept(house: House) -> tuple[Any, ...]:
    """What a press could have changed: the account, its open orders, the sessions, the market, and the watchlist."""
    books = pit_of(house).desk.books
    return books.account, dict(books.orders), sessions(house.store, 10), house.feed.mode, list(house.floor.watchlist)


def presses() -> list[tuple[type[rx.State], str, list[str]]]:
    """The handlers that judge when a click was made, with the names of their arguments."""
    named = [
        (state, name, list(inspect.signature(state.event_handlers[name].fn).parameters)[1:])
        for state, name, _ in handlers()
    ]
    return [(state, name, names) for state, name, names in named if "clicked_ms" in names]


def nearly_right(names: list[str]) -> Iterator[list[Any]]:
    """Arguments of which a press is good and all else bad, or a part of the press is bad."""
    for said in HOSTILE:
        right = dict(zip(("order_id", "clicked_ms"), press(), strict=True))
        # An unread id, and one that is any text, is as good as another.
        wrongs = [{"clicked_ms": said}, *([{"order_id": said}] if isinstance(order_id_of(said), Refusal) else [])]
        wrongs = [wrong for wrong in wrongs if wrong.keys() <= set(names)]
        if set(names) - {"order_id", "_order_id", "clicked_ms"}:
            wrongs.append({})
        for wrong in wrongs:
            yield [(right | wrong).get(name, said) for name in names]


async def test_nothing_that_a_browser_stores_breaks_the_chart(house: House) -> None:
    for stored in HOSTILE:
        tab = Tab()
        state = await tab.get(ChartState)
        # Reflex sets what the browser stores without a look at its type.
        state.token = state.interval = stored
        await tab.show_all()
        await call(state, "load")
        assert (state.chosen, state.shown, state.bars) == ("WETH", "1h", 300), stored
        assert (await tab.get(ReadingsState)).agree == "simulated"


async def test_whatever_was_typed_is_looked_up_as_text(house: House) -> None:
    state = await Tab().get(WatchState)
    for argument in HOSTILE:
        await call(state, "write", argument)
        await call(state, "add", press()[1])
        assert state.refused
        assert len(state.said) < 300
    assert len(house.floor.watchlist) == 2


async def test_a_state_offers_no_way_to_set_its_vars_from_outside() -> None:
    names = {name for state, name, _ in handlers()}
    assert not {name for name in names if name.startswith("set")}
