"""Rate budgets: no window is ever exceeded, whatever is asked and whatever the clocks do."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.market.budget import (
    Allowance,
    Budget,
    Instant,
    due,
    is_scarce,
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


def test_the_sixth_call_of_a_minute_waits_until_the_first_is_a_minute_old_and_the_road_to_the_provider_too() -> None:
    budget = Budget((per_minute(5),))
    for second in range(5):
        budget = spent(at(second), budget)
    assert due(at(10), budget) == 52
    assert due(at(61.5), budget) == 0.5
    assert due(at(62), budget) == 0


def test_a_first_call_that_was_long_on_the_road_is_not_one_too_many_in_the_providers_minute() -> None:
    budget, arrived = Budget((per_minute(5),)), list[float]()
    for booked, road in ((0, 1.9), (20.1, 0.1), (40.3, 0.1), (45.4, 0.1), (50.5, 0.1), (60, 0)):
        leaves = booked + due(at(booked), budget)
        budget = spent(at(leaves), budget)
        arrived.append(leaves + road)
    assert arrived[5] - arrived[0] >= 60


def test_what_is_told_is_the_providers_own_window_and_no_longer_one() -> None:
    budget = spent(at(0), Budget((per_minute(5), per_second(1))))
    assert used(at(0.5), budget) == [(per_minute(5), 1), (per_second(1), 1)]
    assert used(at(61), budget) == [(per_minute(5), 0), (per_second(1), 0)]
    assert due(at(1.125), budget) == 0.125


def test_the_tightest_of_several_windows_rules() -> None:
    budget = Budget((per_second(1), per_minute(2)))
    budget = spent(at(0), budget)
    assert due(at(0.25), budget) == 1
    budget = spent(at(1.25), budget)
    assert due(at(3), budget) == 59


def test_more_calls_than_a_window_holds_are_never_due() -> None:
    assert due(at(0), Budget((per_second(2),)), 3) == math.inf


def test_a_used_up_month_waits_for_the_first_of_the_next_whatever_the_process_remembers() -> None:
    budget = Budget((per_month(10),), months={"2026-11": 10})
    assert due(at(0), budget) == 29 * 86400 - 1 * 86400 + 86400
    assert due(at(0, datetime(2026, 12, 1, tzinfo=UTC)), budget) == 0


def test_a_clock_set_back_into_last_month_hands_out_no_calls_again() -> None:
    budget = Budget((per_month(10),), months={"2026-11": 10})
    assert due(at(0, datetime(2026, 10, 31, 23, tzinfo=UTC)), budget) > 0


def test_a_clock_that_goes_past_the_months_end_and_back_hands_out_no_calls_again() -> None:
    budget = Budget((per_month(10),), months={"2026-11": 10})
    december = datetime(2026, 12, 1, tzinfo=UTC)
    budget = spent(at(10, december), budget)
    assert used(at(20, december), budget) == [(per_month(10), 1)]
    assert used(at(30), budget) == [(per_month(10), 10)]
    assert due(at(30), budget) > 0


MONTHS = st.lists(st.tuples(st.integers(-2, 3), st.booleans()), min_size=1, max_size=60)


@given(MONTHS, st.integers(1, 6))
def test_whatever_the_clock_does_no_calendar_month_has_more_calls_than_its_allowance(
    months: list[tuple[int, bool]], calls: int
) -> None:
    budget, made = Budget((per_month(calls),)), Counter[str]()
    for mono, (ahead, restarts) in enumerate(months):
        now = at(mono, NOVEMBER.replace(day=15) + timedelta(days=30 * ahead))
        if restarts:
            budget = recalled(now, Budget(budget.allowances), budget.months, recent(now, budget))
        if due(now, budget) == 0:
            budget = spent(now, budget)
            made[now.month] += 1
    assert max(made.values(), default=0) <= calls


def test_what_is_used_is_told_for_each_window() -> None:
    budget = Budget((per_minute(5), per_hour(100)))
    for second in (0, 30, 70):
        budget = spent(at(second), budget)
    assert used(at(80), budget) == [(per_minute(5), 2), (per_hour(100), 3)]


@given(st.lists(st.floats(0, 63), max_size=5), st.floats(-1e6, 1e6))
def test_a_process_that_is_restarted_hands_out_no_window_again(ages: list[float], other_mono: float) -> None:
    months = {"2026-10": 9, "2026-11": 7}
    budget = Budget((per_minute(5),), calls=tuple(sorted(100 - age for age in ages)), months=months)
    after = recalled(at(other_mono), Budget((per_minute(5),)), months, recent(at(100), budget))
    assert after.months == months
    assert due(at(other_mono), after) == pytest.approx(due(at(100), budget), abs=1e-3)


def test_a_call_from_the_future_counts_as_made_now() -> None:
    late = [NOVEMBER.replace(day=3)] * 5
    assert due(at(50), recalled(at(50), Budget((per_minute(5),)), {"2026-11": 5}, late)) == 62


def test_what_is_reserved_is_left_to_others_but_never_the_last_call() -> None:
    budget = Budget((per_minute(5),))
    for second in range(3):
        budget = spent(at(second), budget)
    assert due(at(10), budget, reserve=2) == 52
    assert due(at(10), budget) == 0
    assert due(at(10), Budget((per_minute(1), per_second(1))), reserve=9) == 0


def test_the_pace_leaves_a_tenth_of_every_window() -> None:
    assert pace((per_minute(30),), 2) == 62 * 2 / 27
    assert 267 < pace((per_minute(30), per_month(10_000)), 1) < 289


def test_a_call_a_refresh_is_borne_every_fifteen_seconds_by_all_that_allow_five_a_minute() -> None:
    assert pace((per_minute(5),), 1) < 15
    assert pace((per_hour(300),), 1) < 15


def test_scarce_is_what_a_start_that_forgets_could_ask_too_often() -> None:
    for few in (per_minute(5), per_minute(30), per_hour(300), per_month(100_000)):
        assert is_scarce(Budget((per_second(5), few)))
    assert not is_scarce(Budget((per_second(1), per_minute(60))))


ALLOWANCES = st.lists(
    st.builds(Allowance, calls=st.integers(1, 20), seconds=st.sampled_from([1, 60, 3600])), min_size=1, max_size=3
)
# Seconds of the road to the provider, as a share of the longest that a window is to bear.
JOURNEYS = st.lists(st.tuples(st.floats(0, 9, allow_nan=False), st.floats(0, 1)), min_size=1, max_size=120)


@given(ALLOWANCES, JOURNEYS)
def test_whoever_calls_as_soon_as_due_exceeds_no_window_of_the_providers_wherever_calls_are_held_up(
    allowances: list[Allowance], journeys: list[tuple[float, float]]
) -> None:
    budget, mono, calls = Budget(tuple(allowances)), 0.0, list[tuple[float, float]]()
    for pause, held_up in journeys:
        mono += pause
        mono += due(at(mono), budget)
        budget = spent(at(mono), budget)
        calls.append((mono, held_up))
    for allowance in allowances:
        longest = 2 if allowance.seconds >= 60 else 0.25
        arrived = sorted(left + longest * held_up for left, held_up in calls)
        for early, late in zip(arrived, arrived[allowance.calls :], strict=False):
            assert late - early >= allowance.seconds - 1e-6


@given(ALLOWANCES, st.lists(st.floats(0, 40, allow_nan=False), max_size=60))
def test_after_the_wait_that_is_told_the_call_is_due(allowances: list[Allowance], pauses: list[float]) -> None:
    budget, mono = Budget(tuple(allowances)), 0.0
    for pause in pauses:
        mono += pause
        wait = due(at(mono), budget)
        mono += wait
        assert due(at(mono), budget) < 1e-6
        budget = spent(at(mono), budget)
