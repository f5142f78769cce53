"""Triggers: what wakes a resting order, and whether its limit is met."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.orders import Order, OrderType, Side
from app.domain.triggers import has_expired, level_of, met, touched, trailed
from tests.domain.deals import NOW, D, bought, order, sold

LIMIT_BUY = order(side=Side.BUY, type_=OrderType.LIMIT, limit="2500")
LIMIT_SELL = order(side=Side.SELL, type_=OrderType.LIMIT, limit="2500")
TARGET = order(side=Side.SELL, type_=OrderType.TAKE_PROFIT, limit="2500")
STOP = order(side=Side.SELL, type_=OrderType.STOP_LOSS, stop="2500")
TRAILING = order(side=Side.SELL, type_=OrderType.TRAILING_STOP, trail="10")


@pytest.mark.parametrize(
    ("resting", "below", "above"),
    [(LIMIT_BUY, True, False), (LIMIT_SELL, False, True), (TARGET, False, True), (STOP, True, False)],
)
def test_each_order_wakes_on_its_side_of_its_level_and_at_it(resting: Order, below: bool, above: bool) -> None:
    assert touched(resting, D("2499.99")) is below
    assert touched(resting, D("2500.01")) is above
    assert touched(resting, D("2500"))


def test_a_gap_through_a_stop_wakes_it_too() -> None:
    assert touched(STOP, D("1"))


def test_a_market_order_rests_nowhere_and_is_never_woken() -> None:
    assert not touched(order(), D("2500"))


def test_a_trailing_stop_that_has_seen_no_price_is_asleep() -> None:
    assert level_of(TRAILING) is None
    assert not touched(TRAILING, D("0.01"))


def test_a_trailing_stop_follows_the_highest_price_and_never_comes_down() -> None:
    seen = TRAILING
    for price in ("1000", "2000", "1900", "1801"):
        seen = trailed(seen, D(price))
        assert not touched(seen, D(price))
    assert (seen.highest, level_of(seen)) == (2000, 1800)
    assert touched(seen, D("1800"))


def test_no_other_order_remembers_prices() -> None:
    for resting in (LIMIT_BUY, LIMIT_SELL, TARGET, STOP, order()):
        assert trailed(resting, D("9999")) is resting


@given(
    st.decimals(min_value="1e-15", max_value="1e9", places=45),
    st.decimals(min_value="1e-18", max_value="99", places=18),
)
def test_a_trailing_level_is_exact_however_many_digits_the_price_has(highest: Decimal, trail: Decimal) -> None:
    level = level_of(trailed(order(side=Side.SELL, type_=OrderType.TRAILING_STOP, trail=f"{trail:f}"), highest))
    assert level is not None
    assert Fraction(level) == Fraction(highest) * (100 - Fraction(trail)) / 100


@pytest.mark.parametrize(
    ("resting", "cash", "meets"),
    [
        (LIMIT_BUY, "100", True),
        (LIMIT_BUY, "100.000001", False),
        (LIMIT_SELL, "100", True),
        (LIMIT_SELL, "99.999999", False),
        (TARGET, "99.999999", False),
        (STOP, "1", True),
        (order(side=Side.BUY), "1000000", True),
    ],
)
def test_a_limit_is_met_by_the_executable_price_only_and_a_stop_has_none(
    resting: Order, cash: str, meets: bool
) -> None:
    quote = bought("0.04", cash) if resting.ticket.side is Side.BUY else sold("0.04", cash)
    assert met(resting, quote) is meets


def test_a_price_that_only_rounds_to_the_limit_does_not_meet_it() -> None:
    just_over = bought("399999999999.999999999999999999", "1000000000000000", spot="2500")
    assert just_over.price == 2500
    assert not met(LIMIT_BUY, just_over)


def test_an_order_expires_at_its_time_and_otherwise_never() -> None:
    timed = order(expires_at=NOW)
    assert has_expired(timed, NOW)
    assert not has_expired(timed, NOW - timedelta(microseconds=1))
    assert not has_expired(order(), NOW + timedelta(days=10_000))
