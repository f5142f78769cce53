"""A poller: asks its source on its own schedule, within its budget, and leaves alone what is not there."""

from collections.abc import AsyncIterator, Sequence

import httpx
import pytest

from app.domain.prices import Reading
from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.market.line import Line
from app.market.source import PriceSource
from app.market.sources import Keys, build
from app.runtime.poller import Poller
from tests.clock import FakeClock
from tests.runtime.prepared import PreparedClient, urls

HOUR = 3600
BASE = on_chain(8453)
KEYLESS = Keys()
DEMO_KEY = Keys("a-key", "demo", "another-key")


def tokens_named(*symbols: str) -> list[Token]:
    return [next(token for token in BASE if token.symbol == symbol) for symbol in symbols]


def unlisted(count: int) -> list[Token]:
    return [Token(8453, f"0x{number:040x}", f"T{number}", "Unlisted", 18) for number in range(1, count + 1)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def client(clock: FakeClock) -> AsyncIterator[PreparedClient]:
    async with PreparedClient(clock) as made:
        yield made


def source_named(name: str, keys: Keys = DEMO_KEY) -> PriceSource:
    addresses = {key.removesuffix("_url"): value for key, value in urls().items() if key.endswith("_url")}
    return build((name,), addresses, keys, 8453, urls()["rpc_url_8453"])[0]


class Asker:
    """A poller with its tokens; `heard` is what it posted."""

    def __init__(
        self, name: str, tokens: Sequence[Token], clock: FakeClock, client: PreparedClient, keys: Keys = DEMO_KEY
    ) -> None:
        source = source_named(name, keys)
        self.tokens = tokens
        self.heard: list[Reading] = []
        self.poller = Poller(source, 0, Line(source.card, client, clock), clock, refresh=15)
        self.rule = self.poller.schedule(tokens)

    async def poll(self) -> bool:
        self.heard.clear()
        return await self.poller.poll(self.tokens, self.heard.extend)

    @property
    def pace(self) -> float:
        return self.poller.status(0, 0, 0).poll_seconds


@pytest.mark.parametrize(
    ("name", "keys", "tokens", "pace"),
    [
        ("dexscreener", KEYLESS, BASE, 15),
        ("dexscreener", KEYLESS, unlisted(50), 15),
        ("geckoterminal", KEYLESS, BASE, 60),
        ("geckoterminal", KEYLESS, unlisted(50), 60),
        ("coinbase", KEYLESS, BASE, 15),
        ("kraken", KEYLESS, BASE, 15),
        ("chainlink", KEYLESS, BASE, 15),
        ("defillama", KEYLESS, BASE, 60),
        ("coingecko", KEYLESS, BASE, 60),
        ("coingecko", DEMO_KEY, BASE, 288),
        ("coingecko", DEMO_KEY, [*BASE, *unlisted(30)], 576),
        ("alchemy", DEMO_KEY, BASE, 15),
        ("alchemy", DEMO_KEY, unlisted(50), 3602 * 2 / 270),
    ],
)
async def test_the_pace_is_the_wanted_one_or_what_the_budget_bears(
    clock: FakeClock, client: PreparedClient, name: str, keys: Keys, tokens: Sequence[Token], pace: float
) -> None:
    assert Asker(name, tokens, clock, client, keys).pace == pytest.approx(pace)


async def test_a_reading_is_live_for_two_polls_and_half_a_minute_at_least(
    clock: FakeClock, client: PreparedClient
) -> None:
    lives = {name: Asker(name, BASE, clock, client).rule.fresh_for.total_seconds() for name in ("kraken", "coingecko")}
    assert lives == {"kraken": 30, "coingecko": 576}


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("dexscreener", 2),
        ("geckoterminal", 2),
        ("alchemy", 2),
        ("coingecko", 2),
        ("defillama", 1),
        ("kraken", 1),
        ("chainlink", 1),
    ],
)
async def test_fifty_tokens_cost_two_calls_at_most(
    clock: FakeClock, client: PreparedClient, name: str, calls: int
) -> None:
    fifty = [*BASE, *unlisted(50 - len(BASE))]
    assert len(fifty) == 50
    asker = Asker(name, fifty, clock, client)
    assert await asker.poll()
    assert len(client.calls) == calls
    assert len({reading.token for reading in asker.heard}) == sum(asker.poller.source.covers(token) for token in fifty)


async def test_coinbase_is_asked_once_for_each_product_and_never_more_than_five_times_a_second(
    clock: FakeClock, client: PreparedClient
) -> None:
    asker = Asker("coinbase", BASE, clock, client)
    products = {token.coingecko_id for token in BASE if asker.poller.source.covers(token)}
    assert await asker.poll()
    assert len(client.calls) == len(products) > 10
    moments = [at for _, at in client.calls]
    assert all(later - earlier >= 1 for earlier, later in zip(moments, moments[5:], strict=False))


async def test_a_source_is_due_again_after_its_pace(clock: FakeClock, client: PreparedClient) -> None:
    asker = Asker("geckoterminal", BASE, clock, client)
    assert asker.poller.is_due()
    await asker.poll()
    clock.advance(59)
    assert not asker.poller.is_due()
    clock.advance(1)
    assert asker.poller.is_due()


async def test_a_source_that_failed_is_due_again_after_the_wanted_refresh(
    clock: FakeClock, client: PreparedClient
) -> None:
    asker = Asker("geckoterminal", BASE, clock, client)
    client.spoil = lambda _url: httpx.Response(500)
    assert not await asker.poll()
    clock.advance(14)
    assert not asker.poller.is_due()
    clock.advance(1)
    assert asker.poller.is_due()


