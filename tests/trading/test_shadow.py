"""A shadow's ledger: the worse order inside a bar counts, intents are done once or lapse, and the books balance."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.bot.decide import decide
from app.bot.exits import Leg, entry_of, jump, opening_stop
from app.bot.market import Bounds
from app.domain.decisions import Verdict
from app.domain.orders import Origin, Side
from app.domain.refusal import Refusal
from app.domain.trades import Trade
from app.trading.rehearsal import Stage, ways_of
from app.trading.shadow import Intent, Shadow, Stand
from app.trading.shadows import new_shadows
from app.trading.terms import Terms
from tests.recorded import BEGIN, WETH, recording, stage_of

ASSET = WETH.key.address
HOUR = timedelta(hours=1)
NEXT = BEGIN + HOUR


def bar_of(*prices: str) -> str:
    return f"2024-03-01T01:00:00Z,{','.join(prices)},1"


def stage_with(*prices: str, number: int = 5) -> Stage:
    """A stage of one level whose second bar has these prices: open, high, low, close."""
    return stage_of(recording(["2024-03-01T00:00:00Z,100,100,100,100,1", bar_of(*prices)]), numbers=(number,))


def bought(stage: Stage, usd: str = "1000", stop_pct: float = 5.0) -> Shadow:
    """The one level has bought for so many dollars at 100."""
    shadow = stage.shadows.all[0]
    shadow.intents[ASSET] = Intent(Decimal(usd), BEGIN, "entry", stop_pct)
    shadow.meet(stage.stand(0, BEGIN), Decimal(100))
    return shadow


def trades_of(shadow: Shadow) -> list[Trade]:
    return [change.trade for change in shadow.written.changes if change.trade]


def through(stage: Stage) -> list[Trade]:
    """The second bar's way; the trades of it."""
    shadow, bar = stage.shadows.all[0], stage.ground.recording.bars[1]
    before = len(trades_of(shadow))
    stage.shadows.tick(stage.stand(1, NEXT), bar.open, NEXT + HOUR, ways_of(bar))
    return trades_of(shadow)[before:]


class TestInsideABar:
    def test_where_stop_and_target_are_both_touched_the_stop_came_first(self) -> None:
        stage = stage_with("100", "107", "94", "100")
        bought(stage)
        assert [trade.reason for trade in through(stage)] == ["stop"]

    def test_a_rise_alone_takes_its_profit(self) -> None:
        stage = stage_with("102", "106", "102", "105.5")
        bought(stage)
        assert [(trade.reason, trade.side) for trade in through(stage)] == [("target 1", Side.SELL)]

    @pytest.mark.parametrize(
        "prices", [("100", "107", "94", "100"), ("100", "112", "94", "111"), ("100", "106", "98", "104")]
    )
    def test_the_order_counts_that_leaves_less(self, prices: tuple[str, ...]) -> None:
        ends: list[Decimal] = []
        for place in (0, 1):
            stage = stage_with(*prices)
            shadow, bar = bought(stage), stage.ground.recording.bars[1]
            stage.shadows.tick(stage.stand(1, NEXT), bar.open, NEXT + HOUR, ways_of(bar)[place : place + 1])
            ends.append(shadow.equity)
        stage = stage_with(*prices)
        shadow = bought(stage)
        through(stage)
        assert shadow.equity == min(ends)
        assert ends[0] != ends[1], "these prices do not tell one order from the other"

    def test_a_fall_through_the_stop_at_the_open_is_sold_at_the_open(self) -> None:
        stage = stage_with("90", "91", "89", "90")
        bought(stage)
        assert [(trade.reason, trade.mid_price) for trade in through(stage)] == [("stop", Decimal(90))]

    def test_both_targets_and_the_rest_go_one_after_the_other(self) -> None:
        stage = stage_with("100", "111", "100", "103")
        bought(stage)
        sold = through(stage)
        assert [trade.reason for trade in sold] == ["target 1", "target 2", "trailing stop"]
        assert sum(trade.quantity for trade in sold) == trades_of(stage.shadows.all[0])[0].quantity

    def test_a_way_that_touches_nothing_changes_nothing(self) -> None:
        stage = stage_with("100", "104", "96", "100")
        shadow = bought(stage)
        before = shadow.books
        assert through(stage) == []
        assert shadow.books is before


