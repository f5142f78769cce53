"""The constant-product pool: it is never cheated, rounds against the trader, and agrees with Uniswap V2's integers."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.depth import Depth, depth_of
from app.domain.money import minus, total
from app.domain.orders import Side
from app.domain.quotes import Ask, Leg
from app.domain.refusal import Refusal
from app.domain.registry import native_of, usdc_of

WETH, USDC = native_of(8453), usdc_of(8453)

RESERVES = st.decimals("0.000001", "1e12", places=6)
AMOUNTS = st.decimals("0.000001", "1e13", places=6)
FEES = st.sampled_from([Decimal(fee) for fee in ("0", "0.0001", "0.0005", "0.003", "0.01", "0.25")])
DEPTHS = st.builds(Depth, RESERVES, RESERVES, FEES)
SIDES = st.sampled_from(Side)
DECIMALS = st.sampled_from([0, 2, 6, 8, 18])


def k(pool: Depth) -> Fraction:
    return Fraction(pool.usdc) * Fraction(pool.tokens)


def after(pool: Depth, side: Side, pay: Decimal, receive: Decimal) -> Depth:
    """The pool once the swap is made; the fee stays in it. What is left may be too long for Python's own minus."""
    usdc, tokens = Fraction(pool.usdc), Fraction(pool.tokens)
    usdc, tokens = (
        (usdc + Fraction(pay), tokens - Fraction(receive))
        if side is Side.BUY
        else (usdc - Fraction(receive), tokens + Fraction(pay))
    )
    return replace(pool, usdc=_decimal(usdc), tokens=_decimal(tokens))


def _decimal(number: Fraction) -> Decimal:
    shifted = number * 10**40
    assert shifted.denominator == 1
    return Decimal(f"{shifted.numerator}e-40")


@given(DEPTHS, SIDES, AMOUNTS, DECIMALS)
def test_no_swap_makes_the_product_of_the_reserves_smaller(
    pool: Depth, side: Side, amount: Decimal, decimals: int
) -> None:
    assert k(after(pool, side, amount, pool.received(side, amount, decimals))) >= k(pool)
    cost = pool.paid(side, amount, decimals)
    if cost is not None:
        assert k(after(pool, side, cost, amount)) >= k(pool)


@given(DEPTHS, AMOUNTS)
def test_a_way_in_and_out_again_never_gains(pool: Depth, pay: Decimal) -> None:
    bought = pool.received(Side.BUY, pay, 18)
    back = after(pool, Side.BUY, pay, bought).received(Side.SELL, bought, 6)
    assert back <= pay


@given(DEPTHS, SIDES, AMOUNTS, DECIMALS)
def test_what_an_amount_costs_buys_it_and_a_unit_less_does_not(
    pool: Depth, side: Side, wanted: Decimal, decimals: int
) -> None:
    cost = pool.paid(side, wanted, decimals)
    assume(cost is not None)
    assert cost is not None
    assert pool.received(side, cost, 60) >= wanted
    less = total(cost, minus(Decimal(1).scaleb(-decimals)))
    assert pool.received(side, less, 60) < wanted


@given(DEPTHS, SIDES, AMOUNTS)
def test_a_fee_is_the_same_as_paying_that_much_less(pool: Depth, side: Side, pay: Decimal) -> None:
    free = replace(pool, fee=Decimal(0))
    assert pool.received(side, pay, 18) == free.received(side, pay * (1 - pool.fee), 18)


@given(DEPTHS, SIDES, AMOUNTS)
def test_no_amount_gets_better_than_the_spot_price(pool: Depth, side: Side, pay: Decimal) -> None:
    spot = Fraction(pool.tokens) / Fraction(pool.usdc)
    fair = Fraction(pay) * (spot if side is Side.BUY else 1 / spot)
    assert Fraction(pool.received(side, pay, 18)) < fair


@given(
    st.integers(10**3, 10**30),
    st.integers(10**3, 10**30),
    st.integers(1, 10**30),
    st.sampled_from([Side.BUY, Side.SELL]),
)
def test_base_units_are_those_of_uniswap_v2(reserve_in: int, reserve_out: int, amount: int, side: Side) -> None:
    usdc, tokens = (reserve_in, reserve_out) if side is Side.BUY else (reserve_out, reserve_in)
    pool = Depth(Decimal(usdc), Decimal(tokens), Decimal("0.003"))
    given = amount * 997 * reserve_out // (reserve_in * 1000 + amount * 997)
    assert pool.received(side, Decimal(amount), 0) == given
    cost = pool.paid(side, Decimal(amount), 0)
    if amount >= reserve_out:
        assert cost is None
        return
    # The library adds one always; rounding up adds one where something was lost.
    quotient, rest = divmod(reserve_in * amount * 1000, (reserve_out - amount) * 997)
    assert cost == quotient + bool(rest)


def test_both_sides_are_worth_half_of_the_liquidity_each() -> None:
    pool = depth_of(Decimal(1_000_000), Decimal("0.003"), Decimal(2500), Decimal("0.8"))
    assert (pool.usdc, pool.tokens) == (Decimal(625_000), Decimal(250))


def test_an_ask_is_answered_to_the_decimals_of_its_tokens() -> None:
    pool = Depth(Decimal(1_000_000), Decimal(400), Decimal("0.003"))
    assert pool.swap(Ask(WETH, USDC, Side.SELL, Leg.PAY, Decimal(1))) == (Decimal(1), Decimal("2486.302890"))
    assert pool.swap(Ask(WETH, USDC, Side.BUY, Leg.RECEIVE, Decimal(1))) == (Decimal("2513.807086"), Decimal(1))


@pytest.mark.parametrize("wanted", ["400", "400.1", "1e9"])
def test_what_the_pool_does_not_hold_cannot_come_out_of_it(wanted: str) -> None:
    pool = Depth(Decimal(1_000_000), Decimal(400), Decimal("0.003"))
    refused = pool.swap(Ask(WETH, USDC, Side.BUY, Leg.RECEIVE, Decimal(wanted)))
    assert isinstance(refused, Refusal)
    assert refused.code == "beyond_liquidity"
    assert "holds about 400.00 WETH" in refused.sentence


def test_an_amount_that_gives_nothing_is_refused() -> None:
    pool = Depth(Decimal(1_000_000), Decimal(400), Decimal("0.003"))
    refused = pool.swap(Ask(WETH, USDC, Side.SELL, Leg.PAY, Decimal("1e-12")))
    assert isinstance(refused, Refusal)
    assert refused.code == "too_small"


@pytest.mark.parametrize(
    ("usdc", "tokens", "fee"), [("0", "1", "0"), ("1", "-1", "0"), ("1", "1", "1"), ("1", "1", "-1")]
)
def test_a_pool_without_reserves_or_with_an_impossible_fee_is_a_mistake(usdc: str, tokens: str, fee: str) -> None:
    with pytest.raises(ValueError, match="reserves on both sides"):
        Depth(Decimal(usdc), Decimal(tokens), Decimal(fee))
