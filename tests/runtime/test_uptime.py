"""Uptime of a running house: what becomes of its sources and prices, and what the bot did because of it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.happened import did, what
from app.domain.targets import BOARD_READS, FILL_MEDIAN, PRICE_AGE, TICK_TO_SCREEN
from app.runtime.house import House
from app.runtime.uptime import Report
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.bots import WETH, ground_of
from tests.runtime.houses import go_on, house_of, settings_on

SOURCES = ("dexscreener", "kraken")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def watched(house: House, clock: FakeClock, seconds: int) -> Report:
    """Time goes on, and uptime looks every second."""
    for _ in range(seconds):
        await go_on(house, clock, 1)
        house.uptime.look()
    return await house.uptime.report()


@pytest.fixture
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc) as running:
        yield running


async def test_a_source_that_fails_rests_its_breaker_and_its_lead_passes_on_until_it_is_back(
    tmp_path: Path, clock: FakeClock, double: Double
) -> None:
    settings = settings_on(double, tmp_path, market="live", sources=SOURCES, watchlist="WETH", refresh_seconds=5)
    async with house_of(settings, clock) as house:
        await house.opened()
        report = await watched(house, clock, 5)
        assert [(it.name, it.breaker, it.error_share, it.rests) for it in report.sources] == [
            ("dexscreener", "closed", 0.0, ()),
            ("kraken", "closed", 0.0, ()),
        ]
        assert (report.market, report.fail_overs, report.outages) == ("live", (), ())

        double.misbehave("dexscreener", Mischief.SERVER_ERROR)
        report = await watched(house, clock, 50)
        first, second = report.sources
        assert first.error_share is not None and 0 < first.error_share < 1
        assert (second.error_share, second.rests, second.stood_in) == (0.0, (), first.fail_overs)
        (rest,) = first.rests
        assert (rest.until, rest.why) == (None, "status 500")
        assert rest.faults >= 3
        assert {(it.source, it.to, it.until) for it in report.fail_overs} == {("dexscreener", "kraken", None)}
        assert {it.token.symbol for it in report.fail_overs} >= {"WETH"}

        double.misbehave("kraken", Mischief.REFUSE)
        report = await watched(house, clock, 60)
        (outage,) = report.outages
        assert ([span.until for span in outage.total], outage.until) == ([None], None)
        assert WETH in outage.throughout
        assert what(outage, report.seen_at) == "No token had a live price."
        assert did(outage, report.seen_at) == "The bot is not running."

        double.behave()
        report = await watched(house, clock, 70)
        assert [rest.until is not None for it in report.sources for rest in it.rests] == [True, True]
        assert all(it.until for it in (*report.fail_overs, *report.outages))
        # Who looks does not ask, and was not the one who read.
        assert house.board.reads.hits == 0


async def test_the_bot_that_could_not_buy_is_said_to_have_paused_and_to_have_skipped_its_signal(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with ground_of(tmp_path, clock) as ground:
        house, uptime = ground.house, ground.house.uptime
        await ground.begin()
        uptime.look()
        began = clock.utc + timedelta(seconds=45)
        clock.advance(45)
        house.floor.ticker.settle(clock.utc)
        uptime.look()
        # A bar closes on which the bot would have bought.
        clock.advance(17)
        await ground.think()
        uptime.look()
        uptime.look()
        (outage,) = (await uptime.report()).outages
        assert (outage.skipped, outage.held_back, outage.running) == (1, 0, True)
        assert [(it.since, it.until) for it in outage.pauses] == [(began, None)]
        assert ground.trades() == []

        clock.advance(1)
        ground.post()
        uptime.look()
        report = await uptime.report()
        assert did(report.outages[0], report.seen_at) == "The bot paused entries 12:00:46–12:01:04; 1 signal skipped."


async def test_a_paused_bot_skips_no_signal(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        await ground.begin("pause")
        ground.house.uptime.look()
        clock.advance(62)
        ground.house.floor.ticker.settle(clock.utc)
        await ground.think()
        ground.house.uptime.look()
        (outage,) = (await ground.house.uptime.report()).outages
        assert (outage.skipped, outage.running, outage.pauses) == (0, False, ())


async def test_targets_are_measured_and_say_why_while_there_is_too_little(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        house = ground.house
        first = {score.target: score for score in (await house.uptime.report()).scores}
        assert {score.met for score in first.values()} == {None}
        assert all(score.reason.endswith(".") for score in first.values())
        assert first[PRICE_AGE].reason == "This needs 60 ages of prices; there are 0."

        for _ in range(60):
            clock.advance(1)
            ground.post(age_s=4)
            house.uptime.look()
            house.price(WETH)
            house.price(WETH)
        for seconds in [0.02] * 18 + [0.4] * 2:
            house.gauges.tick_to_push.see(seconds)
        found = {score.target: score for score in (await house.uptime.report()).scores}
        assert (found[PRICE_AGE].value, found[PRICE_AGE].met, found[PRICE_AGE].bound) == (Decimal(5), True, True)
        assert (found[BOARD_READS].value, found[BOARD_READS].met) == (Decimal(100), True)
        assert (found[TICK_TO_SCREEN].value, found[TICK_TO_SCREEN].met) == (Decimal(500), False)
        assert found[FILL_MEDIAN].reason == "No fill has been measured yet."


async def test_another_market_begins_a_history_of_its_own(tmp_path: Path, clock: FakeClock, double: Double) -> None:
    double.misbehave("kraken", Mischief.REFUSE)
    settings = settings_on(double, tmp_path, market="auto", sources=("kraken",), watchlist="WETH")
    async with house_of(settings, clock) as house:
        await house.opened()
        report = await watched(house, clock, 2)
        assert (report.market, [it.name for it in report.sources]) == ("demo", ["demo"])
        assert report.sources[0].error_share is None
        double.behave()
        clock.advance(30)
        await house.probe()
        assert await house.go_live()
        report = await watched(house, clock, 2)
        assert (report.market, [it.name for it in report.sources]) == ("live", ["kraken"])
        assert report.since > report.seen_at - timedelta(seconds=3)
