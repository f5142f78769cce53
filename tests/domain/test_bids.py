"""Bids for gas: more eager ones never pay less, by the chain's own tips or by what they state where nobody tips."""

from decimal import Decimal
from itertools import pairwise

import pytest

from app.domain.bids import PERCENTILES, Bid, Fare
from app.domain.quotes import Gas, Rates, bidding, priced
from tests.domain.deals import D, Side, gas_of, swap

EAGER = [Bid.MINIMAL, Bid.LOW, Bid.STANDARD, Bid.RAISED, Bid.URGENT]
# What a unit costs at each percentile, and the data with it.
TOLD = tuple(Fare(at, 100 + at, 7 * (100 + at)) for at in (10, 25, 50, 75, 90))
ON_CHAIN = Gas(1_000, 150, 1_050, fares=TOLD)


def test_a_bid_is_a_percentile_of_tips() -> None:
    assert [bid.percentile for bid in EAGER] == [10, 25, 50, 75, 90] == list(PERCENTILES)


def test_a_more_eager_bid_states_a_higher_factor_and_the_standard_one_changes_nothing() -> None:
    assert all(low.factor < high.factor for low, high in pairwise(EAGER))
    assert Bid.STANDARD.factor == 1


def test_by_conditions_is_as_dear_as_urgent_where_nobody_has_looked_at_them() -> None:
    unseen = Bid.BY_CONDITIONS
    assert (unseen.percentile, unseen.factor) == (Bid.URGENT.percentile, Bid.URGENT.factor)


@pytest.mark.parametrize("bid", EAGER)
def test_where_the_chain_told_its_tips_a_bid_costs_what_its_percentile_does(bid: Bid) -> None:
    unit = 100 + bid.percentile
    found = ON_CHAIN.bid(bid)
    assert (found.units, found.unit_wei, found.l1_wei) == (1_000, unit, 7 * unit)
    assert found.bid(Bid.STANDARD) == ON_CHAIN, "a bid can be taken back"


@pytest.mark.parametrize(("bid", "usd", "unit_wei"), [(Bid.MINIMAL, "0.018", 90), (Bid.URGENT, "0.025", 125)])
def test_where_a_market_declares_its_gas_a_bid_costs_as_many_times_as_it_states(
    bid: Bid, usd: str, unit_wei: int
) -> None:
    assert Gas(0, 0, basis="declared", declared_usd=D("0.02")).bid(bid).usd(D(2000)) == D(usd)
    in_coin = Gas(1_000, 100, 40, "declared").bid(bid)
    assert (in_coin.units, in_coin.unit_wei, in_coin.l1_wei) == (1_000, unit_wei, 40), "the data's own fee stays"


def test_a_bid_changes_the_gas_of_a_quote_and_nothing_else() -> None:
    rates = Rates(Decimal(1), Decimal(10) ** 14)
    quote = priced(swap(Side.BUY, "0.04", "100", gas=ON_CHAIN), rates)
    urgent, minimal = bidding(quote, Bid.URGENT), bidding(quote, Bid.MINIMAL)
    # (1,000 units + 7 of data) × 80 wei of tip more, at a hundred millionth of a cent a wei.
    assert urgent.gas_usd - minimal.gas_usd == 1_007 * 80 * D("0.0001")
    assert (urgent.value, urgent.fee_usd, urgent.impact_usd) == (quote.value, quote.fee_usd, quote.impact_usd)


def test_without_a_bid_and_at_the_standard_one_a_quote_stays_what_it_is() -> None:
    for gas in (ON_CHAIN, gas_of("0.02")):
        quote = priced(swap(Side.SELL, "0.04", "100", gas=gas), Rates(Decimal(1), Decimal(2500)))
        assert bidding(quote, None) is quote
        assert bidding(quote, Bid.STANDARD) == quote
