"""Windows: the last closed bars of a token, from the disk and from the ticks, each once, and never the open one."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.bot.indicators import REACH, WINDOW
from app.bot.windows import last_row
from app.domain.bars import Interval
from app.runtime.windows import Windows, trimmed, window_of
from tests.clock import START, FakeClock
from tests.runtime.bots import M1, WETH, Ground, ground_of, remember, rising

KEY, PRICE = WETH.key, Decimal(2000)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def ground(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Ground]:
    async with ground_of(tmp_path, clock) as opened:
        yield opened


def windows_of(ground: Ground, interval: Interval = M1) -> Windows:
    return Windows(ground.house.floor, interval)


async def refreshed(windows: Windows, ground: Ground) -> bool:
    return await windows.refresh(ground.house.feed, KEY, ground.clock.utc)


async def test_the_first_look_takes_all_that_is_on_disk_at_once(ground: Ground) -> None:
    windows = windows_of(ground)
    assert windows.of(KEY).bars == ()
    assert await refreshed(windows, ground)
    window = windows.of(KEY)
    assert len(window.bars) == WINDOW
    assert window.last_at == START - M1.length
    assert window.row is not None


async def test_a_bar_comes_with_its_close_and_never_before(ground: Ground) -> None:
    windows = windows_of(ground)
    await refreshed(windows, ground)
    for second in range(2, 59, 19):
        await ground.after(19, WETH=f"1.0{second}")
        assert not await refreshed(windows, ground)
        assert windows.of(KEY).last_at == START - M1.length
    await ground.after(60)
    assert await refreshed(windows, ground)
    last = windows.of(KEY).bars[-1]
    assert last.at == START
    assert last.close == ground.began["WETH"] * Decimal("1.040")
    assert not await refreshed(windows, ground)


async def test_its_row_is_that_of_the_same_bars_looked_at_as_a_whole(ground: Ground) -> None:
    windows = windows_of(ground)
    for _ in range(4):
        await ground.after(60)
        await refreshed(windows, ground)
        window = windows.of(KEY)
        assert window.row is not None
        # Not a number where no volume is known: the text tells it from every other.
        assert repr(window.row) == repr(last_row(window_of(window.bars, M1).series))
        assert window.series.close.tolist() == [float(bar.close) for bar in window.bars]


async def test_history_that_comes_later_is_taken_in_within_seconds(ground: Ground) -> None:
    ground.forget(all_but=20)
    windows = windows_of(ground)
    await refreshed(windows, ground)
    assert (len(windows.of(KEY).bars), windows.of(KEY).row) == (20, None)
    remember(ground.house.store, START, [WETH])
    assert not await refreshed(windows, ground)
    ground.clock.advance(10)
    await refreshed(windows, ground)
    assert len(windows.of(KEY).bars) == WINDOW


async def test_a_hole_in_a_full_window_is_closed_as_soon_as_the_disk_knows_better(ground: Ground) -> None:
    ground.forget(all_but=20, between=6)
    windows = windows_of(ground)
    await refreshed(windows, ground)
    bars = windows.of(KEY).bars
    assert (len(bars), bars[-1].at - bars[0].at) == (WINDOW, (WINDOW - 1 + 6) * M1.length)
    remember(ground.house.store, START, [WETH])
    ground.clock.advance(10)
    await refreshed(windows, ground)
    bars = windows.of(KEY).bars
    assert (len(bars), bars[-1].at - bars[0].at) == (WINDOW, (WINDOW - 1) * M1.length)


@pytest.mark.parametrize("back", [timedelta(minutes=30), timedelta(days=1)])
async def test_where_the_clock_is_set_back_nothing_lies_ahead_of_it_and_every_close_comes_again(
    ground: Ground, back: timedelta
) -> None:
    remember(ground.house.store, START - timedelta(days=1), [WETH])
    windows = windows_of(ground)
    for _ in range(3):
        await ground.after(60)
        assert await refreshed(windows, ground)
    ground.clock.jump(-back.total_seconds())
    for _ in range(3):
        await ground.after(20)
        await refreshed(windows, ground)
        bars = windows.of(KEY).bars
        assert bars[-1].at + M1.length <= ground.clock.utc
        assert len(bars) == WINDOW
    for _ in range(3):
        await ground.after(60)
        assert await refreshed(windows, ground)
        assert windows.of(KEY).last_at == M1.start_of(ground.clock.utc) - M1.length


async def test_what_had_closed_before_the_clock_was_set_back_is_no_news(ground: Ground) -> None:
    windows = windows_of(ground)
    await ground.after(60)
    assert await refreshed(windows, ground)
    ground.clock.jump(-600)
    ground.post()
    assert not await refreshed(windows, ground)
    assert windows.of(KEY).last_at == START - 10 * M1.length
    await ground.after(60)
    assert await refreshed(windows, ground)


async def test_bars_that_a_clock_ahead_of_time_has_left_on_disk_hide_none_of_the_past(ground: Ground) -> None:
    remember(ground.house.store, START + timedelta(days=1), [WETH])
    windows = windows_of(ground)
    await refreshed(windows, ground)
    assert len(windows.of(KEY).bars) == WINDOW
    assert windows.of(KEY).last_at == START - M1.length


async def test_an_interval_that_nobody_has_bars_of_is_empty(ground: Ground) -> None:
    ground.forget(all_but=0)
    windows = windows_of(ground)
    assert not await refreshed(windows, ground)
    assert (windows.of(KEY).bars, windows.of(KEY).row, windows.of(KEY).last_at) == ((), None, None)


class TestReach:
    def test_a_window_has_so_many_bars_and_none_from_too_long_ago(self) -> None:
        bars = rising(START, PRICE, 150)
        assert len(trimmed(bars, M1, START)) == WINDOW
        late = START + (REACH - 30) * M1.length
        assert [bar.at for bar in trimmed(bars, M1, late)] == [bar.at for bar in bars[-30:]]
        assert trimmed(bars, M1, START + timedelta(days=1)) == ()

    def test_with_too_many_gaps_there_is_no_row(self) -> None:
        bars = rising(START, PRICE, 130)
        few = [bar for index, bar in enumerate(bars) if index % 4]
        assert window_of(few[-WINDOW:], M1).row is None
        whole = window_of(bars[-WINDOW:], M1)
        assert whole.row is not None
