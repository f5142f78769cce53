"""Spending: whatever is switched to, and however often, a source is asked no more than it allows."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from app.domain.session import Session
from app.runtime.house import House
from app.runtime.jobs import scheduler_of
from app.runtime.live import LiveFeed
from app.runtime.sessions import new_session, pollers_of
from app.runtime.settings import Settings
from app.store.spending import spent_before
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.houses import at_rest, go_on, house_of, opened_house, settings_on

SOURCES = ("dexscreener", "coingecko", "kraken")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc, mono=lambda: clock.mono) as running:
        yield running


async def switched(house: House, clock: FakeClock, **wanted: object) -> None:
    """Another session, two seconds later, once its market has asked all that it wants to."""
    clock.advance(2)
    assert isinstance(await new_session(house, **wanted), Session)  # type: ignore[arg-type] # what a face might ask
    await at_rest(house)


def settings_for(double: Double, folder: Path, **values: object) -> Settings:
    return settings_on(double, folder, **({"market": "live", "watchlist": "WETH", "sources": SOURCES} | values))


async def jot(house: House) -> None:
    """What the scheduler does every second."""
    (job,) = [job for job in scheduler_of(house).get_jobs() if job.name.endswith("jot")]
    assert job.trigger.interval.total_seconds() == 1
    await job.func()


def forget(house: House) -> None:
    with house.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM spending")


def on_disk(house: House, source: str) -> int:
    return spent_before(house.store, source, "2026-11").calls


def used(house: House, source: str) -> int:
    (budget,) = [poller.line.budget for poller in pollers_of(house) if poller.name == source]
    return budget.months["2026-11"]


async def test_a_chain_that_is_switched_again_and_again_gives_no_budget_back(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    async with opened_house(settings_for(double, tmp_path), clock) as house:
        for number in range(6):
            await switched(house, clock, chain_id=(10, 8453)[number % 2])
        assert len(double.requests("coingecko")) <= 5
        moments = next(poller.line.budget.calls for poller in pollers_of(house) if poller.name == "kraken")
        assert len(moments) == len(double.requests("kraken"))
        assert all(late - early >= 1 for early, late in pairwise(moments))
        assert "coingecko" not in double.over_budget()


async def test_a_months_count_is_of_all_calls_whatever_was_switched_to_meanwhile(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    async with opened_house(settings_for(double, tmp_path, coingecko_api_key="a-key"), clock) as house:
        for wanted in ({"chain_id": 10}, {"market": "demo"}, {"market": "live"}):
            await switched(house, clock, **wanted)
        calls = len(double.requests("coingecko"))
        assert calls >= 3
        assert used(house, "coingecko") == calls
        await switched(house, clock, market="demo")
        assert spent_before(house.store, "coingecko", clock.instant().month).calls == calls
        assert "coingecko" not in double.over_budget()


async def test_what_was_tried_while_the_demo_stood_in_is_counted_by_the_market_after_it(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    for source in SOURCES:
        double.misbehave(source, Mischief.REFUSE)
    async with opened_house(settings_for(double, tmp_path, market="auto", coingecko_api_key="a-key"), clock) as house:
        tried = house.probing
        assert tried
        double.behave()
        for _ in range(2):
            clock.advance(30)
            await house.probe()
            await tried.quiet()
        await switched(house, clock, market="live", chain_id=10)
        assert isinstance(house.feed, LiveFeed) and house.feed is not tried
        assert used(house, "coingecko") == len(double.requests("coingecko")) > 0
        assert used(house, "kraken") == len(double.requests("kraken")) > 0


async def test_a_process_that_is_killed_remembers_its_first_round_and_a_second_later_all_that_it_asked(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    async with house_of(settings_for(double, tmp_path), clock) as house:
        await house.opened()
        assert on_disk(house, "coingecko") == 1
        await at_rest(house)
        await go_on(house, clock, 120, step=60)
        await jot(house)
        before = spent_before(house.store, "coingecko", "2026-11")
        assert before.calls == len(before.recent) + 1 == len(double.requests("coingecko")) == 3


async def test_where_no_source_was_asked_that_allows_little_nothing_is_written_before_the_next_writing_down(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    async with opened_house(settings_for(double, tmp_path, watchlist="USDC"), clock) as house:
        await jot(house)
        forget(house)
        for poller in pollers_of(house):
            if poller.name != "coingecko":
                await poller.poll(house.floor.tokens(), lambda _readings: None)
        await jot(house)
        assert on_disk(house, "dexscreener") == 0
        await house.write_down()
        assert on_disk(house, "dexscreener") == len(double.requests("dexscreener")) > 1


async def test_a_month_that_the_clock_left_too_early_is_on_disk_and_in_the_next_process(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    settings = settings_for(double, tmp_path, coingecko_api_key="a-key")
    async with opened_house(settings, clock) as house:
        calls = used(house, "coingecko")
        clock.jump(30 * 86400)
        await switched(house, clock, chain_id=10)
        assert 0 < on_disk(house, "coingecko") == calls
    async with house_of(settings, clock) as house:
        clock.jump(-30 * 86400)
        (window, _) = next(poller.line.used() for poller in pollers_of(house) if poller.name == "coingecko")[::-1]
        assert window[0] == calls > 0
