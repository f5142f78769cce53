"""Sizing: dollars, tokens and shares become the exact amount of one leg, or are refused."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.execution import Settled, execute
from app.domain.ledger import Account, Entry, deposit, folded, posted, swapped
from app.domain.money import digits_of
from app.domain.orders import Side, Size, SizeUnit
from app.domain.quotes import Ask, Leg, Rates, priced
from app.domain.refusal import Refusal
from app.domain.sizing import Terms, sized, spendable
from tests.domain.deals import ADDRESS, NOW, USDC, WETH, Basin, D, deal, funded, gas_of, token

TERMS = Terms(D(1), D("0.5"))


def holding(quantity: str) -> Account:
    account = funded()
    return posted(account, Entry(2, NOW, swapped(ADDRESS, D(quantity), D(100))))


def asked(account: Account, side: Side, unit: SizeUnit, amount: str, terms: Terms = TERMS) -> Ask | Refusal:
    return sized(account, WETH, USDC, side, Size(unit, D(amount)), terms)


@pytest.mark.parametrize(
    ("side", "unit", "amount", "leg", "exact"),
    [
        (Side.BUY, SizeUnit.USD, "100", Leg.PAY, "100"),
        (Side.SELL, SizeUnit.USD, "100", Leg.RECEIVE, "100"),
        (Side.BUY, SizeUnit.QUANTITY, "0.5", Leg.RECEIVE, "0.5"),
        (Side.SELL, SizeUnit.QUANTITY, "0.5", Leg.PAY, "0.5"),
        (Side.SELL, SizeUnit.SHARE, "50", Leg.PAY, "0.5"),
        (Side.BUY, SizeUnit.SHARE, "50", Leg.PAY, "4949.25"),
    ],
)
def test_dollars_are_the_usdc_leg_and_tokens_the_tokens_leg(
    side: Side, unit: SizeUnit, amount: str, leg: Leg, exact: str
) -> None:
    assert asked(holding("1"), side, unit, amount) == Ask(WETH, USDC, side, leg, D(exact))


def test_dollars_are_reckoned_in_usdc_at_its_price_and_never_rounded_up() -> None:
    ask = asked(funded(), Side.BUY, SizeUnit.USD, "100", Terms(D("0.97"), D(0)))
    assert isinstance(ask, Ask) and ask.amount == D("103.092783")
    hair = Terms(D("1." + "0" * 59 + "1"), D(0))
    assert asked(funded(), Side.BUY, SizeUnit.USD, "100", hair) == Ask(WETH, USDC, Side.BUY, Leg.PAY, D("99.999999"))


@pytest.mark.parametrize(
    ("side", "unit", "amount", "code"),
    [
        (Side.BUY, SizeUnit.QUANTITY, "0.1234567890123456789", "too_many_digits"),
        (Side.SELL, SizeUnit.QUANTITY, "1.1", "not_held"),
        (Side.BUY, SizeUnit.USD, "0.0000001", "too_small"),
        (Side.SELL, SizeUnit.SHARE, "1e-18", "too_small"),
    ],
)
def test_what_no_swap_can_be_is_refused(side: Side, unit: SizeUnit, amount: str, code: str) -> None:
    answer = asked(holding("1"), side, unit, amount)
    assert isinstance(answer, Refusal) and answer.code == code


def test_trailing_zeros_are_no_digits() -> None:
    assert isinstance(asked(funded(), Side.BUY, SizeUnit.QUANTITY, "0.1234567890123456780000"), Ask)


def test_a_share_of_nothing_is_refused_by_name() -> None:
    assert asked(funded(), Side.SELL, SizeUnit.SHARE, "50") == Refusal("not_held", "No WETH is held.")


def test_a_buy_with_no_cash_to_spend_is_refused() -> None:
    answer = asked(funded("1.5"), Side.BUY, SizeUnit.SHARE, "100")
    assert isinstance(answer, Refusal) and answer.code == "too_small"


def test_what_can_be_spent_leaves_its_own_gas_and_that_of_leaving_every_position() -> None:
    assert spendable(funded("100"), ADDRESS, D("0.5")) == D("98.5")
    assert spendable(holding("1"), "0x" + "11" * 20, D("0.5")) == D("9897.5")
    assert spendable(funded("1"), ADDRESS, D("0.5")) == 0


@given(st.integers(0, 30), st.integers(1, 10**45))
def test_all_of_a_position_is_all_of_it_to_the_last_base_unit(decimals: int, units: int) -> None:
    of = token(decimals)
    quantity = D(f"{units}e-{decimals}")
    entries = [deposit(1, NOW, D(100)), Entry(2, NOW, swapped(of.key.address, quantity, D(10)))]
    account = folded("acc", entries)
    ask = sized(account, of, USDC, Side.SELL, Size(SizeUnit.SHARE, D("100.0")), TERMS)
    assert isinstance(ask, Ask) and ask.amount.as_integer_ratio() == quantity.as_integer_ratio()


@given(
    st.integers(0, 30),
    st.integers(1, 10**45),
    st.decimals(min_value="1e-18", max_value=100, places=18),
)
def test_a_share_of_a_position_is_never_more_than_it_says_and_has_no_digits_that_the_token_lacks(
    decimals: int, units: int, share: Decimal
) -> None:
    of = token(decimals)
    quantity = D(f"{units}e-{decimals}")
    entries = [deposit(1, NOW, D(100)), Entry(2, NOW, swapped(of.key.address, quantity, D(10)))]
    ask = sized(folded("acc", entries), of, USDC, Side.SELL, Size(SizeUnit.SHARE, share), TERMS)
    said = Fraction(quantity) * Fraction(share) / 100
    if isinstance(ask, Refusal):
        assert said < Fraction(1, 10**decimals)
    else:
        assert digits_of(ask.amount) <= decimals
        assert 0 <= said - Fraction(ask.amount) < Fraction(1, 10**decimals)


@given(
    st.decimals(min_value="1", max_value="1e9", places=12),
    st.decimals(min_value="0.9", max_value="1.1", places=18),
    st.decimals(min_value="0", max_value="20", places=12),
    st.decimals(min_value="1", max_value="100", places=6),
)
def test_max_buy_is_always_affordable_at_the_same_gas(
    cash: Decimal, peg: Decimal, gas: Decimal, share: Decimal
) -> None:
    account = funded(cash)
    ask = sized(account, WETH, USDC, Side.BUY, Size(SizeUnit.SHARE, share), Terms(peg, gas))
    if isinstance(ask, Refusal):
        assert ask.code == "too_small"
        return
    swap = Basin(D("2500"), D("1e15"), D("0.0005"), gas_of(gas)).swap(ask)
    assert swap
    done = execute(account, deal(priced(swap, Rates(peg, D(1)))))
    if isinstance(done, Refusal):
        assert done.code == "too_small"
        return
    assert isinstance(done, Settled)
    if share == 100:
        # What is left over is for the price of a USDC and the gas to move, and less than a base unit of USDC.
        assert done.account.cash - 2 * gas < cash * D("0.0002") + gas * D("0.75") + D("0.0000012")