class TestIntents:
    def test_an_intent_is_done_once(self) -> None:
        shadow = bought(stage := stage_with("100", "100", "100", "100"))
        shadow.meet(stage.stand(1, NEXT), Decimal(100))
        assert len(trades_of(shadow)) == 1

    @pytest.mark.parametrize(("late", "fills"), [(timedelta(0), True), (timedelta(seconds=1), False)])
    def test_an_intent_lapses_after_its_time(self, late: timedelta, *, fills: bool) -> None:
        stage = stage_with("100", "100", "100", "100")
        shadow = stage.shadows.all[0]
        shadow.intents[ASSET] = Intent(Decimal(500), NEXT, "entry", 5.0)
        shadow.meet(stage.stand(1, NEXT + late), Decimal(100))
        assert bool(trades_of(shadow)) is fills
        assert shadow.intents == {}

    def test_a_sale_of_what_is_not_held_any_more_is_nothing(self) -> None:
        stage = stage_with("100", "100", "100", "100")
        shadow = stage.shadows.all[0]
        shadow.intents[ASSET] = Intent(None, NEXT, "strength")
        shadow.meet(stage.stand(1, NEXT), Decimal(100))
        assert (trades_of(shadow), shadow.refused) == ([], None)

    @pytest.mark.parametrize(
        "terms",
        [
            Terms(block=frozenset({ASSET})),
            Terms(Bounds(max_trade_usd=20.0)),
            Terms(Bounds(max_trades_per_day=0)),
            Terms(Bounds(min_liquidity_usd=10_001.0)),
        ],
    )
    def test_a_purchase_that_a_limit_forbids_by_then_is_called_off_and_a_sale_is_not(self, terms: Terms) -> None:
        stage = stage_with("100", "100", "100", "100")
        shadow = stage.shadows.all[0]
        shadow.intents[ASSET] = Intent(Decimal(500), NEXT, "entry", 5.0, liquidity_usd=10_000.0)
        shadow.meet(stage.stand(1, NEXT), Decimal(100), terms)
        assert (trades_of(shadow), shadow.intents) == ([], {})
        assert shadow.refused and shadow.refused.code == "not_wanted"
        bought(stage)
        shadow.intents[ASSET] = Intent(None, NEXT, "strength")
        shadow.meet(stage.stand(1, NEXT), Decimal(100), terms)
        assert [trade.reason for trade in trades_of(shadow)] == ["entry", "strength"]

    def test_a_refusal_is_remembered_and_costs_nothing(self) -> None:
        stage = stage_with("100", "100", "100", "100")
        shadow = bought(stage, usd="20000")
        assert trades_of(shadow) == []
        assert shadow.refused and shadow.refused.code == "not_enough_cash"
        assert shadow.equity == shadow.books.account.cash == 10_000

    def test_a_stop_that_the_pool_refuses_is_tried_at_the_next_price(self) -> None:
        stage = stage_with("90", "91", "89", "90")
        shadow = bought(stage)
        closed: Stand = replace(stage.stand(1, NEXT), pool=lambda ask, price: Refusal("no_pool", "There is no pool."))
        shadow.walk(closed, (jump(Decimal(90)),))
        assert shadow.refused and ASSET in shadow.holdings
        shadow.walk(stage.stand(1, NEXT), (jump(Decimal(91)),))
        assert [trade.reason for trade in trades_of(shadow)] == ["entry", "stop"]


