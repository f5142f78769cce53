"""Nothing looks ahead: whatever comes after a moment, what was decided at it stays what it was, to the byte."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bot.indicators import WINDOW
from app.bot.windows import rows_and_counts
from app.domain.bars import Bar
from app.domain.decisions import Decision, Verdict
from app.market.recording import Recording
from tests.bot.recorded import crash, hours, part, stage
from tests.bot.snapshots import series, walk


def drawn() -> Recording:
    bars = tuple(walk(11, 650))
    return Recording("drawn.csv", "T1", 3_600, bars, (None,) * len(bars), {}, 0, {})


def replaced(of: Recording, after: int) -> Recording:
    """The recording with another future: everything from the bar at `after` on, and a pool that dries up."""
    strange = walk(after, len(of.bars) - after)
    future = [replace(other, at=bar.at) for other, bar in zip(strange, of.bars[after:], strict=True)]
    dry = (Decimal(10_000),) * len(future)
    return replace(of, bars=of.bars[:after] + tuple(future), liquidity=of.liquidity[:after] + dry)


def decided(of: Recording, count: int) -> list[Decision]:
    on = stage(of)
    return [decision for index in range(count) for decision in on.play(index)]


@pytest.mark.parametrize(
    "recording",
    [
        drawn,
        lambda: hours("ETH", 5_000, 650),
        lambda: hours("BTC", 9_000, 650),
        lambda: part(crash(), 6_000, 650),
    ],
    ids=["drawn", "ETH", "BTC", "crash"],
)
def test_another_future_changes_no_decision_of_the_past(recording: Callable[[], Recording]) -> None:
    known = recording()
    ours = decided(known, 600)
    assert any(decision.verdict is Verdict.BUY for decision in ours[:4_000])
    for moment in (400, 600):
        others = decided(replaced(known, moment), moment)
        assert repr(others[-10:]) == repr(ours[: 10 * moment][-10:])
        assert others == ours[: 10 * moment]


def test_the_future_that_was_replaced_would_have_been_decided_otherwise() -> None:
    known = drawn()
    ours, others = decided(known, 450), decided(replaced(known, 400), 450)
    assert ours[:4_000] == others[:4_000]
    assert ours[4_000:] != others[4_000:]


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 3 * WINDOW), st.integers(0, WINDOW))
def test_a_row_and_its_count_are_the_same_whether_or_not_anything_follows(seed: int, count: int, more: int) -> None:
    bars = gappy(walk(seed, count + more), seed)
    whole, counts = rows_and_counts(series(bars))
    kept, kept_counts = rows_and_counts(series(bars[:count]))
    assert repr((whole[:count], counts[:count])) == repr((kept, kept_counts))


def gappy(bars: list[Bar], seed: int) -> list[Bar]:
    """Some are missing, by a rule that looks at one bar only."""
    return [bar for index, bar in enumerate(bars) if (index * 7919 + seed) % 13]
