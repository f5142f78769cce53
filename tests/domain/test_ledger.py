"""The ledger: entries balance or cannot be, and their fold is the account."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ledger import (
    USD,
    Account,
    Book,
    Entry,
    Misposted,
    Overdrawn,
    Posting,
    Unbalanced,
    deposit,
    folded,
    gas_paid,
    posted,
    swapped,
)
from tests.domain.deals import NOW, D, funded

PEPE = "0x" + "69" * 20
LATER = NOW + timedelta(hours=1)


def traded(account: Account, quantity: str, value: str, gas: str = "0", asset: str = PEPE) -> Account:
    entry = Entry(account.version + 1, LATER, swapped(asset, D(quantity), D(value)) + gas_paid(D(gas)), D("0.1"), D(2))
    return posted(account, entry)


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting(Book.CASH, USD, D(1)),),
        (Posting(Book.CASH, USD, D(1)), Posting(Book.POOL, USD, D("-1.000000000000000000000000000000000001"))),
        (Posting(Book.TOKEN, PEPE, D(1)), Posting(Book.POOL, USD, D(-1))),
        (Posting(Book.CASH, USD, D("NaN")), Posting(Book.POOL, USD, D("NaN"))),
        (*swapped(PEPE, D(1), D(2)), Posting(Book.CASH, USD, D("1e-30"))),
    ],
)
def test_an_entry_that_does_not_sum_to_zero_per_asset_cannot_be_made(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(Unbalanced):
        Entry(1, NOW, postings)


@pytest.mark.parametrize(
    "postings",
    [
        (Posting(Book.CASH, PEPE, D(1)), Posting(Book.POOL, PEPE, D(-1))),
        (Posting(Book.TOKEN, USD, D(1)), Posting(Book.POOL, USD, D(-1))),
        swapped(PEPE, D(1), D(2)) + swapped("0x" + "70" * 20, D(1), D(2)),
    ],
)
def test_an_entry_whose_amounts_would_be_lost_cannot_be_made(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(Misposted):
        Entry(1, NOW, postings)


@pytest.mark.parametrize(("quantity", "value"), [("0", "5"), ("3", "-5"), ("-1", "5")])
def test_dollars_for_no_tokens_and_tokens_with_dollars_on_top_are_no_swap(quantity: str, value: str) -> None:
    with pytest.raises(Misposted):
        traded(traded(funded(), "2", "10"), quantity, value)


def test_a_deposit_is_cash_and_is_owed_to_the_depositor() -> None:
    account = funded("250.5")
    assert (account.cash, account.deposits, account.version, account.residual) == (D("250.5"), D("250.5"), 1, 0)


def test_gas_has_its_own_book_and_no_gas_has_no_postings() -> None:
    account = traded(funded("100"), "4", "10", "0.25")
    assert (account.cash, account.gas) == (D("89.75"), D("0.25"))
    assert gas_paid(D(0)) == ()


def test_fee_and_impact_are_noted_beside_the_entry_and_move_no_cash() -> None:
    account = traded(traded(funded("100"), "4", "10"), "-4", "-10")
    assert (account.cash, account.fees, account.impact) == (100, D("0.2"), 4)


def test_the_entry_price_is_the_average_of_all_that_was_paid() -> None:
    account = traded(traded(funded(), "1", "100"), "3", "500")
    position = account.positions[PEPE]
    assert (position.quantity, position.cost, position.average_entry_price) == (4, 600, 150)


def test_what_was_sold_on_the_way_is_in_the_entry_price_of_what_is_held_no_more() -> None:
    # 1 for 100 and half of it sold: 0.5 for 50 are left; with 1 for 200 that is 1.5 for 250.
    account = traded(traded(traded(funded(), "1", "100"), "-0.5", "-90"), "1", "200")
    assert round(account.positions[PEPE].average_entry_price, 9) == D("166.666666667")


def test_once_nothing_is_held_the_entry_price_is_the_average_of_all_that_was_bought() -> None:
    # 2 for 300, in two buys; the sales count for nothing.
    account = traded(traded(traded(funded(), "1", "100"), "-0.5", "-90"), "1", "200")
    closed = traded(account, "-1.5", "-20").positions[PEPE]
    assert (closed.is_open, closed.average_entry_price) == (False, 150)


def test_a_sell_realizes_what_it_brings_less_the_average_cost_of_what_leaves() -> None:
    account = traded(traded(funded(), "4", "600"), "-1", "-200")
    assert (account.realized, account.positions[PEPE].cost, account.positions[PEPE].average_entry_price) == (
        50,
        450,
        150,
    )


def test_selling_all_leaves_exactly_nothing_however_the_cost_was_divided() -> None:
    account = traded(funded(), "3", "100")
    for quantity in ("1", "0.333333333333333333", "1.666666666666666667"):
        account = traded(account, f"-{quantity}", "-30")
    position = account.positions[PEPE]
    assert (position.quantity, position.cost, position.is_open) == (0, 0, False)
    assert (position.closed_at, position.paid, position.bought) == (LATER, 100, 3)
    assert (account.cost, account.realized, account.residual) == (0, -10, 0)


def test_selling_all_leaves_nothing_even_of_a_cost_finer_than_is_kept() -> None:
    account = traded(traded(funded(), "3", "100.0000000000001"), "-3", "-100")
    assert (account.cost, account.realized, account.residual) == (0, D("-0.0000000000001"), 0)


def test_a_position_opened_again_starts_anew() -> None:
    account = traded(traded(traded(funded(), "2", "100"), "-2", "-150"), "1", "70")
    position = account.positions[PEPE]
    assert (position.cost, position.paid, position.bought, position.realized) == (70, 70, 1, 0)
    assert (position.closed_at, account.realized) == (None, 50)


def test_more_than_is_held_cannot_be_sold_nor_more_than_there_is_be_paid() -> None:
    account = traded(funded("100"), "2", "50")
    with pytest.raises(Overdrawn):
        traded(account, "-2.000000000000000000000000000001", "-50")
    with pytest.raises(Overdrawn):
        traded(account, "1", "50", "0.000000000001")
    assert account.held(PEPE) == 2


def test_an_entry_out_of_turn_is_not_posted() -> None:
    account = funded()
    for number in (0, 1, 3):
        with pytest.raises(ValueError, match="does not follow"):
            posted(account, Entry(number, NOW, gas_paid(D(1))))


def test_posting_leaves_the_account_before_as_it_was() -> None:
    before = traded(funded(), "2", "100")
    copy = replace(before, positions=dict(before.positions))
    traded(before, "-1", "-60", "1")
    assert before == copy


@given(
    st.decimals(min_value="1e-30", max_value="1e30", places=30),
    st.decimals(min_value="1e-12", max_value="1e12", places=12),
    st.decimals(min_value="1e-30", max_value="1e30", places=30),
)
def test_sixty_digits_of_a_token_are_kept_to_the_last(one: Decimal, value: Decimal, two: Decimal) -> None:
    account = funded("1e13")
    account = traded(traded(account, f"{one:f}", f"{value:f}"), f"{two:f}", "7")
    account = traded(account, f"-{one:f}", "-1")
    assert account.held(PEPE).as_integer_ratio() == two.as_integer_ratio()
    account = traded(account, f"-{two:f}", "-1")
    assert (account.held(PEPE), account.cost, account.residual) == (0, 0, 0)


def test_the_fold_of_the_entries_is_the_account_that_was_posted_one_by_one() -> None:
    entries = [deposit(1, NOW, D(1000))]
    account = folded("acc", entries)
    for quantity, value in (("3", "100"), ("-1", "-40"), ("-2", "-90"), ("5", "10")):
        entries.append(
            Entry(account.version + 1, LATER, swapped(PEPE, D(quantity), D(value)) + gas_paid(D("0.1")), D("0.3"))
        )
        account = posted(account, entries[-1])
    assert folded("acc", entries) == account
    assert list(folded("acc", entries).positions) == [PEPE]
