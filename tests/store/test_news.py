"""What is new in the logs: oldest first, after a place, and no more than was asked for."""

from app.store.database import Store
from app.store.decisions import log_decisions
from app.store.news import decisions_after, newest, trades_after
from app.store.sessions import open_session
from tests.store.drawn import NOON, draft
from tests.store.drawn_decisions import a_decision
from tests.store.trading_day import fill


def test_trades_come_after_a_number_oldest_first_and_no_more_than_asked_for(store: Store) -> None:
    mine, other = open_session(store, draft(), NOON).id, open_session(store, draft(), NOON).id
    fill(store, 9, mine)
    fill(store, 2, other)
    assert [trade.number for trade in trades_after(store, mine, 0, 100)] == list(range(2, 11))
    assert [trade.number for trade in trades_after(store, mine, 6, 3)] == [7, 8, 9]
    assert trades_after(store, mine, 10, 100) == []
    assert trades_after(store, "s0", 0, 100) == []


def test_decisions_come_in_the_order_of_the_log_whatever_the_clock_said(store: Store) -> None:
    mine = open_session(store, draft(), NOON).id
    kept = log_decisions(store, [a_decision(mine, NOON), a_decision(mine, NOON.replace(hour=11)), a_decision("s9")])
    assert decisions_after(store, 0, 100) == kept
    assert decisions_after(store, 1, 1) == kept[1:2]
    assert decisions_after(store, 3, 100) == []


def test_how_far_the_logs_go(store: Store) -> None:
    assert newest(store) == (0, 0)
    mine = open_session(store, draft(), NOON).id
    log_decisions(store, [a_decision(mine, NOON)] * 3)
    assert newest(store) == (1, 3)
