"""A click that waited while the desk was away: whatever changes something refuses it, and says so."""

from typing import Any

import pytest
import reflex as rx

from app.runtime.house import House
from app.store.sessions import sessions
from app.ui.state.exits import ExitsState
from app.ui.state.prices import WatchState
from app.ui.state.sessions import SessionsState
from app.ui.state.ticket import TicketState
from app.ui.state.toasts import ToastState
from app.ui.state.view import server_ms
from tests.ui.dealings import bought, pit_of, placed, press
from tests.ui.tabs import Tab, call
from tests.ui.test_hostile_events import handlers, presses

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What a handler is given besides the press, such that it would do something for a press of now.
RIGHT: dict[str, dict[str, Any]] = {
    "AccountState.flatten": {},
    "ExitsState.clear": {},
    "ExitsState.save": {"form": {"stop_loss": "1"}},
    "MarketState.go_live": {},
    "OrdersState.cancel": {"wanted": ""},
    "OrdersState.cancel_all": {},
    "PositionsState.sell": {"key": "WETH", "share": "50"},
    "SessionsState.open_new": {"form": {"name": "Second", "balance": "100", "market": "demo", "chain": "8453"}},
    "SessionsState.rename": {"form": {"name": "Another", "note": ""}},
    "SliderState.command": {"action": "start"},
    "SliderState.move": {"level": 9},
    "TicketState.arm": {},
    "TicketState.hit": {"side": "buy", "armed": True, "token": "WETH"},
    "TicketState.preset": {"name": "$50", "armed": True, "token": "WETH"},
    "TicketState.press": {"quote_id": "", "token": "WETH"},
    "WatchState.add": {},
    "WatchState.remove": {"key": "LINK"},
}
# What only shows, fills in or takes away a copy: done late it is harmless.
SHOWS = {
    "choose", "switch", "load", "load_rows", "open", "close", "edit", "disarm", "ask", "renew", "choose_side",
    "write_amount", "choose_unit", "choose_type", "write_price", "write_slippage", "choose_expiry", "open_dialog",
    "close_dialog", "write", "judge", "go_older", "go_newer", "narrow", "widen", "lay_open", "take_apart", "download",
    "take_session", "take_trades", "show_level", "show_tag", "search", "show_all", "pause", "switch_holding",
}  # fmt: skip


def changed(house: House) -> tuple[Any, ...]:
    """What a click could have changed."""
    pit = pit_of(house)
    books, bot = pit.desk.books, pit.bot.record
    listed = [entry.token.key for entry in house.floor.watchlist]
    return books.account, dict(books.orders), sessions(house.store, 10), house.feed.mode, listed, bot.state, bot.level


async def armed(tab: Tab) -> None:
    """The tab with everything filled in that a press could set going."""
    ticket, watch, exits = await tab.get(TicketState), await tab.get(WatchState), await tab.get(ExitsState)
    await call(ticket, "arm", *press())
    await call(ticket, "write_amount", "50")
    await call(watch, "write", "AERO")
    await call(exits, "edit", "WETH")


async def told(tab: Tab) -> str:
    """What the tab was last told, in the three places where refusals stand."""
    toasts = (await tab.get(ToastState)).toasts
    said = [(await tab.get(state)).said for state in (WatchState, SessionsState, ExitsState)]
    return " ".join([*(str(toast["text"]) for toast in toasts), *said])


async def test_every_handler_either_only_shows_or_says_when_its_click_was_made() -> None:
    judged = {f"{state.__name__}.{name}" for state, name, _ in presses()}
    assert judged == RIGHT.keys()
    others = {name for state, name, _ in handlers() if f"{state.__name__}.{name}" not in judged}
    assert others == SHOWS


async def test_whatever_changes_something_refuses_an_old_click_and_says_so(own: House) -> None:
    await bought(own, "WETH", "500")
    order = await placed(own, "sell", "WETH", type="stop_loss", stop_price="1", share_pct="100")
    before = changed(own)
    for cls, name, names in presses():
        tab = Tab()
        await tab.show_all()
        await armed(tab)
        given = RIGHT[f"{cls.__name__}.{name}"] | ({"wanted": order.order.id} if name == "cancel" else {})
        order_id, _ = press()
        given = {"order_id": order_id, "_order_id": order_id, "clicked_ms": server_ms() - 60_000} | given
        await call(await tab.get(cls), name, *[given[each] for each in names])
        assert "made 60 s ago, while the desk was away; nothing was done." in await told(tab), name
        assert changed(own) == before, name


async def state_of(cls: type[rx.State]) -> tuple[Tab, Any]:
    tab = Tab()
    await tab.show_all()
    return tab, await tab.get(cls)


async def test_a_token_that_is_held_stays_and_the_reason_is_said(own: House) -> None:
    await bought(own, "WETH", "500")
    tab, watch = await state_of(WatchState)
    await call(watch, "remove", "WETH", *press())
    assert await told(tab) == "WETH is held or has open orders; sell it and cancel them first.   "
    await call(watch, "remove", "NOPE", *press())
    assert "'NOPE' is not on the watchlist." in await told(tab)
    assert len(own.floor.watchlist) == 2


async def test_the_second_press_of_a_double_click_takes_no_other_token_away(own: House) -> None:
    tab, watch = await state_of(WatchState)
    await call(watch, "write", "AERO")
    await call(watch, "add", press()[1])
    once = press()
    await call(watch, "remove", "LINK", *once)
    # By then the page may show another token.
    await call(watch, "remove", "WETH", *once)
    assert [row["key"] for row in watch.rows] == ["WETH", "AERO"]
    assert (await tab.get(ToastState)).toasts == []
