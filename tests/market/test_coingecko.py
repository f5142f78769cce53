"""CoinGecko's answers: numbers, keyed by id or lower-case address, errors in several shapes."""

from typing import Any

import pytest

from app.domain.bars import Interval
from app.market.budget import per_minute, per_month
from app.market.coingecko import CoinGecko
from app.market.source import Fault, Garbled
from tests.market import answers as a

DEMO = CoinGecko("secret", "demo")


def test_prices_are_read_by_id_with_their_time() -> None:
    readings = CoinGecko().parse(a.COINGECKO, CoinGecko().plan([a.WETH, a.LINK])[0], a.AT).readings
    assert [(str(r.price), r.as_of, r.fetched_at, r.pool) for r in readings] == [
        ("2087.84", a.STATED, a.AT, None),
        ("14.25", a.STATED, a.AT, None),
    ]


def test_a_token_without_an_id_is_asked_by_address_where_there_is_a_key() -> None:
    (by_id, by_address) = DEMO.plan([a.WETH, a.UNKNOWN])
    assert (by_id.path, by_address.path) == ("/simple/price", "/simple/token_price/base")
    payload = a.answer({a.UNKNOWN.address.upper().replace("0X", "0x"): {"usd": 1e-05}})
    assert [str(r.price) for r in DEMO.parse(payload, by_address, a.AT).readings] == ["0.00001"]
    assert not CoinGecko().covers(a.UNKNOWN)


def test_tokens_of_two_chains_are_asked_in_two_calls() -> None:
    other = a.Token(1, "0x00000000000000000000000000000000000000bb", "B", "B", 18)
    assert [call.path for call in DEMO.plan([a.UNKNOWN, other])] == [
        "/simple/token_price/base",
        "/simple/token_price/ethereum",
    ]


@pytest.mark.parametrize("bad", a.BAD_NUMBERS)
def test_a_bad_price_is_rejected_and_the_others_stay(bad: Any) -> None:
    assert a.only_link_stands(CoinGecko(), a.changed(a.COINGECKO, "weth", "usd", to=bad))


@pytest.mark.parametrize("nothing", [None, {}, {"usd": None}])
def test_null_and_missing_are_no_reading(nothing: Any) -> None:
    assert a.only_link_is_known(CoinGecko(), a.changed(a.COINGECKO, "weth", to=nothing))
    assert a.only_link_is_known(CoinGecko(), a.without(a.COINGECKO, "weth"))


@pytest.mark.parametrize("bad", ["1779092258", "today", -5, True])
def test_a_price_with_a_bad_time_is_rejected(bad: Any) -> None:
    assert a.only_link_stands(CoinGecko(), a.changed(a.COINGECKO, "weth", "last_updated_at", to=bad))


def test_a_price_without_a_time_is_as_old_as_its_fetch() -> None:
    payload = a.without(a.COINGECKO, "weth", "last_updated_at")
    reading = CoinGecko().parse(payload, CoinGecko().plan([a.WETH])[0], a.AT).readings[0]
    assert (reading.as_of, reading.stands_at) == (None, a.AT)


def test_extra_keys_are_nothing_to_us() -> None:
    payload = a.changed(a.changed(a.COINGECKO, "bitcoin", to={"usd": "x"}), "weth", "new", to=[1])
    assert a.prices(CoinGecko(), payload) == a.prices(CoinGecko(), a.COINGECKO)


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}}, Fault.RATE_LIMITED),
        ({"error_code": 10012, "status": {"error_message": "exceeds the allowed limit"}}, Fault.REFUSED),
        ({"error": {"status": {"error_code": 10005, "error_message": "plan"}}}, Fault.REFUSED),
        ({"error": "coin not found"}, Fault.REFUSED),
        ([], Fault.GARBLED),
        (None, Fault.GARBLED),
        ("weth", Fault.GARBLED),
    ],
)
def test_an_error_inside_an_answer_raises(payload: Any, fault: Fault) -> None:
    for read in (
        lambda: CoinGecko().parse(payload, a.CASES[0].call, a.AT),
        lambda: CoinGecko().parse_history(payload, a.CASES[0].call, Interval.M5),
    ):
        with pytest.raises(Garbled) as caught:
            read()
        assert caught.value.fault is fault


def test_a_chart_becomes_bars_that_span_their_points() -> None:
    assert a.history(CoinGecko(), a.COINGECKO_CHART) == [
        (1779027900, "2080.5", "2080.5", "2080.5", "2080.5"),
        (1779028200, "2081.25", "2090.75", "2081.25", "2090.75"),
    ]


@pytest.mark.parametrize("point", [None, [], [1779027900000], ["1", 2], [1779027900000, "2"], [1779027900000, 0]])
def test_a_bad_point_garbles_the_chart(point: Any) -> None:
    with pytest.raises(Garbled):
        a.history(CoinGecko(), a.changed(a.COINGECKO_CHART, "prices", 0, to=point))


def test_the_plan_sets_host_budget_and_header() -> None:
    assert CoinGecko().card.allowances == (per_minute(5),)
    assert (DEMO.card.allowances, DEMO.card.headers) == (
        (per_minute(30), per_month(10_000)),
        (("x-cg-demo-api-key", "secret"),),
    )
    assert CoinGecko("k", "pro").card.base_urls == ("https://pro-api.coingecko.com/api/v3",)


def test_the_key_does_not_show() -> None:
    assert "secret" not in repr(DEMO)
    assert all("secret" not in f"{call.path}{call.label}{call.params}" for call in DEMO.plan([a.WETH, a.UNKNOWN]))
