"""The bot and a clock that is set: every bar that closes after the step is decided on, each once."""

from pathlib import Path

import pytest

from app.domain.decisions import Occasion
from tests.clock import FakeClock
from tests.runtime.bots import M1, WETH, ground_of

DAY = 86_400.0


@pytest.mark.parametrize("back", [90.0, 1800.0, DAY])
async def test_where_the_clock_is_set_back_every_close_after_it_is_decided_on_and_acted_upon(
    tmp_path: Path, back: float
) -> None:
    clock = FakeClock()
    async with ground_of(tmp_path, clock) as ground:
        await ground.begin("pause")
        await ground.think()
        for number in range(3):
            await ground.close_a_bar(WETH=f"1.00{number}")
        before = dict(ground.bot.shadows.seen)
        clock.jump(-back)
        ground.post()
        await ground.think()
        assert ground.bot.shadows.seen == before
        assert not await ground.bot.command("start")
        for number in range(4):
            await ground.close_a_bar(WETH=f"1.00{number + 3}")
            closed = M1.start_of(clock.utc) - M1.length
            assert ground.bot.shadows.seen[WETH.key.address] == closed
            [look] = ground.bot.looks()
            assert (look.bar_at, look.at) == (closed, clock.utc)
        rows = [row for row in ground.logged() if row.bot == "running" and row.occasion is Occasion.CLOSE]
        assert rows and all(row.bar_at == M1.start_of(row.at) - M1.length for row in rows)
        if back < DAY:
            assert [trade.reason for trade in ground.trades()] == ["entry"]
