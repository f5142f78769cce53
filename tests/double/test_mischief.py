"""Every mischief of the double does what its name says, and no more."""

from collections.abc import Generator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.double import Double, Mischief
from tests.double.asked import (
    ETH_FEED,
    LATEST_ROUND,
    LINK,
    LINK_FEED,
    PRICED,
    SOURCES,
    WETH,
    asked,
    exact,
    fetched,
    multicall,
    price_in,
    results_of,
    round_of,
    rpc_body,
)
from tests.double.tape import UnknownAsset

NOW = datetime(2026, 3, 4, 15, 7, 30, tzinfo=UTC)
SHOWN_IN_TIME = {Mischief.TIMEOUT, Mischief.REFUSE, Mischief.SLOW}
HAVE_NO_TIME = {"dexscreener", "geckoterminal", "kraken", "kyberswap", "velora"}
HAVE_MIXED_CASE = {"dexscreener", "defillama", "alchemy", "kyberswap"}


@pytest.fixture(scope="module")
def running() -> Generator[Double]:
    with Double(now=lambda: NOW) as one:
        yield one


@pytest.fixture
def double(running: Double) -> Generator[Double]:
    yield running
    running.behave()


def spoiled(double: Double, source: str, mischief: Mischief, asset: str | None = None) -> httpx.Response:
    double.misbehave(source, mischief, asset)
    return asked(double, source)


@pytest.mark.parametrize("source", SOURCES)
def test_every_mischief_changes_the_answer_of_every_source_that_can_show_it(double: Double, source: str) -> None:
    honest, unmoved = asked(double, source).text, set[Mischief]()
    for mischief in set(Mischief) - SHOWN_IN_TIME:
        answer = spoiled(double, source, mischief)
        if (answer.status_code, answer.text) == (200, honest):
            unmoved.add(mischief)
    timeless = {Mischief.HOUR_OLD, Mischief.FUTURE} if source in HAVE_NO_TIME else set[Mischief]()
    caseless = set[Mischief]() if source in HAVE_MIXED_CASE else {Mischief.LOWER_CASE}
    assert unmoved == timeless | caseless
    double.behave(source)
    assert asked(double, source).text == honest


@pytest.mark.parametrize("source", sorted({"coinbase", "chainlink"}))
def test_a_timeout_never_answers(double: Double, source: str) -> None:
    double.misbehave(source, Mischief.TIMEOUT)
    with pytest.raises(httpx.ReadTimeout):
        asked(double, source, timeout_s=0.2)


def test_a_refusal_closes_the_connection_without_an_answer(double: Double) -> None:
    double.misbehave("kraken", Mischief.REFUSE)
    with pytest.raises(httpx.RemoteProtocolError):
        asked(double, "kraken")


def test_a_slow_source_answers_rightly_in_the_end(double: Double) -> None:
    double.misbehave("coinbase", Mischief.SLOW)
    with pytest.raises(httpx.ReadTimeout):
        asked(double, "coinbase", timeout_s=0.2)
    assert price_in("coinbase", asked(double, "coinbase")) == double.price("weth")


def test_a_rate_limit_comes_with_retry_after_without_it_or_as_a_page(double: Double) -> None:
    with_header = spoiled(double, "coingecko", Mischief.RATE_LIMITED)
    assert (with_header.status_code, with_header.headers["Retry-After"]) == (429, "7")
    assert with_header.json()["status"]["error_code"] == 429
    bare = spoiled(double, "coingecko", Mischief.RATE_LIMITED_BARE)
    assert (bare.status_code, "Retry-After" in bare.headers) == (429, False)
    page = spoiled(double, "coingecko", Mischief.RATE_LIMITED_HTML)
    assert page.status_code == 429
    assert page.text.startswith("<!DOCTYPE html>")


def test_a_server_error_carries_correct_prices(double: Double) -> None:
    answer = spoiled(double, "defillama", Mischief.SERVER_ERROR)
    assert answer.status_code == 500
    assert price_in("defillama", answer) == double.price("weth")


@pytest.mark.parametrize(
    ("source", "envelope"),
    [
        ("kraken", {"error": ["EService:Unavailable"]}),
        ("coingecko", {"status": {"error_code": 500, "error_message": "Something went wrong."}}),
        ("chainlink", {"jsonrpc": "2.0", "error": {"code": -32000, "message": "header not found"}, "id": None}),
    ],
)
def test_an_error_inside_has_status_200_and_the_sources_envelope(double: Double, source: str, envelope: object) -> None:
    answer = spoiled(double, source, Mischief.ERROR_INSIDE)
    assert (answer.status_code, answer.json()) == (200, envelope)


@pytest.mark.parametrize("mischief", [Mischief.TRUNCATED, Mischief.HTML, Mischief.EMPTY])
def test_what_is_cut_or_no_json_still_has_status_200(double: Double, mischief: Mischief) -> None:
    answer = spoiled(double, "coinbase", mischief)
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()


@pytest.mark.parametrize(
    ("mischief", "told"),
    [
        (Mischief.NEGATIVE, "-2512.40"),
        (Mischief.ZERO, "0"),
        (Mischief.TINY, "0.000000000000000001"),
        (Mischief.HUGE, "1" + "0" * 30),
        (Mischief.HUNDREDFOLD, "251240.00"),
        (Mischief.NAN, "NaN"),
        (Mischief.NULL, None),
        (Mischief.NUMBER_FOR_TEXT, Decimal("2512.40")),
        (Mischief.WRONG_TYPES, {"value": [Decimal("2512.40")]}),
    ],
)
def test_a_price_in_text_is_spoiled_as_named(double: Double, mischief: Mischief, told: object) -> None:
    assert exact(spoiled(double, "coinbase", mischief).text)["price"] == told


