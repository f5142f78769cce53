"""Trades as they are kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.domain.ledger import folded
from app.domain.orders import Origin, Side
from app.domain.trades import Trade, TradeStatus
from app.store.books import Batch, closed_positions, entries, write
from app.store.database import Store
from app.store.equity import marks
from app.store.orders import find_order
from app.store.sessions import open_session
from app.store.trades import ALL, TradeFilter, count_trades, each_trade, measured, trade, trades, unmeasured
from tests.store.drawn import NOON, SECOND, a_trade, draft, drawn_trades, gas_entry
from tests.store.trading_day import BEGIN, TOKENS, fill, opened

COUNT = 1100


@pytest.fixture(scope="module")
def day(shared_store: Store) -> tuple[Store, list[Trade]]:
    """A day of trades, oldest first, beside another account's."""
    mine, other = opened(shared_store).id, opened(shared_store).id
    fill(shared_store, 20, other, seed=1)
    fill(shared_store, COUNT, mine)
    return shared_store, [*each_trade(shared_store, mine)]


def account(store: Store) -> str:
    return open_session(store, draft(), NOON).id


def put(store: Store, account_id: str, *done: Trade) -> None:
    entered = tuple(gas_entry(number) for number in range(2, 2 + len(done)))
    write(store, [Batch(account_id, 1, entered, done)])


def matches(wanted: TradeFilter, found: Trade) -> bool:
    return all(
        (
            wanted.address is None or wanted.address.lower() == found.token.key.address,
            wanted.side in (None, found.side),
            wanted.status in (None, found.status),
            wanted.origin in (None, found.origin),
            wanted.since is None or wanted.since <= found.at,
            wanted.until is None or found.at < wanted.until,
        )
    )


times = st.integers(-1, COUNT + 2).map(lambda number: BEGIN + 7 * number * SECOND)
filters = st.builds(
    TradeFilter,
    address=st.none() | st.sampled_from([token.address for token in TOKENS]) | st.just("0x0"),
    side=st.none() | st.sampled_from(Side),
    status=st.none() | st.sampled_from(TradeStatus),
    origin=st.none() | st.sampled_from(Origin),
    since=st.none() | times,
    until=st.none() | times,
)


@settings(deadline=None)
@given(st.data())
def test_what_is_written_is_read_back_equal(shared_store: Store, data: st.DataObject) -> None:
    mine = account(shared_store)
    done = [data.draw(drawn_trades(mine, number)) for number in (2, 3)]
    put(shared_store, mine, *done)
    assert trades(shared_store, mine, ALL, 10) == done[::-1]
    assert list(each_trade(shared_store, mine)) == done
    assert [trade(shared_store, each.id) for each in done] == done


@settings(deadline=None)
@given(filters, st.integers(1, 60), st.none() | st.integers(1, COUNT + 3))
def test_a_page_holds_the_newest_that_are_wanted(
    day: tuple[Store, list[Trade]], wanted: TradeFilter, limit: int, before: int | None
) -> None:
    store, done = day
    right = [each for each in done if matches(wanted, each)]
    earlier = [each for each in right if before is None or each.number < before]
    assert trades(store, done[0].account_id, wanted, limit, before) == earlier[::-1][:limit]
    assert list(each_trade(store, done[0].account_id, wanted)) == right
    assert count_trades(store, done[0].account_id, wanted) == len(right)


def test_an_address_counts_however_it_is_written(day: tuple[Store, list[Trade]]) -> None:
    store, done = day
    shown = TOKENS[1].address
    pages = [trades(store, done[0].account_id, TradeFilter(address), 5) for address in (shown, shown.lower())]
    assert pages[0] == pages[1] != []


@pytest.fixture
def plans(shared_store: Store) -> Iterator[list[str]]:
    """How the database goes about each query that is made."""
    found: list[str] = []

    def asked(connection, cursor, statement, parameters, context, executemany) -> None:  # type: ignore[no-untyped-def]
        if statement.startswith("SELECT"):
            plan = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found.extend(row[3] for row in plan)

    event.listen(shared_store.engine, "before_cursor_execute", asked)
    yield found
    event.remove(shared_store.engine, "before_cursor_execute", asked)


