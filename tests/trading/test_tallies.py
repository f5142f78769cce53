"""Tallies, and two recorded years: every level trades, nerve is risk, and the most cautious level is one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.bars import Bar
from app.domain.money import minus, total
from app.market.recording import Recording
from app.trading.tallies import Tally, deepest_pct, month_ends, rehearsed, without_skill_pct, worst_pct
from tests.recorded import BTC, ETH, invented_rows, rank_correlation, recorded, recording, stage_of

Played = tuple[Recording, Sequence[Tally]]


@pytest.fixture(scope="module", params=[ETH, BTC])
def played(request: pytest.FixtureRequest) -> Played:
    """Two years of hours, played to ten levels once."""
    hours = recorded(request.param)
    return hours, rehearsed(stage_of(hours), lambda _: None)


def decimals(*numbers: str) -> list[Decimal]:
    return [Decimal(number) for number in numbers]


class TestTwoRecordedYears:
    def test_every_level_trades_and_no_two_do_the_same(self, played: Played) -> None:
        _, tallies = played
        assert all(len(tally.trades) >= 20 for tally in tallies)
        assert len({tuple((trade.at, trade.side) for trade in tally.trades) for tally in tallies}) == 10

    def test_exposure_and_drawdown_rise_with_the_level(self, played: Played) -> None:
        _, tallies = played
        numbers = [Decimal(tally.shadow.level.number) for tally in tallies]
        assert rank_correlation(numbers, [tally.exposure for tally in tallies]) >= 0.9
        assert rank_correlation(numbers, [tally.shadow.drawdown.deepest_pct for tally in tallies]) >= 0.7
        assert len({len(tally.trades) for tally in tallies}) >= 5

    def test_level_1_loses_at_most_a_third_of_what_holding_loses_in_the_worst_month(self, played: Played) -> None:
        hours, tallies = played
        closes = [bar.close for bar in hours.bars]
        held = worst_pct([closes[0], *(closes[end] for end in month_ends(hours.bars))])
        assert held < 0
        assert tallies[0].worst_month_pct >= held / 3

    def test_the_books_of_every_level_balance_to_the_last_digit(self, played: Played) -> None:
        _, tallies = played
        for tally in tallies:
            account, trades = tally.shadow.books.account, tally.trades
            assert account.residual == 0
            assert not account.open_positions
            assert tally.shadow.equity == account.cash
            assert account.cash == total(account.deposits, account.realized, minus(account.gas))
            assert account.gas == sum(trade.gas_usd for trade in trades)
            assert account.version == 1 + len(trades)

    def test_the_trades_are_in_order_of_time_and_all_are_there(self, played: Played) -> None:
        _, tallies = played
        for tally in tallies:
            assert [trade.number for trade in tally.trades] == list(range(2, len(tally.trades) + 2))
            assert all(one.at <= other.at for one, other in zip(tally.trades, tally.trades[1:], strict=False))


class TestFigures:
    def test_months_end_with_the_last_bar_that_begins_in_them(self) -> None:
        starts = [datetime(2024, 1, 31, 22, tzinfo=UTC) + timedelta(hours=hour) for hour in range(5)]
        one = Decimal(1)
        assert month_ends([Bar(at, one, one, one, one, one, "") for at in starts]) == [1, 4]

    def test_the_worst_of_changes_and_the_deepest_of_falls(self) -> None:
        worths = decimals("100", "120", "90", "99", "60", "130")
        assert round(worst_pct(worths), 6) == round(Decimal(-3900) / 99, 6)
        assert deepest_pct(worths) == 50
        assert worst_pct(decimals("100", "110", "132")) == 10

    def test_without_skill_half_of_each_move_is_made(self) -> None:
        closes = decimals("100", "110", "99")
        assert without_skill_pct(closes, Decimal("0.5")) == (Decimal("1.05") * Decimal("0.95") - 1) * 100
        assert abs(without_skill_pct(closes, Decimal(1)) - Decimal(-1)) < Decimal("1e-30")
        assert without_skill_pct(closes, Decimal(0)) == 0

    def test_who_never_held_anything_was_never_exposed(self) -> None:
        (tally,) = rehearsed(stage_of(recording(invented_rows(40)), numbers=(3,)), lambda _: None)
        assert (tally.exposure, tally.return_pct, tally.worst_month_pct, tally.trades) == (0, 0, 0, [])

    def test_exposure_is_the_mean_share_over_all_closes(self) -> None:
        stage = stage_of(recording(invented_rows(700)), numbers=(8,))
        (shadow,), shares = stage.shadows.all, list[float]()
        for index, bar in enumerate(stage.ground.recording.bars):
            stage.play(index)
            account = shadow.books.account
            value = float(sum(position.quantity * bar.close for position in account.open_positions))
            shares.append(value / (float(account.cash) + value))
        (tally,) = rehearsed(stage_of(recording(invented_rows(700)), numbers=(8,)), lambda _: None)
        assert float(tally.exposure) == pytest.approx(sum(shares) / len(shares), rel=1e-9)
        assert tally.exposure > 0

    def test_whoever_waits_is_told_now_and_then(self) -> None:
        told: list[int] = []
        rehearsed(stage_of(recording(invented_rows(1200)), numbers=(1,)), told.append)
        assert told == [0, 500, 1000]


def test_ranks_that_agree_and_ranks_that_do_not() -> None:
    numbers = decimals("1", "2", "3", "4")
    assert rank_correlation(numbers, decimals("10", "20", "30", "40")) == pytest.approx(1)
    assert rank_correlation(numbers, decimals("4", "3", "2", "1")) == pytest.approx(-1)
    assert rank_correlation(numbers, decimals("1", "1", "1", "2")) == pytest.approx(0.7745966692)
