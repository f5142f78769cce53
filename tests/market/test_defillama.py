"""DefiLlama's answers: numbers by 'chain:address', with a time and its own confidence."""

from typing import Any

import pytest

from app.domain.bars import Interval
from app.market.defillama import DefiLlama
from app.market.source import Fault, Garbled
from tests.market import answers as a

SOURCE = DefiLlama()
COIN = ("coins", f"base:{a.WETH.address}")


def test_prices_are_read_with_their_time() -> None:
    readings = SOURCE.parse(a.DEFILLAMA, SOURCE.plan([a.WETH, a.LINK])[0], a.AT).readings
    assert [(str(r.price), r.as_of) for r in readings] == [("2087.84", a.STATED), ("14.25", a.STATED)]


def test_the_call_names_chain_and_address_and_searches_an_hour() -> None:
    (call,) = SOURCE.plan([a.WETH, a.LINK])
    assert call.path == f"/prices/current/base:{a.WETH.address.lower()},base:{a.LINK.address.lower()}"
    assert call.params == (("searchWidth", "1h"),)


def test_it_does_not_confirm_coingecko() -> None:
    assert SOURCE.card.group == "coingecko"


@pytest.mark.parametrize("bad", a.BAD_NUMBERS)
def test_a_bad_price_is_rejected_and_the_others_stay(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.DEFILLAMA, *COIN, "price", to=bad))


@pytest.mark.parametrize("bad", [None, "1779092258", -1, True, 10**15])
def test_a_price_without_a_good_time_is_rejected(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.DEFILLAMA, *COIN, "timestamp", to=bad))
    assert a.only_link_stands(SOURCE, a.without(a.DEFILLAMA, *COIN, "timestamp"))


@pytest.mark.parametrize("bad", [5, "x", [], True])
def test_an_entry_of_a_wrong_shape_is_rejected(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.DEFILLAMA, *COIN, to=bad))


def test_null_and_missing_are_no_reading() -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.DEFILLAMA, *COIN, "price", to=None))
    assert a.only_link_is_known(SOURCE, a.without(a.DEFILLAMA, *COIN, "price"))
    assert a.only_link_is_known(SOURCE, a.changed(a.DEFILLAMA, *COIN, to=None))
    assert a.only_link_is_known(SOURCE, a.without(a.DEFILLAMA, *COIN))


def test_a_price_it_does_not_trust_itself_is_passed_over() -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.DEFILLAMA, *COIN, "confidence", to=a.Decimal("0.49")))
    assert "WETH" in a.prices(SOURCE, a.changed(a.DEFILLAMA, *COIN, "confidence", to=a.Decimal("0.5")))
    assert "WETH" in a.prices(SOURCE, a.without(a.DEFILLAMA, *COIN, "confidence"))
    assert a.only_link_stands(SOURCE, a.changed(a.DEFILLAMA, *COIN, "confidence", to="0.99"))


def test_case_of_keys_and_extra_keys_do_not_matter() -> None:
    lower = {"coins": {key.lower(): {**value, "new": None} for key, value in a.DEFILLAMA["coins"].items()}, "more": 1}
    assert a.prices(SOURCE, lower) == a.prices(SOURCE, a.DEFILLAMA)


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"message": "Too Many Requests"}, Fault.RATE_LIMITED),
        ({"message": "Internal server error"}, Fault.REFUSED),
        ({"coins": None}, Fault.GARBLED),
        ({"coins": []}, Fault.GARBLED),
        ({}, Fault.GARBLED),
        (None, Fault.GARBLED),
    ],
)
def test_an_error_inside_an_answer_raises(payload: Any, fault: Fault) -> None:
    with pytest.raises(Garbled) as caught:
        SOURCE.parse(payload, a.CASES[2].call, a.AT)
    assert caught.value.fault is fault


def test_a_chart_becomes_flat_bars_at_the_starts_of_their_intervals() -> None:
    assert a.history(SOURCE, a.DEFILLAMA_CHART) == [
        (1779027900, "2080.5", "2080.5", "2080.5", "2080.5"),
        (1779028200, "2081.25", "2081.25", "2081.25", "2081.25"),
    ]


def test_a_chart_without_the_token_is_empty() -> None:
    assert a.history(SOURCE, {"coins": {}}, Interval.D1) == []


@pytest.mark.parametrize(
    "point", [None, [], {}, {"timestamp": 1779027910}, {"timestamp": "1", "price": 2}, {"price": 1}]
)
def test_a_bad_point_garbles_the_chart(point: Any) -> None:
    with pytest.raises(Garbled):
        a.history(SOURCE, a.changed(a.DEFILLAMA_CHART, *COIN, "prices", 0, to=point))
