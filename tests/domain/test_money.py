"""Exact numbers: what is one, what is a price, and how they are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import NotANumber, apart_bp, change_pct, decimal_of, plain, price_of, usd_of


@pytest.mark.parametrize("value", [1.5, True, None, "", " 1", "1_000", "١٢", "0x10", "NaN", "Infinity", "1,5", [], {}])
def test_what_is_not_an_exact_number_is_refused(value: object) -> None:
    with pytest.raises(NotANumber):
        decimal_of(value)


@pytest.mark.parametrize("value", ["0", "-1", "1e-18", "1e30", Decimal("NaN"), Decimal("Infinity"), "1e999"])
def test_a_price_outside_anything_that_trades_is_refused(value: object) -> None:
    with pytest.raises(NotANumber):
        price_of(value)


@pytest.mark.parametrize("value", ["2087.84", 2, Decimal("0.0000000123"), "1.2e-9"])
def test_prices_of_coins_great_and_small_are_accepted_to_the_digit(value: object) -> None:
    assert price_of(value) == Decimal(str(value))


def test_dollars_may_be_zero_but_not_less() -> None:
    assert usd_of("0") == 0
    with pytest.raises(NotANumber):
        usd_of("-0.01")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value="-1e20", max_value="1e20"))
def test_a_plain_number_has_no_exponent_and_means_the_same(number: Decimal) -> None:
    text = plain(number)
    assert "e" not in text.lower()
    assert Decimal(text) == number


def test_distance_and_change_are_measured_as_stated() -> None:
    assert apart_bp(Decimal(100), Decimal(103)) == apart_bp(Decimal(103), Decimal(100)) == 300
    assert change_pct(Decimal(90), Decimal(100)) == -10
