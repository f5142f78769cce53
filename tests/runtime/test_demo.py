"""The demo feed: an invented market that ticks once a second, has a past, and is the same after a restart."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from app.domain.bars import Bar, Interval, covering
from app.domain.orders import Origin
from app.domain.prices import PriceState
from app.domain.registry import WATCHLISTS, on_chain
from app.domain.tickets import Asked
from app.market.demo import DEMO_SEED, DemoMarket
from app.runtime.demo import PAST
from app.runtime.house import House
from app.runtime.listing import list_token, unlist_token
from app.runtime.settings import Settings
from app.store.watchlist import WatchedToken
from app.trading.desk import Placed
from tests.clock import FakeClock
from tests.runtime.demo_house import pit_of
from tests.runtime.desk import settings_of
from tests.runtime.houses import at_rest, house_of, opened_house
from tests.store.held import held

WETH, LINK = (next(token for token in on_chain(8453) if token.symbol == symbol) for symbol in ("WETH", "LINK"))
MARKET = DemoMarket(DEMO_SEED, (WETH, LINK))


def settings_for(folder: Path, **values: object) -> Settings:
    return settings_of(folder, **({"market": "demo", "watchlist": "WETH,LINK"} | values))


def figures(bars: list[Bar]) -> list[tuple[Decimal, ...]]:
    return [(bar.open, bar.high, bar.low, bar.close) for bar in bars]


async def test_a_price_is_that_of_its_second_and_no_oftener(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(tmp_path), clock) as house:
        shown = clock.utc
        for _ in range(7):
            clock.advance(0.25)
            house.ring()
            if (clock.utc - shown).total_seconds() >= 1:
                shown = clock.utc
            assert house.price(WETH).price == MARKET.price(WETH, shown)
            assert house.price(WETH).as_of == shown


async def test_every_chart_has_its_past_up_to_now(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(tmp_path), clock) as house:
        for token in (WETH, LINK):
            for interval, count in PAST.items():
                bars = await house.bars(token, interval, 1000)
                assert len(bars) == count
                assert bars[-1].at == interval.start_of(clock.utc)
                past = MARKET.bars(token, interval, clock.utc, count)[:-1]
                assert [(bar.open, bar.close) for bar in bars[:-1]] == [(bar.open, bar.close) for bar in past]
                assert covering(past, bars, interval) == bars[:-1]
        assert house.day(WETH).change_pct(house.price(WETH).price) is not None


def no_longer_one_leaves_out_what_a_shorter_one_shows(shown: dict[Interval, list[Bar]]) -> bool:
    return all(covering(shown[longer], shown[shorter], longer) == shown[longer] for shorter, longer in pairwise(shown))


async def test_candles_of_all_lengths_agree_and_shrink_by_no_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    clock.advance(100)
    highest = lowest = Decimal(0)
    for run in range(2):
        async with opened_house(settings_for(tmp_path), clock) as house:
            shown = {interval: await house.bars(WETH, interval, count) for interval, count in PAST.items()}
            assert no_longer_one_leaves_out_what_a_shorter_one_shows(shown)
            if run:
                assert all(bars[-1].high >= highest and bars[-1].low <= lowest for bars in list(shown.values())[2:])
                return
            seen: list[Decimal] = []
            for _ in range(77):
                clock.advance(1)
                house.ring()
                seen.append(MARKET.price(WETH, clock.utc))
            highest, lowest = max(seen), min(seen)
            shown = {interval: await house.bars(WETH, interval, count) for interval, count in PAST.items()}
            assert no_longer_one_leaves_out_what_a_shorter_one_shows(shown)
        clock.advance(20)


async def test_the_market_goes_on_after_a_restart_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(tmp_path), clock) as house:
        for _ in range(90):
            clock.advance(1)
            house.ring()
        before = await house.bars(WETH, Interval.M1, 500)
    clock.advance(1800)
    async with opened_house(settings_for(tmp_path), clock) as house:
        after = {bar.at: bar for bar in await house.bars(WETH, Interval.M1, 500)}
        assert all(after[bar.at] == bar for bar in before[:-1])
        starts = sorted(after)
        assert {(later - at).total_seconds() for at, later in pairwise(starts)} == {60}
        assert house.price(WETH).price == MARKET.price(WETH, clock.utc)


@pytest.mark.parametrize("chain_id", [1, 10, 137, 42161, 11155111])
async def test_every_chain_has_a_demo_of_its_own_watchlist(tmp_path: Path, chain_id: int) -> None:
    async with house_of(settings_for(tmp_path, watchlist=(), chain_id=chain_id), FakeClock()) as house:
        await house.opened()
        assert [entry.token.symbol for entry in house.floor.watchlist] == list(WATCHLISTS[chain_id])
        for entry in house.floor.watchlist:
            held = house.price(entry.token)
            assert (held.state, held.source) == (PriceState.LIVE, "demo")


async def test_a_token_that_is_added_has_a_price_and_a_past(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(tmp_path, watchlist="WETH"), clock) as house:
        await list_token(house, "LINK")
        clock.advance(1)
        house.ring()
        await at_rest(house)
        assert house.price(LINK).price == MARKET.price(LINK, clock.utc)
        assert len(await house.bars(LINK, Interval.D1, 500)) == PAST[Interval.D1]
        await unlist_token(house, "LINK")
        clock.advance(1)
        house.ring()
        assert house.price(LINK).price is None


async def test_a_token_that_is_held_goes_on_having_a_price_when_the_settings_name_it_no_more(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house_of(settings_for(tmp_path), clock) as house:
        await house.opened()
        outcome = await pit_of(house).desk.place(Asked("one", "buy", amount_usd="100"), "LINK", Origin.HAND)
        assert isinstance(outcome, Placed)
    clock.advance(30)
    async with opened_house(settings_for(tmp_path, watchlist="WETH"), clock) as house:
        assert house.price(LINK).price == MARKET.price(LINK, clock.utc)
        assert len(await house.bars(LINK, Interval.M1, 1000)) == PAST[Interval.M1]


async def test_a_token_that_comes_onto_the_list_while_the_market_runs_is_taken_up_with_the_next_price(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house_of(settings_for(tmp_path, watchlist="WETH"), clock) as house:
        await house.opened()
        # As by a session that is opened late, because the disk refused it at first.
        house.floor.watchlist.add(WatchedToken(LINK))
        clock.advance(1)
        house.ring()
        assert house.price(LINK).price == MARKET.price(LINK, clock.utc)
        await at_rest(house)
        assert len(await house.bars(LINK, Interval.D1, 500)) == PAST[Interval.D1]


async def test_the_market_says_that_it_is_simulated_and_needs_no_budget(tmp_path: Path) -> None:
    async with house_of(settings_for(tmp_path), FakeClock()) as house:
        assert [status.state for status in house.feed.statuses()] == ["waiting"]
        await house.opened()
        (status,) = house.feed.statuses()
        assert (status.title, status.state, status.requests, status.budget) == ("Simulated market", "live", 0, ())


async def ticks_of(house: House, clock: FakeClock) -> Decimal | None:
    clock.advance(1)
    house.ring()
    return house.price(WETH).price


async def test_a_past_that_cannot_be_written_is_logged_and_leaves_the_market_running(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    async with house_of(settings_for(tmp_path), clock) as house:
        with held(house.store):
            await house.opened()
            await at_rest(house)
            assert "[SESSION] past=refused" in caplog.text
            assert await ticks_of(house, clock) == MARKET.price(WETH, clock.utc)
        await house.write_down()
        assert house.trouble == ""
        assert await ticks_of(house, clock) == MARKET.price(WETH, clock.utc)