async def test_a_source_that_is_being_asked_is_not_due(clock: FakeClock, client: PreparedClient) -> None:
    asker = Asker("coinbase", BASE, clock, client)
    due = list[bool]()

    async def while_waiting(seconds: float) -> None:
        due.append(asker.poller.is_due())
        clock.advance(60)

    clock.sleep = while_waiting
    await asker.poll()
    assert due
    assert not any(due)


async def test_what_was_added_makes_a_source_due_at_once(clock: FakeClock, client: PreparedClient) -> None:
    asker = Asker("geckoterminal", BASE, clock, client)
    await asker.poll()
    asker.poller.hurry()
    assert asker.poller.is_due()


async def test_a_source_that_covers_nothing_is_idle_and_never_due(clock: FakeClock, client: PreparedClient) -> None:
    asker = Asker("kraken", unlisted(5), clock, client)
    assert asker.poller.state() == "idle"
    assert not asker.poller.is_due()
    asker.poller.schedule(BASE)
    assert asker.poller.is_due()


def without(*products: str):
    """Coinbase, which no longer knows these products."""
    absent = httpx.Response(404, json={"message": "NotFound"})
    return lambda url: absent if any(f"/{product}-USD/" in url for product in products) else None


async def test_what_a_source_does_not_know_is_left_alone_for_an_hour(clock: FakeClock, client: PreparedClient) -> None:
    asker = Asker("coinbase", tokens_named("WETH", "LINK", "AERO"), clock, client)
    client.spoil = without("LINK")
    asked = list[int]()
    for _ in range(HOUR // 15 + 3):
        assert await asker.poll()
        assert {reading.token for reading in asker.heard} == {t.key for t in tokens_named("WETH", "AERO")}
        asked.append(client.asked["coinbase/products/LINK-USD/ticker"])
        clock.advance(15)
    assert asked[0] == asked[HOUR // 15 - 1] == 1
    assert asked[-1] == 2
    assert asker.poller.state() == "live"


async def test_a_source_that_knows_none_of_the_tokens_any_more_is_idle_and_asked_again(
    clock: FakeClock, client: PreparedClient
) -> None:
    asker = Asker("coinbase", tokens_named("LINK"), clock, client)
    client.spoil = without("LINK")
    await asker.poll()
    clock.advance(15)
    await asker.poll()
    assert asker.poller.state() == "idle"
    client.spoil = without()
    clock.advance(HOUR)
    assert asker.poller.is_due()
    assert await asker.poll()
    assert asker.poller.state() == "live"


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="<html>"), httpx.Response(500), httpx.Response(200, json={"price": "-1"})]
)
async def test_a_fault_in_one_call_does_not_keep_the_others_from_being_made(
    clock: FakeClock, client: PreparedClient, answer: httpx.Response
) -> None:
    asker = Asker("coinbase", tokens_named("WETH", "LINK", "AERO", "MORPHO"), clock, client)
    client.spoil = lambda url: answer if "/LINK-USD/" in url else None
    for _ in range(5):
        assert await asker.poll()
        assert {r.token for r in asker.heard} == {t.key for t in tokens_named("WETH", "AERO", "MORPHO")}
        clock.advance(15)
    assert asker.poller.status(0, 0, 0).errors == 5


@pytest.mark.parametrize("status", [429, 418])
async def test_a_source_that_is_asked_too_often_is_asked_nothing_more_until_its_wait_is_over(
    clock: FakeClock, client: PreparedClient, status: int
) -> None:
    asker = Asker("coinbase", tokens_named("WETH", "LINK", "AERO"), clock, client)
    client.spoil = lambda _url: httpx.Response(status, headers={"retry-after": "40"})
    assert not await asker.poll()
    assert len(client.calls) == 1
    assert asker.poller.state() == "resting"
    assert asker.poller.status(0, 0, 0).rate_limited == 1
    clock.advance(39)
    await asker.poll()
    assert len(client.calls) == 1
    client.spoil = without()
    clock.advance(1)
    assert asker.poller.is_due()
    assert await asker.poll()
    assert asker.poller.state() == "live"


async def test_a_source_that_fails_three_times_rests_and_tries_again_by_itself(
    clock: FakeClock, client: PreparedClient
) -> None:
    asker = Asker("kraken", BASE, clock, client)
    client.spoil = lambda _url: httpx.Response(500)
    states = list[str]()
    for _ in range(5):
        await asker.poll()
        states.append(asker.poller.state())
        clock.advance(15)
    assert states == ["down", "down", "resting", "resting", "resting"]
    assert len(client.calls) == 4
    client.spoil = without()
    clock.advance(30)
    assert await asker.poll()
    assert asker.poller.state() == "live"


async def test_a_source_that_is_asked_no_more_is_down_after_a_while(clock: FakeClock, client: PreparedClient) -> None:
    asker = Asker("kraken", BASE, clock, client)
    assert asker.poller.state() == "waiting"
    await asker.poll()
    clock.advance(30)
    assert asker.poller.state() == "live"
    clock.advance(1)
    assert asker.poller.state() == "down"


async def test_the_tightest_budget_is_told_first_and_counts_every_call(
    clock: FakeClock, client: PreparedClient
) -> None:
    asker = Asker("coingecko", BASE, clock, client)
    for _ in range(3):
        await asker.poll()
    status = asker.poller.status(0, 0, 2)
    assert status.budget == ((3, 30, 60), (3, 10_000, 30 * 86400))
    assert (status.requests, status.errors) == (3, 2)
