"""Flattening and the bot: everything is sold, and the bot that ran does not buy it back."""

from pathlib import Path

from app.domain.bots import BotState
from app.domain.orders import Origin
from tests.clock import FakeClock
from tests.runtime.bots import ground_of


async def test_flattening_pauses_a_running_bot_and_leaves_nothing(tmp_path: Path) -> None:
    async with ground_of(tmp_path, FakeClock()) as ground:
        await ground.begin()
        await ground.think()
        assert ground.held() > 0
        done = await ground.bot.pit.flatten("f1", Origin.HAND)
        assert isinstance(done, list) and len(done) == 1
        assert ground.held() == 0
        assert ground.bot.record.state is BotState.PAUSED
        assert ground.bot.trader.holdings == {}
        await ground.close_a_bar()
        assert ground.held() == 0


async def test_the_repeat_of_a_flattening_pauses_nobody(tmp_path: Path) -> None:
    async with ground_of(tmp_path, FakeClock()) as ground:
        await ground.begin()
        first = await ground.bot.pit.flatten("f1", Origin.HAND)
        await ground.bot.command("start")
        assert await ground.bot.pit.flatten("f1", Origin.HAND) == first
        assert ground.bot.record.state is BotState.RUNNING
