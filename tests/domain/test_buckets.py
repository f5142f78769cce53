"""Buckets: every value is counted once, under the first bound that it does not exceed."""

import pytest

from app.domain.buckets import Buckets

BOUNDS = (0.1, 1.0)


def seen(*values: float) -> Buckets:
    buckets = Buckets(BOUNDS)
    for value in values:
        buckets.see(value)
    return buckets


def test_a_value_at_a_bound_is_within_it_and_one_beyond_the_last_counts_too() -> None:
    buckets = seen(0.05, 0.1, 0.5, 7)
    assert buckets.cumulative() == [(0.1, 2), (1.0, 3), (float("inf"), 4)]
    assert (buckets.count, buckets.total) == (4, pytest.approx(7.65))


def test_what_another_has_seen_can_be_taken_over() -> None:
    buckets = seen(0.05, 7)
    buckets.take(seen(0.1, 0.5))
    assert (buckets.counts, buckets.total) == (seen(0.05, 0.1, 0.5, 7).counts, pytest.approx(7.65))


def test_a_quantile_is_the_bound_that_it_lies_under_and_none_where_there_is_none() -> None:
    assert seen(*[0.05] * 95, *[0.5] * 5).quantile(0.95) == 0.1
    assert seen(*[0.05] * 94, *[0.5] * 6).quantile(0.95) == 1.0
    assert seen(7).quantile(0.95) is None
    assert seen().quantile(0.95) is None
