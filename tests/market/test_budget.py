"""Rate budgets: no window is ever exceeded, whatever is asked and whatever the clocks do."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.market.budget import (
    Allowance,
    Budget,
    Instant,
    due,
    pace,
    per_hour,
    per_minute,
    per_month,
    per_second,
    recalled,
    recent,
    spent,
    used,
)

NOVEMBER = datetime(2026, 11, 2, tzinfo=UTC)


def at(mono: float, utc: datetime = NOVEMBER) -> Instant:
    return Instant(mono, utc)


def test_a_fresh_budget_allows_a_call_now() -> None:
    assert due(at(0), Budget((per_minute(5),))) == 0


def test_the_sixth_call_of_a_minute_waits_until_the_first_is_a_minute_old() -> None:
    budget = Budget((per_minute(5),))
    for second in range(5):
        budget = spent(at(second), budget)
    assert due(at(10), budget) == 50
    assert due(at(59.5), budget) == 0.5
    assert due(at(60), budget) == 0


def test_the_tightest_of_several_windows_rules() -> None:
    budget = Budget((per_second(1), per_minute(2)))
    budget = spent(at(0), budget)
    assert due(at(0.25), budget) == 0.75
    budget = spent(at(1), budget)
    assert due(at(2), budget) == 58


def test_more_calls_than_a_window_holds_are_never_due() -> None:
    assert due(at(0), Budget((per_second(2),)), 3) == math.inf


def test_a_used_up_month_waits_for_the_first_of_the_next_whatever_the_process_remembers() -> None:
    budget = Budget((per_month(10),), month="2026-11", month_calls=10)
    assert due(at(0), budget) == 29 * 86400 - 1 * 86400 + 86400
    assert due(at(0, datetime(2026, 12, 1, tzinfo=UTC)), budget) == 0


def test_a_clock_set_back_into_last_month_hands_out_no_calls_again() -> None:
    budget = Budget((per_month(10),), month="2026-11", month_calls=10)
    assert due(at(0, datetime(2026, 10, 31, 23, tzinfo=UTC)), budget) > 0


def test_what_is_used_is_told_for_each_window() -> None:
    budget = Budget((per_minute(5), per_hour(100)))
    for second in (0, 30, 70):
        budget = spent(at(second), budget)
    assert used(at(80), budget) == [(per_minute(5), 2), (per_hour(100), 3)]


@given(st.lists(st.floats(0, 59), max_size=5), st.floats(-1e6, 1e6))
def test_a_process_that_is_restarted_hands_out_no_window_again(ages: list[float], other_mono: float) -> None:
    budget = Budget((per_minute(5),), calls=tuple(sorted(100 - age for age in ages)), month="2026-11", month_calls=7)
    after = recalled(at(other_mono), Budget((per_minute(5),)), 7, recent(at(100), budget))
    assert after.month_calls == 7
    assert due(at(other_mono), after) == pytest.approx(due(at(100), budget), abs=1e-3)


def test_a_call_from_the_future_counts_as_made_now() -> None:
    late = [NOVEMBER.replace(day=3)] * 5
    assert due(at(50), recalled(at(50), Budget((per_minute(5),)), 5, late)) == 60


def test_what_is_reserved_is_left_to_others_but_never_the_last_call() -> None:
    budget = Budget((per_minute(5),))
    for second in range(3):
        budget = spent(at(second), budget)
    assert due(at(10), budget, reserve=2) == 50
    assert due(at(10), budget) == 0
    assert due(at(10), Budget((per_minute(1), per_second(1))), reserve=9) == 0


def test_the_pace_leaves_a_tenth_of_every_window() -> None:
    assert pace((per_minute(30),), 2) == 60 * 2 / 27
    assert 267 < pace((per_minute(30), per_month(10_000)), 1) < 289


ALLOWANCES = st.lists(
    st.builds(Allowance, calls=st.integers(1, 20), seconds=st.sampled_from([1, 60, 3600])), min_size=1, max_size=3
)


@given(ALLOWANCES, st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=120))
def test_whoever_calls_only_when_due_exceeds_no_window(allowances: list[Allowance], pauses: list[float]) -> None:
    budget, mono, calls = Budget(tuple(allowances)), 0.0, list[float]()
    for pause in pauses:
        mono += pause
        if due(at(mono), budget) == 0:
            budget = spent(at(mono), budget)
            calls.append(mono)
    for allowance in allowances:
        for first in calls:
            inside = [call for call in calls if first <= call < first + allowance.seconds]
            assert len(inside) <= allowance.calls


@given(ALLOWANCES, st.lists(st.floats(0, 40, allow_nan=False), max_size=60))
def test_after_the_wait_that_is_told_the_call_is_due(allowances: list[Allowance], pauses: list[float]) -> None:
    budget, mono = Budget(tuple(allowances)), 0.0
    for pause in pauses:
        mono += pause
        wait = due(at(mono), budget)
        mono += wait
        assert due(at(mono), budget) < 1e-6
        budget = spent(at(mono), budget)
