"""The bot at work in a demo market: when it buys, when it sells, and what of it is told."""

from pathlib import Path

import pytest

from app.domain.bots import BotState
from app.domain.decisions import Occasion, Verdict
from app.domain.orders import OrderState, Origin, Side
from app.domain.prices import PriceState
from app.domain.refusal import Refusal
from app.runtime.standing import holdings
from app.store.orders import find_order
from app.trading.flattening import flatten
from tests.clock import FakeClock
from tests.runtime.bots import M1, WETH, ground_of
from tests.runtime.demo_house import pit_of


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestEntries:
    async def test_with_history_on_disk_it_thinks_and_buys_at_its_first_tick(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            assert ground.bot.looks() == []
            await ground.begin()
            await ground.think()
            look = ground.bot.look(WETH.key.address)
            assert look and look.decision.verdict is Verdict.BUY
            assert [opinion.level for opinion in look.opinions] == list(range(1, 11))
            assert ground.bot.last_tick_at == clock.utc
            [trade], [row] = ground.trades(), ground.logged()
            assert (trade.side, trade.origin, trade.reason) == (Side.BUY, Origin.BOT, "entry")
            assert row.decision.size_usd == look.decision.size_usd > 0
            assert float(trade.value) == pytest.approx(float(row.decision.size_usd), abs=1e-5)
            assert (trade.decision_id, row.trade_id, row.acted) == (row.id, trade.id, True)
            order = find_order(ground.house.store, trade.order_id)
            assert order and order.state is OrderState.FILLED
            assert ground.held() == trade.quantity == pit_of(ground.house).account.held(WETH.key.address)
            assert [held.token.symbol for held in holdings(pit_of(ground.house))] == ["WETH"]

    @pytest.mark.parametrize("action", ["pause", "stop"])
    async def test_only_a_running_bot_buys_and_the_others_think_all_the_same(
        self, action: str, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin(action)
            await ground.think()
            await ground.close_a_bar()
            assert [row.decision.verdict for row in ground.logged()] == [Verdict.BUY, Verdict.BUY]
            assert {row.bot for row in ground.logged()} == {BotState(ground.bot.record.state).value}
            assert ground.trades() == []
            # The shadows are nobody's to stop.
            assert ground.bot.lines()[8].positions == 1

    async def test_it_buys_only_when_a_bar_has_closed(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin("pause")
            await ground.think()
            await ground.bot.command("start")
            for _ in range(3):
                await ground.after(15)
                await ground.think()
                assert ground.bot.looks()[0].decision.verdict is Verdict.BUY
                assert ground.trades() == []
            await ground.close_a_bar()
            assert [trade.side for trade in ground.trades()] == [Side.BUY]

    async def test_a_bar_that_closed_long_before_it_came_is_not_traded_on(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            clock.advance(45)
            ground.post()
            await ground.think()
            assert ground.bot.looks()[0].decision.verdict is Verdict.BUY
            assert ground.trades() == []

    async def test_several_tokens_at_the_same_close_never_exceed_the_positions_of_a_level(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        symbols = ("WETH", "LINK", "AERO", "cbBTC", "UNI", "BRETT", "DEGEN", "VIRTUAL")
        async with ground_of(tmp_path, clock, symbols) as ground:
            await ground.begin(level=6)
            for _ in range(3):
                await ground.think()
                assert len(ground.bot.trader.holdings) <= 4
                assert all(len(shadow.holdings) <= shadow.level.positions for shadow in ground.bot.shadows.all), (
                    ground.bot.lines()
                )
                await ground.close_a_bar()
            buys = [opinion for row in ground.logged() for opinion in row.opinions if opinion.verdict is Verdict.BUY]
            assert {opinion.level for opinion in buys} >= {6, 7, 8, 9, 10}
            assert len(ground.bot.trader.holdings) == 4
            assert [len(shadow.holdings) for shadow in ground.bot.shadows.all[5:7]] == [4, 5]

    async def test_at_a_close_whose_price_is_not_live_nothing_is_bought(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin("pause")
            await ground.think()
            await ground.bot.command("start")
            clock.advance(61)
            ground.post(60)
            await ground.think()
            row = ground.logged()[-1]
            assert (row.occasion, row.state, row.decision.verdict) == (Occasion.CLOSE, "delayed", Verdict.SKIP)
            assert {opinion.first_failed for opinion in row.opinions[:8]} == {"price"}
            assert ground.trades() == []
            assert not any(shadow.intents for shadow in ground.bot.shadows.all)

    @pytest.mark.parametrize(("late_s", "bought"), [(100, 1), (130, 0)])
    async def test_what_the_shadows_decided_lapses_where_the_next_price_comes_later_than_two_bars(
        self, late_s: int, bought: int, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin("stop")
            await ground.think()
            bold = ground.bot.shadows.all[8]
            assert bold.intents[WETH.key.address].until == clock.utc + 2 * M1.length
            assert bold.holdings == {}
            clock.advance(late_s)
            # A bar that closes now would be a new decision: the ticks of these minutes never came.
            ground.house.floor.tape.forget(WETH.key)
            ground.post()
            await ground.think()
            assert (len(bold.holdings), WETH.key.address in bold.intents) == (bought, False)


class TestExits:
    async def test_a_stop_fires_between_closes_on_the_tick_that_touches_it(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            await ground.think()
            await ground.after(5, WETH="0.95")
            assert len(ground.trades()) == 1
            await ground.after(1, WETH="0.91")
            bought, sold = ground.trades()
            assert (sold.side, sold.quantity, sold.reason) == (Side.SELL, bought.quantity, "stop")
            assert sold.price < ground.price() < bought.price
            assert (ground.held(), pit_of(ground.house).account.residual) == (0, 0)
            row = ground.logged()[-1]
            assert (row.occasion, row.decision.verdict, row.decision.first_failed) == (
                Occasion.EXIT,
                Verdict.SELL,
                "stop",
            )
            assert (row.id, row.trade_id) == (sold.decision_id, sold.id)

    async def test_a_paused_bot_looks_after_what_it_holds_and_a_stopped_one_does_not(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            await ground.think()
            await ground.bot.command("stop")
            await ground.after(1, WETH="0.90")
            await ground.think()
            assert len(ground.trades()) == 1
            await ground.bot.command("pause")
            await ground.after(1)
            assert [trade.reason for trade in ground.trades()] == ["entry", "stop"]

    @pytest.mark.parametrize("age_s", [60, 400], ids=["delayed", "stale"])
    async def test_on_a_price_that_is_not_live_nothing_is_sold(
        self, age_s: float, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            await ground.think()
            clock.advance(age_s + 5)
            ground.post(age_s, WETH="0.90")
            await ground.done()
            await ground.think()
            assert ground.house.price(WETH).state is not PriceState.LIVE
            assert len(ground.trades()) == 1
            look = ground.bot.looks()[0]
            assert (look.decision.verdict, look.decision.first_failed) == (Verdict.HOLD, "price")
            await ground.after(1)
            assert [trade.reason for trade in ground.trades()] == ["entry", "stop"]

    async def test_profit_is_taken_by_halves_and_the_rest_trails(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin(level=8)
            await ground.think()
            for part in ("1.05", "1.11", "1.11", "1.15", "1.22", "1.22", "1.18", "1.12"):
                await ground.after(20, WETH=part)
            made = ground.trades()
            assert [trade.reason for trade in made] == ["entry", "target 1", "target 2", "trailing stop"]
            assert sum(trade.quantity for trade in made[1:]) == made[0].quantity
            assert ground.held() == 0


class TestWhoseItIs:
    async def test_it_sells_only_what_it_bought(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            mine = (await ground.buy("b1", "1500")).quantity
            await ground.think()
            its = ground.held()
            assert its > 0
            await ground.after(5, WETH="0.90")
            assert ground.trades()[-1].quantity == its
            assert pit_of(ground.house).account.held(WETH.key.address) == mine

    @pytest.mark.parametrize("how", ["sell", "flatten"])
    async def test_when_the_person_sells_everything_it_holds_nothing_and_orders_nothing(
        self, how: str, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            await ground.think()
            assert ground.held() > 0
            if how == "sell":
                await ground.sell("s1", share_pct="100")
            else:
                assert not isinstance(await flatten(pit_of(ground.house).desk, "f1", Origin.HAND), Refusal)
            assert ground.held() == 0
            await ground.after(5, WETH="0.90")
            await ground.think()
            assert [trade.origin for trade in ground.trades()] == [Origin.BOT, Origin.HAND]
            assert "refused" not in caplog.text
            assert pit_of(ground.house).desk.repeats.outcomes[Origin.BOT.value, "not_held"] == 0
