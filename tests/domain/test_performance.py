"""Performance figures, each against a case reckoned by hand, and each null with a reason where data is short."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.orders import Side
from app.domain.performance import (
    Costs,
    Figure,
    Mark,
    Spent,
    daily_returns,
    dealings,
    drawdown,
    error_median,
    error_p95,
    expectancy,
    exposure,
    performance,
    profit_factor,
    sharpe,
    sortino,
    win_rate,
)
from app.domain.roundtrips import round_trips
from app.domain.trades import TradeStatus
from tests.domain.deals import NOW, WETH, D, token, trade

BUY, SELL = Side.BUY, Side.SELL
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER = token(18)


def hour(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def mark(at: datetime, equity: str | int, hold: str | None = None, *, cash: str | int | None = None) -> Mark:
    return Mark(at, D(equity), D(equity if cash is None else cash), None if hold is None else D(hold))


def daily(*closes: str) -> list[Mark]:
    return [mark(NOON + timedelta(days=day), close) for day, close in enumerate(closes)]


# In: 2 for 100, then 2 for 120; out: 1 for 70, then 3 for 180. Gas of each 1; one sell reverted on the way.
WETH_TRIP = [
    trade(2, BUY, "2", "100", gas="1", at=hour(0)),
    trade(3, BUY, "2", "120", gas="1", at=hour(1)),
    trade(4, SELL, "1", "70", gas="1", at=hour(2)),
    trade(5, SELL, "3", "180", gas="1", at=hour(3), status=TradeStatus.REVERTED),
    trade(6, SELL, "3", "180", gas="1", at=hour(4)),
]
# 50 in, 50.5 out, gas 1: up before gas, down after it.
GAS_EATS_IT = [
    trade(7, BUY, "5", "50", gas="0.5", at=hour(5), of=OTHER),
    trade(8, SELL, "5", "50.5", gas="0.5", at=hour(6), of=OTHER),
]
# 10 in, 5 out.
LOSS = [trade(9, BUY, "1", "10", at=hour(7)), trade(10, SELL, "1", "5", at=hour(8))]
# 40 in, 39.5 out after a reverted buy, whose gas belongs to no position.
AFTER_A_REVERT = [
    trade(11, BUY, "1", "40", gas="9", at=hour(9), status=TradeStatus.REVERTED),
    trade(12, BUY, "1", "40", at=hour(10)),
    trade(13, SELL, "1", "39.5", at=hour(11)),
]
ALL = [*WETH_TRIP, *GAS_EATS_IT, *LOSS, *AFTER_A_REVERT]


def test_a_round_trip_is_a_position_from_opened_to_sold_out_with_all_its_gas() -> None:
    (trip,) = round_trips(WETH_TRIP)
    assert (trip.token, trip.opened_at, trip.closed_at, trip.trades) == (WETH, hour(0), hour(4), 4)
    assert (trip.paid, trip.received, trip.gas, trip.pnl, trip.pnl_after_gas) == (220, 250, 5, 30, 25)


def test_a_position_still_open_is_no_round_trip_yet() -> None:
    assert round_trips(WETH_TRIP[:4]) == []
    assert [trip.pnl for trip in round_trips([*LOSS, trade(11, BUY, "1", "9")])] == [-5]


def test_positions_in_two_tokens_are_two_round_trips_however_they_overlap() -> None:
    first, second = LOSS
    mixed = [first, GAS_EATS_IT[0], second, GAS_EATS_IT[1]]
    assert [trip.token for trip in round_trips(mixed)] == [WETH, OTHER]


def test_gas_of_a_reverted_buy_before_the_position_belongs_to_none() -> None:
    assert [trip.pnl_after_gas for trip in round_trips(AFTER_A_REVERT)] == [D("-0.5")]


def test_trades_that_sell_what_they_never_bought_are_not_all_of_them() -> None:
    with pytest.raises(ValueError, match="sells more"):
        round_trips([trade(2, SELL, "1", "5")])


def test_a_round_trip_wins_only_if_it_wins_after_gas() -> None:
    trips = round_trips(ALL)
    assert [trip.pnl_after_gas for trip in trips] == [25, D("-0.5"), -5, D("-0.5")]
    assert trips[1].pnl > 0
    assert not trips[1].wins
    assert win_rate(trips) == Figure(D(25))


def test_coming_out_even_is_no_win() -> None:
    assert win_rate(round_trips([trade(2, BUY, "1", "5"), trade(3, SELL, "1", "6", gas="1")])) == Figure(D(0))


def test_profit_factor_and_expectancy_are_in_dollars_after_gas() -> None:
    trips = round_trips(ALL)
    assert profit_factor(trips) == Figure(D("4.16666666667"))
    assert expectancy(trips) == Figure(D("4.75"))


def test_without_losses_there_is_no_profit_factor() -> None:
    figure = profit_factor(round_trips(WETH_TRIP))
    assert figure.value is None and "lost" in figure.reason


def test_without_a_round_trip_its_three_figures_say_what_is_missing() -> None:
    missing = Figure(None, "No position has been opened and sold out yet.")
    assert win_rate([]) == profit_factor([]) == expectancy([]) == missing


def test_costs_are_exact_sums_and_a_revert_costs_gas_only() -> None:
    counted = [
        trade(2, BUY, "1", "5", gas="0.000000000001", fee="0.1", impact="0.2"),
        trade(3, BUY, "1", "5", gas="2", fee="7", impact="7", status=TradeStatus.REVERTED),
        trade(4, SELL, "1", "5", gas="1", fee="0.3", impact="-0.05"),
    ]
    spent = Spent()
    for each in counted:
        spent.add(each)
    assert spent.costs == dealings(counted).costs == Costs(D("3.000000000001"), D("0.4"), D("0.15"))


def test_daily_returns_go_from_close_to_close_and_never_over_a_day_without_one() -> None:
    day = timedelta(days=1)
    marks = [
        mark(NOON, 1),
        mark(NOON + timedelta(hours=11), 100),
        mark(NOON + day, 50),
        mark(NOON + day + timedelta(hours=11, minutes=59), 110),
        mark(NOON + 3 * day, 500),
        mark(NOON + 4 * day, 450),
    ]
    assert daily_returns(marks) == [D("0.1"), D("-0.1")]


def test_after_a_close_of_nothing_there_is_no_return() -> None:
    assert daily_returns(daily("0", "100", "110")) == [D("0.1")]


# +1 %, −1 %, +2 %, −2 %, +5 %: the mean is 1 %, the squares of the differences are 0, 4, 1, 9 and 16 e-4, sample
# variance 30e-4 / 4 = 7.5e-4, √365 · 0.01 / √7.5e-4 = 6.97615; the squares of the falls are 1 and 4 e-4,
# downside variance 5e-4 / 5 = 1e-4, √365 · 0.01 / 0.01 = 19.10497.
FIVE = [D("0.01"), D("-0.01"), D("0.02"), D("-0.02"), D("0.05")]


def test_sharpe_and_sortino_are_those_reckoned_by_hand() -> None:
    assert sharpe(FIVE).value == D("6.97614984549")
    assert sortino(FIVE).value == D("19.1049731745")


@pytest.mark.parametrize(
    ("returns", "no_sharpe", "no_sortino"),
    [
        (FIVE[:4], "5 daily returns; there are 4", "5 daily returns; there are 4"),
        ([D(0)] * 6, "not changed", "not changed"),
        ([D("0.01")] * 6, "not changed", "No day has lost"),
    ],
)
def test_too_few_days_or_no_change_give_no_ratio_but_a_reason(
    returns: list[Decimal], no_sharpe: str, no_sortino: str
) -> None:
    assert sharpe(returns).value is None and no_sharpe in sharpe(returns).reason
    assert sortino(returns).value is None and no_sortino in sortino(returns).reason


@pytest.mark.parametrize(
    ("series", "deepest"),
    [
        ("", "0"),
        ("100", "0"),
        ("100 110 120", "0"),
        ("100 80 90 60 200 150", "40"),
        ("100 90 200 110 199 120", "45"),
        ("0 0 50 0", "100"),
        ("3 2", "33.3333333333"),
    ],
)
def test_drawdown_is_the_deepest_fall_below_any_high_before_it(series: str, deepest: str) -> None:
    assert drawdown(map(D, series.split())) == D(deepest)


@given(st.lists(st.decimals(min_value="0.01", max_value="1e9", places=6), max_size=30))
def test_drawdown_is_that_of_every_pair_of_a_high_and_a_later_low(series: list[Decimal]) -> None:
    pairs = [(high, low) for i, high in enumerate(series) for low in series[i:]]
    deepest = max(((high - low) / high * 100 for high, low in pairs), default=D(0))
    assert abs(drawdown(series) - deepest) <= D("1e-9")
    assert 0 <= drawdown(series) <= 100


def test_exposure_is_weighted_by_the_time_that_each_mark_stands() -> None:
    # An hour in cash, three with 51 of 100 in tokens, four in cash.
    cash = mark(hour(0), 100), mark(hour(1), 100, cash=49), mark(hour(4), 108), mark(hour(8), 108)
    assert exposure(cash) == Figure(D("19.125"))


def test_an_account_of_nothing_is_not_exposed() -> None:
    assert exposure([mark(hour(0), 0), mark(hour(1), 0)]) == Figure(D(0))


@pytest.mark.parametrize("marks", [[], [mark(NOON, 5)], [mark(NOON, 5), mark(NOON, 6)]])
def test_without_time_there_is_no_exposure(marks: list[Mark]) -> None:
    figure = exposure(marks)
    assert figure.value is None and figure.reason


def test_the_fill_errors_median_is_signed_and_its_95th_percentile_is_not() -> None:
    errors = [D(number) for number in range(-20, 0)]
    assert error_median(errors) == Figure(D("-10.5"))
    assert error_p95(errors) == Figure(D(19))
    assert error_p95([*errors, D(-100)]) == Figure(D(20))
    assert error_median([D(3), D(-1), D(2)]) == Figure(D(2))


def test_few_measured_fills_have_a_median_and_no_percentile() -> None:
    assert error_median([]).value is None
    figure = error_p95([D(1)] * 19)
    assert figure == Figure(None, "This needs 20 measured fills; there are 19.")


def test_all_figures_of_an_account_together() -> None:
    fill = trade(11, BUY, "1", "9", error="3.5")
    dealt = dealings([*LOSS, replace(fill, fill_error_30s_bps=D("-1.5"))])
    marks = [mark(hour(0), 100, "100"), mark(hour(7), 95), mark(hour(12), 97, "104")]
    found = performance(dealt, marks, D(100))
    assert (found.round_trips, found.return_pct, found.hold_return_pct) == (1, Figure(D(-3)), Figure(D(4)))
    assert (found.max_drawdown_pct, found.fill_error_median_bps) == (Figure(D(5)), Figure(D("3.5")))
    assert found.fill_error_30s_median_bps == Figure(D("-1.5"))
    assert found.fill_error_30s_p95_bps.reason == "This needs 20 measured fills; there are 1."
    assert (found.win_rate_pct, found.expectancy_usd, found.profit_factor) == (
        Figure(D(0)),
        Figure(D(-5)),
        Figure(D(0)),
    )


def test_the_next_block_and_half_a_minute_are_measured_apart() -> None:
    one, both = trade(2, BUY, "1", "9"), trade(3, BUY, "1", "9", error="1")
    found = dealings([replace(one, fill_error_30s_bps=D(8)), replace(both, fill_error_30s_bps=D(2))])
    assert (found.fill_error_median_bps, found.fill_error_30s_median_bps) == (Figure(D(1)), Figure(D(5)))


def test_fills_in_a_market_without_blocks_say_that_there_is_no_next_one() -> None:
    one = replace(trade(2, BUY, "1", "9"), block_number=None)
    found = dealings([replace(one, fill_error_30s_bps=D(8))])
    assert found.fill_error_median_bps.value is found.fill_error_p95_bps.value is None
    assert "no block" in found.fill_error_median_bps.reason and "no block" in found.fill_error_p95_bps.reason
    assert found.fill_error_30s_median_bps == Figure(D(8))


def test_holding_is_measured_from_the_balance_and_not_from_the_first_mark() -> None:
    marks = [mark(hour(0), 100, "102"), mark(hour(1), 100, "104")]
    assert performance(dealings([]), marks, D(100)).hold_return_pct == Figure(D(4))


def test_the_fall_from_the_starting_balance_counts_as_drawdown() -> None:
    assert performance(dealings([]), [mark(NOW, 90)], D(100)).max_drawdown_pct == Figure(D(10))


def test_a_new_account_has_no_figures_and_a_sentence_for_each() -> None:
    found = performance(dealings([]), [], D(100))
    figures = [getattr(found, name) for name in found.__slots__ if isinstance(getattr(found, name), Figure)]
    assert len(figures) == 13
    assert all(figure.value is None and figure.reason.endswith(".") for figure in figures)
    assert found.costs == Costs(D(0), D(0), D(0))
