"""Warm start: every chart begins full, within the budgets, and what ticks have built stays as it was."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain.bars import PART, Bar, Interval
from app.domain.registry import on_chain
from app.runtime.floor import Floor
from app.runtime.live import LiveFeed
from app.runtime.opening import Ground, live
from app.store.bars import SeriesKey, read_bars, write_bars
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.desk import open_ground, settings_from, settings_of
from tests.store.fresh import with_database

HISTORY = ("/candles", "/OHLC", "/ohlcv/", "/market_chart", "/chart/")
# Calls in any so many seconds, as the providers document them.
LIMITS = {
    "coinbase": (10, 1),
    "kraken": (1, 1),
    "geckoterminal": (30, 60),
    "coingecko": (5, 60),
    "defillama": (300, 60),
}


class StampedClient(httpx.AsyncClient):
    """A client that notes the moment of every call by the test's clock."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(trust_env=False)
        self.calls: list[tuple[str, str, float]] = []
        self._clock = clock

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        source, _, path = request.url.path[1:].partition("/")
        self.calls.append((source, f"/{path}", self._clock.mono))
        return await super().send(request, **options)

    def histories(self) -> Counter[str]:
        return Counter(source for source, path, _ in self.calls if any(part in path for part in HISTORY))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc, hang_s=1) as running:
        yield running


@pytest.fixture
async def client(clock: FakeClock) -> AsyncIterator[StampedClient]:
    async with StampedClient(clock) as made:
        yield made


@pytest.fixture
def ground(tmp_path: Path, double: Double, clock: FakeClock, client: StampedClient) -> Iterator[Ground]:
    values = settings_from(double.environment()) | {"watchlist": "WETH"}
    with open_ground(settings_of(with_database(tmp_path), **values), clock, client) as made:
        yield made


async def started(ground: Ground) -> tuple[Floor, LiveFeed]:
    floor, feed = live(ground)
    await feed.start()
    await feed.quiet()
    return floor, feed


def stored(ground: Ground, symbol: str, interval: Interval) -> list[Bar]:
    token = next(token for token in on_chain(8453) if token.symbol == symbol)
    return read_bars(ground.store, SeriesKey("live", *token.key), interval, 1000)


async def test_every_interval_of_every_token_begins_with_its_past(
    tmp_path: Path, double: Double, clock: FakeClock, client: StampedClient
) -> None:
    values = settings_from(double.environment()) | {"watchlist": "LINK,BRETT"}
    with open_ground(settings_of(with_database(tmp_path), **values), clock, client) as ground:
        await all_begin_with_their_past(ground)
    # One call for each token and each of four intervals: quarters are made of five minutes.
    assert client.histories() == {"coinbase": 4, "geckoterminal": 4}


async def all_begin_with_their_past(ground: Ground) -> None:
    floor, feed = await started(ground)
    for entry in floor.watchlist:
        for interval in Interval:
            bars = await floor.past(feed, entry.token.key, interval, 500)
            assert len(bars) >= 90, (entry.token.symbol, interval)
            steps = {later.at - bar.at for bar, later in pairwise(bars)}
            # Nobody traded BRETT in some minutes, and a gap stays a gap.
            assert min(steps) == interval.length
            assert len(steps) == 1 or entry.token.symbol == "BRETT"
            assert bars[-1].at == interval.start_of(ground.clock.instant().utc)
        assert floor.days[entry.token.key].before is not None
    await feed.stop()


@pytest.mark.slow
async def test_no_budget_is_exceeded_even_with_thirty_tokens(
    tmp_path: Path, double: Double, clock: FakeClock, client: StampedClient
) -> None:
    everything = ",".join(token.symbol for token in on_chain(8453))
    # GeckoTerminal's thousand candles at a time would only make this slow.
    values = settings_from(double.environment()) | {"watchlist": everything}
    values["sources"] = "dexscreener,coinbase,kraken,coingecko,defillama"  # pyright: ignore[reportArgumentType] # parsed
    with open_ground(settings_of(with_database(tmp_path), **values), clock, client) as ground:
        _, feed = await started(ground)
        await feed.stop()
    assert sum(client.histories().values()) <= 4 * len(on_chain(8453)) * 3
    for source, (most, seconds) in LIMITS.items():
        moments = [at for name, _, at in client.calls if name == source]
        close = [later - at for at, later in zip(moments, moments[most:], strict=False) if later - at < seconds]
        assert close == [], source


