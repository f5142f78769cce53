"""The books on disk: all of a round or nothing, and only on what was decided on."""

import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.ledger import Entry, Position, deposit, folded
from app.domain.orders import Order, OrderState
from app.store.books import Batch, Outpaced, closed_positions, entries, version_of, write
from app.store.database import Store, StoreRefused, open_store
from app.store.ledger_tables import METADATA
from app.store.orders import find_order, open_orders
from app.store.sessions import archive, open_session
from app.store.trades import trade
from tests.store.drawn import NOON, SECOND, a_trade, draft, drawn_entries, gas_entry, order

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("accounts", "entries", "orders", "trades", "closed")


def account(store: Store) -> str:
    return open_session(store, draft(), NOON).id


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the tables that a batch can touch."""
    with store.reading() as connection:
        return {name: [tuple(row) for row in connection.execute(METADATA.tables[name].select())] for name in KEPT}


@settings(deadline=None)
@given(st.data(), st.integers(1, 4))
def test_entries_are_read_back_equal_and_in_their_order(shared_store: Store, data: st.DataObject, count: int) -> None:
    mine = account(shared_store)
    drawn = tuple(data.draw(drawn_entries(number)) for number in range(2, 2 + count))
    write(shared_store, [Batch(mine, 1, drawn)])
    assert list(entries(shared_store, mine)) == [deposit(1, NOON, Decimal(10000)), *drawn]
    assert list(entries(shared_store, mine, after=2)) == list(drawn[1:])
    assert version_of(shared_store, mine) == 1 + count


def test_more_entries_than_one_query_takes_are_all_read(store: Store) -> None:
    mine = account(store)
    written = tuple(gas_entry(number) for number in range(2, 4002))
    write(store, [Batch(mine, 1, written)])
    assert tuple(entries(store, mine, after=1)) == written
    assert folded(mine, entries(store, mine)).cash == Decimal(9960)


def test_accounts_that_are_not_there_have_no_version_and_no_entries(store: Store) -> None:
    assert version_of(store, "s1") is None
    assert list(entries(store, "s1")) == []
    with pytest.raises(Outpaced):
        write(store, [Batch("s1", 0, (gas_entry(1),))])


def test_nothing_to_write_is_no_error(store: Store) -> None:
    write(store, [])
    mine = account(store)
    write(store, [Batch(mine, 1)])
    assert version_of(store, mine) == 1


def test_a_round_writes_all_that_belongs_to_it(store: Store) -> None:
    mine, other = account(store), account(store)
    done = a_trade(mine, 2)
    ended = replace(position(2), bought=Decimal(5), paid=Decimal(7), realized=Decimal(-1))
    placed = order("one", mine, OrderState.FILLED)
    write(store, [Batch(mine, 1, (gas_entry(2),), (done,), (placed,), ((2, ended),)), Batch(other, 1, (gas_entry(2),))])
    assert (version_of(store, mine), version_of(store, other)) == (2, 2)
    assert trade(store, done.id) == done
    assert find_order(store, "one") == placed
    assert closed_positions(store, mine, 10) == [(2, ended)]
    with store.reading() as connection:
        found = connection.exec_driver_sql("SELECT order_id FROM entries WHERE number = 2 ORDER BY account_id").all()
    assert [row[0] for row in found] == [done.order_id, None]


def test_two_batches_of_one_account_follow_each_other(store: Store) -> None:
    mine = account(store)
    write(store, [Batch(mine, 1, (gas_entry(2), gas_entry(3))), Batch(mine, 3, (gas_entry(4),))])
    assert [entry.number for entry in entries(store, mine)] == [1, 2, 3, 4]


@pytest.mark.parametrize("expected", [0, 2, 7])
@pytest.mark.parametrize("count", [0, 1])
def test_who_decided_on_another_version_writes_nothing_for_anybody(store: Store, expected: int, count: int) -> None:
    mine, other = account(store), account(store)
    before = everything(store)
    outdated = tuple(gas_entry(expected + 1 + number) for number in range(count))
    fine = Batch(other, 1, (gas_entry(2),), (a_trade(other, 2),), (order("one", other),))
    for batches in ([fine, Batch(mine, expected, outdated)], [Batch(mine, expected, outdated), fine]):
        with pytest.raises(Outpaced):
            write(store, batches)
    assert everything(store) == before
    write(store, [fine])
    assert everything(store) != before


def test_an_order_takes_the_place_of_the_open_one_with_its_id(store: Store) -> None:
    mine = account(store)
    placed = order("one", mine)
    write(store, [Batch(mine, 1, orders=(placed, order("two", mine)))])
    higher = replace(placed, highest=Decimal("3.25"), oco_id="pair")
    filled = replace(higher, state=OrderState.FILLED, trade_id=f"{mine}-2", ended_at=NOON + SECOND)
    for now in (higher, filled):
        write(store, [Batch(mine, 1, orders=(now,))])
        assert find_order(store, "one") == now
    assert open_orders(store, mine) == [order("two", mine)]


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(order("open", "s2"), id="the id is another account's"),
        pytest.param(order("open", "s1", body="something else"), id="the id stands for something else"),
        pytest.param(order("ended", "s1"), id="the order has ended"),
        pytest.param(order("ended", "s1", OrderState.FILLED), id="the order has ended otherwise"),
    ],
)
def test_an_order_whose_id_is_taken_or_that_has_ended_lets_nothing_be_written(store: Store, refused: Order) -> None:
    mine, _ = account(store), account(store)
    taken = (order("open", mine), order("ended", mine, OrderState.CANCELLED))
    write(store, [Batch(mine, 1, orders=taken)])
    before = everything(store)
    batch = Batch(refused.account_id, 1, (gas_entry(2),), orders=(order("new", refused.account_id), refused))
    with pytest.raises(Outpaced):
        write(store, [batch])
    assert everything(store) == before


def test_nothing_is_written_to_an_account_whose_session_was_archived(store: Store) -> None:
    mine = account(store)
    archive(store, mine, NOON)
    before = everything(store)
    for batch in (Batch(mine, 1, (gas_entry(2),)), Batch(mine, 1, orders=(order("one", mine),))):
        with pytest.raises(Outpaced):
            write(store, [batch])
    assert everything(store) == before


def test_a_batch_out_of_turn_or_of_somebody_else_is_a_bug() -> None:
    for numbers in ((1,), (3,), (2, 4), (3, 2)):
        with pytest.raises(ValueError, match="do not follow version 1"):
            Batch("s1", 1, tuple(gas_entry(number) for number in numbers))
    with pytest.raises(ValueError, match="another account's"):
        Batch("s1", 1, orders=(order("one", "s2"),))
    with pytest.raises(ValueError, match="another account's"):
        Batch("s1", 1, trades=(a_trade("s2", 2),))


def test_of_two_processes_that_decide_on_one_version_one_wins(store: Store, url: str) -> None:
    mine, rounds = account(store), 25
    command = [sys.executable, "-m", "tests.store.racer", url, mine]
    racers = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for expected in range(1, 1 + rounds):
        said: list[str] = []
        for racer in racers:
            assert racer.stdin
            racer.stdin.write(f"{expected}\n")
            racer.stdin.flush()
        for racer in racers:
            assert racer.stdout
            said.append(racer.stdout.readline().strip())
        assert sorted(said) == ["outpaced", "won"]
    for racer in racers:
        racer.communicate(timeout=30)
    assert [entry.number for entry in entries(store, mine)] == list(range(1, 2 + rounds))
    assert version_of(store, mine) == 1 + rounds


def test_a_database_that_somebody_holds_is_refused_in_one_sentence(store: Store, url: str) -> None:
    mine = account(store)
    impatient = open_store(url, busy_ms=1)
    with store.writing(), pytest.raises(StoreRefused, match="is locked by another program"):
        write(impatient, [Batch(mine, 1, (gas_entry(2),))])
    impatient.close()
    assert version_of(store, mine) == 1


def test_closed_positions_come_newest_first_and_in_pages(store: Store) -> None:
    mine, other = account(store), account(store)
    closed = [(number, position(number)) for number in range(2, 8)]
    write(store, [Batch(mine, 1, tuple(gas_entry(number) for number, _ in closed), closed=tuple(closed))])
    write(store, [Batch(other, 1, (gas_entry(2),), closed=((2, position(9)),))])
    first = closed_positions(store, mine, 4)
    assert first == closed[:1:-1]
    assert closed_positions(store, mine, 4, before=first[-1][0]) == closed[1::-1]


def position(number: int) -> Position:
    bought = Decimal(number) / 7
    return Position(f"0x{number:040x}", Decimal(0), Decimal(0), bought, bought, bought, NOON, NOON + number * SECOND)


def test_times_are_kept_to_the_millisecond(store: Store) -> None:
    mine = account(store)
    write(store, [Batch(mine, 1, (gas_entry(2, at=NOON.replace(microsecond=123_999)),))])
    kept: list[Entry] = list(entries(store, mine, after=1))
    assert [entry.at.microsecond for entry in kept] == [123_000]
