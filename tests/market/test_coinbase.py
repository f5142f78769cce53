"""Coinbase's answers: one product at a time, text prices with a time; candles of numbers in an odd order."""

from typing import Any

import pytest

from app.domain.bars import Interval
from app.market.coinbase import Coinbase
from app.market.source import Answer, Fault, Garbled
from tests.market import answers as a

SOURCE = Coinbase()
ETH = SOURCE.plan([a.WETH])[0]


def test_the_last_trade_is_read_with_its_time() -> None:
    reading = SOURCE.parse(a.COINBASE, ETH, a.AT).readings[0]
    assert (str(reading.price), reading.as_of, reading.token) == ("2087.84", a.STATED, a.WETH.key)


def test_each_product_is_one_call() -> None:
    assert [call.path for call in SOURCE.plan([a.WETH, a.LINK, a.USDT, a.USDC])] == [
        "/products/ETH-USD/ticker",
        "/products/LINK-USD/ticker",
        "/products/USDT-USD/ticker",
    ]


@pytest.mark.parametrize(
    "asset", ["wrapped-bitcoin", "coinbase-wrapped-btc", "wrapped-steth", "rocket-pool-eth", "usd-coin", None]
)
def test_what_only_stands_for_another_asset_is_not_priced_as_it(asset: str | None) -> None:
    assert not SOURCE.covers(a.Token(8453, a.UNKNOWN.address, "X", "X", 18, asset))


@pytest.mark.parametrize("bad", a.BAD_TEXTS)
def test_a_bad_price_is_rejected(bad: Any) -> None:
    answer = SOURCE.parse(a.changed(a.COINBASE, "price", to=bad), ETH, a.AT)
    assert (answer.readings, len(answer.rejected)) == ((), 1)


@pytest.mark.parametrize("bad", [1779092258, "2026-05-28T02:13:33", "now", []])
def test_a_price_with_a_bad_time_is_rejected(bad: Any) -> None:
    answer = SOURCE.parse(a.changed(a.COINBASE, "time", to=bad), ETH, a.AT)
    assert (answer.readings, len(answer.rejected)) == ((), 1)


def test_null_and_missing_are_no_reading() -> None:
    for payload in (a.changed(a.COINBASE, "price", to=None), a.without(a.COINBASE, "price")):
        assert SOURCE.parse(payload, ETH, a.AT) == Answer()


def test_a_price_without_a_time_is_as_old_as_its_fetch_and_extra_keys_do_not_matter() -> None:
    payload = a.changed(a.without(a.COINBASE, "time"), "rfq_volume", to="1")
    assert SOURCE.parse(payload, ETH, a.AT).readings[0].as_of is None


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"message": "NotFound"}, Fault.ABSENT),
        ({"message": "Public rate limit exceeded"}, Fault.RATE_LIMITED),
        ({"message": "Internal server error"}, Fault.REFUSED),
        ([], Fault.GARBLED),
        (None, Fault.GARBLED),
    ],
)
def test_an_error_inside_an_answer_raises(payload: Any, fault: Fault) -> None:
    with pytest.raises(Garbled) as caught:
        SOURCE.parse(payload, ETH, a.AT)
    assert caught.value.fault is fault


def test_candles_are_low_high_open_close_and_coins_are_valued_at_the_close() -> None:
    assert a.history(SOURCE, a.COINBASE_CANDLES) == [
        (1779027900, "2070.1", "2090.4", "2066.0", "2081.1"),
        (1779028200, "2081.1", "2096.0", "2075.2", "2087.8"),
    ]
    call = SOURCE.history(a.WETH, Interval.M5, None)
    assert call is not None
    assert call.params == (("granularity", "300"),)
    bars = SOURCE.parse_history(a.COINBASE_CANDLES, call, Interval.M5)
    assert [str(bar.volume) for bar in bars] == ["0.0", "209823.90"]


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        [1, 2, 3, 4, 5],
        [1779028200, "1", 1, 1, 1, 1],
        [1779028200, 2, 1, 1, 1, 1],
        [1779028200, 1, 1, 1, 1, "1"],
    ],
)
def test_a_bad_candle_garbles_the_history(row: Any) -> None:
    with pytest.raises(Garbled):
        a.history(SOURCE, a.changed(a.COINBASE_CANDLES, 0, to=row))


def test_an_error_in_place_of_candles_raises() -> None:
    with pytest.raises(Garbled) as caught:
        a.history(SOURCE, {"message": "NotFound"})
    assert caught.value.fault is Fault.ABSENT
