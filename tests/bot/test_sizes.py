"""Sizes: what a trade costs in and out, reckoned by hand."""

import pytest

from app.bot.ladder import Ladder, Rung
from app.bot.levels import LEVELS
from app.bot.sizes import cost_of
from tests.bot.snapshots import market_of, rising

MARKET = market_of(rising())


def test_the_gas_of_a_round_trip_counts_twice() -> None:
    free = MARKET._replace(ladder=Ladder((Rung(100.0, 0.0, 0.0),), gas_usd=1.0))
    assert LEVELS[4].gas_factor == 1.0
    assert cost_of(free, LEVELS[4], 100.0) == (100.0, 0.0, pytest.approx(200))


def test_a_round_trip_costs_both_ways_and_gas_at_the_level_s_bid() -> None:
    # 0.3 % in, 0.1 % out and twice 1.25 of 500 dollars: 30 + 10 + 50 bp. The dearer of the two ways is the slippage.
    market = MARKET._replace(ladder=Ladder((Rung(500.0, 0.003, 0.001),), gas_usd=1.0))
    assert cost_of(market, LEVELS[8], 500.0) == (500.0, 0.003, pytest.approx(90))
