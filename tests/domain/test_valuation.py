"""Valuation: equity at the prices of now, and the marks that keep it up to the tick."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.ledger import Account, Entry, deposit, folded, gas_paid, swapped
from app.domain.valuation import UNKNOWN, Marks, Price, Valued, valued
from tests.domain.deals import NOW, D

ASSETS = [f"0x{number:040x}" for number in range(1, 5)]
ONE, TWO = ASSETS[:2]


def account(name: str, *trades: tuple[str, str, str], gas: str = "0", start: str = "1000") -> Account:
    entries = [deposit(1, NOW, D(start))]
    for asset, quantity, value in trades:
        postings = swapped(asset, D(quantity), D(value)) + gas_paid(D(gas))
        entries.append(Entry(len(entries) + 1, NOW, postings))
    return folded(name, entries)


def test_positions_are_worth_their_quantity_at_the_price_and_gain_what_that_is_over_their_cost() -> None:
    prices = {ONE: Price(D(60), live=True), TWO: Price(D(9), live=True)}
    held = account("a", (ONE, "2", "100"), (TWO, "10", "100"), gas="0.5")
    assert valued(held, lambda asset: prices[asset]) == Valued(D(1009), D(210), D(10), D(0))


def test_equity_is_deposits_and_realized_and_unrealized_less_gas() -> None:
    held = account("a", (ONE, "3", "100"), (ONE, "-1", "-47"), gas="0.25")
    worth = valued(held, lambda _: Price(D("61.3"), live=True))
    assert worth.equity == held.deposits + held.realized + worth.unrealized - held.gas


def test_a_price_that_is_not_live_counts_and_is_flagged() -> None:
    prices = {ONE: Price(D(60), live=False), TWO: Price(D(9), live=True)}
    worth = valued(account("a", (ONE, "2", "100"), (TWO, "20", "100")), lambda asset: prices[asset])
    assert (worth.positions_value, worth.stale_value, worth.stale_value_pct) == (300, 120, 40)


def test_what_never_had_a_price_is_worth_what_it_cost_and_is_stale() -> None:
    worth = valued(account("a", (ONE, "2", "100")), lambda _: UNKNOWN)
    assert worth == Valued(D(1000), D(100), D(0), D(100))
    assert worth.stale_value_pct == 100


def test_an_account_that_holds_nothing_has_nothing_stale() -> None:
    assert valued(account("a", (ONE, "2", "100"), (ONE, "-2", "-90")), lambda _: UNKNOWN) == Valued(
        D(990), D(0), D(0), D(0)
    )
    assert valued(account("a"), lambda _: UNKNOWN).stale_value_pct == 0


def test_a_tick_without_a_price_keeps_the_last_one_and_flags_it() -> None:
    marks = Marks()
    marks.put(account("a", (ONE, "2", "100")))
    marks.tick(ONE, D(70), live=True)
    marks.tick(ONE, None, live=True)
    assert marks.price(ONE) == Price(D(70), live=False)
    assert marks.valued("a") == Valued(D(1040), D(140), D(40), D(140))


def test_a_tick_of_a_token_that_nobody_holds_is_remembered_for_who_buys_it() -> None:
    marks = Marks()
    marks.tick(ONE, D(70), live=True)
    marks.put(account("a", (ONE, "2", "100")))
    assert marks.valued("a").positions_value == 140


def test_a_tick_says_whose_positions_it_has_marked_and_the_sold_ones_are_nobodys() -> None:
    marks = Marks()
    marks.put(account("a", (ONE, "2", "100")))
    marks.put(account("b", (ONE, "1", "50"), (TWO, "1", "50")))
    assert [set(marks.tick(asset, D(70), live=True)) for asset in ASSETS[:3]] == [{"a", "b"}, {"b"}, set()]
    marks.put(account("a", (ONE, "2", "100"), (ONE, "-2", "-90")))
    marks.drop("b")
    assert marks.tick(ONE, D(71), live=True) == marks.tick(TWO, None, live=True) == ()


def test_an_account_that_has_left_is_valued_no_more() -> None:
    marks = Marks()
    marks.put(account("a", (ONE, "2", "100")))
    marks.drop("a")
    marks.drop("a")
    marks.tick(ONE, D(70), live=True)
    with pytest.raises(KeyError):
        marks.valued("a")


@dataclass(frozen=True)
class Tick:
    asset: str
    price: Decimal | None
    live: bool


@dataclass(frozen=True)
class Deal:
    account: int
    asset: str
    quantity: Decimal
    value: Decimal


prices = st.decimals(min_value="1e-15", max_value="1e9", places=20)
ticks = st.builds(Tick, st.sampled_from(ASSETS), st.none() | prices | prices, st.sampled_from([True, True, False]))
deals = st.builds(
    Deal,
    st.integers(0, 2),
    st.sampled_from(ASSETS),
    st.decimals(min_value="1e-30", max_value="1e15", places=30),
    st.decimals(min_value="1", max_value="100", places=12),
)
leavings = st.builds(Deal, st.integers(0, 2), st.sampled_from(ASSETS), st.just(D(0)), st.just(D(1)))


@settings(deadline=None)
@given(st.lists(ticks | ticks | deals | leavings, max_size=40))
def test_marks_kept_up_tick_by_tick_are_exactly_those_made_from_scratch(plan: list[Tick | Deal]) -> None:
    marks, known = Marks(), dict[str, Price]()
    ledgers = [[deposit(1, NOW, D(10**6))] for _ in range(3)]
    for name, ledger in enumerate(ledgers):
        marks.put(folded(str(name), ledger))
    for step in plan:
        if isinstance(step, Tick):
            marks.tick(step.asset, step.price, step.live)
            last = known.get(step.asset, UNKNOWN).usd
            known[step.asset] = Price(last, live=False) if step.price is None else Price(step.price, step.live)
        else:
            ledger = ledgers[step.account]
            # No quantity stands for selling all that is held.
            moved = step.quantity or folded("", ledger).held(step.asset).copy_negate()
            if moved:
                value = step.value if moved > 0 else step.value.copy_negate()
                ledger.append(Entry(len(ledger) + 1, NOW, swapped(step.asset, moved, value)))
            marks.put(folded(str(step.account), ledger))
        for name, ledger in enumerate(ledgers):
            scratch = valued(folded(str(name), ledger), lambda asset: known.get(asset, UNKNOWN))
            assert marks.valued(str(name)) == scratch