async def test_what_is_there_is_not_fetched_again(ground: Ground, client: StampedClient) -> None:
    _, feed = await started(ground)
    await feed.stop()
    client.calls.clear()
    _, feed = await started(ground)
    assert client.histories() == {}
    await feed.stop()


async def test_a_bar_that_ticks_have_built_is_never_overwritten(ground: Ground, clock: FakeClock) -> None:
    token = next(token for token in on_chain(8453) if token.symbol == "WETH")
    own = Bar(Interval.M1.start_of(clock.utc - timedelta(minutes=7)), *[Decimal(7)] * 4, origin="ticks")
    write_bars(ground.store, [(SeriesKey("live", *token.key), Interval.M1, own)])
    _, feed = await started(ground)
    bars = {bar.at: bar for bar in stored(ground, "WETH", Interval.M1)}
    assert bars[own.at] == own
    assert len(bars) > 90
    await feed.stop()


async def test_a_bar_that_was_open_at_the_start_is_a_part_until_its_source_has_the_whole_of_it(
    ground: Ground, clock: FakeClock
) -> None:
    began = Interval.H1.start_of(clock.utc)
    floor, feed = await started(ground)
    (token,) = floor.watched()
    key = floor.series_key(token.key)
    opened = floor.tape.last(token.key, Interval.H1)
    assert opened is not None and (opened.at, opened.origin, opened.volume) == (began, PART, 0)
    write_bars(ground.store, [(key, Interval.H1, opened)])
    await feed.stop()
    clock.advance(3600)
    _, feed = await started(ground)
    (whole,) = [bar for bar in stored(ground, "WETH", Interval.H1) if bar.at == began]
    assert whole.origin == "coinbase" and whole.volume > 0
    await feed.stop()


@pytest.mark.parametrize("mischief", [Mischief.SERVER_ERROR, Mischief.HTML, Mischief.RATE_LIMITED])
async def test_where_the_best_history_is_away_the_next_one_fills_in(
    ground: Ground, double: Double, mischief: Mischief
) -> None:
    double.misbehave("coinbase", mischief)
    _, feed = await started(ground)
    assert {bar.origin for bar in stored(ground, "WETH", Interval.H1)} == {"kraken"}
    await feed.stop()


async def test_a_token_that_no_history_knows_has_the_bars_that_its_ticks_build(
    tmp_path: Path, double: Double, clock: FakeClock, client: StampedClient
) -> None:
    values = settings_from(double.environment()) | {"watchlist": "BRETT", "sources": "dexscreener,coinbase"}
    with open_ground(settings_of(with_database(tmp_path), **values), clock, client) as ground:
        floor, feed = await started(ground)
        (token,) = floor.watched()
        # Nobody else prices it, so its first price waits a moment.
        clock.advance(6)
        feed.ring()
        await feed.quiet()
        assert [bar.origin for bar in await floor.past(feed, token.key, Interval.H1, 50)] == [PART]
        assert client.histories() == {}
        await feed.stop()


async def test_quarters_of_an_hour_are_made_of_five_minutes_and_begin_with_a_whole_one(ground: Ground) -> None:
    _, feed = await started(ground)
    fives, quarters = stored(ground, "WETH", Interval.M5), stored(ground, "WETH", Interval.M15)
    whole = [bar for bar in fives if Interval.M15.start_of(bar.at) == quarters[0].at]
    assert len(whole) == 3
    assert (quarters[0].open, quarters[0].close) == (whole[0].open, whole[2].close)
    assert quarters[0].volume == sum(bar.volume for bar in whole)
    await feed.stop()
