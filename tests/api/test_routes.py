"""The routes that read: every field that the contract names, spelled as it says."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.domain.bars import Interval
from app.domain.registry import on_chain
from app.market.erc20 import checksummed
from app.runtime.house import House
from tests.api.doors import caller
from tests.clock import FakeClock
from tests.double import Double

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBER = re.compile(r"-?\d+(\.\d+)?")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
WETH = "0x4200000000000000000000000000000000000006"
LINK = next(token for token in on_chain(8453) if token.symbol == "LINK")

PRICE = {
    *("symbol", "token_address", "chain_id", "price", "change_24h_pct", "state", "confirmed", "as_of", "age_s"),
    *("source", "readings"),
}
SOURCE = {
    *("source", "state", "last_success_at", "latency_p50_ms", "latency_p95_ms", "requests", "errors", "rate_limited"),
    *("budget", "breaker", "reads", "hits"),
}


async def got(path: str) -> Any:
    async with caller() as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def are_spelled_as_agreed(item: dict[str, Any], *, numbers: str, times: str) -> None:
    for name in numbers.split():
        assert NUMBER.fullmatch(item[name]), (name, item[name])
    for name in times.split():
        assert TIME.fullmatch(item[name]), (name, item[name])


async def test_health_says_how_every_part_is(live: House) -> None:
    assert await got("/api/health") == {
        "status": "ok",
        "market": {"mode": "live", "state": "live"},
        "database": "ok",
        "nodes": "ok",
        "bot": "stopped",
        "leader": True,
        "version": "0.1.0",
    }


async def test_every_price_has_the_fields_of_the_contract(live: House) -> None:
    prices = await got("/api/prices")
    assert [price["symbol"] for price in prices] == ["WETH", "LINK"]
    for price in prices:
        assert price.keys() >= PRICE
        are_spelled_as_agreed(price, numbers="price change_24h_pct", times="as_of")
        assert price["token_address"] == checksummed(price["token_address"])
        assert (price["chain_id"], price["state"], price["confirmed"]) == (8453, "live", True)
        assert price["source"] == price["readings"][0]["source"] == "dexscreener"
        assert len(price["readings"]) == 8
        for reading in price["readings"]:
            assert reading.keys() == {"source", "price", "as_of", "age_s"}
            are_spelled_as_agreed(reading, numbers="price", times="as_of")
            assert isinstance(reading["age_s"], int)


async def test_a_price_is_the_exact_one_and_ages_with_the_clock(live: House, double: Double, clock: FakeClock) -> None:
    before = await got("/api/prices/WETH")
    assert Decimal(before["price"]) == double.price("weth")
    clock.advance(7)
    after = await got("/api/prices/WETH")
    assert (after["price"], after["age_s"]) == (before["price"], before["age_s"] + 7)


async def test_one_price_is_found_by_symbol_and_address_in_any_case(live: House) -> None:
    wanted = await got("/api/prices/WETH")
    assert wanted["token_address"] == WETH
    for name in ("weth", "Weth", WETH, WETH.lower(), WETH.upper().replace("0X", "0x")):
        assert await got(f"/api/prices/{name}") == wanted


@pytest.mark.parametrize("path", ["health", "prices", "prices/WETH", "prices/LINK/bars", "tokens", "sources"])
async def test_a_trailing_slash_makes_no_difference(live: House, path: str) -> None:
    assert await got(f"/api/{path}/") == await got(f"/api/{path}")


@pytest.mark.parametrize("interval", list(Interval))
async def test_bars_are_in_order_of_time_and_the_open_one_is_last(
    live: House, clock: FakeClock, interval: Interval
) -> None:
    bars = await got(f"/api/prices/WETH/bars?interval={interval}&limit=60")
    starts = [bar["at"] for bar in bars]
    assert len(bars) == 60
    assert starts == sorted(set(starts))
    assert starts[-1] == interval.start_of(clock.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for bar in bars:
        assert {"at", "open", "high", "low", "close", "volume"} <= bar.keys()
        are_spelled_as_agreed(bar, numbers="open high low close volume", times="at")
        assert Decimal(bar["low"]) <= Decimal(bar["high"])


async def test_bars_are_hourly_and_fifty_where_nothing_else_is_asked_for(live: House) -> None:
    assert await got("/api/prices/WETH/bars") == await got("/api/prices/WETH/bars?interval=1h&limit=50")


@pytest.mark.parametrize("limit", [1, 2, 500])
async def test_a_limit_from_1_to_500_is_kept(demo: House, limit: int) -> None:
    assert len(await got(f"/api/prices/WETH/bars?interval=1m&limit={limit}")) == min(limit, 300)


async def test_the_change_over_a_day_is_told_against_the_price_of_a_day_ago(
    live: House, double: Double, clock: FakeClock
) -> None:
    price = await got("/api/prices/LINK")
    # The bar of a quarter of an hour that ended a day ago, at the latest.
    begun = Interval.M15.start_of(clock.utc - timedelta(days=1)) - Interval.M15.length
    (before,) = [bar for bar in await live.bars(LINK, Interval.M15, 200) if bar.at == begun]
    change = (Decimal(price["price"]) / before.close - 1) * 100
    assert abs(Decimal(price["change_24h_pct"]) - change) <= Decimal("0.005")
    assert abs(change - double.tape.day_change_pct("chainlink")) < Decimal("0.5")


async def test_the_watchlist_is_told_in_its_order(live: House) -> None:
    tokens = await got("/api/tokens")
    assert tokens[0] == {
        "symbol": "WETH",
        "name": "Wrapped Ether",
        "address": WETH,
        "decimals": 18,
        "tradable": True,
        "reason": None,
    }
    assert [token["address"] for token in tokens] == [checksummed(token["address"]) for token in tokens]


async def test_every_source_tells_how_it_is_doing(live: House) -> None:
    sources = await got("/api/sources")
    assert [source["source"] for source in sources] == [
        "dexscreener", "geckoterminal", "coinbase", "kraken", "alchemy", "coingecko", "defillama", "chainlink"
    ]  # fmt: skip
    for source in sources:
        assert source.keys() >= SOURCE
        are_spelled_as_agreed(source, numbers="", times="last_success_at")
        assert source["budget"].keys() == {"used", "limit", "window_s"}
        assert 0 < source["budget"]["used"] <= source["budget"]["limit"]
        assert (source["state"], source["breaker"], source["errors"], source["rate_limited"]) == (
            "live",
            "closed",
            0,
            0,
        )
        assert source["requests"] >= 1
        assert 0 <= source["latency_p50_ms"] <= source["latency_p95_ms"]


async def test_what_is_read_from_the_board_is_counted_by_source(live: House) -> None:
    before = {source["source"]: source["reads"] for source in await got("/api/sources")}
    await got("/api/prices/WETH")
    after = {source["source"]: source["reads"] for source in await got("/api/sources")}
    assert all(after[name] == before[name] + 1 for name in before)


async def test_no_reader_ever_causes_a_call(live: House, double: Double) -> None:
    before = len(double.requests())
    for path in ("health", "prices", "prices/WETH", "prices/WETH/bars?interval=1m", "tokens", "sources", "docs"):
        async with caller() as client:
            for _ in range(20):
                await client.get(f"/api/{path}")
    assert len(double.requests()) == before


async def test_an_invented_market_says_what_it_is(demo: House) -> None:
    health = await got("/api/health")
    assert (health["status"], health["market"]) == ("ok", {"mode": "demo", "state": "running"})
    (source,) = await got("/api/sources")
    assert (source["source"], source["requests"], source["budget"]) == ("demo", 0, None)
    assert {price["source"] for price in await got("/api/prices")} == {"demo"}
