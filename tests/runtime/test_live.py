"""The live feed against the provider double: what goes wrong at one source touches nothing else."""

import shutil
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from app.domain.prices import PriceState
from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.runtime.floor import Floor
from app.runtime.live import LiveFeed
from app.runtime.opening import Ground
from app.store.database import migrate
from app.store.watchlist import WatchedToken, add_watched
from app.trading.watchlist import board_key
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.desk import open_ground, opened, round_of, settings_from, settings_of

SOURCES = ("dexscreener", "geckoterminal", "coinbase", "kraken", "alchemy", "coingecko", "defillama", "chainlink")
HARMLESS = ("TIMEOUT", "SLOW", "EXTRA", "LOWER_CASE")
# These say no time with a price, so they cannot state a wrong one.
TIMELESS = ("dexscreener", "geckoterminal", "kraken")
FAULTS = [
    (source, mischief)
    for source in SOURCES
    for mischief in Mischief
    if mischief.name not in HARMLESS and not (source in TIMELESS and mischief.name in ("HOUR_OLD", "FUTURE"))
]


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def running(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc, hang_s=2) as running:
        yield running


@pytest.fixture
def double(running: Double) -> Iterator[Double]:
    running.forget_requests()
    before = {asset: running.price(asset) for asset in ("weth", "usd-coin")}
    yield running
    running.behave()
    for source in SOURCES:
        running.skew(source, "weth", "1")
    for asset, price in before.items():
        running.set_price(asset, str(price))


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    migrate(settings_of(folder).store_url)
    return folder / "drydock.db"


@pytest.fixture
async def ground(tmp_path: Path, migrated: Path, double: Double, clock: FakeClock) -> AsyncIterator[Ground]:
    shutil.copy(migrated, tmp_path)
    values = settings_from(double.environment()) | {"alchemy_api_key": "key-of-a-test", "watchlist": "WETH,LINK,AERO"}
    async with httpx.AsyncClient(trust_env=False) as client:
        with open_ground(settings_of(tmp_path, **values), clock, client) as made:
            yield made


def token_of(floor: Floor, symbol: str) -> Token:
    return next(entry.token for entry in floor.watchlist if entry.token.symbol == symbol)


def price_of(floor: Floor, symbol: str) -> Decimal | None:
    return floor.board.read(board_key(token_of(floor, symbol)) or token_of(floor, symbol).key).price


def state_of(feed: LiveFeed, source: str) -> str:
    return next(status.state for status in feed.statuses() if status.name == source)


def errors_of(feed: LiveFeed, source: str) -> int:
    return next(status.errors for status in feed.statuses() if status.name == source)


def near(price: Decimal | None, wanted: Decimal) -> bool:
    return price is not None and abs(price / wanted - 1) < Decimal("0.01")


async def test_all_eight_sources_answer_and_the_price_is_confirmed(ground: Ground, double: Double) -> None:
    floor, feed = await opened(ground)
    held = floor.board.read(token_of(floor, "WETH").key)
    assert [status.state for status in feed.statuses()] == ["live"] * 8
    assert (held.state, held.source) == (PriceState.LIVE, "dexscreener")
    assert {"coinbase", "kraken", "alchemy", "coingecko", "chainlink"} <= set(held.confirmed_by)
    assert near(held.price, double.price("weth"))
    await feed.stop()


@pytest.mark.parametrize(("source", "mischief"), FAULTS)
async def test_whatever_one_source_does_its_fault_is_counted_and_never_becomes_a_price(
    ground: Ground, double: Double, clock: FakeClock, source: str, mischief: Mischief
) -> None:
    floor, feed = await opened(ground)
    double.misbehave(source, mischief)
    for _ in range(2):
        await round_of(feed, clock, 61)
    for symbol, asset in (("WETH", "weth"), ("LINK", "chainlink"), ("AERO", "aerodrome-finance")):
        assert near(price_of(floor, symbol), double.price(asset)), symbol
    assert all(state_of(feed, other) == "live" for other in SOURCES if other != source)
    # What is merely old or missing is no error; it does not count, and the next source leads.
    if mischief.name not in ("HOUR_OLD", "NULL", "MISSING"):
        assert errors_of(feed, source) > 0
    await feed.stop()


