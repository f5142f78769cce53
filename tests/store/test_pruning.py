"""Old decisions that led to nothing become counts by day; those behind trades stay."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.domain.decisions import Logged, Verdict
from app.store.database import Store
from app.store.decisions import (
    ALL,
    DecisionCount,
    decision_counts,
    decisions,
    each_decision,
    log_decisions,
    note_trade,
    prune_decisions,
)
from app.store.sessions import open_session
from tests.store.drawn import NOON, SECOND, TOKEN, draft
from tests.store.drawn_decisions import a_decision

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

aged = st.builds(
    a_decision,
    st.just(""),
    st.integers(28 * 24, 33 * 24).map(lambda hours: NOON - hours * HOUR),
    level=st.sampled_from([4, 5]),
    verdict=st.sampled_from([Verdict.SKIP, Verdict.BUY]),
    failed=st.sampled_from(["trend", None]),
)


def opened(store: Store, market: str = "demo") -> str:
    return open_session(store, draft(market), NOON).id


def counted(rows: list[Logged]) -> list[DecisionCount]:
    """What decisions add up to, in other words."""
    kinds = Counter(
        (
            each.at.date(),
            each.token.key.address,
            each.decision.level,
            each.decision.verdict,
            each.decision.first_failed or "",
        )
        for each in rows
    )
    return sorted(DecisionCount(*kind, count) for kind, count in kinds.items())


@settings(deadline=None)
@given(st.lists(aged, max_size=20), st.lists(st.integers(0, 19), max_size=3))
def test_what_is_older_than_thirty_days_is_added_up_unless_a_trade_came_of_it(
    shared_store: Store, drawn: list[Logged], traded: list[int]
) -> None:
    mine = opened(shared_store)
    kept = log_decisions(shared_store, [replace(each, session_id=mine) for each in drawn])
    noted = {each.id for place, each in enumerate(kept) if place in traded}
    for id_ in noted:
        note_trade(shared_store, id_, f"{mine}-2")
    gone = [each for each in kept if each.at < NOON - 30 * DAY and each.id not in noted]
    dropped = prune_decisions(shared_store, NOON)
    assert dropped == len(gone)
    assert {each.id for each in each_decision(shared_store, mine)} == {each.id for each in kept if each not in gone}
    assert decision_counts(shared_store, mine) == counted(gone)


def test_a_day_that_is_dropped_in_parts_is_counted_as_a_whole(store: Store) -> None:
    mine = opened(store)
    log_decisions(store, [a_decision(mine, NOON + hours * HOUR) for hours in range(6)])
    now = NOON + 30 * DAY
    assert prune_decisions(store, now) == 0
    assert prune_decisions(store, now + 2 * HOUR) == 2
    assert prune_decisions(store, now + 5 * HOUR + SECOND) == 4
    assert decision_counts(store, mine) == [DecisionCount(NOON.date(), TOKEN.key.address, 5, Verdict.SKIP, "trend", 6)]


def test_an_order_that_rests_keeps_its_decision_too(store: Store) -> None:
    mine = opened(store)
    (kept,) = log_decisions(store, [replace(a_decision(mine), acted=True)])
    assert prune_decisions(store, NOON + 400 * DAY) == 0
    assert decisions(store, mine, ALL, 5) == [kept]


def test_no_transaction_drops_more_than_a_thousand(store: Store) -> None:
    mine = opened(store)
    log_decisions(store, [a_decision(mine, NOON + number * SECOND) for number in range(2001)])
    dropped: list[int] = []

    def heard(_connection: object, cursor: object, statement: str, *_others: object) -> None:
        if statement.startswith("DELETE FROM decisions"):
            dropped.append(getattr(cursor, "rowcount", 0))

    event.listen(store.engine, "after_cursor_execute", heard)
    assert prune_decisions(store, NOON + 31 * DAY) == 2001
    assert dropped == [1000, 1000, 1]
    assert [each.count for each in decision_counts(store, mine)] == [2001]
    assert list(each_decision(store, mine)) == []


def test_a_number_is_never_used_again(store: Store) -> None:
    mine = opened(store)
    log_decisions(store, [a_decision(mine) for _ in range(3)])
    prune_decisions(store, NOON + 31 * DAY)
    (next_,) = log_decisions(store, [a_decision(mine)])
    assert next_.id == "d4"


def test_a_replay_is_pruned_only_by_name_and_with_its_own_clock(store: Store) -> None:
    recorded, present = opened(store, "replay:june"), opened(store, "live")
    then = NOON - 400 * DAY
    log_decisions(store, [a_decision(recorded, then), a_decision(present, NOON - 31 * DAY)])
    assert prune_decisions(store, NOON) == 1
    assert len(decisions(store, recorded, ALL, 5)) == 1
    assert prune_decisions(store, then + 29 * DAY, market="replay:june") == 0
    assert prune_decisions(store, then + 31 * DAY, market="replay:june") == 1
    assert [len(decision_counts(store, mine)) for mine in (recorded, present)] == [1, 1]
