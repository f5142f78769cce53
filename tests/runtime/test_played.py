"""A recording that is played: its figures do not depend on its speed, and after its end nothing is traded."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.decisions import Verdict
from app.domain.money import change_pct
from app.domain.performance import Performance
from app.runtime.figures import performance
from app.store.equity import marks
from tests.clock import FakeClock
from tests.runtime.bot_replays import ASSET, bot_of, feed_of, play_on, settings_for, walk_rows, written
from tests.runtime.demo_house import pit_of
from tests.runtime.houses import house_of, until


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


async def played(file: Path, speed: Decimal | str) -> tuple[Performance, int]:
    """The figures of a recording of ten days with the bot at level 9 from the first bar on, and how often it was
    marked."""
    clock = FakeClock()
    async with house_of(settings_for(file, file.parent, replay_speed=Decimal(1)), clock) as house:
        await house.opened()
        await bot_of(house).set_level(9)
        await bot_of(house).command("start")
    async with house_of(settings_for(file, file.parent, replay_speed=speed), clock) as house:
        await house.opened()
        pit, feed = pit_of(house), feed_of(house)
        while feed.state == "running":
            clock.advance(1)
            house.ring()
            await until(lambda: not pit.bot.is_busy())
            # As the minute's job does, whose minutes are more bars or fewer.
            await house.mark()
        await house.mark()
        closes = [bar.close for bar in feed.recording.bars]
        found = await performance(house.store, pit.session, pit)
        assert found.hold_return_pct.value == pytest.approx(change_pct(closes[-1], closes[0]), abs=Decimal("1e-6"))
        return found, len(marks(house.store, pit.session.id))


async def test_every_bar_is_marked_so_that_its_figures_are_the_same_at_any_speed(tmp_path: Path) -> None:
    for name in ("slow", "fast"):
        (tmp_path / name).mkdir()
    slow, often = await played(written(tmp_path / "slow", walk_rows(240)), Decimal(1800))
    fast, as_often = await played(written(tmp_path / "fast", walk_rows(240)), "max")
    assert often == as_often >= 240
    assert fast == slow
    assert fast.sharpe.value is not None
    assert fast.exposure_pct.value is not None and fast.exposure_pct.value > 0
