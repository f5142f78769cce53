"""The account in the top bar, the way out of everything, and the toasts that tell of orders that rested."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.runtime.house import House
from app.runtime.pit import Pit
from app.runtime.sessions import draft_of
from app.ui.state import account, toasts
from app.ui.state.account import AccountState
from app.ui.state.toasts import ToastState, tell
from app.ui.state.view import server_ms
from tests.clock import FakeClock
from tests.runtime.houses import until
from tests.ui.tabs import Tab, call, tick

pytestmark = pytest.mark.asyncio(loop_scope="module")


def pit_of(house: House) -> Pit:
    assert house.pit is not None
    return house.pit


async def bought(house: House, symbol: str, dollars: str) -> None:
    asked = Asked(uuid4().hex, "buy", amount_usd=dollars)
    assert not isinstance(await pit_of(house).desk.place(asked, symbol, Origin.API), Refusal)


async def test_the_top_bar_shows_what_the_account_comes_to_and_what_it_cost(own: House) -> None:
    state = await Tab().get(AccountState)
    await account.show(state)
    assert (state.equity, state.returned, state.cash, state.costs) == ("$10,000.00", "0.00 %", "$10,000.00", "$0.00")
    assert (state.balance, state.residual, state.held) == ("yes", "0.00", 0)
    await bought(own, "WETH", "1000")
    await account.show(state)
    assert state.cash == "$9,000.00"
    assert state.open_pnl.startswith("−$0.5")
    assert state.costs.startswith("$0.5")
    assert state.costs_parts.startswith("gas $0.00")
    assert "pool fees $0.50, price impact $0.0" in state.costs_parts
    assert (state.balance, state.residual, state.held) == ("yes", "0.00", 1)


async def test_the_foot_knows_the_session_and_which_of_its_utc_days_it_is(own: House) -> None:
    state = await Tab().get(AccountState)
    await account.show(state)
    session = pit_of(own).session
    assert (state.session, state.day) == (session.name, 1)
    midnight = session.started_at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert [account.day_of(session, midnight + timedelta(seconds=s)) for s in (-1, 0, 5 * 86_400)] == [1, 2, 7]


async def test_a_tick_changes_no_more_of_the_top_bar_than_prices_do(own: House, clock: FakeClock) -> None:
    await bought(own, "WETH", "1000")
    tab = Tab()
    state = await tab.get(AccountState)
    await account.show(state)
    tab.sent()
    tick(own, clock, 5)
    await account.show(state)
    assert tab.sent().keys() <= {"equity", "returned", "open_pnl"}


async def test_flattening_sells_everything_once_however_often_it_is_sent(own: House) -> None:
    tab = Tab()
    state, said = await tab.get(AccountState), await tab.get(ToastState)
    await bought(own, "WETH", "500")
    await bought(own, "LINK", "300")
    await call(state, "flatten", "out", server_ms() - 6_000)
    assert len(pit_of(own).account.open_positions) == 2
    await call(state, "flatten", "out", server_ms())
    assert pit_of(own).account.open_positions == []
    version = pit_of(own).account.version
    await call(state, "flatten", "out", server_ms())
    await call(state, "flatten", "again", server_ms())
    assert pit_of(own).account.version == version == 5
    assert [toast["kind"] for toast in said.toasts] == ["refused", "filled", "filled", "rests"]
    assert re.fullmatch(
        r"Flattened: WETH and LINK sold for \$79\d\.\d\d: realized −\$\d\.\d\d, costs \$\d\.\d\d\d\.",
        str(said.toasts[1]["text"]),
    )
    assert not state.flattening


async def test_an_order_that_rested_is_told_when_it_is_filled_and_only_once(own: House, clock: FakeClock) -> None:
    state = await Tab().get(ToastState)
    await toasts.show(state)
    desk = pit_of(own).desk
    asked = Asked("rest", "buy", amount_usd="100", type="limit", limit_price="900000")
    assert not isinstance(await desk.place(asked, "WETH", Origin.API), Refusal)
    await toasts.show(state)
    assert state.toasts == []
    tick(own, clock, 5)
    await until(lambda: not desk.books.orders)
    await toasts.show(state)
    await toasts.show(state)
    (toast,) = state.toasts
    assert toast["kind"] == "filled"
    assert str(toast["text"]).startswith("Limit order: Bought ")


async def test_an_order_that_somebody_cancelled_is_not_told_and_one_that_expired_is(
    own: House, clock: FakeClock
) -> None:
    state, desk = await Tab().get(ToastState), pit_of(own).desk
    await toasts.show(state)
    soon = desk.venue.now() + timedelta(seconds=2)
    for name, expiry in (("cancelled", None), ("expired", soon)):
        asked = Asked(name, "buy", amount_usd="100", type="limit", limit_price="1", expires_at=expiry)
        assert not isinstance(await desk.place(asked, "WETH", Origin.API), Refusal)
    await toasts.show(state)
    await desk.cancel("cancelled")
    tick(own, clock, 5)
    await until(lambda: not desk.books.orders)
    await toasts.show(state)
    assert [toast["text"] for toast in state.toasts] == [
        "Limit order to buy $100.00 of WETH has expired: It was not filled in time."
    ]


async def test_a_tab_is_told_when_the_desk_goes_to_another_session_under_it(own: House) -> None:
    old, new = await Tab().get(ToastState), await Tab().get(ToastState)
    await bought(own, "WETH", "500")
    await toasts.show(old)
    await own.succeed(draft_of(own.settings, own.floor, own.feed.now(), "Calm", balance=Decimal(5000)))
    for _ in range(2):
        await toasts.show(old)
        await toasts.show(new)
    sentence = "The desk is in another session now, “Calm”: $5,000.00 in cash, nothing held."
    assert [(toast["kind"], toast["text"]) for toast in old.toasts] == [("note", sentence)]
    assert new.toasts == []


async def test_no_more_than_four_sentences_are_kept(own: House) -> None:
    state = await Tab().get(ToastState)
    for number in range(6):
        await tell(state, "rests", str(number))
    assert [toast["text"] for toast in state.toasts] == ["2", "3", "4", "5"]
    assert len({toast["id"] for toast in state.toasts}) == 4


async def test_what_was_said_a_while_before_a_page_loads_is_not_said_again(own: House) -> None:
    state = await Tab().get(ToastState)
    await tell(state, "rests", "new")
    (new,) = state.toasts
    state.toasts = [new | {"id": "old", "text": "old", "at": float(new["at"]) - 60_000}, new]
    await call(state, "load")
    assert [toast["text"] for toast in state.toasts] == ["new"]
