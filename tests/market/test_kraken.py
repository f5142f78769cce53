"""Kraken's answers: its own names of pairs, text prices without a time, errors with status 200."""

from typing import Any

import pytest

from app.domain.bars import Interval
from app.market.kraken import Kraken
from app.market.source import Fault, Garbled
from tests.market import answers as a

SOURCE = Kraken()
ALL = (a.WETH, a.LINK, a.USDT)
CELL = ("result", "XETHZUSD", "c")


def test_the_last_trade_is_read_under_krakens_own_names() -> None:
    assert {name: str(price) for name, price in a.prices(SOURCE, a.KRAKEN, ALL).items()} == {
        "WETH": "2087.84",
        "LINK": "14.25",
        "USDT": "0.9991",
    }


def test_readings_state_no_time() -> None:
    assert SOURCE.parse(a.KRAKEN, SOURCE.plan(ALL)[0], a.AT).readings[0].as_of is None


@pytest.mark.parametrize("name", ["ETHUSD", "XETHZUSD", "ETH/USD", "ethusd", "ETHZUSD"])
def test_a_pair_is_found_under_each_of_its_names(name: str) -> None:
    assert a.prices(SOURCE, {"error": [], "result": {name: a.kraken_ticker("5")}}) == {"WETH": a.Decimal(5)}


def test_all_pairs_are_one_call() -> None:
    (call,) = SOURCE.plan([*ALL, a.USDC, a.WETH])
    assert (call.path, call.params) == ("/Ticker", (("pair", "ETHUSD,LINKUSD,USDTUSD,USDCUSD"),))


def test_an_unknown_pair_sends_us_to_the_list_of_all_pairs() -> None:
    (call,) = SOURCE.plan(ALL)
    payload = {"error": ["EQuery:Unknown asset pair"]}
    with pytest.raises(Garbled) as caught:
        SOURCE.parse(payload, call, a.AT)
    assert caught.value.fault is Fault.NOT_HERE
    assert call.otherwise is not None
    assert (call.otherwise.path, call.otherwise.params, call.otherwise.tokens) == ("/Ticker", (), ALL)
    everything = a.without(a.changed(a.KRAKEN, "result", "XXBTZUSD", to=a.kraken_ticker("77000")), "result", "LINKUSD")
    readings = SOURCE.parse(everything, call.otherwise, a.AT).readings
    assert [str(reading.price) for reading in readings] == ["2087.84", "0.9991"]
    with pytest.raises(Garbled) as caught:
        SOURCE.parse(payload, call.otherwise, a.AT)
    assert caught.value.fault is Fault.ABSENT


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"error": ["EAPI:Rate limit exceeded"]}, Fault.RATE_LIMITED),
        ({"error": ["EGeneral:Temporary lockout"]}, Fault.RATE_LIMITED),
        ({"error": ["EGeneral:Too many requests"]}, Fault.RATE_LIMITED),
        ({"error": ["EService:Unavailable"], "result": {}}, Fault.REFUSED),
        ({"error": [5]}, Fault.REFUSED),
        ({"error": "EService"}, Fault.GARBLED),
        ({"error": []}, Fault.GARBLED),
        ({"error": [], "result": []}, Fault.GARBLED),
        ([], Fault.GARBLED),
        (None, Fault.GARBLED),
    ],
)
def test_an_error_inside_an_answer_raises(payload: Any, fault: Fault) -> None:
    call = SOURCE.history(a.WETH, Interval.M5, None)
    assert call is not None
    for read in (
        lambda: SOURCE.parse(payload, SOURCE.plan(ALL)[0], a.AT),
        lambda: SOURCE.parse_history(payload, call, Interval.M5),
    ):
        with pytest.raises(Garbled) as caught:
            read()
        assert caught.value.fault is fault


def test_a_warning_beside_a_result_is_no_error() -> None:
    assert a.prices(SOURCE, a.changed(a.KRAKEN, "error", to=["WGeneral:Something"])) != {}


@pytest.mark.parametrize("bad", a.BAD_TEXTS)
def test_a_bad_price_is_rejected_and_the_others_stay(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.KRAKEN, *CELL, to=[bad, "1"]))


@pytest.mark.parametrize("bad", [[], "2087.84", {}, [None]])
def test_a_last_trade_of_a_wrong_shape_is_rejected(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.KRAKEN, *CELL, to=bad))


def test_null_and_missing_are_no_reading() -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.KRAKEN, *CELL, to=None))
    assert a.only_link_is_known(SOURCE, a.without(a.KRAKEN, *CELL))
    assert a.only_link_is_known(SOURCE, a.changed(a.KRAKEN, "result", "XETHZUSD", to=None))
    assert a.only_link_is_known(SOURCE, a.without(a.KRAKEN, "result", "XETHZUSD"))


def test_candles_leave_out_the_one_that_is_open_and_value_coins_at_their_mean_price() -> None:
    assert a.history(SOURCE, a.KRAKEN_CANDLES) == [
        (1779027900, "2070.1", "2090.4", "2066.0", "2081.1"),
        (1779028200, "2081.1", "2096.0", "2075.2", "2087.8"),
    ]
    call = SOURCE.history(a.WETH, Interval.H1, None)
    assert call is not None
    assert call.params == (("pair", "ETHUSD"), ("interval", "60"))
    assert str(SOURCE.parse_history(a.KRAKEN_CANDLES, call, Interval.M5)[0].volume) == "21840.00"


def test_without_a_statement_of_the_last_closed_candle_the_newest_counts_as_open() -> None:
    assert len(a.history(SOURCE, a.without(a.KRAKEN_CANDLES, "result", "last"))) == 2


@pytest.mark.parametrize(
    "row",
    [
        None,
        [1779027900, "1", "1", "1", "1", "1"],
        [1779027900, 1, 1, 1, 1, 1, 1],
        ["1779027900", "1", "1", "1", "1", "1", "1"],
        [1779027900, "1", "1", "2", "1", "1", "1"],
        [1779027900, "1", "1", "1", "0", "1", "1"],
        [1779027900, "1", "1", "1", "1", "1", "-1"],
    ],
)
def test_a_bad_candle_garbles_the_history(row: Any) -> None:
    with pytest.raises(Garbled):
        a.history(SOURCE, a.changed(a.KRAKEN_CANDLES, "result", "XETHZUSD", 0, to=row))
