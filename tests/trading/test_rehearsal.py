"""A rehearsal: what was decided at a close fills at the next open, stops fill where the pool was, and gaps forget."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from app.bot.exits import triggers
from app.domain.orders import Side
from app.domain.quotes import Ask, Leg, Swap
from app.domain.refusal import Refusal
from app.domain.trades import Trade
from app.market.recording import Recording
from app.market.replay_quoter import Assumptions
from app.trading.rehearsal import Stage, ways_of
from app.trading.shadow import Intent, Shadow
from app.trading.tallies import rehearsed
from tests.recorded import BEGIN, CRASH, USDC, WETH, invented_rows, recorded, recording, stage_of

BARS = 900
ASSET = WETH.key.address
AT_A_CLOSE = {"entry", "strength", "patience"}
# A pool moves whole base units: dollars to the millionth.
UNIT = Fraction(1, 10**6)


def trades_of(stage: Stage) -> list[Trade]:
    return [trade for tally in rehearsed(stage, lambda _: None) for trade in tally.trades]


@pytest.fixture(scope="module")
def invented() -> Recording:
    return recording(invented_rows(BARS))


@pytest.fixture(scope="module")
def played(invented: Recording) -> list[Trade]:
    return trades_of(stage_of(invented))


class TestFills:
    def test_what_is_decided_at_a_close_fills_at_the_open_of_the_next_bar(
        self, invented: Recording, played: Sequence[Trade]
    ) -> None:
        opens = {bar.at: bar.open for bar in invented.bars}
        decided = [trade for trade in played if trade.reason in AT_A_CLOSE]
        assert {trade.reason for trade in decided} >= {"entry", "strength"}
        for trade in decided:
            assert trade.mid_price == opens[trade.at]
        closes = {bar.at + invented.length: bar.close for bar in invented.bars}
        assert not [trade for trade in decided if trade.mid_price == closes[trade.at]]

    def test_an_exit_on_the_way_fills_inside_its_bar(self, invented: Recording, played: Sequence[Trade]) -> None:
        bars = {bar.at + invented.length: bar for bar in invented.bars}
        on_the_way = [trade for trade in played if trade.reason not in {*AT_A_CLOSE, "end"}]
        assert {trade.reason for trade in on_the_way} >= {"target 1", "target 2", "trailing stop"}
        for trade in on_the_way:
            assert bars[trade.at].low <= trade.mid_price <= bars[trade.at].high

    def test_what_is_held_at_the_end_is_sold_at_the_last_close(self, invented: Recording) -> None:
        stage = stage_of(invented)
        tallies = rehearsed(stage, lambda _: None)
        ends = [trade for tally in tallies for trade in tally.trades if trade.reason == "end"]
        assert ends
        assert {(trade.at, trade.mid_price, trade.side) for trade in ends} == {
            (invented.last_at, invented.bars[-1].close, Side.SELL)
        }
        assert not any(shadow.holdings or shadow.books.account.open_positions for shadow in stage.shadows.all)

    @pytest.mark.parametrize("bars", [350, 620])
    def test_what_comes_later_changes_nothing_that_was_done(self, played: Sequence[Trade], bars: int) -> None:
        until = BEGIN + timedelta(hours=bars)
        short = [trade for trade in trades_of(stage_of(recording(invented_rows(bars)))) if trade.reason != "end"]
        assert short
        assert short == [
            trade for trade in played if trade.at < until or (trade.at == until and trade.reason not in AT_A_CLOSE)
        ]

    def test_too_few_bars_make_no_trades(self) -> None:
        assert trades_of(stage_of(recording(invented_rows(95)))) == []

    def test_a_pool_that_is_said_to_be_empty_is_not_traded_in(self) -> None:
        rows = [f"{row},0" for row in invented_rows(BARS)]
        empty = recording(rows, "timestamp,open,high,low,close,volume,liquidity_usd")
        assert trades_of(stage_of(empty)) == []

    def test_in_a_pool_that_has_run_empty_a_stop_waits_for_the_first_bar_with_anything_in_it(self) -> None:
        bars = enumerate((("100", "1000000"), ("80", "0"), ("78", "1000000")))
        rows = [f"2024-03-01T0{hour}:00Z,{price},{price},{price},{price},1,{pool}" for hour, (price, pool) in bars]
        stage = stage_of(recording(rows, "timestamp,open,high,low,close,volume,liquidity_usd"), numbers=(5,))
        shadow = holding(stage, 0, Decimal(1000), stop_pct=5.0)
        had = shadow.books.account.held(ASSET)
        stage.play(1)
        assert shadow.books.account.held(ASSET) == had > 0
        stage.play(2)
        sold = shadow.written.changes[-1].trade
        assert sold and (sold.reason, sold.mid_price, sold.quantity) == ("stop", Decimal(78), had)

    def test_an_empty_pool_says_so(self) -> None:
        rows = [f"2024-03-01T0{hour}:00Z,100,100,100,100,1,{pool}" for hour, pool in enumerate((0, 1000))]
        stage = stage_of(recording(rows, "timestamp,open,high,low,close,volume,liquidity_usd"))
        ask = Ask(WETH, USDC, Side.BUY, Leg.PAY, Decimal(100))
        said = [stage.stand(index, BEGIN).pool(ask, Decimal(100)) for index in (0, 1)]
        assert said[0] == Refusal("no_pool", "The recording says that the pool was empty.")
        assert isinstance(said[1], Swap)


class TestGaps:
    @pytest.mark.parametrize(("missing", "fills"), [(0, True), (1, True), (2, True), (3, False), (48, False)])
    def test_what_was_decided_before_a_gap_is_forgotten_after_two_bars(
        self, invented: Recording, played: Sequence[Trade], missing: int, *, fills: bool
    ) -> None:
        first = min(trade.at for trade in played if trade.reason == "entry")
        index = (first - BEGIN) // timedelta(hours=1)
        rows = invented_rows(BARS)
        stage = stage_of(recording(rows[:index] + rows[index + missing :]))
        for place in range(index + 1):
            stage.play(place)
        bought = {shadow.level.number for shadow in stage.shadows.all if shadow.holdings}
        assert bool(bought) is fills

    def test_a_fall_in_a_gap_is_sold_at_the_first_price_after_it(self) -> None:
        rows = ["2024-03-01T00:00Z,100,100,100,100,1", "2024-03-01T01:00Z,100,100,100,100,1"]
        rows.append("2024-03-02T00:00Z,70,71,69,70,1")
        stage = stage_of(recording(rows), numbers=(5,))
        shadow = holding(stage, 0, Decimal(1000), stop_pct=5.0)
        stage.play(1)
        stage.play(2)
        sold = shadow.written.changes[-1].trade
        assert sold and (sold.reason, sold.mid_price) == ("stop", Decimal(70))


def holding(stage: Stage, index: int, usd: Decimal, stop_pct: float) -> Shadow:
    """Each of the stage's levels has bought at the open of this bar; the first of them."""
    bar = stage.ground.recording.bars[index]
    stand = stage.stand(index, bar.at)
    for shadow in stage.shadows.all:
        shadow.intents[ASSET] = Intent(usd, bar.at, "entry", shadow.level.stop_pct or stop_pct)
        shadow.meet(stand, bar.open)
        assert ASSET in shadow.holdings
    return stage.shadows.all[0]


