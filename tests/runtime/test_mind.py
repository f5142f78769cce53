"""One tick of the bot: what fails for one token, whatever it is, is no other token's business."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.bars import Bar, Interval
from app.domain.tokens import TokenKey
from app.runtime.demo import DemoFeed
from app.runtime.mind import Mind, Thought
from app.runtime.windows import Window, Windows
from tests.clock import FakeClock
from tests.runtime.bots import WETH, Ground, ground_of


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def ground(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Ground]:
    async with ground_of(tmp_path, clock, ("WETH", "LINK")) as opened:
        yield opened


class Torn(Windows):
    """Windows of which one has arrays that do not belong together."""

    def of(self, key: TokenKey) -> Window:
        window = super().of(key)
        if key != WETH.key or window.row is None:
            return window
        return replace(window, series=replace(window.series, high=window.series.high[:50]))


class Failing(DemoFeed):
    """A feed that fails as it never should when it is asked for one token's bars."""

    def recorded(self, key: TokenKey, interval: Interval, limit: int) -> list[Bar] | None:
        if key == WETH.key:
            raise RuntimeError("a bug")
        return super().recorded(key, interval, limit)


def mind_of(ground: Ground) -> Mind:
    mind = ground.bot._mind
    assert isinstance(mind, Mind)
    return mind


async def test_bars_that_cannot_be_had_of_one_token_stop_no_other(ground: Ground) -> None:
    await ground.begin()
    feed = ground.house.feed
    assert isinstance(feed, DemoFeed)
    ground.bot.feed = Failing(ground.house.floor, feed.market, ground.clock)
    await ground.think()
    assert [trade.token.symbol for trade in ground.trades()] == ["LINK"]
    assert ground.bot.last_tick_at == ground.clock.utc
    ground.bot.feed = feed
    await ground.close_a_bar()
    assert [trade.token.symbol for trade in ground.trades()] == ["LINK", "WETH"]


async def test_a_window_that_is_torn_is_one_tokens_trouble(ground: Ground) -> None:
    await ground.begin()
    mind = mind_of(ground)
    await ground.think()
    mind.windows = Torn(ground.house.floor, mind.windows.interval)
    await ground.after(5)
    await ground.think()
    assert {look.token.symbol: look.at for look in ground.bot.looks()}["LINK"] == ground.clock.utc
    assert {look.token.symbol: look.at for look in ground.bot.looks()}["WETH"] < ground.clock.utc


class Broken(Mind):
    """A mind that fails as a whole."""

    async def tick(self) -> list[Thought]:
        raise RuntimeError("a bug")


async def test_a_tick_that_fails_as_a_whole_is_no_heartbeat(ground: Ground) -> None:
    await ground.think()
    before = ground.bot.last_tick_at
    assert before == ground.clock.utc
    ground.bot._mind = Broken(ground.bot)
    await ground.after(5)
    await ground.think()
    assert ground.bot.last_tick_at == before
