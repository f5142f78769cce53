"""The house: which market it opens, and that it never mixes two."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.bars import Interval
from app.domain.prices import PriceState
from app.runtime.house import House, current
from app.runtime.lifespan import open_house
from app.trading.bell import Topic
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, at_rest, go_on, opened_house, settings_on, stored
from tests.store.fresh import with_database

SOURCES = ("dexscreener", "geckoterminal", "coinbase", "kraken", "coingecko", "defillama", "chainlink")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc, hang_s=1) as running:
        yield running


def away(double: Double) -> None:
    for source in SOURCES:
        double.misbehave(source, Mischief.REFUSE)


# -- which market


async def test_the_live_market_opens_with_real_prices(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    async with opened_house(settings_on(double, tmp_path, market="live"), clock) as house:
        assert (house.feed.mode, house.feed.state, house.floor.series, house.floor.why) == ("live", "live", "live", "")
        assert (house.price(WETH).state, house.price(WETH).price) == (PriceState.LIVE, double.price("weth"))


async def test_the_live_market_stays_open_without_any_source_and_invents_nothing(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    away(double)
    async with opened_house(settings_on(double, tmp_path, market="live"), clock) as house:
        assert (house.feed.mode, house.feed.state) == ("live", "down")
        assert (house.price(WETH).state, house.price(WETH).price) == (PriceState.NONE, None)
        assert await house.bars(WETH, Interval.H1, 50) == []
        double.behave()
        await go_on(house, clock, 60, 15)
        assert (house.feed.state, house.price(WETH).state) == ("live", PriceState.LIVE)


async def test_the_demo_market_asks_nobody(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    async with opened_house(settings_on(double, tmp_path, market="demo"), clock) as house:
        await go_on(house, clock, 20)
        assert (house.feed.mode, house.feed.state, house.floor.series) == ("demo", "running", "demo")
        assert (house.price(WETH).state, house.price(WETH).source) == (PriceState.LIVE, "demo")
        assert double.requests() == []


async def test_a_replay_asks_nobody(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    file = tmp_path / "two.csv"
    file.write_text("timestamp,open,high,low,close,volume\n0,1,1,1,1,1\n3600,2,2,2,2,1\n7200,3,3,3,3,1\n")
    async with opened_house(settings_on(double, tmp_path, market=f"replay:{file}"), clock) as house:
        await go_on(house, clock, 70)
        assert (house.feed.mode, house.floor.series) == ("replay", "replay:two.csv")
        assert house.price(WETH).price == 1
        assert double.requests() == []


async def test_auto_is_live_where_one_source_answers(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    away(double)
    double.behave("kraken")
    async with opened_house(settings_on(double, tmp_path, market="auto"), clock) as house:
        assert (house.feed.mode, house.floor.why, house.probing) == ("live", "", None)
        # A first price waits a moment for somebody to agree.
        await go_on(house, clock, 6)
        assert (house.price(WETH).source, house.price(WETH).confirmed) == ("kraken", False)


async def test_auto_without_any_source_is_demo_and_says_why(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    away(double)
    async with opened_house(settings_on(double, tmp_path, market="auto"), clock) as house:
        assert house.feed.mode == "demo"
        assert "12:00 UTC" in house.floor.why
        assert "invented" in house.floor.why
        assert house.price(WETH).source == "demo"
        assert not house.offers_live
        assert not await house.go_live()
        assert house.feed.mode == "demo"


# -- live comes back


async def probe(house: House, clock: FakeClock) -> None:
    clock.advance(30)
    await house.probe()
    if house.probing:
        await house.probing.quiet()


async def test_when_live_comes_back_it_is_offered_and_withdrawn_but_never_swapped_for(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    away(double)
    async with opened_house(settings_on(double, tmp_path, market="auto"), clock) as house:
        await probe(house, clock)
        assert not house.offers_live
        double.behave()
        ear = house.bell.listener()
        # Those that failed thrice in a row rest first.
        for _ in range(4):
            await probe(house, clock)
        assert house.offers_live
        assert Topic.MARKET in await ear.wait()
        assert (house.feed.mode, house.price(WETH).source) == ("demo", "demo")
        away(double)
        for _ in range(8):
            await probe(house, clock)
        assert not house.offers_live
        assert not await house.go_live()


async def test_an_offer_holds_while_its_sources_are_not_yet_due_again(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    away(double)
    settings = settings_on(double, tmp_path, market="auto", refresh_seconds=100, sources=("dexscreener", "kraken"))
    async with opened_house(settings, clock) as house:
        double.behave("kraken")
        offered = list[bool]()
        for _ in range(12):
            await probe(house, clock)
            offered.append(house.offers_live)
        assert offered == sorted(offered)
        assert offered[-1]


async def test_going_live_mixes_nothing_of_the_demo_in(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    away(double)
    async with opened_house(settings_on(double, tmp_path, market="auto"), clock) as house:
        invented = house.price(WETH).price
        double.behave()
        for _ in range(4):
            await probe(house, clock)
        assert await house.go_live()
        await at_rest(house)
        assert (house.feed.mode, house.feed.state, house.floor.series) == ("live", "live", "live")
        assert (house.offers_live, house.probing, house.floor.why) == (False, None, "")
        held = house.price(WETH)
        assert held.price == double.price("weth") != invented
        assert {reading.source for reading in held.readings} <= set(SOURCES)
        await go_on(house, clock, 30, 15)
        await house.write_down()
        for interval in Interval:
            shown = await house.bars(WETH, interval, 500)
            assert len(shown) >= 60
            assert "demo" not in {bar.origin for bar in shown}
            assert "demo" not in {bar.origin for bar in stored(house.store, "live", interval)}
            assert {bar.origin for bar in stored(house.store, "demo", interval)} <= {"demo", "ticks", "part"}
        assert not await house.go_live()


async def test_what_is_probed_for_days_does_not_pile_up(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    away(double)
    async with opened_house(settings_on(double, tmp_path, market="auto", sources=("kraken",)), clock) as house:
        double.behave()
        probed = house.probing
        assert probed
        for _ in range(20):
            await probe(house, clock)
        clock.advance(3600)
        await house.probe()
        assert house.offers_live
        assert stored(house.store, "live", Interval.M1) == []
        assert await house.go_live()
        assert len(house.floor.tape.unwritten(WETH.key, Interval.M1)) <= 2


# -- the life of the process


async def test_the_house_is_found_while_the_server_runs_and_not_after(tmp_path: Path) -> None:
    with_database(tmp_path)
    async with open_house(settings_of(tmp_path, market="demo", watchlist="WETH")) as house:
        assert current() is house
        await house.opened()
        assert house.price(WETH).state is PriceState.LIVE
    assert current() is None


async def test_addresses_that_the_settings_name_are_looked_up_at_the_start(tmp_path: Path) -> None:
    with_database(tmp_path)
    with Double() as double:
        named = "0x" + "ab" * 20
        double.deploy(8453, named, "NAMED", "Named in a setting", 18, liquidity_usd=90_000)
        settings = settings_on(double, tmp_path, market="live", watchlist=f"WETH,{named},0x{'cd' * 20}")
        async with open_house(settings) as house:
            ear = house.bell.listener()
            while len(house.floor.watchlist) < 2:
                await ear.wait()
            assert [entry.token.symbol for entry in house.floor.watchlist] == ["WETH", "NAMED"]
