"""Every figure that is published of one account, side by side: each its own, and each reckoned by hand."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from app.domain.orders import Side
from app.domain.performance import Costs, Figure, Mark, Performance, dealings, performance
from app.domain.trades import Trade, TradeStatus
from tests.domain.deals import NOW, D, token, trade

BUY, SELL = Side.BUY, Side.SELL
OTHER = token(18)

# Three round trips, after gas +25, −4 and −6: one of three wins, 25 by 10, and 15 for three. A reverted buy before
# any of them costs its gas of 3 and belongs to none.
TRIPS = [
    trade(1, BUY, "9", "999", gas="3", fee="8", impact="8", status=TradeStatus.REVERTED),
    trade(2, BUY, "2", "100", gas="1", fee="0.5", impact="0.25"),
    trade(3, SELL, "2", "127", gas="1", fee="0.5", impact="-0.05"),
    trade(4, BUY, "1", "50", gas="2"),
    trade(5, SELL, "1", "50", gas="2"),
    trade(6, BUY, "1", "50"),
    trade(7, SELL, "1", "44"),
]
# Closes of six days: +1 %, −1 %, +2 %, −2 %, +5 %.
CLOSES = ("100", "101", "99.99", "101.9898", "99.950004", "104.9475042")


def measured(number: int) -> Trade:
    """A fill of a position that stays open: off by so many bp at the next block, by twice that less after 30 s."""
    return replace(trade(10 + number, BUY, "1", "1", of=OTHER, error=str(number)), fill_error_30s_bps=D(-2 * number))


def marks() -> list[Mark]:
    """Half of the equity is in tokens on the first of the five days, and none of it later."""
    first, *others = (Mark(NOW + timedelta(days=day), D(close), D(close)) for day, close in enumerate(CLOSES))
    return [replace(first, cash=D(50), hold=D(90)), *others]


def figure(value: str | Decimal) -> Figure:
    return Figure(D(value))


def test_every_published_figure_is_its_own_and_as_reckoned_by_hand() -> None:
    found = performance(dealings([*TRIPS, *map(measured, range(1, 21))]), marks(), D(80))
    assert found == Performance(
        round_trips=3,
        win_rate_pct=figure("33.3333333333"),
        profit_factor=figure("2.5"),
        expectancy_usd=figure("5"),
        # The mean is 1 %, the squares of the differences from it 0, 4, 1, 9 and 16 e-4: √365 · 0.01 / √(30e-4 / 4).
        sharpe=figure("6.97614984549"),
        # The squares of the falls are 1 and 4 e-4, over all five days: √365 · 0.01 / √(5e-4 / 5).
        sortino=figure("19.1049731745"),
        # From 101.9898 to 99.950004.
        max_drawdown_pct=figure("2"),
        exposure_pct=figure("10"),
        # From a balance of 80 to 104.9475042, and to the 90 of the last mark that knows.
        return_pct=figure("31.18438025"),
        hold_return_pct=figure("12.5"),
        # Of 1 to 20 the middle lies between 10 and 11, and the nineteenth is the 95th percentile.
        fill_error_median_bps=figure("10.5"),
        fill_error_p95_bps=figure("19"),
        fill_error_30s_median_bps=figure("-21"),
        fill_error_30s_p95_bps=figure("38"),
        costs=Costs(D(9), D(1), D("0.2")),
    )
