"""JSON off the wire becomes exact values or Garbled, never anything else."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.market import decode
from app.market.source import Fault, Garbled


def test_fractions_are_exact() -> None:
    assert decode.decoded('{"usd": 0.1000000000000000055511151231257827}') == {
        "usd": Decimal("0.1000000000000000055511151231257827")
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"a": 1',
        "<html>429</html>",
        '{"a": NaN}',
        "[Infinity]",
        "1e99999999999999999999",
        "9" * 5000,
        "[" * 100_000,
    ],
    ids=["empty", "truncated", "html", "nan", "infinity", "endless exponent", "endless integer", "endless depth"],
)
def test_what_is_not_json_is_garbled(text: str) -> None:
    with pytest.raises(Garbled):
        decode.decoded(text)


@pytest.mark.parametrize(
    "value", ["0", "-1", "NaN", "1e-18", "1e30", "", "1.", "0x10", "１", 5, Decimal(5), None, True]
)
def test_a_text_price_is_text_within_bounds(value: Any) -> None:
    with pytest.raises(Garbled):
        decode.text_price(value)


@pytest.mark.parametrize("value", [0, -1, Decimal("1e-18"), Decimal("1e30"), Decimal("NaN"), "5", None, True, 5.0, [5]])
def test_a_number_price_is_a_number_within_bounds(value: Any) -> None:
    with pytest.raises(Garbled):
        decode.number_price(value)


def test_prices_may_have_an_exponent() -> None:
    assert decode.text_price("1.5e-05") == decode.number_price(Decimal("1.5e-05")) == Decimal("0.000015")


@pytest.mark.parametrize(
    "value", [True, "1779092258", None, -1, 10**12, Decimal("NaN"), Decimal("sNaN"), Decimal("1e400"), 10**400]
)
def test_a_time_is_a_number_of_seconds_of_this_millennium(value: Any) -> None:
    with pytest.raises(Garbled):
        decode.unix_time(value)


@pytest.mark.parametrize("value", [True, "1779092258000", None, -1, 10**15, Decimal("NaN"), Decimal("Infinity")])
def test_a_time_in_milliseconds_is_bounded_alike(value: Any) -> None:
    with pytest.raises(Garbled):
        decode.unix_millis(value)


def test_times_are_utc() -> None:
    expected = datetime(2026, 5, 18, 8, 17, 38, 500000, UTC)
    assert decode.unix_time(Decimal("1779092258.5")) == expected
    assert decode.unix_millis(1779092258500) == expected
    assert decode.iso_time("2026-05-18T10:17:38.5+02:00") == expected


@pytest.mark.parametrize(
    "value", [1779092258, None, "", "yesterday", "2026-05-18T10:17:38", "0001-01-01T00:00:00+23:59"]
)
def test_an_iso_time_has_a_zone(value: Any) -> None:
    with pytest.raises(Garbled):
        decode.iso_time(value)


@pytest.mark.parametrize(
    ("answer", "fault", "words"),
    [
        ({"error": "coin not found"}, Fault.REFUSED, "coin not found"),
        ({"error": {"message": "Internal error"}}, Fault.REFUSED, "Internal error"),
        ({"error": {"status": {"error_code": 10005, "error_message": "plan"}}}, Fault.REFUSED, "plan"),
        ({"errors": [{"status": "404", "title": "Not Found"}]}, Fault.REFUSED, "Not Found"),
        ({"status": {"error_code": 429, "error_message": "slow down"}}, Fault.RATE_LIMITED, "slow down"),
        ({"status": {"error_message": "You've exceeded the Rate Limit."}}, Fault.RATE_LIMITED, "Rate Limit"),
        ({"message": "Too Many Requests"}, Fault.RATE_LIMITED, "Too Many Requests"),
        ({"error": "Too many concurrent connections"}, Fault.RATE_LIMITED, "concurrent"),
        ({"error": {"message": "too many arguments, want at most 2"}}, Fault.REFUSED, "too many arguments"),
        ({"error": "too many results, narrow the range"}, Fault.REFUSED, "too many results"),
        ({"error": "No routes found with enough liquidity"}, Fault.ABSENT, "No routes"),
        ({"message": "route not found"}, Fault.ABSENT, "route not found"),
        ({"error": True}, Fault.REFUSED, "an error without words"),
    ],
)
def test_an_error_in_the_shape_of_an_answer_is_raised(answer: Any, fault: Fault, words: str) -> None:
    with pytest.raises(Garbled, match=words) as caught:
        decode.raise_error(answer)
    assert caught.value.fault is fault


@pytest.mark.parametrize("answer", [{}, {"data": []}, {"error": None}, {"error": []}, {"status": {"usd": 1}}])
def test_an_answer_without_an_error_passes(answer: Any) -> None:
    decode.raise_error(answer)


def test_a_providers_words_are_made_fit_for_one_line() -> None:
    assert (
        decode.said("down\n[TRADE] forged\x00\u202e\ud800 " + "x" * 500) == ("down [TRADE] forged " + "x" * 500)[:200]
    )
