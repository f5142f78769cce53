"""The bot as it was left, what it holds and what it remembers."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.domain.bots import BotRecord, BotState, Holding
from app.domain.orders import OrderState
from app.store.books import Batch, Outpaced, version_of, write
from app.store.bots import bot, holdings, memories, set_bot
from app.store.database import Store
from app.store.sessions import archive, open_session
from tests.store.drawn import NOON, addresses, amounts, draft, gas_entry, moments, order
from tests.store.drawn_decisions import a_holding, levels, records

drawn_holdings = st.builds(
    Holding,
    asset=addresses, quantity=amounts, cost=amounts, opened_at=moments, stop=amounts, highest=amounts,
    rungs=st.integers(0, 9), level=levels,
)  # fmt: skip
ONE, TWO = (f"0x{number:040x}" for number in (1, 2))


def opened(store: Store) -> str:
    return open_session(store, draft(), NOON).id


@settings(deadline=None)
@given(records, records)
def test_the_bot_is_as_it_was_left_last(shared_store: Store, first: BotRecord, second: BotRecord) -> None:
    mine, other = opened(shared_store), opened(shared_store)
    assert bot(shared_store, mine) is None
    for record in (first, second):
        set_bot(shared_store, mine, record)
        assert bot(shared_store, mine) == record
    assert bot(shared_store, other) is None


def test_archiving_a_session_stops_its_bot_and_no_other(store: Store) -> None:
    mine, other = opened(store), opened(store)
    running = BotRecord(BotState.RUNNING, 7)
    for session_id in (mine, other):
        set_bot(store, session_id, running)
    archive(store, mine, NOON)
    assert bot(store, mine) == replace(running, state=BotState.STOPPED)
    assert bot(store, other) == running


@settings(deadline=None)
@given(st.lists(drawn_holdings, max_size=4, unique_by=lambda held: held.asset))
def test_what_a_bot_holds_is_read_back_equal(shared_store: Store, drawn: list[Holding]) -> None:
    mine = opened(shared_store)
    write(shared_store, [Batch(mine, 1, holdings=tuple(drawn))])
    assert holdings(shared_store, mine) == {held.asset: held for held in drawn}


def test_a_holding_takes_the_place_of_the_last_and_of_nothing_left_nothing_is_kept(store: Store) -> None:
    mine, other = opened(store), opened(store)
    write(store, [Batch(it, 1, holdings=(a_holding(ONE), a_holding(TWO))) for it in (mine, other)])
    more = replace(a_holding(ONE), quantity=Decimal("4.5"), stop=Decimal(2), rungs=1)
    write(store, [Batch(mine, 1, holdings=(more, a_holding(TWO, "0")))])
    assert holdings(store, mine) == {ONE: more}
    assert holdings(store, other) == {ONE: a_holding(ONE), TWO: a_holding(TWO)}
    write(store, [Batch(mine, 1, holdings=(a_holding(TWO, "0"), a_holding(ONE, "0")))])
    assert holdings(store, mine) == {}


def test_each_account_of_a_session_remembers_its_own_and_the_last_thing_it_was_told(store: Store) -> None:
    mine, other = opened(store), opened(store)
    write(store, [Batch(mine, 1, memory="{}"), Batch(f"{mine}-L3", 1, memory='{"day":1}'), Batch(other, 1, memory="x")])
    write(store, [Batch(f"{mine}-L3", 1, memory='{"day":2}'), Batch(mine, 1, holdings=(a_holding(ONE),))])
    assert memories(store, mine) == {mine: "{}", f"{mine}-L3": '{"day":2}'}
    assert memories(store, other) == {other: "x"}
    assert memories(store, "s9") == {}


@pytest.mark.parametrize("way", ["outdated", "ended", "another account is outdated", "an order has ended"])
def test_what_a_bot_holds_and_remembers_is_written_with_its_round_or_not_at_all(store: Store, way: str) -> None:
    mine, other = opened(store), opened(store)
    ended = order("ended", mine, OrderState.CANCELLED)
    write(store, [Batch(mine, 1, (gas_entry(2),), orders=(ended,), holdings=(a_holding(ONE),), memory="before")])
    if way == "ended":
        archive(store, mine, NOON)
    expected = 1 if way == "outdated" else 2
    orders = (replace(ended, state=OrderState.OPEN),) if way == "an order has ended" else ()
    after = Batch(mine, expected, orders=orders, holdings=(a_holding(ONE, "0"), a_holding(TWO)), memory="after")
    with pytest.raises(Outpaced):
        write(store, [after, Batch(other, 7 if way.startswith("another") else 1)])
    assert holdings(store, mine) == {ONE: a_holding(ONE)}
    assert memories(store, mine) == {mine: "before"}


def test_a_round_of_the_bot_alone_leaves_the_version_as_it_is(store: Store) -> None:
    mine = opened(store)
    write(store, [Batch(mine, 1, holdings=(a_holding(ONE),), memory="m")])
    assert version_of(store, mine) == 1


def test_a_round_without_the_bot_costs_no_statement_more(store: Store) -> None:
    mine = opened(store)
    said: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        said.append(statement.split(" ", 2)[0])

    event.listen(store.engine, "before_cursor_execute", heard)
    write(store, [Batch(mine, 1, (gas_entry(2),))])
    assert said == ["BEGIN", "UPDATE", "INSERT"]
