"""The replay market: nothing is handed out before its time, nothing twice, nothing lost."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.bars import Bar
from app.domain.prices import Pool, SourceRule
from app.domain.registry import on_chain
from app.market.recording import Recording, recording_of
from app.market.replay import BARS_A_CALL, ReplayClock, ReplayTape, rule_of, tape_of, to_reading

WETH = on_chain(8453)[0]
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def minutes(count: int, liquidity: str = "", skip: tuple[int, ...] = ()) -> Recording:
    """Bars of a minute from NOON on, the one at minute n closing at 100 + n, the first one with a liquidity."""
    times = [(n, NOON + timedelta(minutes=n)) for n in range(count) if n not in skip]
    rows = [f"{at.isoformat()},100,900,50,{100 + n},7" for n, at in times]
    rows[0] += f",{liquidity}"
    text = "\n".join(("timestamp,open,high,low,close,volume,liquidity_usd", *rows))
    return recording_of(text, Path("recorded/weth.csv"), "WETH")


class TestClosing:
    def test_a_bar_is_known_when_it_closes_and_not_before(self) -> None:
        recording = minutes(5)
        assert recording.closed_between(NOON, NOON + timedelta(seconds=59)) == ()
        assert recording.closed_between(NOON, NOON + timedelta(seconds=60)) == recording.bars[:1]
        assert (
            recording.closed_between(NOON + timedelta(seconds=60), NOON + timedelta(minutes=3)) == recording.bars[1:3]
        )
        assert recording.closed_between(NOON, recording.last_at) == recording.bars

    @given(cuts=st.lists(st.integers(-100, 1200), max_size=8))
    def test_no_bar_is_lost_or_told_twice_wherever_time_is_cut(self, cuts: list[int]) -> None:
        recording = minutes(12, skip=(4, 5))
        moments = [NOON, *(NOON + timedelta(seconds=second) for second in sorted(cuts)), recording.last_at]
        moments = [moment for moment in moments if NOON <= moment <= recording.last_at]
        told = [bar for after, until in pairwise(moments) for bar in recording.closed_between(after, until)]
        assert tuple(told) == recording.bars


class TestClock:
    CLOCK = ReplayClock(NOON, NOON + timedelta(hours=1), Decimal(60), 1000.0)

    @pytest.mark.parametrize(
        ("mono", "minutes_in"), [(990.0, 0), (1000.0, 0), (1000.5, 0.5), (1030.0, 30), (1060.0, 60), (1e12, 60)]
    )
    def test_recorded_time_runs_at_its_speed_between_start_and_end(self, mono: float, minutes_in: float) -> None:
        assert self.CLOCK.recorded(mono) == NOON + timedelta(minutes=minutes_in)
        assert self.CLOCK.finished(mono) is (minutes_in == 60)

    @pytest.mark.parametrize("speed", ["0", "-1", "NaN", "Infinity"])
    def test_a_speed_that_leads_nowhere_is_refused(self, speed: str) -> None:
        with pytest.raises(ValueError, match="above zero"):
            ReplayClock(NOON, NOON, Decimal(speed), 0.0)


class TestTape:
    def test_bars_come_once_each_as_their_time_comes(self) -> None:
        recording = minutes(6)
        tape = tape_of(recording, Decimal(60), 10.0)
        bars, cursor = tape.next_bars(0, 10.9)
        assert (bars, cursor) == ((), 0)
        bars, cursor = tape.next_bars(cursor, 12.0)
        assert (bars, cursor) == (recording.bars[:2], 2)
        assert tape.next_bars(cursor, 12.5) == ((), 2)
        # A clock that is asked about an earlier moment takes nothing back.
        assert tape.next_bars(cursor, 11.0) == ((), 2)
        bars, cursor = tape.next_bars(cursor, 99.0)
        assert (bars, cursor) == (recording.bars[2:], 6)
        assert tape.finished(cursor)
        assert tape.next_bars(cursor, 199.0) == ((), 6)

    def test_at_full_speed_bars_come_in_bounded_batches_and_time_is_the_last_one_s_close(self) -> None:
        recording = minutes(BARS_A_CALL * 2 + 50)
        tape = tape_of(recording, None, 10.0)
        assert tape.recorded(0, 10.0) == NOON
        cursor, sizes = 0, list[int]()
        told: list[Bar] = []
        while not tape.finished(cursor):
            bars, cursor = tape.next_bars(cursor, 10.0)
            told += bars
            sizes.append(len(bars))
            assert tape.recorded(cursor, 10.0) == bars[-1].at + timedelta(minutes=1)
        assert sizes == [BARS_A_CALL, BARS_A_CALL, 50]
        assert tuple(told) == recording.bars

    def test_a_replay_goes_on_where_it_was(self) -> None:
        recording = minutes(6)
        since = NOON + timedelta(minutes=2, seconds=30)
        tape = tape_of(recording, Decimal(60), 500.0, since)
        cursor = recording.closed_by(since)
        assert (cursor, tape.recorded(cursor, 500.0)) == (2, since)
        assert tape.next_bars(cursor, 500.5) == (recording.bars[2:3], 3)

    def test_a_clock_that_ends_early_ends_the_tape(self) -> None:
        recording = minutes(6)
        tape = ReplayTape(recording, ReplayClock(NOON, NOON + timedelta(minutes=4), None, 0.0))
        assert tape.next_bars(0, 0.0) == (recording.bars[:4], 4)
        assert tape.finished(4)


class TestReadings:
    def test_a_reading_stands_for_the_moment_its_bar_closed(self) -> None:
        recording = minutes(3)
        now = NOON + timedelta(minutes=2, seconds=20)
        reading = to_reading(WETH, recording, 1, now)
        assert (reading.token, reading.price, reading.source) == (WETH.key, Decimal(101), "replay")
        assert (reading.as_of, reading.fetched_at) == (NOON + timedelta(minutes=2), now)
        assert reading.pool is None

    def test_a_reading_has_a_pool_where_the_file_knows_its_depth(self) -> None:
        recording = minutes(2, liquidity="5000000")
        first, second = (to_reading(WETH, recording, index, NOON) for index in (0, 1))
        assert first.pool == Pool("0x" + "0" * 40, "weth.csv", Decimal(5_000_000))
        assert second.pool is None

    def test_a_bar_is_fresh_for_two_bars(self) -> None:
        assert rule_of(minutes(3)) == SourceRule("replay", 0, "replay", timedelta(minutes=2))
