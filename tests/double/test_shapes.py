"""Every source of the double answers in the shape that its provider documents."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from eth_abi.abi import decode

from tests.double import Double
from tests.double.asked import (
    DEEP_POOL,
    ETH_FEED,
    LATEST_ROUND,
    LINK,
    PRICED,
    USDC,
    WETH,
    asked,
    exact,
    multicall,
    price_in,
    results_of,
    round_of,
    rpc_body,
)

NOW = datetime(2026, 3, 4, 15, 7, 30, tzinfo=UTC)
NOBODY = "0x00000000000000000000000000000000000000aa"


@pytest.fixture(scope="module")
def double() -> Generator[Double]:
    with Double(now=lambda: NOW) as running:
        yield running


@pytest.fixture(scope="module")
def client() -> Generator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False) as open_client:
        yield open_client


def got(client: httpx.Client, double: Double, source: str, path: str, status: int = 200) -> Any:
    response = client.get(double.url(source) + path)
    assert response.status_code == status
    return exact(response.text)


def told(client: httpx.Client, double: Double, source: str, body: object, path: str = "") -> Any:
    return exact(client.post(double.url(source) + path, json=body).text)


@pytest.mark.parametrize("source", PRICED)
def test_every_source_tells_the_price_that_is_on_the_tape(double: Double, source: str) -> None:
    assert price_in(source, asked(double, source)) == double.price("weth")


def test_coingecko_leaves_unknown_ids_out_and_stamps_only_when_asked(client: httpx.Client, double: Double) -> None:
    path = "/simple/price?ids=weth,ethereum,no-such&vs_currencies=usd&precision=full"
    assert got(client, double, "coingecko", path) == {
        "weth": {"usd": Decimal("2512.40")},
        "ethereum": {"usd": Decimal("2512.40")},
    }
    stamped = got(client, double, "coingecko", path + "&include_last_updated_at=true")
    assert stamped["weth"]["last_updated_at"] == int(NOW.timestamp()) - 5


def test_coingecko_writes_small_prices_with_an_exponent(client: httpx.Client, double: Double) -> None:
    path = "/simple/price?ids=pepe&vs_currencies=usd&precision=full"
    response = client.get(double.url("coingecko") + path)
    assert "e-" in response.text
    assert exact(response.text)["pepe"]["usd"] == Decimal("0.00000984")


def test_coingecko_without_a_key_prices_one_address_a_call(client: httpx.Client, double: Double) -> None:
    url = double.url("coingecko") + f"/simple/token_price/base?vs_currencies=usd&contract_addresses={LINK}"
    assert list(client.get(url).json()) == [LINK.lower()]
    refused = client.get(f"{url},{WETH}")
    assert refused.status_code == 400
    assert refused.json()["error_code"] == 10012
    with_key = client.get(f"{url},{WETH}", headers={"x-cg-demo-api-key": "key"})
    assert set(with_key.json()) == {LINK.lower(), WETH}


def test_coingecko_history_is_in_milliseconds_and_ends_now_at_the_present_price(
    client: httpx.Client, double: Double
) -> None:
    chart = got(client, double, "coingecko", "/coins/weth/market_chart?vs_currency=usd&days=1")
    assert {"prices", "market_caps", "total_volumes"} == set(chart)
    stamps = [stamp for stamp, _ in chart["prices"]]
    assert stamps[1] - stamps[0] == 300_000
    assert chart["prices"][-1] == [int(NOW.timestamp() * 1000), Decimal("2512.40")]
    assert len({price for _, price in chart["prices"]}) > 200


def test_defillama_echoes_the_keys_it_was_asked_for(client: httpx.Client, double: Double) -> None:
    mixed = USDC
    coins = got(client, double, "defillama", f"/prices/current/base:{mixed},coingecko:ethereum,base:{NOBODY}")["coins"]
    assert set(coins) == {f"base:{mixed}", "coingecko:ethereum"}
    assert coins[f"base:{mixed}"]["decimals"] == 6
    assert "decimals" not in coins["coingecko:ethereum"]


def test_defillama_draws_as_many_points_as_the_span_says(client: httpx.Client, double: Double) -> None:
    start = int((NOW - timedelta(hours=10)).timestamp())
    chart = got(client, double, "defillama", f"/chart/coingecko:weth?start={start}&span=4&period=1h")
    points = chart["coins"]["coingecko:weth"]["prices"]
    assert [point["timestamp"] - start for point in points] == [0, 3600, 7200, 10800]
    got(client, double, "defillama", f"/chart/coingecko:weth?start={start}&end={start}&span=4", status=400)


def test_dexscreener_sometimes_has_the_token_only_as_quote_of_its_deepest_pool(
    client: httpx.Client, double: Double
) -> None:
    pairs = got(client, double, "dexscreener", f"/tokens/v1/base/{LINK}")
    deepest = max(pairs, key=lambda pair: pair["liquidity"]["usd"])
    assert deepest["quoteToken"]["address"] == LINK
    derived = Decimal(deepest["priceUsd"]) / Decimal(deepest["priceNative"])
    assert abs(derived - double.price("chainlink")) < Decimal("1e-15")


def test_dexscreener_has_a_shallow_pool_that_is_off_and_a_pool_without_price(
    client: httpx.Client, double: Double
) -> None:
    pairs = got(client, double, "dexscreener", f"/tokens/v1/base/{WETH}")
    assert [pair for pair in pairs if "priceUsd" not in pair and "liquidity" not in pair]
    off = [pair for pair in pairs if pair.get("priceUsd") == "3517.360"]
    assert [pair["liquidity"]["usd"] for pair in off] == [1500]


def test_dexscreener_refuses_more_than_thirty_addresses(client: httpx.Client, double: Double) -> None:
    addresses = ",".join([WETH] * 31)
    got(client, double, "dexscreener", f"/tokens/v1/base/{addresses}", status=400)
    assert got(client, double, "dexscreener", f"/tokens/v1/base/{NOBODY}") == []


def test_geckoterminal_lower_cases_addresses_and_leaves_unknown_tokens_out(
    client: httpx.Client, double: Double
) -> None:
    data = got(client, double, "geckoterminal", f"/networks/base/tokens/multi/{LINK},{NOBODY}")["data"]
    assert [item["id"] for item in data] == [f"base_{LINK.lower()}"]
    assert data[0]["attributes"]["price_usd"] == "13.425"
    assert data[0]["attributes"]["market_cap_usd"] is None
    got(client, double, "geckoterminal", f"/networks/nowhere/tokens/multi/{LINK}", status=404)


def test_geckoterminal_names_a_tokens_pools_deepest_first(client: httpx.Client, double: Double) -> None:
    pools = got(client, double, "geckoterminal", f"/networks/base/tokens/{WETH}/pools")["data"]
    assert pools[0]["attributes"]["address"] == DEEP_POOL.lower()
    assert pools[0]["relationships"]["base_token"]["data"]["id"] == f"base_{WETH}"
    assert isinstance(pools[0]["attributes"]["reserve_in_usd"], str)


def test_geckoterminal_candles_are_numbers_newest_first(client: httpx.Client, double: Double) -> None:
    path = f"/networks/base/pools/{DEEP_POOL}/ohlcv/minute?aggregate=5&limit=50"
    rows = got(client, double, "geckoterminal", path)["data"]["attributes"]["ohlcv_list"]
    stamps = [row[0] for row in rows]
    assert len(rows) == 50
    assert stamps == sorted(stamps, reverse=True)
    assert rows[0][0] == int(NOW.timestamp()) // 300 * 300
    assert rows[0][4] == Decimal("2512.40")
    earlier = got(client, double, "geckoterminal", f"{path}&before_timestamp={stamps[9]}")
    assert earlier["data"]["attributes"]["ohlcv_list"][0][0] < stamps[9]


def test_coinbase_does_not_know_every_product(client: httpx.Client, double: Double) -> None:
    assert got(client, double, "coinbase", "/products/USDC-USD/ticker", status=404) == {"message": "NotFound"}
    assert "ETH-USD" in [product["id"] for product in got(client, double, "coinbase", "/products")]


def test_coinbase_candles_are_time_low_high_open_close_newest_first(client: httpx.Client, double: Double) -> None:
    rows = got(client, double, "coinbase", "/products/ETH-USD/candles?granularity=300")
    assert len(rows) == 300
    assert rows[0][0] - rows[1][0] == 300
    assert rows[0][4] == Decimal("2512.40")
    assert all(low <= first <= high and low <= last <= high for _, low, high, first, last, _ in rows)


def test_coinbase_refuses_ranges_of_more_than_300_candles(client: httpx.Client, double: Double) -> None:
    path = "/products/ETH-USD/candles?granularity=60&start=2026-03-01T00:00:00Z&end="
    got(client, double, "coinbase", path + "2026-03-02T00:00:00Z", status=400)
    assert len(got(client, double, "coinbase", path + "2026-03-01T01:59:00Z")) == 120


def test_kraken_answers_with_its_own_names_of_pairs(client: httpx.Client, double: Double) -> None:
    result = got(client, double, "kraken", "/Ticker?pair=ETHUSD,XBTUSD")["result"]
    assert set(result) == {"XETHZUSD", "XXBTZUSD"}
    pairs = got(client, double, "kraken", "/AssetPairs")["result"]
    assert pairs["XXBTZUSD"]["altname"] == "XBTUSD"


def test_kraken_fails_the_whole_call_for_one_unknown_pair_with_status_200(client: httpx.Client, double: Double) -> None:
    assert got(client, double, "kraken", "/Ticker?pair=ETHUSD,NOPE") == {"error": ["EQuery:Unknown asset pair"]}


def test_kraken_candles_are_text_oldest_first_with_the_time_of_the_last_closed_one(
    client: httpx.Client, double: Double
) -> None:
    result = got(client, double, "kraken", "/OHLC?pair=ETHUSD&interval=5")["result"]
    rows = result["XETHZUSD"]
    assert len(rows) == 720
    assert rows[-1][4] == "2512.40"
    assert result["last"] == rows[-2][0] == rows[-1][0] - 300


def test_alchemy_answers_unknown_tokens_with_an_error_of_their_own(client: httpx.Client, double: Double) -> None:
    items = [{"network": "base-mainnet", "address": WETH}, {"network": "base-sepolia", "address": WETH}]
    data = told(client, double, "alchemy", {"addresses": items}, "/some-key/tokens/by-address")["data"]
    assert data[0]["prices"][0] == {"currency": "usd", "value": "2512.40", "lastUpdatedAt": "2026-03-04T15:07:27Z"}
    assert data[0]["error"] is None
    assert data[1]["prices"] == []
    assert data[1]["error"]["message"]


def test_alchemy_refuses_more_than_25_addresses(client: httpx.Client, double: Double) -> None:
    items = [{"network": "base-mainnet", "address": WETH}] * 26
    response = client.post(double.url("alchemy") + "/key/tokens/by-address", json={"addresses": items})
    assert response.status_code == 400


def test_alchemy_history_ends_where_the_question_ends(client: httpx.Client, double: Double) -> None:
    body = {
        "network": "base-mainnet",
        "address": WETH,
        "startTime": "2026-03-04T12:00:00Z",
        "endTime": "2026-03-04T15:00:00Z",
        "interval": "1h",
    }
    data = told(client, double, "alchemy", body, "/key/tokens/historical")["data"]
    hours = [point["timestamp"][11:13] for point in data]
    assert hours == ["12", "13", "14", "15"]


def test_a_batch_is_answered_out_of_order(client: httpx.Client, double: Double) -> None:
    answers = told(client, double, "rpc/8453", [rpc_body("eth_chainId", number=number) for number in range(6)])
    assert [answer["id"] for answer in answers] != list(range(6))
    assert {answer["id"]: answer["result"] for answer in answers} == dict.fromkeys(range(6), "0x2105")


def test_a_multicall_reads_feeds_and_tokens_and_reports_each_failure(client: httpx.Client, double: Double) -> None:
    body = multicall((ETH_FEED, LATEST_ROUND), (USDC, "0x313ce567"), (USDC, "0x12345678"), (NOBODY, LATEST_ROUND))
    feed, decimals, failed, nobody = results_of(told(client, double, "rpc/8453", body))
    assert round_of(feed[1])[1] == 251_240_000_000
    assert round_of(feed[1])[3] == int(NOW.timestamp()) - 12
    assert decode(["uint8"], decimals[1]) == (6,)
    assert failed == (False, b"")
    assert nobody == (True, b"")
    assert told(client, double, "rpc/8453", multicall((USDC, "0x12345678"), may_fail=False))["error"]["code"] == 3


def test_a_node_has_no_code_where_nothing_was_deployed(client: httpx.Client, double: Double) -> None:
    assert told(client, double, "rpc/8453", rpc_body("eth_getCode", NOBODY, "latest"))["result"] == "0x"
    assert len(told(client, double, "rpc/8453", rpc_body("eth_getCode", WETH, "latest"))["result"]) > 2
    call = {"to": NOBODY, "data": LATEST_ROUND}
    assert told(client, double, "rpc/8453", rpc_body("eth_call", call, "latest"))["result"] == "0x"


def test_a_node_refuses_what_it_does_not_know_and_states_its_fees(client: httpx.Client, double: Double) -> None:
    assert told(client, double, "rpc/1", rpc_body("eth_noSuch"))["error"]["code"] == -32601
    history = told(client, double, "rpc/1", rpc_body("eth_feeHistory", "0x5", "latest", [50]))["result"]
    assert (len(history["baseFeePerGas"]), len(history["reward"])) == (6, 5)
    block = told(client, double, "rpc/1", rpc_body("eth_getBlockByNumber", "latest", False))["result"]
    assert 0 <= int(NOW.timestamp()) - int(block["timestamp"], 16) < 12
