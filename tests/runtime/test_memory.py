"""What the house remembers: over a refusing disk, a restart, and a day."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event

from app.domain.bars import Bar, Interval
from app.domain.prices import PriceState
from app.runtime.live import LiveFeed
from app.store.bars import SeriesKey, fill_bars, write_bars
from app.store.database import open_store
from app.trading.bell import Topic
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, go_on, house_of, opened_house, settings_on, stored, until
from tests.store.fresh import with_database
from tests.store.held import held


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc, hang_s=1) as running:
        yield running


async def day_of_ticks(folder: Path, clock: FakeClock, *, locked: bool) -> list[list[Bar]]:
    """Five minutes of the demo market, during which the database may be held by somebody else; what is stored."""
    async with opened_house(settings_of(folder, market="demo", watchlist="WETH"), clock) as house:
        await house.write_down()
        with held(house.store) if locked else nullcontext():
            for _ in range(5):
                await go_on(house, clock, 60)
                await house.write_down()
                assert bool(house.trouble) == locked
        return [stored(house.store, "demo", interval) for interval in Interval if not await house.write_down()]


async def test_while_the_database_refuses_no_bar_is_lost(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    wanted = await day_of_ticks(tmp_path / "a", FakeClock(), locked=False)
    assert await day_of_ticks(tmp_path / "b", FakeClock(), locked=True) == wanted
    assert wanted[0][-1].at == FakeClock().utc + timedelta(minutes=5)


async def test_a_database_that_cannot_be_written_to_is_said_once_and_unsaid(tmp_path: Path, clock: FakeClock) -> None:
    def refuse(driver: sqlite3.Connection, *_: object) -> None:
        driver.execute("PRAGMA query_only = ON")

    def allow(driver: sqlite3.Connection, *_: object) -> None:
        driver.execute("PRAGMA query_only = OFF")

    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        event.listen(house.store.engine, "checkout", refuse)
        ear = house.bell.listener()
        await house.write_down()
        assert "cannot be written to" in house.trouble
        assert Topic.MARKET in await ear.wait()
        seen = house.bell.event_seq
        await house.write_down()
        assert house.bell.event_seq == seen
        event.remove(house.store.engine, "checkout", refuse)
        event.listen(house.store.engine, "checkout", allow)
        await house.write_down()
        assert house.trouble == ""


async def test_a_house_that_cannot_read_its_past_opens_all_the_same(tmp_path: Path, clock: FakeClock) -> None:
    with_database(tmp_path)
    with closing(sqlite3.connect(tmp_path / "drydock.db")) as other:
        other.execute("DROP TABLE bars")
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        await house.look_back()
        await house.prune()
        await house.write_down()
        assert house.price(WETH).state is PriceState.LIVE
        assert "bars" in house.trouble


async def test_a_restart_goes_on_with_the_bars_that_were_open(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    settings = settings_on(double, tmp_path, market="live", sources=("dexscreener",))
    first = double.price("weth")
    async with opened_house(settings, clock) as house:
        double.set_price("weth", first * 2)
        await go_on(house, clock, 20, 10)
    double.set_price("weth", first / 2)
    clock.advance(10)
    async with opened_house(settings, clock) as house:
        await house.write_down()
        for interval in Interval:
            (bar,) = stored(house.store, "live", interval)
            assert (bar.open, bar.high, bar.low, bar.close) == (first, first * 2, first / 2, first / 2), interval


async def test_an_open_bar_outlives_a_start_that_is_ended_at_once(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    settings = settings_on(double, tmp_path, market="live", sources=("dexscreener",))
    first = double.price("weth")
    async with opened_house(settings, clock):
        pass
    double.set_price("weth", first + 1)
    for _ in range(3):
        async with house_of(settings, clock) as house:
            await house.opened()
    store = open_store(settings.store_url)
    assert {stored(store, "live", interval)[-1].open for interval in Interval} == {first}
    store.close()


async def test_an_open_bar_outlives_a_restart_with_a_slow_history(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    first = double.price("weth")
    async with opened_house(settings_on(double, tmp_path, market="live", sources=("dexscreener",)), clock) as house:
        await go_on(house, clock, 5)
    double.misbehave("coinbase", Mischief.TIMEOUT)
    double.set_price("weth", first + 1)
    settings = settings_on(double, tmp_path, market="live", sources=("dexscreener", "coinbase"))
    async with house_of(settings, clock) as house:
        await house.opened()
        await until(lambda: any("candles" in request.path for request in double.requests("coinbase")))
        await house.write_down()
        opens = {interval: stored(house.store, "live", interval)[-1].open for interval in Interval}
        assert set(opens.values()) == {first}


async def test_what_is_being_written_is_not_missing_for_readers(tmp_path: Path, clock: FakeClock) -> None:
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        await house.write_down()
        await go_on(house, clock, 61)
        before = await house.bars(WETH, Interval.M1, 5)
        house.floor.tape.take()
        assert await house.bars(WETH, Interval.M1, 5) == before
        assert before[-1].at == clock.utc.replace(second=0)


# -- the last day


def flat(at_minutes_ago: int, clock: FakeClock, price: str, interval: Interval = Interval.M15) -> Bar:
    value = Decimal(price)
    at = interval.start_of(clock.utc - timedelta(minutes=at_minutes_ago))
    return Bar(at, value, value, value, value, origin="test")


async def change_with(
    folder: Path, double: Double, clock: FakeClock, bars: dict[Interval, list[Bar]]
) -> tuple[Decimal | None, int]:
    """The change over a day in percent, and how many points the small picture has."""
    double.set_price("weth", "2500")
    settings = settings_on(double, with_database(folder), market="live", sources=("dexscreener",))
    store = open_store(settings.store_url)
    for interval, kept in bars.items():
        fill_bars(store, SeriesKey("live", *WETH.key), interval, kept)
    store.close()
    async with opened_house(settings, clock) as house:
        day = house.day(WETH)
        return day.change_pct(house.price(WETH).price), len(day.closes)


async def test_the_change_is_told_against_the_bar_that_ended_a_day_ago(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    day = 24 * 60
    bars = [flat(minutes, clock, "9") for minutes in range(15, day, 15)]
    around = [flat(day + 15, clock, "2000"), flat(day, clock, "8"), flat(day + 30, clock, "7")]
    change, points = await change_with(tmp_path, double, clock, {Interval.M15: [*bars, *around]})
    assert change == 25
    assert points in (96, 97)


async def test_a_price_from_days_ago_is_not_that_of_a_day_ago(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    recent = [flat(minutes, clock, "2400") for minutes in range(15, 600, 15)]
    old = [flat(5 * 24 * 60 + minutes, clock, "1000") for minutes in range(0, 300, 15)]
    change, _ = await change_with(tmp_path, double, clock, {Interval.M15: [*recent, *old]})
    assert change is None


async def test_where_quarters_are_missing_another_length_of_bars_tells_the_change(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    recent = [flat(minutes, clock, "2400") for minutes in range(15, 600, 15)]
    minute = [flat(24 * 60 + 40, clock, "2000", Interval.M1)]
    change, _ = await change_with(tmp_path, double, clock, {Interval.M15: recent, Interval.M1: minute})
    assert change == 25


async def test_a_token_without_a_past_has_no_change(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    change, points = await change_with(tmp_path, double, clock, {})
    assert change is None
    assert points <= 1


async def test_an_hour_of_a_months_budget_is_remembered_over_a_restart(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    settings = settings_on(double, tmp_path, market="live", sources=("coingecko",), coingecko_api_key="a-key")
    async with opened_house(settings, clock) as house:
        assert isinstance(house.feed, LiveFeed)
        used = house.feed.pollers[0].line.budget.months["2026-11"]
        assert used > 0
    async with house_of(settings, clock) as house:
        assert isinstance(house.feed, LiveFeed)
        assert house.feed.pollers[0].line.budget.months["2026-11"] == used
        assert house.feed.statuses()[0].budget[-1][0] <= used


async def test_bars_that_the_desk_keeps_no_longer_are_pruned(tmp_path: Path, clock: FakeClock) -> None:
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        key = SeriesKey("demo", *WETH.key)
        write_bars(house.store, [(key, Interval.M1, flat(8 * 24 * 60, clock, "5", Interval.M1))])
        assert stored(house.store, "demo", Interval.M1)[0].origin == "test"
        await house.prune()
        assert "test" not in {bar.origin for bar in stored(house.store, "demo", Interval.M1)}