class TestLedger:
    def test_a_bot_s_trade_says_what_it_is(self) -> None:
        stage = stage_with("102", "106", "102", "105.5")
        shadow = bought(stage)
        through(stage)
        first, last = trades_of(shadow)
        assert (first.origin, first.reason, last.reason) == (Origin.BOT, "entry", "target 1")
        assert first.account_id == shadow.account_id

    def test_more_of_the_same_is_one_holding_at_its_average_cost(self) -> None:
        stage = stage_with("100", "100", "100", "100")
        shadow = bought(stage)
        stop = shadow.holdings[ASSET].stop
        shadow.intents[ASSET] = Intent(Decimal(500), NEXT, "entry", 5.0)
        shadow.meet(stage.stand(1, NEXT), Decimal(102))
        held = shadow.holdings[ASSET]
        assert held.cost == sum(trade.value for trade in trades_of(shadow)) == 1500
        assert held.quantity == shadow.books.account.held(ASSET)
        assert held.stop == opening_stop(entry_of(held), 5.0) > stop

    @pytest.mark.parametrize(("number", "price"), [(5, "98"), (10, "102")])
    def test_more_of_the_same_leaves_a_stop_that_the_level_does_not_want_higher(self, number: int, price: str) -> None:
        """It was bought more cheaply, or the level's stop is that of its volatility then."""
        stage = stage_with("100", "100", "100", "100", number=number)
        shadow = bought(stage)
        stop = shadow.holdings[ASSET].stop
        shadow.intents[ASSET] = Intent(Decimal(500), NEXT, "entry", 5.0)
        shadow.meet(stage.stand(1, NEXT), Decimal(price))
        assert shadow.holdings[ASSET].cost == 1500
        assert shadow.holdings[ASSET].stop == stop

    @pytest.mark.parametrize("interval_s", [60.0, 3600.0])
    def test_how_long_it_is_held_is_told_by_the_clock_and_not_by_the_bars_that_have_closed(
        self, interval_s: float
    ) -> None:
        stage = stage_with("100", "100", "100", "100")
        shadow = bought(stage)
        market = stage.market(0)._replace(interval_s=interval_s)
        for hours, verdict in ((36.0, Verdict.HOLD), (36.5, Verdict.SELL)):
            for _ in range(40):
                shadow.close(ASSET, Decimal(100))
            book = shadow.book(market, Terms(), BEGIN + hours * HOUR, shadow.equity)
            assert book.held and (book.held.hours, book.held.level) == (hours, 5)
            assert decide(market, book, shadow.level).verdict is verdict

    def test_a_close_above_all_prices_before_is_the_highest_and_a_trailing_stop_follows_it(self) -> None:
        shadow = bought(stage_with("100", "100", "100", "100"))
        opened = shadow.holdings[ASSET]
        for price in (Decimal(103), Decimal(101)):
            shadow.close(ASSET, price)
            assert shadow.holdings[ASSET] == replace(opened, highest=Decimal(103))
        shadow.holdings[ASSET] = replace(opened, rungs=1)
        assert not shadow.minds(ASSET, Decimal(99), Decimal(99))
        shadow.close(ASSET, Decimal(110))
        assert shadow.holdings[ASSET].stop == opening_stop(Decimal(110), shadow.level.trail_pct)
        assert shadow.minds(ASSET, Decimal(99), Decimal(99))

    def test_after_a_first_profit_a_new_highest_price_is_minded_and_the_trailing_stop_rises_with_it(self) -> None:
        stage = stage_with("100", "100", "100", "100")
        shadow, stand = bought(stage), stage.stand(1, NEXT)
        assert not shadow.minds(ASSET, Decimal(100), Decimal(101))
        # Level 5: the first profit at 5 %, the second at 10 %, and between them a stop 4 % below the highest.
        for highest, stop in ((106, "101.76"), (107, "102.72")):
            assert shadow.minds(ASSET, Decimal(highest), Decimal(highest))
            shadow.walk(stand, (Leg(Decimal(105), Decimal(highest)),))
            held = shadow.holdings[ASSET]
            assert (held.rungs, held.highest, held.stop) == (1, highest, Decimal(stop))
            assert not shadow.minds(ASSET, Decimal(highest), Decimal(highest))
        assert [trade.reason for trade in trades_of(shadow)] == ["entry", "target 1"]

    def test_a_day_begins_for_what_has_no_live_price_with_its_first(self) -> None:
        stage = stage_with("100", "100", "100", "100")
        stage.shadows.see(BEGIN)
        shadow, today = bought(stage), BEGIN.date().isoformat()
        assert (shadow.diary.day, shadow.diary.trades) == (today, 1)
        shadow.marks.tick(ASSET, Decimal(50), live=False)
        shadow.see(BEGIN + 24 * HOUR)
        tomorrow = (BEGIN + 24 * HOUR).date().isoformat()
        assert (shadow.diary.day, shadow.diary.trades) == (tomorrow, 0)
        # What was never seen at a live price is worth what was paid.
        assert round(shadow.diary.began or 0, 2) == Decimal("9999.98")
        assert shadow.diary.loss_pct == 0.0
        shadow.marks.tick(ASSET, Decimal(90), live=True)
        equity = shadow.see(BEGIN + 25 * HOUR)
        assert (shadow.diary.began, shadow.diary.loss_pct) == (equity, 0.0)

    @pytest.mark.parametrize("number", [1, 5, 9, 10])
    def test_gas_is_bid_as_the_level_does_and_the_books_balance(self, number: int) -> None:
        stage = stage_with("100", "120", "80", "100", number=number)
        shadow = bought(stage, usd="150")
        through(stage)
        shadow.end(stage.stand(1, NEXT + HOUR), Decimal(100), "end")
        account, level = shadow.books.account, shadow.level
        trades = trades_of(shadow)
        assert account.residual == 0
        assert account.gas == len(trades) * Decimal("0.02") * Decimal(repr(level.gas_factor))
        assert shadow.equity == account.cash == account.deposits + account.realized - account.gas
        assert shadow.holdings == {} and not account.open_positions

    def test_levels_begin_alike_and_apart(self) -> None:
        shadows = new_shadows("s1", BEGIN, Decimal(2500), Terms())
        assert {shadow.equity for shadow in shadows.all} == {Decimal(2500)}
        assert len({shadow.account_id for shadow in shadows.all}) == 10

    def test_a_price_of_another_token_moves_nothing(self) -> None:
        shadow = bought(stage_with("100", "100", "100", "100"))
        before = shadow.equity
        shadow.marks.tick("0x" + "1" * 40, Decimal(5), live=True)
        assert shadow.equity == before
        assert not shadow.minds("0x" + "1" * 40, Decimal(1), Decimal(10**6))

    def test_a_leg_that_falls_to_the_stop_exactly_sells(self) -> None:
        stage = stage_with("100", "100", "100", "100")
        shadow = bought(stage)
        stop = shadow.holdings[ASSET].stop
        shadow.walk(stage.stand(1, NEXT), (Leg(Decimal(100), stop),))
        assert [trade.mid_price for trade in trades_of(shadow)][1:] == [stop]
