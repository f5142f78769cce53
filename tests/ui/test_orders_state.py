"""Orders as views: what waits, for which price, and how each of the last ones ended."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.orders import OrderState, Size, SizeUnit
from app.runtime.house import House
from app.ui.state import orders
from app.ui.state.orders import OrdersState
from app.ui.state.toasts import ToastState
from tests.ui.dealings import bought, pit_of, placed, press, sold
from tests.ui.tabs import Tab, call
from tests.ui.test_hostile_events import HOSTILE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def shown() -> OrdersState:
    state = await Tab().get(OrdersState)
    await call(state, "load")
    return state


async def test_what_waits_stands_first_with_its_price_and_what_is_over_says_how_it_ended(own: House) -> None:
    await bought(own, "WETH", "500")
    await placed(own, "buy", "LINK", type="limit", limit_price="1.5", amount_usd="100")
    await placed(own, "sell", "WETH", type="stop_loss", stop_price="1000", share_pct="100")
    await placed(own, "sell", "WETH", type="trailing_stop", trail_pct="2.5", share_pct="50")
    state = await shown()
    assert state.open == 3
    told = [(row["side"], row["type"], row["symbol"], row["size"], row["state"]) for row in state.rows]
    assert told == [
        ("sell", "trailing stop", "WETH", "50 % of the position", "open"),
        ("sell", "stop-loss", "WETH", "all of it", "open"),
        ("buy", "limit", "LINK", "$100.00", "open"),
        ("buy", "market", "WETH", "$500.00", "filled"),
    ]
    triggers = [row["trigger"] for row in state.rows]
    assert triggers[0].startswith("2.5 % below the highest, now ≤ ")
    assert triggers[1:] == ["≤ 1,000.00", "≤ 1.5000", "at once"]
    assert {row["expiry"] for row in state.rows} == {"until cancelled"}


async def test_every_size_and_every_way_of_waiting_has_words(own: House) -> None:
    order = (await placed(own, "sell", "WETH", type="limit", limit_price="9999", quantity="0.5")).order
    pit = pit_of(own)
    for size, words in (
        (Size(SizeUnit.QUANTITY, Decimal("0.5")), "0.5 WETH"),
        (Size(SizeUnit.SHARE, Decimal("12.5")), "12.5 % of the position"),
        (Size(SizeUnit.USD, Decimal("19.5")), "$19.50"),
    ):
        row = orders._row(pit, replace(order, ticket=replace(order.ticket, size=size)))
        assert (row["size"], row["trigger"]) == (words, "≥ 9,999.00")
    soon = pit.desk.venue.now() + timedelta(hours=1)
    assert (
        orders._row(pit, replace(order, ticket=replace(order.ticket, expires_at=soon)))["expiry"]
        == f"{soon:%d %b %H:%M}"
    )
    later = soon.replace(year=soon.year + 1)
    assert orders._row(pit, replace(order, ticket=replace(order.ticket, expires_at=later)))["expiry"].endswith(
        str(later.year)
    )


async def test_an_order_is_cancelled_and_says_so(own: House) -> None:
    first = (await placed(own, "buy", "LINK", type="limit", limit_price="1", amount_usd="100")).order
    tab = Tab()
    state, toasts = await tab.get(OrdersState), await tab.get(ToastState)
    await call(state, "cancel", first.id, *press())
    assert [(row["id"], row["state"], row["reason"]) for row in state.rows] == [(first.id, "cancelled", "Cancelled.")]
    assert [toast["text"] for toast in toasts.toasts] == ["1 order cancelled."]
    await call(state, "cancel", first.id, *press())
    assert toasts.toasts[-1]["text"] == "That order is not open any more."


async def test_all_orders_are_cancelled_at_once(own: House) -> None:
    for price in ("1", "2", "3"):
        await placed(own, "buy", "LINK", type="limit", limit_price=price, amount_usd="100")
    tab = Tab()
    state, toasts = await tab.get(OrdersState), await tab.get(ToastState)
    await call(state, "cancel_all", *press())
    assert (state.open, {row["state"] for row in state.rows}) == (0, {"cancelled"})
    assert [toast["text"] for toast in toasts.toasts] == ["3 orders cancelled."]


async def test_a_press_that_comes_late_or_says_nonsense_cancels_nothing(own: House) -> None:
    order = (await placed(own, "buy", "LINK", type="limit", limit_price="1", amount_usd="100")).order
    tab = Tab()
    state = await tab.get(OrdersState)
    order_id, at = press()
    await call(state, "cancel", order.id, order_id, at - 60_000)
    await call(state, "cancel_all", order_id, at - 60_000)
    for said in HOSTILE:
        await call(state, "cancel", said, order_id, at)
        await call(state, "cancel", order.id, said, said)
        await call(state, "cancel_all", said, said)
        tab.sent()
    assert [known.state for known in pit_of(own).desk.books.orders.values()] == [OrderState.OPEN]


async def test_of_the_orders_that_are_over_only_the_last_are_shown(own: House) -> None:
    await bought(own, "WETH", "500")
    for _ in range(orders.ENDED_SHOWN + 2):
        await sold(own, "WETH", "1")
    rows = (await shown()).rows
    assert [row["side"] for row in rows] == ["sell"] * orders.ENDED_SHOWN
