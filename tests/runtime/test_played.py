"""A recording that has ended: its last price grows old, and nobody is told that it could be traded on."""

from pathlib import Path

from app.domain.decisions import Verdict
from tests.clock import FakeClock
from tests.runtime.bot_replays import ASSET, bot_of, play_on, settings_for, walk_rows, written
from tests.runtime.houses import house_of


async def test_after_the_end_the_price_is_not_live_and_no_level_would_trade(tmp_path: Path) -> None:
    file, clock = written(tmp_path, walk_rows(130)), FakeClock()
    async with house_of(settings_for(file, tmp_path), clock) as house:
        await house.opened()
        await play_on(house)
        bot = bot_of(house)
        await bot.tick()
        before = bot.look(ASSET)
        assert before is not None and before.state == "live" and before.decision.gates[0].passed
        clock.advance(3 * 3600)
        house.ring()
        await bot.tick()
        after = bot.look(ASSET)
        assert after is not None and after.state == "stale" and not after.decision.gates[0].passed
        assert after.age_s is not None and after.age_s > 2 * 3600
        assert {opinion.verdict for opinion in after.opinions} <= {Verdict.SKIP, Verdict.HOLD}
