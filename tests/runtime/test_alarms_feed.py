"""The alarms of a house in the live market: no source that answers, and one that has told us to wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.alerts import AlertKind
from app.runtime.house import House
from app.runtime.settings import Settings
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.houses import at_rest, opened_house, settings_on
from tests.runtime.watch import Watch

K = AlertKind
SOURCES = ("coinbase", "kraken")


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def running(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc, hang_s=2) as running:
        yield running


@pytest.fixture
def double(running: Double) -> Iterator[Double]:
    yield running
    running.behave()


def few(double: Double, folder: Path, market: str) -> Settings:
    return settings_on(double, folder, market=market, watchlist="WETH", sources=",".join(SOURCES))


async def test_a_feed_that_is_down_and_a_source_that_told_us_to_wait_are_told(
    double: Double, tmp_path: Path, clock: FakeClock
) -> None:
    async with opened_house(few(double, tmp_path, "live"), clock) as house:
        watch = Watch(house, clock, lambda: rung(house))
        await watch.looks(30)
        assert watch.told == []
        double.misbehave("kraken", Mischief.RATE_LIMITED)
        await watch.looks(60)
        assert watch.standing == [(K.RATE_LIMITED, "kraken")]
        double.behave()
        await watch.looks(120)
        assert watch.told == [("raised", K.RATE_LIMITED), ("recovered", K.RATE_LIMITED)]
        for source in SOURCES:
            double.misbehave(source, Mischief.REFUSE)
        await watch.looks(180)
        assert watch.standing == [(K.FEED_DOWN, "live")]
        double.behave()
        await watch.looks(120)
        assert watch.told[2:] == [("raised", K.FEED_DOWN), ("recovered", K.FEED_DOWN)]


async def test_a_source_that_only_confirms_hides_no_feed_that_is_down_and_brings_no_market_back(
    double: Double, tmp_path: Path, clock: FakeClock
) -> None:
    def set_out(market: str) -> Settings:
        return settings_on(double, tmp_path, market=market, watchlist="WETH", sources="kraken,chainlink")

    double.misbehave("kraken", Mischief.REFUSE)
    async with opened_house(set_out("live"), clock) as house:
        watch = Watch(house, clock, lambda: rung(house))
        await watch.looks(90)
        assert house.feed.states()["chainlink"] == "live"
        assert (house.feed.state, watch.standing) == ("down", [(K.FEED_DOWN, "live")])
        assert watch.alarms.standing[0].condition.sentence.startswith("Only Chainlink answers, ")
    async with opened_house(set_out("auto"), clock) as house:
        assert (house.feed.mode, house.offers_live) == ("demo", False)
        clock.advance(60)
        await house.probe()
        assert not house.offers_live


async def rung(house: House) -> None:
    house.ring()
    await at_rest(house)


async def test_an_invented_market_that_stands_in_is_told_until_live_prices_are_back(
    double: Double, tmp_path: Path, clock: FakeClock
) -> None:
    for source in SOURCES:
        double.misbehave(source, Mischief.REFUSE)
    async with opened_house(few(double, tmp_path, "auto"), clock) as house:
        watch = Watch(house, clock)
        await watch.looks(70)
        assert watch.standing == [(K.FEED_DOWN, "demo")]
        double.behave()
        clock.advance(60)
        await house.probe()
        assert house.offers_live
        await watch.looks(20)
        assert watch.told == [("raised", K.FEED_DOWN), ("recovered", K.FEED_DOWN)]