@pytest.mark.parametrize(
    ("wanted", "way"),
    [
        (ALL, "(account_id=? AND number<?)"),
        (TradeFilter(TOKENS[0].address), "USING COVERING INDEX ix_trades_account_id_address_number"),
        (TradeFilter(status=TradeStatus.REVERTED), "USING COVERING INDEX ix_trades_asked"),
        (TradeFilter(side=Side.BUY, origin=Origin.API, since=BEGIN), "USING COVERING INDEX ix_trades_asked"),
        (TradeFilter(until=BEGIN), "USING COVERING INDEX ix_trades_asked"),
    ],
)
def test_a_page_is_found_without_walking_through_the_table(
    day: tuple[Store, list[Trade]], plans: list[str], wanted: TradeFilter, way: str
) -> None:
    store, done = day
    trades(store, done[0].account_id, wanted, 50, before=1000)
    assert any(way in step for step in plans), plans
    walks = [step for step in plans if "SCAN" in step or step.endswith("USING PRIMARY KEY (account_id=?)")]
    assert walks == []


@pytest.mark.parametrize("name", ["", "s1", "s1-", "-2", "s1-02", "s1-x", "s1-99999999999999999999", "s1-٢", "s9-2"])
def test_there_is_no_trade_by_an_id_that_is_none(store: Store, name: str) -> None:
    put(store, account(store), a_trade("s1", 2))
    assert trade(store, "s1-2") == a_trade("s1", 2)
    assert trade(store, name) is None
    measured(store, name, Decimal(1), Decimal(1))
    assert trade(store, "s1-2") == a_trade("s1", 2)


def test_what_a_fill_was_off_is_noted_as_it_becomes_known(store: Store) -> None:
    put(store, account(store), a_trade("s1", 2), a_trade("s1", 3))
    measured(store, "s1-2", Decimal("-1.5"), None)
    assert trade(store, "s1-2") == replace(a_trade("s1", 2), fill_error_bps=Decimal("-1.5"))
    measured(store, "s1-2", None, Decimal("0"))
    measured(store, "s1-2", None, None)
    both = replace(a_trade("s1", 2), fill_error_bps=Decimal("-1.5"), fill_error_30s_bps=Decimal(0))
    assert trade(store, "s1-2") == both
    assert trade(store, "s1-3") == a_trade("s1", 3)


def test_fills_that_still_lack_a_measure_are_known_and_reverts_never_do(store: Store) -> None:
    mine = account(store)
    done = [a_trade(mine, number, at=NOON + number * SECOND) for number in range(2, 6)]
    done.append(a_trade(mine, 6, TradeStatus.REVERTED, NOON + 6 * SECOND))
    put(store, mine, *done)
    measured(store, done[1].id, Decimal(1), Decimal(1))
    measured(store, done[2].id, Decimal(1), None)
    assert [each.number for each in unmeasured(store, mine, NOON)] == [2, 4, 5]
    assert [each.number for each in unmeasured(store, mine, NOON + 3 * SECOND)] == [4, 5]
    assert unmeasured(store, mine, NOON + timedelta(hours=1)) == []


def test_the_day_of_trades_is_consistent_and_the_same_every_time(store: Store) -> None:
    one, same = opened(store).id, opened(store).id
    left = fill(store, 300, one)
    assert folded(one, entries(store, one)) == left
    assert not left.residual
    assert fill(store, 300, same).cash == left.cash
    done = list(each_trade(store, one))
    assert [each.number for each in done] == list(range(2, 302))
    assert {each.status for each in done} == set(TradeStatus)
    ends = [order.trade_id for each in done if (order := find_order(store, each.order_id))]
    assert ends == [each.id for each in done]
    assert closed_positions(store, one, 1)
    assert marks(store, one)
