"""DexScreener's answers: a bare list of pairs, text prices of the base token, liquidity as a number."""

from decimal import Decimal
from typing import Any

import pytest

from app.market.dexscreener import DexScreener
from app.market.source import Fault, Garbled
from tests.market import answers as a

SOURCE = DexScreener()
LINK_ONLY = a.answer([a.pair(a.LINK, a.USDC, "14.25", "14.25", 10_000)])


def test_the_price_comes_with_its_pool_and_without_a_time() -> None:
    reading = SOURCE.parse(a.DEXSCREENER, SOURCE.plan([a.WETH])[0], a.AT).readings[0]
    assert (str(reading.price), reading.as_of) == ("2087.84", None)
    assert reading.pool == a.Pool(a.POOL.address, "uniswap v3", Decimal("99172790.77"))


def test_the_deepest_pool_speaks() -> None:
    deep, shallow = a.pair(a.WETH, a.USDC, "2000", "2000", 50_001), a.pair(a.WETH, a.USDC, "9", "9", 50_000)
    for pairs in ([deep, shallow], [shallow, deep]):
        assert a.prices(SOURCE, a.answer(pairs), (a.WETH,)) == {"WETH": Decimal(2000)}


def test_of_a_quote_token_the_price_is_the_base_price_over_the_pool_price() -> None:
    payload = a.answer([a.pair(a.LINK, a.WETH, "14.25", "0.0064", 80_000)])
    assert a.prices(SOURCE, payload) == {"LINK": Decimal("14.25"), "WETH": Decimal("2226.5625")}


@pytest.mark.parametrize("native", [None, "0", "-1", "NaN", 0.0068, "1e-300", "1e300"])
def test_a_quote_token_without_a_good_pool_price_is_rejected(native: Any) -> None:
    payload = a.changed(a.answer([a.pair(a.LINK, a.WETH, "14.25", "1", 80_000)]), 0, "priceNative", to=native)
    assert a.only_link_stands(SOURCE, payload)


@pytest.mark.parametrize("liquidity", [9999.99, 0, -5, "99172790.77", None, True, {}])
def test_a_pool_of_less_than_ten_thousand_dollars_is_not_heard(liquidity: Any) -> None:
    payload = a.changed(a.DEXSCREENER[:1] + LINK_ONLY, 0, "liquidity", "usd", to=a.answer([liquidity])[0])
    assert a.only_link_is_known(SOURCE, payload)


@pytest.mark.parametrize("key", ["liquidity", "chainId", "baseToken"])
def test_a_pair_without_what_it_takes_is_passed_over(key: str) -> None:
    payload = a.DEXSCREENER[:1] + LINK_ONLY
    assert a.only_link_is_known(SOURCE, a.without(payload, 0, key))
    assert a.only_link_is_known(SOURCE, a.changed(payload, 0, key, to=None))
    assert a.only_link_is_known(SOURCE, a.changed(payload, 0, key, to=[1]))


def test_a_pair_of_another_chain_is_passed_over() -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.DEXSCREENER[:1] + LINK_ONLY, 0, "chainId", to="optimism"))


@pytest.mark.parametrize("bad", a.BAD_TEXTS)
def test_a_bad_price_is_rejected_and_the_others_stay(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.DEXSCREENER[:1] + LINK_ONLY, 0, "priceUsd", to=bad))


def test_null_and_missing_are_no_reading() -> None:
    payload = a.DEXSCREENER[:1] + LINK_ONLY
    assert a.only_link_is_known(SOURCE, a.changed(payload, 0, "priceUsd", to=None))
    assert a.only_link_is_known(SOURCE, a.without(payload, 0, "priceUsd"))
    assert a.only_link_is_known(SOURCE, LINK_ONLY)
    assert a.prices(SOURCE, []) == {}


def test_case_of_addresses_and_extra_keys_do_not_matter() -> None:
    lower = a.changed(a.DEXSCREENER, 0, "baseToken", "address", to=a.WETH.address.lower())
    assert a.prices(SOURCE, a.changed(lower, 0, "news", to=[None])) == a.prices(SOURCE, a.DEXSCREENER)


@pytest.mark.parametrize("address", [None, 5, "0x12", "0x" + "g" * 40])
def test_a_pool_that_cannot_be_addressed_is_not_named(address: Any) -> None:
    payload = a.changed(a.DEXSCREENER, 0, "pairAddress", to=address)
    assert SOURCE.parse(payload, SOURCE.plan([a.WETH])[0], a.AT).readings[0].pool is None


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (None, Fault.GARBLED),
        ("", Fault.GARBLED),
        ({"schemaVersion": "1.0.0", "pairs": None}, Fault.REFUSED),
        ({"message": "Too Many Requests"}, Fault.RATE_LIMITED),
    ],
)
def test_an_error_inside_an_answer_raises(payload: Any, fault: Fault) -> None:
    with pytest.raises(Garbled) as caught:
        SOURCE.parse(payload, a.CASES[3].call, a.AT)
    assert caught.value.fault is fault


@pytest.mark.parametrize("item", [None, 5, "x", [], {}])
def test_an_item_that_is_no_pair_is_passed_over(item: Any) -> None:
    assert a.prices(SOURCE, [item, *a.DEXSCREENER]) == a.prices(SOURCE, a.DEXSCREENER)
