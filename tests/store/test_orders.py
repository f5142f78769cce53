"""Orders as they are kept."""

import itertools
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.orders import Order, OrderState
from app.domain.session import shadow_id
from app.store.books import Batch, write
from app.store.database import Store
from app.store.orders import SEAL, find_asked, find_order, is_asked_here, open_orders, orders
from app.store.sessions import open_session
from tests.store.drawn import NOON, draft, drawn_orders, order

FRESH = itertools.count(1)


def account(store: Store) -> str:
    return open_session(store, draft(), NOON).id


def put(store: Store, account_id: str, *placed: Order) -> None:
    write(store, [Batch(account_id, 1, orders=placed)])


@settings(deadline=None)
@given(st.data())
def test_what_is_written_is_read_back_equal(shared_store: Store, data: st.DataObject) -> None:
    mine = account(shared_store)
    placed = [data.draw(drawn_orders(f"order {next(FRESH)}", mine)) for _ in range(2)]
    put(shared_store, mine, *placed)
    assert [find_order(shared_store, each.id) for each in placed] == placed
    assert [each for _, each in orders(shared_store, mine, limit=10)] == placed[::-1]
    assert open_orders(shared_store, mine) == [each for each in placed if each.state is OrderState.OPEN]


@settings(deadline=None)
@given(st.data())
def test_an_order_that_is_replaced_is_read_back_as_it_is_now(shared_store: Store, data: st.DataObject) -> None:
    mine, order_id = account(shared_store), f"order {next(FRESH)}"
    first = replace(data.draw(drawn_orders(order_id, mine)), state=OrderState.OPEN)
    drawn = data.draw(drawn_orders(order_id, mine))
    put(shared_store, mine, first)
    put(shared_store, mine, replace(drawn, body=first.body, created_at=first.created_at))
    assert find_order(shared_store, order_id) == replace(drawn, body=first.body, created_at=first.created_at)


def test_an_order_is_found_whosever_it_is(store: Store) -> None:
    mine, other = account(store), account(store)
    put(store, other, order("one", other))
    assert find_order(store, "one") == order("one", other)
    assert find_order(store, "two") is None
    assert open_orders(store, mine) == []
    assert orders(store, mine, limit=10) == []


def test_what_was_asked_here_is_neither_a_shadows_nor_of_another_desk(store: Store) -> None:
    mine, other = account(store), account(store)
    shadow = shadow_id(mine, 1)
    sealed = open_session(store, replace(draft(), settings={SEAL: "a digest"}), NOON).id
    for holder in (mine, other, shadow, sealed):
        put(store, holder, order(f"of {holder}", holder))
    assert [is_asked_here(store, each) for each in (mine, other, shadow, sealed, "s9")] == [True, True, *[False] * 3]
    assert find_asked(store, f"of {other}") == order(f"of {other}", other)
    assert [find_asked(store, f"of {each}") for each in (shadow, sealed, "s9")] == [None, None, None]


def test_open_orders_come_oldest_first_and_one_that_changes_keeps_its_place(store: Store) -> None:
    mine = account(store)
    placed = [order(name, mine) for name in ("c", "a", "b")]
    put(store, mine, *placed)
    placed[0] = replace(placed[0], highest=Decimal(3))
    put(store, mine, placed[0], order("done", mine, OrderState.FILLED))
    assert open_orders(store, mine) == placed


def test_pages_of_orders_come_newest_first_and_miss_none(store: Store) -> None:
    mine, other = account(store), account(store)
    for number in range(7):
        put(store, mine, order(f"mine {number}", mine, OrderState.CANCELLED if number % 2 else OrderState.OPEN))
        put(store, other, order(f"other {number}", other))
    put(store, mine, replace(order("mine 0", mine), highest=Decimal(3)))
    names: list[str] = []
    before: int | None = None
    while page := orders(store, mine, limit=3, before=before):
        names += [each.id for _, each in page]
        before = page[-1][0]
    assert names == [f"mine {number}" for number in reversed(range(7))]


def test_orders_can_be_asked_for_by_their_states(store: Store) -> None:
    mine = account(store)
    states = [OrderState.OPEN, OrderState.FILLED, OrderState.CANCELLED, OrderState.OPEN, OrderState.EXPIRED]
    put(store, mine, *(order(f"{number}", mine, state) for number, state in enumerate(states)))
    wanted = {OrderState.OPEN, OrderState.EXPIRED}
    assert [each.id for _, each in orders(store, mine, states=wanted, limit=10)] == ["4", "3", "0"]
    assert [each.id for _, each in orders(store, mine, states=[OrderState.OPEN], limit=1)] == ["3"]
    assert orders(store, mine, states=[OrderState.REFUSED], limit=10) == []
