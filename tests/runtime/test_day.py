"""A day of the live feed in seconds: however it is looked at, no source is asked more often than it allows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.market.budget import recent
from app.runtime.floor import Floor
from app.runtime.live import LiveFeed
from app.runtime.opening import Ground, live
from app.runtime.spending import Spending
from app.store.spending import Spent, record
from app.store.watchlist import WatchedToken, replace_watched
from tests.clock import FakeClock
from tests.runtime.desk import open_ground, settings_of
from tests.runtime.prepared import PreparedClient, urls
from tests.store.fresh import with_database

HOUR = 3600
DAY = 24 * HOUR
MONTH_DAYS = 31
# Calls in any so many seconds, as the providers document them.
KEYLESS = {
    "coingecko": [(5, 60)],
    "geckoterminal": [(30, 60)],
    "dexscreener": [(300, 60)],
    "coinbase": [(5, 1)],
    "kraken": [(1, 1)],
    "defillama": [(300, 60)],
    "rpc": [(30, 60)],
}
KEYED = KEYLESS | {"coingecko": [(30, 60)], "alchemy": [(300, 3600)]}
KEYS = {"coingecko_api_key": "a-key", "alchemy_api_key": "a-key"}
TWENTY = ",".join(token.symbol for token in on_chain(8453)[:20])
# More than Coinbase answers in a second, and enough for a long day: budgets do not depend on how many are in a call.
EIGHT = "WETH,cbBTC,LINK,UNI,AAVE,COMP,AERO,MORPHO"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(clock: FakeClock) -> PreparedClient:
    return PreparedClient(clock)


@pytest.fixture
def ground(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock, client: PreparedClient
) -> Iterator[Ground]:
    values: dict[str, Any] = urls() | {"watchlist": TWENTY} | getattr(request, "param", {})
    with open_ground(settings_of(with_database(tmp_path), **values), clock, client) as made:
        yield made


def crowded(moments: Iterable[float], most: int, seconds: float) -> list[float]:
    """The moments at which a call was one too many in the seconds before it."""
    at = sorted(moments)
    return [late for early, late in zip(at, at[most:], strict=False) if late - early < seconds]


def exceeded(client: PreparedClient, limits: dict[str, list[tuple[int, int]]]) -> dict[str, list[float]]:
    found = {
        f"{source} {most} in {seconds} s": crowded((at for name, at in client.calls if name == source), most, seconds)
        for source, allowed in limits.items()
        for most, seconds in allowed
    }
    return {what: moments for what, moments in found.items() if moments}


async def run(feed: LiveFeed, floor: Floor, clock: FakeClock, until: float) -> None:
    """Ask whoever is due, second by second. The board is left out: it makes no calls and takes most of the time."""
    tokens = floor.tokens()
    while clock.mono < until:
        due = [poller for poller in feed.pollers if poller.is_due()]
        for poller in due:
            await poller.poll(tokens, lambda _readings: None)
        clock.advance(1)


async def day_of(ground: Ground, clock: FakeClock, seconds: int = DAY) -> tuple[Floor, LiveFeed]:
    """A day, from a cold start on."""
    begun = clock.mono
    floor, feed = live(ground)
    await feed.start()
    await feed.quiet()
    await run(feed, floor, clock, begun + seconds)
    await feed.stop()
    return floor, feed


def test_a_call_too_many_is_found() -> None:
    assert crowded([0, 1, 2, 3, 59.9, 70], 4, 60) == [59.9]
    assert crowded([0, 1, 2, 3, 60, 61], 4, 60) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ground", "limits", "seconds"),
    [({}, KEYLESS, 4 * HOUR), (KEYS | {"watchlist": EIGHT}, KEYED, DAY)],
    indirect=["ground"],
    ids=["without keys", "with keys"],
)
async def test_however_long_it_runs_no_source_is_asked_more_often_than_it_allows(
    ground: Ground, clock: FakeClock, client: PreparedClient, limits: dict[str, list[tuple[int, int]]], seconds: int
) -> None:
    # Without keys no limit is longer than a minute; with them there are hours and months.
    _, feed = await day_of(ground, clock, seconds)
    assert exceeded(client, limits) == {}
    count = Counter(source for source, _ in client.calls)
    assert set(count) == set(limits)
    # It asks as often as it wants to, too. All wait here while Coinbase is asked in portions of five a second.
    assert count["dexscreener"] > 0.8 * seconds / 15
    assert count["geckoterminal"] > 0.8 * seconds / 60
    if "alchemy" in limits:
        polls = sum(times for path, times in client.asked.items() if path.startswith("coingecko/simple/"))
        assert polls > 250
        # History is asked for once, at the start.
        assert MONTH_DAYS * polls + count["coingecko"] - polls <= 10_000
    assert {status.name: status.rate_limited for status in feed.statuses() if status.rate_limited} == {}


async def test_in_an_hour_with_the_board_no_source_is_asked_too_often_either(
    ground: Ground, clock: FakeClock, client: PreparedClient
) -> None:
    begun = clock.mono
    floor, feed = live(ground)
    await feed.start()
    while clock.mono < begun + 1800:
        feed.ring()
        await feed.quiet()
        # What people do meanwhile: add a token, and look.
        if int(clock.mono) % 400 == 0:
            feed.reschedule(hurry=True)
            await feed.quiet()
        for token in floor.tokens():
            floor.board.read(token.key)
        clock.advance(5)
    assert exceeded(client, KEYLESS) == {}
    assert feed.state == "live"
    await feed.stop()


@pytest.mark.parametrize("ground", [{"refresh_seconds": 1}], indirect=True)
async def test_a_wish_for_every_second_does_not_exceed_a_budget(
    ground: Ground, clock: FakeClock, client: PreparedClient
) -> None:
    await day_of(ground, clock, seconds=600)
    assert exceeded(client, KEYLESS) == {}


@pytest.mark.parametrize("ground", [KEYS], indirect=True)
async def test_a_new_process_every_few_seconds_exceeds_no_budget(
    ground: Ground, clock: FakeClock, client: PreparedClient
) -> None:
    record(ground.store, {"coingecko": Spent(9_998)}, clock.instant().month)
    for _ in range(20):
        floor, feed = live(ground)
        await run(feed, floor, clock, clock.mono + 7)
        now = clock.instant()
        budgets = {poller.name: poller.line.budget for poller in feed.pollers}
        spent = {name: Spent(budget.months.get(now.month, 0), recent(now, budget)) for name, budget in budgets.items()}
        record(ground.store, spent, now.month)
        await feed.stop()
    assert exceeded(client, KEYED) == {}
    count = Counter(source for source, _ in client.calls)
    assert count["coingecko"] == 2
    assert count["dexscreener"] >= 20


async def test_a_process_that_is_killed_every_few_seconds_exceeds_no_budget_either(
    ground: Ground, clock: FakeClock, client: PreparedClient
) -> None:
    for _ in range(12):
        (floor, feed), spending = live(ground), Spending()
        for _ in range(7):
            await run(feed, floor, clock, clock.mono + 1)
            await spending.jot(ground.store, feed.pollers, clock.instant())
    assert exceeded(client, KEYLESS) == {}
    assert Counter(source for source, _ in client.calls)["coingecko"] > 5


async def test_fifty_tokens_cost_two_calls_of_each_source_and_refresh(
    ground: Ground, clock: FakeClock, client: PreparedClient
) -> None:
    base = on_chain(8453)
    unlisted = [Token(8453, f"0x{number:040x}", f"T{number}", "Unlisted", 18) for number in range(50 - len(base))]
    replace_watched(ground.store, "live", 8453, [WatchedToken(token) for token in (*base, *unlisted)])
    floor, feed = live(ground)
    assert len(floor.tokens()) == 50
    for _ in range(3):
        client.calls.clear()
        for poller in feed.pollers:
            assert await poller.poll(floor.tokens(), lambda _readings: None)
        count = Counter(source for source, _ in client.calls)
        products = count.pop("coinbase")
        assert max(count.values()) <= 2
        assert 10 < products <= len(base)
        clock.advance(60)
    assert exceeded(client, KEYLESS) == {}
    await feed.stop()
