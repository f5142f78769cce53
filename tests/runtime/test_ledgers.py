"""The ten ledgers in figures: which marks are written, and which would be false."""

from pathlib import Path

import pytest

from app.store.equity import Mark
from tests.clock import FakeClock
from tests.runtime.bots import Ground, ground_of


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def newest(ground: Ground) -> dict[int, Mark]:
    """The last mark of each level that has any."""
    return {level: rows[-1] for level, rows in (await ground.bot.curves()).items() if level and rows}


async def test_after_a_restart_nobody_is_marked_at_what_positions_cost(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        await ground.begin("stop")
        await ground.think()
        await ground.after(15)
        await ground.think()
        # Far enough for what is held to be worth less, not far enough for a stop.
        await ground.after(15, WETH="0.995")
        await ground.think()
        await ground.house.mark()
        before = await newest(ground)
        invested = [shadow.level.number for shadow in ground.bot.shadows.all if shadow.holdings]
        assert invested and len(invested) < 10
    clock.advance(60)
    async with ground_of(tmp_path, clock) as ground:
        lines = [line.spark for line in ground.bot.lines()]
        await ground.house.mark()
        restarted = await newest(ground)
        for level in range(1, 11):
            is_same = restarted[level] == before[level]
            assert is_same is (level in invested)
        assert [line.spark[:-1] for line in ground.bot.lines()][invested[0] - 1] == lines[invested[0] - 1][:-1]
        ground.post(WETH="0.995")
        await ground.think()
        await ground.house.mark()
        after = await newest(ground)
        for level in invested:
            assert after[level].at > before[level].at
            assert after[level].equity == before[level].equity