def pool_gives(quantity: Decimal, price: Decimal, liquidity: Decimal, fee: Decimal) -> Fraction:
    """What a constant-product pool, half of it tokens at this price, gives in dollars (Uniswap V2, getAmountOut)."""
    side = Fraction(liquidity) / 2
    paid = Fraction(quantity) * (1 - Fraction(fee) / 10_000)
    return side * paid / (side / Fraction(price) + paid)


class TestCrash:
    """17 August 2023: within minutes the price fell from 1,705 to 1,595 dollars, and the depth by a third."""

    BEFORE = datetime(2023, 8, 17, 21, 39, tzinfo=UTC)
    AFTER = datetime(2023, 8, 17, 22, 30, tzinfo=UTC)

    def test_stops_fill_at_what_the_pool_gave_and_the_books_balance(self) -> None:
        crash = recorded(CRASH)
        index = next(place for place, bar in enumerate(crash.bars) if bar.at >= self.BEFORE)
        stage = stage_of(crash)
        holding(stage, index, Decimal(2000), stop_pct=4.0)
        stops = {shadow.level.number: triggers(shadow.holdings[ASSET])[0] for shadow in stage.shadows.all}
        stopped = dict[int, Trade]()
        for place in range(index + 1, crash.closed_by(self.AFTER)):
            bar, liquidity = crash.bars[place], crash.liquidity[place]
            assert liquidity
            # The way of the price alone, without what a level decides at the close: else it would be out before.
            stage.shadows.tick(stage.stand(place, bar.at), bar.open, crash.closes_at(place), ways_of(bar))
            for shadow in stage.shadows.all:
                for trade in taken(shadow):
                    if trade.side is Side.BUY:
                        continue
                    stopped[shadow.level.number] = trade
                    assert trade.reason == "stop"
                    assert bar.low <= trade.mid_price <= min(stops[shadow.level.number], bar.open)
                    given = pool_gives(trade.quantity, trade.mid_price, liquidity, Decimal(5))
                    assert 0 <= given - Fraction(trade.value) <= UNIT
                    assert trade.price < trade.mid_price * Decimal("0.9995")
        assert sorted(stopped) == [1, 2, 3, 4, 5, 6, 10]
        for shadow in stage.shadows.all:
            assert shadow.books.account.residual == 0

    def test_the_whole_file_is_traded_and_balances_to_the_last_digit(self) -> None:
        stage = stage_of(recorded(CRASH), Assumptions(gas_usd=Decimal("0.001")))
        tallies = rehearsed(stage, lambda _: None)
        assert sum(len(tally.trades) for tally in tallies) > 0
        for tally in tallies:
            account = tally.shadow.books.account
            assert account.residual == 0
            assert tally.shadow.equity == account.cash == account.deposits + account.realized - account.gas


def taken(shadow: Shadow) -> list[Trade]:
    found = [change.trade for change in shadow.written.changes if change.trade]
    shadow.written.changes.clear()
    return found


class TestWays:
    def test_a_bar_may_have_fallen_first_or_risen_first(self) -> None:
        bar = recording(["2024-03-01T00:00Z,100,110,90,105,1", "2024-03-01T01:00Z,1,1,1,1,1"]).bars[0]
        fall, rise = ways_of(bar)
        assert [leg.end for leg in fall] == [100, 90, 110, 105]
        assert [leg.end for leg in rise] == [100, 110, 90, 105]

    def test_an_open_outside_the_bar_is_on_the_way(self) -> None:
        bar = recording(["2024-03-01T00:00Z,120,110,90,80,1", "2024-03-01T01:00Z,1,1,1,1,1"]).bars[0]
        assert {leg.end for way in ways_of(bar) for leg in way} == {120, 80}

    def test_a_bar_that_stood_still_went_one_way(self) -> None:
        bar = recording(["2024-03-01T00:00Z,100,100,100,100,1", "2024-03-01T01:00Z,1,1,1,1,1"]).bars[0]
        assert [[leg.end for leg in way] for way in ways_of(bar)] == [[100]]
