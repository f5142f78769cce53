"""GeckoTerminal's answers: text prices, nullable everywhere, pools included beside them; candles of numbers."""

from decimal import Decimal
from typing import Any

import pytest

from app.domain.bars import Interval
from app.market.geckoterminal import GeckoTerminal
from app.market.source import Fault, Garbled
from tests.market import answers as a

SOURCE = GeckoTerminal()
WETH = ("data", 0, "attributes")


def test_the_price_comes_with_its_deepest_pool() -> None:
    reading = SOURCE.parse(a.GECKOTERMINAL, SOURCE.plan([a.WETH])[0], a.AT).readings[0]
    assert (str(reading.price), reading.as_of) == ("2087.84", None)
    assert reading.pool == a.Pool(a.POOL.address.lower(), "uniswap-v3-base", Decimal("9000000.25"), Decimal(5))


def test_it_is_of_one_group_with_dexscreener() -> None:
    assert SOURCE.card.group == "dex"


def test_without_included_pools_the_stated_reserve_counts_and_no_pool_is_named() -> None:
    payload = a.without(a.GECKOTERMINAL, "included")
    readings = SOURCE.parse(payload, SOURCE.plan([a.WETH])[0], a.AT).readings
    assert [(str(r.price), r.pool) for r in readings] == [("2087.84", None)]


@pytest.mark.parametrize("reserve", [None, "9999.99", "0"])
def test_a_token_without_ten_thousand_dollars_of_liquidity_is_not_heard(reserve: Any) -> None:
    payload = a.changed(a.without(a.GECKOTERMINAL, "included"), *WETH, "total_reserve_in_usd", to=reserve)
    assert a.only_link_is_known(SOURCE, payload)


def test_the_deepest_pool_decides_over_the_total() -> None:
    payload = a.changed(a.GECKOTERMINAL, "included", 0, "attributes", "reserve_in_usd", to="9999")
    assert a.only_link_is_known(SOURCE, payload)


@pytest.mark.parametrize("reserve", [10_000_000, "-5", "lots"])
def test_a_garbled_reserve_is_rejected(reserve: Any) -> None:
    payload = a.changed(a.without(a.GECKOTERMINAL, "included"), *WETH, "total_reserve_in_usd", to=reserve)
    assert a.only_link_stands(SOURCE, payload)


@pytest.mark.parametrize("bad", a.BAD_TEXTS)
def test_a_bad_price_is_rejected_and_the_others_stay(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.GECKOTERMINAL, *WETH, "price_usd", to=bad))


def test_null_and_missing_are_no_reading() -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.GECKOTERMINAL, *WETH, "price_usd", to=None))
    assert a.only_link_is_known(SOURCE, a.without(a.GECKOTERMINAL, *WETH, "price_usd"))
    assert a.only_link_is_known(SOURCE, a.without(a.GECKOTERMINAL, *WETH))
    assert a.only_link_is_known(SOURCE, a.without(a.GECKOTERMINAL, "data", 0))


@pytest.mark.parametrize("item", [None, 5, [], {}, {"attributes": []}, {"attributes": {"address": 5}}])
def test_an_item_that_names_no_token_is_passed_over(item: Any) -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.GECKOTERMINAL, "data", 0, to=item))


@pytest.mark.parametrize("item", [None, {}, {"id": "base_weth", "type": "pool"}, {"id": 5, "type": "pool"}])
def test_an_included_thing_that_is_no_pool_is_passed_over(item: Any) -> None:
    payload = a.changed(a.GECKOTERMINAL, "included", 0, to=item)
    assert SOURCE.parse(payload, SOURCE.plan([a.WETH])[0], a.AT).readings[0].pool is None


def test_case_of_addresses_and_extra_keys_do_not_matter() -> None:
    payload = a.changed(a.changed(a.GECKOTERMINAL, *WETH, "address", to=a.WETH.address), "meta", to={})
    assert a.prices(SOURCE, payload) == a.prices(SOURCE, a.GECKOTERMINAL)


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}}, Fault.RATE_LIMITED),
        ({"errors": [{"status": "404", "title": "Not Found"}]}, Fault.REFUSED),
        ({"data": None}, Fault.GARBLED),
        ({}, Fault.GARBLED),
        ([], Fault.GARBLED),
    ],
)
def test_an_error_inside_an_answer_raises(payload: Any, fault: Fault) -> None:
    for read in (
        lambda: SOURCE.parse(payload, a.CASES[4].call, a.AT),
        lambda: SOURCE.parse_history(payload, a.CASES[4].call, Interval.M5),
    ):
        with pytest.raises(Garbled) as caught:
            read()
        assert caught.value.fault is fault


def test_candles_are_of_the_tokens_side_of_the_pool() -> None:
    call = SOURCE.history(a.WETH, Interval.M15, a.POOL)
    assert call is not None
    assert call.path == f"/networks/base/pools/{a.POOL.address.lower()}/ohlcv/minute"
    assert {("aggregate", "15"), ("token", a.WETH.address.lower()), ("currency", "usd")} <= set(call.params)


def test_there_are_no_candles_without_a_pool() -> None:
    assert SOURCE.history(a.WETH, Interval.M5, None) is None
    assert SOURCE.history(a.WETH, Interval.M5, a.Pool("../../x", "x", Decimal(1))) is None


def test_candles_come_oldest_first() -> None:
    assert a.history(SOURCE, a.GECKOTERMINAL_CANDLES) == [
        (1779027900, "2070.1", "2090.4", "2066.0", "2081.1"),
        (1779028200, "2081.1", "2096.0", "2075.2", "2087.8"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        [1779028200, 1, 1, 1, 1],
        ["1779028200", 1, 1, 1, 1, 1],
        [1779028200, "1", 1, 1, 1, 1],
        [1779028200, 1, 0, 1, 1, 1],
        [1779028200, 1, 1, 2, 1, 1],
        [1779028200, 1, 1, 1, 1, -1],
        [1779028200, 1, 1, 1, 1, None],
    ],
)
def test_a_bad_candle_garbles_the_history(row: Any) -> None:
    with pytest.raises(Garbled):
        a.history(SOURCE, a.changed(a.GECKOTERMINAL_CANDLES, "data", "attributes", "ohlcv_list", 0, to=row))


def test_a_candle_may_open_outside_its_range() -> None:
    row = [1779028200, 3, 2, 1, Decimal("1.5"), 0]
    bars = a.history(SOURCE, a.changed(a.GECKOTERMINAL_CANDLES, "data", "attributes", "ohlcv_list", 0, to=row))
    assert bars[-1] == (1779028200, "3", "2", "1", "1.5")
