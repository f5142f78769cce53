"""The log of decisions: kept as they were made, and found by what was decided."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from app.domain.decisions import Logged, Sense, Verdict, at_most
from app.domain.tokens import Token
from app.store.books import Batch, Outpaced, write
from app.store.database import Store
from app.store.decisions import (
    ALL,
    DecisionFilter,
    decision,
    decisions,
    each_decision,
    last_decisions,
    log_decisions,
    note_trade,
    number_of,
    prune_decisions,
)
from app.store.sessions import open_session
from tests.store.drawn import NOON, SECOND, TOKEN, a_trade, draft, gas_entry
from tests.store.drawn_decisions import a_decision, drawn_logged

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
OTHER = Token(8453, "0xABCDEF81A94A35A4569E4529A3CDFB74E38FD986", "OTH", "Other", 6)

few = st.builds(
    a_decision,
    st.just(""),
    st.integers(0, 4).map(lambda number: NOON + number * MINUTE),
    st.sampled_from([TOKEN, OTHER]),
    st.sampled_from([1, 5]),
    st.sampled_from([Verdict.SKIP, Verdict.HOLD]),
    st.sampled_from(["trend", "calm"]),
)
filters = st.builds(
    DecisionFilter,
    st.sampled_from([None, TOKEN.address, OTHER.address.lower(), "0x0"]),
    st.sampled_from([None, Verdict.SKIP, Verdict.BUY]),
    st.sampled_from([None, 1, 5, 7]),
    st.sampled_from([None, "trend", "no such gate"]),
    st.sampled_from([None, NOON + MINUTE]),
    st.sampled_from([None, NOON + 3 * MINUTE]),
)


def opened(store: Store) -> str:
    return open_session(store, draft(), NOON).id


def is_wanted(logged: Logged, wanted: DecisionFilter) -> bool:
    """What a filter says, in other words."""
    decided = logged.decision
    pairs = (
        (wanted.address and wanted.address.lower(), logged.token.address.lower()),
        (wanted.verdict, decided.verdict),
        (wanted.level, decided.level),
        (wanted.first_failed, decided.first_failed),
    )
    late = wanted.since is None or logged.at >= wanted.since
    return late and (wanted.until is None or logged.at < wanted.until) and all(a is None or a == b for a, b in pairs)


@settings(deadline=None)
@given(st.data())
def test_decisions_are_read_back_equal_to_the_last_digit(shared_store: Store, data: st.DataObject) -> None:
    mine = opened(shared_store)
    drawn = data.draw(st.lists(drawn_logged(mine), max_size=4))
    kept = log_decisions(shared_store, drawn)
    assert [replace(each, id="") for each in kept] == drawn
    assert [decision(shared_store, each.id) for each in kept] == kept
    assert list(each_decision(shared_store, mine)) == sorted(kept, key=lambda each: each.at)


def test_no_float_is_rounded_and_what_is_infinite_stays_so(store: Store) -> None:
    odd = (0.1 + 0.2, 1e-320, float("inf"))
    gates = tuple(at_most(f"gate {value}", value, value) for value in odd)
    plain = a_decision(opened(store))
    (kept,) = log_decisions(store, [replace(plain, decision=replace(plain.decision, gates=gates))])
    found = decision(store, kept.id)
    assert found is not None
    assert [repr(gate.threshold) for gate in found.decision.gates] == [repr(value) for value in odd]
    assert [type(gate.sense) for gate in found.decision.gates] == [Sense] * 3
    assert found.decision.flip == kept.decision.flip


@settings(deadline=None)
@given(st.lists(few, max_size=12), filters, st.integers(1, 5))
def test_pages_and_exports_hold_what_is_wanted_and_nothing_else(
    shared_store: Store, drawn: list[Logged], wanted: DecisionFilter, limit: int
) -> None:
    mine, other = opened(shared_store), opened(shared_store)
    kept = log_decisions(shared_store, [replace(each, session_id=mine) for each in drawn])
    log_decisions(shared_store, [replace(each, session_id=other) for each in drawn])
    expected = sorted((each for each in kept if is_wanted(each, wanted)), key=lambda each: each.at)
    paged: list[Logged] = []
    before: int | None = None
    while page := decisions(shared_store, mine, wanted, limit, before):
        assert len(page) <= limit
        paged += page
        before = number_of(page[-1].id)
    assert paged == expected[::-1]
    assert list(each_decision(shared_store, mine, wanted)) == expected


def test_an_export_is_in_the_order_of_time_however_many_there_are_at_once(store: Store) -> None:
    mine = opened(store)
    rows = [a_decision(mine, NOON - number // 700 * SECOND, level=1 + number % 10) for number in range(1300)]
    kept = log_decisions(store, rows)
    assert list(each_decision(store, mine)) == kept[700:] + kept[:700]
    threes = [each for each in kept if each.decision.level == 3]
    assert list(each_decision(store, mine, DecisionFilter(level=3))) == threes[70:] + threes[:70]


def test_a_page_goes_on_where_the_last_one_ended_though_that_decision_was_dropped(store: Store) -> None:
    mine = opened(store)
    first = replace(a_decision(mine, NOON - 40 * DAY), acted=True)
    kept = log_decisions(store, [first, a_decision(mine, NOON - 31 * DAY), a_decision(mine)])
    assert decisions(store, mine, ALL, 2) == kept[:0:-1]
    assert prune_decisions(store, NOON) == 1
    assert decisions(store, mine, ALL, 2, before=2) == kept[:1]


def test_the_log_is_written_whole_or_not_at_all(store: Store) -> None:
    mine = opened(store)
    with pytest.raises(StatementError):
        log_decisions(store, [a_decision(mine), replace(a_decision(mine), price=Decimal("NaN"))])
    assert decisions(store, mine, ALL, 10) == []
    assert log_decisions(store, []) == []


def test_the_first_decision_is_d1_and_the_next_are_in_the_order_in_which_they_were_given(store: Store) -> None:
    mine = opened(store)
    kept = log_decisions(store, [a_decision(mine, level=level) for level in (3, 1, 2)])
    assert [(each.id, each.decision.level) for each in kept] == [("d1", 3), ("d2", 1), ("d3", 2)]


@pytest.mark.parametrize(
    "hostile", ["", "d", "1", "d0", "d01", "d-1", "d1 ", "D1", "d1.0", "d²", "d1\n", "d1;--", "s1-1", "d" + "9" * 400]
)
def test_what_is_no_id_of_a_decision_finds_none_and_notes_nothing(store: Store, hostile: str) -> None:
    (kept,) = log_decisions(store, [a_decision(opened(store))])
    assert number_of(hostile) is None
    assert decision(store, hostile) is None
    note_trade(store, hostile, "s1-2")
    assert decision(store, kept.id) == kept
    assert decision(store, "d2") is None


def test_the_newest_decision_about_each_token_is_known_whatever_came_after(store: Store) -> None:
    mine, other = opened(store), opened(store)
    kept = log_decisions(store, [a_decision(mine, token=token) for token in (TOKEN, OTHER, TOKEN)])
    log_decisions(store, [a_decision(other)])
    assert last_decisions(store, mine) == {TOKEN.key.address: kept[2], OTHER.key.address: kept[1]}
    assert last_decisions(store, "s9") == {}


def test_the_trade_that_came_of_a_decision_is_noted(store: Store) -> None:
    kept = log_decisions(store, [a_decision(opened(store)) for _ in range(2)])
    note_trade(store, "d1", "s1-2")
    assert decision(store, "d1") == replace(kept[0], acted=True, trade_id="s1-2")
    assert decision(store, "d2") == kept[1]


def test_a_trade_and_the_note_of_it_are_written_together_or_not_at_all(store: Store) -> None:
    mine = opened(store)
    (kept,) = log_decisions(store, [a_decision(mine)])
    led_to = replace(a_trade(mine, 2), decision_id=kept.id)
    with pytest.raises(Outpaced):
        write(store, [Batch(mine, 1, (gas_entry(2),), (led_to,)), Batch("s9", 1)])
    assert decision(store, kept.id) == kept
    write(store, [Batch(mine, 1, (gas_entry(2),), (led_to,))])
    assert decision(store, kept.id) == replace(kept, acted=True, trade_id=led_to.id)


def test_a_trade_of_another_account_is_not_noted_with_a_decision_of_the_persons(store: Store) -> None:
    mine, other = opened(store), opened(store)
    (kept,) = log_decisions(store, [a_decision(mine)])
    for account_id in (f"{mine}-L5", other):
        trade = replace(a_trade(account_id, 2), decision_id=kept.id)
        write(store, [Batch(account_id, 1, (gas_entry(2),), (trade,))])
    assert decision(store, kept.id) == kept
