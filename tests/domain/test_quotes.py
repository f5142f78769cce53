"""Quotes: a swap in dollars, taken apart into price, fee, impact and gas; and the contract that it becomes."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import dollars, product
from app.domain.orders import Side
from app.domain.quotes import Ask, Contract, Gas, Leg, Rates, contract, priced
from tests.domain.deals import FREE, PAR, USDC, WETH, D, bought, gas_of, sold, swap, token

TRILLIONTH = Fraction(1, 10**12)

cash = st.decimals(min_value="1", max_value="1e9", places=6)
quantities = st.decimals(min_value="1e-18", max_value="1e15", places=18)
spots = st.decimals(min_value="1e-15", max_value="1e9", places=15)
fees = st.decimals(min_value="0", max_value="0.3", places=6)
slippages = st.decimals(min_value="0", max_value="5000", places=3)
pegs = st.decimals(min_value="0.9", max_value="1.1", places=8)


def test_a_buy_is_taken_apart_as_by_hand() -> None:
    quote = bought("0.0399", "100", fee="0.0005", gas=gas_of("0.02"))
    assert (quote.value, quote.notional, quote.fee_usd, quote.impact_usd) == (100, D("99.75"), D("0.05"), D("0.2"))
    assert (quote.total_cost, quote.gas_usd) == (D("0.27"), D("0.02"))
    assert quote.price == D("2506.26566416040100")
    assert quote.slippage_bps == D("25.0626566")
    assert quote.impact_bps == D("20.0501253")


def test_a_sell_is_taken_apart_as_by_hand() -> None:
    quote = sold("0.04", "99.5", fee="0.003", gas=gas_of("0.02"))
    assert (quote.notional, quote.fee_usd, quote.impact_usd) == (100, D("0.3"), D("0.2"))
    assert (quote.price, quote.slippage_bps, quote.total_cost_bps) == (D("2487.5"), 50, 52)


def test_a_fill_better_than_mid_has_a_negative_impact() -> None:
    assert bought("0.0401", "100", fee="0").impact_usd == D("-0.25")
    assert sold("0.04", "100.25", fee="0").impact_usd == D("-0.25")


def test_a_usdc_off_its_peg_is_worth_what_it_is_worth() -> None:
    quote = priced(swap(Side.BUY, "0.04", "100"), Rates(D("0.97"), D(2500)))
    assert (quote.value, quote.mid_price) == (97, 2425)


def test_gas_is_units_at_their_price_and_the_data_fee_in_dollars_of_the_native_coin() -> None:
    assert Gas(150_000, 10**9, 5 * 10**12).native == D("0.000155")
    assert Gas(150_000, 10**9, 5 * 10**12).usd(D(2000)) == D("0.31")
    assert Gas(1, 1, declared_usd=D("0.02")).usd(D(2000)) == D("0.02")


def test_gas_is_whole_trillionths_of_a_dollar_wherever_it_comes_from() -> None:
    assert Gas(1, 1, declared_usd=D("0.0200000000004")).usd(D(1)) == D("0.02")
    assert Gas(3, 1).usd(D("333333.3")) == D("0.000000000001")


def test_the_break_even_pays_for_both_ways() -> None:
    quote = bought("0.0399", "100", gas=gas_of("0.02"))
    mid = product(quote.mid_price, 1 + quote.break_even_pct / 100)
    back = product(quote.quantity, mid) * (1 - (quote.fee_usd + quote.impact_usd) / quote.notional)
    assert abs(back - quote.gas_usd - (quote.value + quote.gas_usd)) < D("1e-6")


def test_where_the_way_out_costs_everything_no_move_breaks_even() -> None:
    assert bought("0.04", "1000").break_even_pct == D("Infinity")


@given(st.sampled_from(Side), quantities, cash, spots, fees, pegs)
def test_impact_is_what_was_paid_less_the_quantity_at_mid_less_the_fee(
    side: Side, quantity: Decimal, paid: Decimal, spot: Decimal, fee: Decimal, peg: Decimal
) -> None:
    quote = priced(swap(side, quantity, paid, spot=spot, fee=fee), Rates(peg, D(1)))
    worse = Fraction(quote.value) - Fraction(quantity) * Fraction(quote.mid_price)
    exact = side.sign * worse - Fraction(quote.fee_usd)
    assert abs(Fraction(quote.impact_usd) - exact) <= TRILLIONTH / 2
    whole = Fraction(quote.value) - Fraction(dollars(product(quantity, quote.mid_price)))
    assert Fraction(quote.impact_usd) == side.sign * whole - Fraction(quote.fee_usd)


@given(quantities, cash, spots, pegs)
def test_buying_and_selling_mirror(quantity: Decimal, paid: Decimal, spot: Decimal, peg: Decimal) -> None:
    rates = Rates(peg, D(1))
    buy, sell = (priced(swap(side, quantity, paid, spot=spot, fee="0"), rates) for side in Side)
    assert (buy.value, buy.quantity, buy.price, buy.notional) == (sell.value, sell.quantity, sell.price, sell.notional)
    assert buy.impact_usd == -sell.impact_usd or buy.impact_usd == sell.impact_usd.copy_negate()


@given(quantities, cash, cash, spots, fees, fees, pegs)
def test_in_and_out_at_one_mid_loses_exactly_fees_and_impacts(
    quantity: Decimal, paid: Decimal, got: Decimal, spot: Decimal, fee: Decimal, other: Decimal, peg: Decimal
) -> None:
    into = priced(swap(Side.BUY, quantity, paid, spot=spot, fee=fee), Rates(peg, D(1)))
    out = priced(swap(Side.SELL, quantity, got, spot=spot, fee=other), Rates(peg, D(1)))
    lost = Fraction(into.value) - Fraction(out.value)
    parts = (into.fee_usd, into.impact_usd, out.fee_usd, out.impact_usd)
    assert lost == sum(map(Fraction, parts), Fraction(0))


def test_half_a_trillionth_is_not_lost_between_the_ways() -> None:
    into = bought("1.0000000000005", "2", spot="1", fee="5e-13")
    out = sold("1.0000000000005", "1", spot="1", fee="0")
    assert into.fee_usd == D("1e-12")
    assert into.value - out.value == into.fee_usd + into.impact_usd + out.impact_usd


@given(st.sampled_from(Side), quantities, cash, slippages)
def test_an_equal_fill_is_always_kept(side: Side, quantity: Decimal, paid: Decimal, slippage: Decimal) -> None:
    quoted = swap(side, quantity, paid)
    assert contract(quoted, slippage).kept_by(quoted)
    assert contract(quoted, D(0)).kept_by(quoted)


@given(st.sampled_from(Side), quantities, quantities, cash, slippages)
def test_a_contract_is_kept_if_and_only_if_the_fill_gives_the_minimum_for_what_is_paid(
    side: Side, quantity: Decimal, filled: Decimal, paid: Decimal, slippage: Decimal
) -> None:
    agreed = contract(swap(side, quantity, paid), slippage)
    fill = swap(side, filled, paid)
    kept = 1 - Fraction(slippage) / 10_000
    gives = Fraction(fill.receive) / Fraction(fill.pay) >= Fraction(agreed.receive) / Fraction(agreed.pay) * kept
    assert agreed.kept_by(fill) is gives


@given(st.integers(0, 30), st.integers(1, 10**45) | st.integers(10**59, 10**60), st.integers(1, 10**21), slippages)
def test_the_minimum_received_is_the_first_base_unit_that_keeps_the_contract(
    decimals: int, tokens: int, dollars_: int, slippage: Decimal
) -> None:
    unit = Decimal(1).scaleb(-decimals)
    of = token(decimals)
    quoted = swap(Side.BUY, product(D(tokens), unit), product(D(dollars_), D("1e-6")), of=of)
    agreed = contract(quoted, slippage)
    least = agreed.minimum_received(quoted.ask)
    assert agreed.kept_by(swap(Side.BUY, least, quoted.pay, of=of))
    less = Fraction(least) - Fraction(unit)
    assert less * 10_000 < Fraction(quoted.receive) * (10_000 - Fraction(slippage))


@given(st.integers(1, 10**21), st.integers(1, 10**30), slippages)
def test_the_maximum_paid_is_the_last_base_unit_that_keeps_the_contract(
    dollars_: int, tokens: int, slippage: Decimal
) -> None:
    quoted = swap(Side.BUY, product(D(tokens), D("1e-18")), product(D(dollars_), D("1e-6")), exact=Leg.RECEIVE)
    agreed = contract(quoted, slippage)
    most = agreed.maximum_paid(quoted.ask)
    assert agreed.kept_by(swap(Side.BUY, quoted.receive, most, exact=Leg.RECEIVE))
    assert (Fraction(most) + Fraction(1, 10**6)) * (10_000 - Fraction(slippage)) > Fraction(quoted.pay) * 10_000


def test_the_exact_leg_is_bounded_by_itself() -> None:
    agreed = Contract(D(100), D("0.04"), D(50))
    assert agreed.maximum_paid(Ask(WETH, USDC, Side.BUY, Leg.PAY, D(100))) == 100
    assert agreed.minimum_received(Ask(WETH, USDC, Side.BUY, Leg.RECEIVE, D("0.04"))) == D("0.04")


@pytest.mark.parametrize(("side", "pays", "receives"), [(Side.BUY, USDC, WETH), (Side.SELL, WETH, USDC)])
def test_an_ask_knows_what_it_pays_with(side: Side, pays: object, receives: object) -> None:
    ask = Ask(WETH, USDC, side, Leg.PAY, D(1))
    assert (ask.pays, ask.receives) == (pays, receives)


def test_thirty_decimals_are_priced_to_the_last() -> None:
    quantity = D("123456789012345.123456789012345678901234567891")
    spot = D("0.000000000012345678")
    quote = priced(swap(Side.SELL, quantity, "1524", spot=spot, gas=FREE), PAR)
    assert quote.quantity == quantity
    assert Fraction(quote.notional) == Fraction(quantity) * Fraction(spot)