@pytest.mark.parametrize("mischief", [Mischief.EXTRA, Mischief.LOWER_CASE])
async def test_what_the_documents_allow_is_no_fault(ground: Ground, double: Double, mischief: Mischief) -> None:
    for source in SOURCES:
        double.misbehave(source, mischief)
    floor, feed = await opened(ground)
    assert [status.errors for status in feed.statuses()] == [0] * 8
    assert near(price_of(floor, "WETH"), double.price("weth"))
    await feed.stop()


@pytest.mark.parametrize("mischief", [Mischief.NEGATIVE, Mischief.NULL, Mischief.HUNDREDFOLD, Mischief.TEXT_FOR_NUMBER])
async def test_a_fault_in_one_token_leaves_the_other_tokens_of_the_same_answer_untouched(
    ground: Ground, double: Double, clock: FakeClock, mischief: Mischief
) -> None:
    floor, feed = await opened(ground)
    double.misbehave("dexscreener", mischief, asset="weth")
    for _ in range(3):
        await round_of(feed, clock, 61)
    assert floor.board.read(token_of(floor, "WETH").key).source != "dexscreener"
    assert floor.board.read(token_of(floor, "AERO").key).source == "dexscreener"
    assert near(price_of(floor, "WETH"), double.price("weth"))
    await feed.stop()


async def test_a_source_that_is_away_is_down_and_live_again_within_two_refreshes(
    ground: Ground, double: Double, clock: FakeClock
) -> None:
    _, feed = await opened(ground)
    double.misbehave("kraken", Mischief.SERVER_ERROR)
    await round_of(feed, clock, 15)
    assert state_of(feed, "kraken") == "down"
    for _ in range(4):
        await round_of(feed, clock, 15)
    assert state_of(feed, "kraken") == "resting"
    double.behave("kraken")
    for _ in range(2):
        await round_of(feed, clock, 15)
    assert state_of(feed, "kraken") == "live"
    await feed.stop()


async def test_when_no_source_can_be_reached_prices_grow_old_and_heal_by_themselves(
    ground: Ground, double: Double, clock: FakeClock
) -> None:
    floor, feed = await opened(ground)
    for source in SOURCES:
        double.misbehave(source, Mischief.REFUSE)
    states = list[str]()
    for seconds in (40, 100, 300, 300):
        await round_of(feed, clock, seconds)
        states.append(floor.board.read(token_of(floor, "WETH").key).state)
    assert states[-1] == "stale"
    assert feed.state == "down"
    double.behave()
    for _ in range(2):
        await round_of(feed, clock, 60)
    assert floor.board.read(token_of(floor, "WETH").key).state is PriceState.LIVE
    assert feed.state == "live"
    await feed.stop()


async def test_two_groups_that_keep_differing_dispute_the_price_and_agreement_ends_it(
    ground: Ground, double: Double, clock: FakeClock
) -> None:
    floor, feed = await opened(ground)
    double.skew("coinbase", "weth", "1.05")
    await round_of(feed, clock, 15)
    assert floor.board.read(token_of(floor, "WETH").key).state is PriceState.LIVE
    await round_of(feed, clock, 15)
    assert floor.board.read(token_of(floor, "WETH").key).state is PriceState.DISPUTED
    assert floor.board.read(token_of(floor, "LINK").key).state is PriceState.LIVE
    double.skew("coinbase", "weth", "1")
    await round_of(feed, clock, 15)
    assert floor.board.read(token_of(floor, "WETH").key).state is PriceState.LIVE
    await feed.stop()


async def test_ten_thousand_reads_cause_no_call(ground: Ground, double: Double) -> None:
    floor, feed = await opened(ground)
    before = len(double.requests())
    for _ in range(10_000):
        floor.board.read(token_of(floor, "WETH").key)
    assert len(double.requests()) == before
    await feed.stop()


async def test_a_depeg_shows(ground: Ground, double: Double, clock: FakeClock) -> None:
    usdc = next(token for token in on_chain(8453) if token.symbol == "USDC")
    add_watched(ground.store, "live", WatchedToken(usdc))
    floor, feed = await opened(ground)
    double.set_price("usd-coin", "0.91")
    for _ in range(2):
        await round_of(feed, clock, 61)
    assert near(floor.board.read(usdc.key).price, Decimal("0.91"))
    await feed.stop()