@pytest.mark.parametrize(
    ("mischief", "written"),
    [
        (Mischief.NEGATIVE, "-2512.40"),
        (Mischief.TINY, "1e-18"),
        (Mischief.HUGE, "1e+30"),
        (Mischief.NAN, "NaN"),
        (Mischief.NULL, "null"),
        (Mischief.TEXT_FOR_NUMBER, '"2512.40"'),
    ],
)
def test_a_price_in_numbers_is_spoiled_as_named(double: Double, mischief: Mischief, written: str) -> None:
    assert f'"weth":{{"usd":{written},' in spoiled(double, "coingecko", mischief).text


def test_missing_leaves_the_key_out_and_extra_adds_some(double: Double) -> None:
    assert "price" not in spoiled(double, "coinbase", Mischief.MISSING).json()
    extra = spoiled(double, "coinbase", Mischief.EXTRA).json()
    assert extra["price"] == "2512.40"
    assert "beta_field" in extra


def test_lower_case_touches_addresses_only(double: Double) -> None:
    pairs = spoiled(double, "dexscreener", Mischief.LOWER_CASE).json()
    addresses = [pair["quoteToken"]["address"] for pair in pairs]
    assert addresses == [address.lower() for address in addresses]
    assert {"WETH", "wstETH"} <= {pair["baseToken"]["symbol"] for pair in pairs}


@pytest.mark.parametrize(("mischief", "later_s"), [(Mischief.HOUR_OLD, -3600), (Mischief.FUTURE, 3600)])
def test_times_are_moved_by_an_hour(double: Double, mischief: Mischief, later_s: int) -> None:
    honest = asked(double, "coingecko").json()["weth"]["last_updated_at"]
    assert spoiled(double, "coingecko", mischief).json()["weth"]["last_updated_at"] == honest + later_s
    words = round_of(results_of(spoiled(double, "chainlink", mischief).json())[0][1])
    assert words[3] == int(NOW.timestamp()) - 12 + later_s


def answers_of_feeds(double: Double) -> list[tuple[bool, bytes]]:
    body = multicall((ETH_FEED, LATEST_ROUND), (LINK_FEED, LATEST_ROUND))
    response = fetched(double.url("rpc/8453"), body)
    return results_of(response.json())


@pytest.mark.parametrize(("mischief", "item"), [(Mischief.NULL, (True, b"")), (Mischief.MISSING, (False, b""))])
def test_a_feed_can_fail_alone_inside_a_multicall(double: Double, mischief: Mischief, item: Any) -> None:
    double.misbehave("chainlink", mischief, asset="weth")
    eth, link = answers_of_feeds(double)
    assert eth == item
    assert round_of(link[1])[1] == 1_342_500_000


def test_a_feed_tells_a_negative_answer_as_a_signed_word(double: Double) -> None:
    double.misbehave("chainlink", Mischief.NEGATIVE, asset="weth")
    assert round_of(answers_of_feeds(double)[0][1])[1] == -251_240_000_000


@pytest.mark.parametrize("source", [source for source in PRICED if source not in ("dexscreener", "coinbase")])
def test_mischief_with_one_asset_leaves_the_others_alone(double: Double, source: str) -> None:
    double.misbehave(source, Mischief.HUNDREDFOLD, asset="chainlink")
    assert price_in(source, asked(double, source)) == double.price("weth")
    double.misbehave(source, Mischief.HUNDREDFOLD, asset="weth")
    assert price_in(source, asked(double, source)) == double.price("weth") * 100


def test_a_whole_answer_fails_only_where_it_is_about_the_asset(double: Double) -> None:
    double.misbehave("coinbase", Mischief.SERVER_ERROR, asset="weth")
    assert asked(double, "coinbase").status_code == 500
    link = fetched(double.url("coinbase") + "/products/LINK-USD/ticker")
    assert link.status_code == 200


def test_one_chains_node_can_fail_alone(double: Double) -> None:
    double.misbehave("rpc/1", Mischief.SERVER_ERROR)
    assert asked(double, "chainlink").status_code == 200
    assert fetched(double.url("rpc/1"), rpc_body("eth_chainId")).status_code == 500


def test_the_quote_side_of_a_pool_spoils_what_is_derived_from_it(double: Double) -> None:
    double.misbehave("dexscreener", Mischief.HUNDREDFOLD, asset="chainlink")
    pairs = fetched(double.url("dexscreener") + f"/tokens/v1/base/{LINK}").json()
    derived = [Decimal(p["priceUsd"]) / Decimal(p["priceNative"]) for p in pairs if p["baseToken"]["address"] == WETH]
    assert derived
    assert all(round(price, 9) == double.price("chainlink") * 100 for price in derived)


def test_an_unknown_source_or_asset_is_an_error_of_the_test(double: Double) -> None:
    with pytest.raises(ValueError):
        double.misbehave("coinbse", Mischief.HTML)
    with pytest.raises(UnknownAsset):
        double.misbehave("coinbase", Mischief.HTML, asset="wethh")


def test_missing_takes_krakens_last_trade_away_and_shifts_nothing_into_its_place(double: Double) -> None:
    eth = spoiled(double, "kraken", Mischief.MISSING, asset="weth").json()["result"]["XETHZUSD"]
    assert "c" not in eth
    assert len(eth["a"]) == 3
