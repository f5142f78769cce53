"""Numbers as people read them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import LARGEST_PRICE, SMALLEST_PRICE
from app.ui import format as fmt

PRICES = st.decimals(SMALLEST_PRICE, LARGEST_PRICE, allow_nan=False, allow_infinity=False)
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1000000000", "1,000,000,000.00"),
        ("64120.1", "64,120.10"),
        ("2512.4049", "2,512.40"),
        ("100", "100.00"),
        ("99.9994", "99.999"),
        ("13.9213", "13.921"),
        ("9.99994", "9.9999"),
        ("1", "1.0000"),
        ("0.99994", "0.9999"),
        ("0.5", "0.5000"),
        ("0.0031839", "0.003184"),
        ("0.00012345", "0.0001234"),
        ("0.000012345", "0.00001234"),
        ("0.0000012345", "0.0₅1234"),
        ("0.00000012345", "0.0₆1234"),
        ("0.000000000000001", "0.0₁₄1000"),
    ],
)
def test_a_price_has_as_many_digits_as_say_something(value: str, shown: str) -> None:
    assert fmt.price(Decimal(value)) == shown


@pytest.mark.parametrize(("value", "shown"), [("0.999996", "1.0000"), ("0.0000099999999", "0.000010000")])
def test_a_price_that_is_rounded_up_to_the_next_magnitude_stays_readable(value: str, shown: str) -> None:
    assert fmt.price(Decimal(value)) == shown


@given(PRICES)
def test_no_price_is_shown_more_than_a_thousandth_off(value: Decimal) -> None:
    text = fmt.price(value).replace(",", "")
    if any(char in text for char in "₀₁₂₃₄₅₆₇₈₉"):
        zeros = "".join(char for char in text if char in "₀₁₂₃₄₅₆₇₈₉")
        _, _, digits = text.partition(zeros)
        text = "0." + "0" * int(zeros.translate(_DIGITS)) + digits
    assert abs(Decimal(text) / value - 1) < Decimal("0.001")
    assert len(fmt.price(value)) <= 16


@given(PRICES)
def test_a_price_is_shown_with_as_many_decimals_as_the_chart_is_told(value: Decimal) -> None:
    text = fmt.price(value)
    if "₀" <= text[3:4] <= "₉":
        return
    assert len(text.partition(".")[2]) == fmt.decimals(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1.824", "+1.82 %"),
        ("-3.1", "−3.10 %"),
        ("0", "0.00 %"),
        ("0.004", "0.00 %"),
        ("-0.004", "0.00 %"),
        ("-0.006", "−0.01 %"),
        ("123456.789", "+123456.79 %"),
        ("1e26", "+100000000000000000000000000.00 %"),
    ],
)
def test_a_change_has_a_sign_unless_it_is_none(value: str, shown: str) -> None:
    assert fmt.signed_pct(Decimal(value)) == shown


def test_what_is_not_known_is_a_dash() -> None:
    assert fmt.price(None) == fmt.signed_pct(None) == fmt.NOTHING == "–"


@pytest.mark.parametrize(
    ("value", "shown"), [("12.4", "+12 bp"), ("-3.2", "−3 bp"), ("0.4", "0 bp"), ("-0.4", "0 bp"), ("2.5", "+2 bp")]
)
def test_a_distance_is_told_in_whole_basis_points(value: str, shown: str) -> None:
    assert fmt.signed_bp(Decimal(value)) == shown


def test_a_moment_is_unix_milliseconds_and_never_is_zero() -> None:
    assert fmt.millis(datetime(2026, 11, 2, 12, 0, 0, 123_600, tzinfo=UTC)) == 1793620800124
    assert fmt.millis(None) == 0


@pytest.mark.parametrize(
    ("seconds", "word"), [(1, "a second"), (60, "a minute"), (3600, "an hour"), (2_592_000, "a month"), (90, "90 s")]
)
def test_a_window_of_time_is_one_word_where_there_is_one(seconds: int, word: str) -> None:
    assert fmt.duration(seconds) == word


# -- sparklines


def pairs(closes: list[Decimal]) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in (point.split(",") for point in fmt.points(closes).split())]


def test_a_line_goes_from_left_to_right_and_up_is_up() -> None:
    assert pairs([Decimal(1), Decimal(2), Decimal(3)]) == [(0, 26), (50, 14), (100, 2)]


def test_a_price_that_stood_still_is_a_flat_line() -> None:
    assert pairs([Decimal(5)] * 3) == [(0, 26), (50, 26), (100, 26)]


@pytest.mark.parametrize("closes", [[], [Decimal(1)]])
def test_fewer_than_two_points_are_no_line(closes: list[Decimal]) -> None:
    assert fmt.points(closes) == ""


@given(st.lists(PRICES, min_size=2, max_size=300))
def test_every_line_stays_in_its_box_and_ends_at_the_newest_price(closes: list[Decimal]) -> None:
    line = pairs(closes)
    assert (line[0][0], line[-1][0]) == (0, 100)
    assert all(0 <= x <= 100 and 2 <= y <= 26 for x, y in line)
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert len(line) <= 80
    assert fmt.points(list(closes)) == fmt.points(closes)
    if closes[-1] == max(closes) > min(closes):
        assert line[-1][1] == 2
