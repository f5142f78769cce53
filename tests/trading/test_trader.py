"""The trader: the bot buys and sells at the person's desk, only what it bought, once for every reason there is."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.bot.levels import level
from app.domain.bots import BotState
from app.domain.decisions import Verdict
from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.trading.repeats import Placed
from app.trading.terms import Terms
from tests.trading.floor import WETH, trading_floor
from tests.trading.traders import ASSET, Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with trading_floor(tmp_path) as floor:
        yield Place(floor)


class TestDoing:
    async def test_what_it_buys_is_its_own_and_has_the_stop_of_its_level(self, place: Place) -> None:
        trade = await place.bought()
        assert (trade.origin, trade.decision_id, trade.reason) == (Origin.BOT, "d1", "entry")
        holding = place.trader.holdings[ASSET]
        assert (holding.quantity, holding.cost, holding.level) == (trade.quantity, trade.value, 8)
        assert float(holding.stop / (holding.cost / holding.quantity)) == pytest.approx(0.92)

    @pytest.mark.parametrize(
        ("state", "buys", "sells"),
        [(BotState.RUNNING, True, True), (BotState.PAUSED, False, True), (BotState.STOPPED, False, False)],
    )
    async def test_what_it_does_is_what_its_state_lets_it(
        self, place: Place, state: BotState, *, buys: bool, sells: bool
    ) -> None:
        await place.bought()
        place.trader.state = state
        assert isinstance(await place.decide(Verdict.BUY, usd="100"), Placed) is buys
        assert isinstance(await place.decide(Verdict.SELL, why="strength"), Placed) is sells
        assert (place.held == 0) is sells

    @pytest.mark.parametrize("why", ["patience", "strength"])
    async def test_at_a_close_it_sells_for_weakness_and_lost_patience(self, place: Place, why: str) -> None:
        await place.bought()
        await place.decide(Verdict.SELL, why=why)
        assert place.reasons() == ["entry", why]
        assert place.held == 0

    @pytest.mark.parametrize("why", ["stop", "target"])
    async def test_at_a_close_it_leaves_to_the_ticks_what_is_theirs(self, place: Place, why: str) -> None:
        await place.bought()
        assert await place.decide(Verdict.SELL, why=why) is None
        assert place.held > 0

    async def test_a_purchase_beyond_the_greatest_slippage_is_refused_and_a_sale_is_not(self, tmp_path: Path) -> None:
        with trading_floor(tmp_path) as floor:
            place = Place(floor, Terms(worst_bps=Decimal(20)))
            await place.bought("1000")
            floor.pools.liquidity = Decimal(200_000)
            outcome = await place.decide(Verdict.BUY, usd="1000")
            assert isinstance(outcome, Refusal) and outcome.code == "slippage_too_high"
            await place.tick(WETH="2200")
            assert place.reasons() == ["entry", "stop"]

    async def test_of_purchases_that_were_refused_it_keeps_nothing(self, place: Place) -> None:
        def kept() -> int:
            return sum(len(each) for each in vars(place.trader).values() if isinstance(each, dict | set | list))

        place.floor.pools.refusal = Refusal("no_answer", "No node answers.")
        before = kept()
        for _ in range(3):
            assert isinstance(await place.decide(Verdict.BUY, usd="100"), Refusal)
        assert kept() == before


class TestExits:
    async def test_a_stop_sells_what_it_bought_and_leaves_the_persons_own(self, place: Place) -> None:
        await place.by_hand("buy", amount_usd="500")
        mine = place.floor.desk.books.account.held(ASSET)
        its = (await place.bought()).quantity
        await place.tick(WETH="2200")
        assert [(trade.quantity, trade.reason) for trade in place.made()[2:]] == [(its, "stop")]
        assert place.floor.desk.books.account.held(ASSET) == mine
        assert place.trader.holdings == {}

    async def test_targets_are_taken_once_each_and_the_rest_trails(self, place: Place) -> None:
        await place.bought()
        for price in ("2780", "2780", "2790", "3010", "3010", "2800"):
            await place.tick(WETH=price)
        assert place.reasons() == ["entry", "target 1", "target 2", "trailing stop"]
        assert place.logged == [("WETH", reason) for reason in place.reasons()[1:]]

    async def test_a_target_that_is_touched_again_while_it_is_sold_is_sold_once(self, place: Place) -> None:
        await place.bought()

        async def higher() -> None:
            place.notice(WETH="2785")

        place.notice(WETH="2780")
        place.floor.pools.meanwhile = higher
        await place.trader.work(place.log)
        assert not place.trader.is_leaving
        await place.tick()
        assert place.reasons() == ["entry", "target 1"]

    async def test_a_stop_and_a_weakness_at_once_are_one_sale_and_the_persons_own_stays(self, place: Place) -> None:
        await place.by_hand("buy", amount_usd="2000")
        mine = place.floor.desk.books.account.held(ASSET)
        await place.bought("1000")
        waiting: list[asyncio.Task[object]] = []

        async def weak() -> None:
            waiting.append(asyncio.create_task(place.decide(Verdict.SELL, why="strength")))
            await asyncio.sleep(0.02)

        place.notice(WETH="2200")
        place.floor.pools.meanwhile = weak
        await place.trader.work(place.log)
        assert [await task for task in waiting] == [None]
        assert place.reasons()[1:] == ["entry", "stop"]
        assert place.floor.desk.books.account.held(ASSET) == mine

    async def test_on_a_price_that_is_not_live_nothing_is_touched(self, place: Place) -> None:
        await place.bought()
        place.floor.clock.advance(100)
        place.floor.ticker.settle(place.floor.clock.utc)
        place.trader.notice({WETH.key})
        assert not place.trader.is_leaving

    async def test_a_stopped_bot_forgets_what_was_touched(self, place: Place) -> None:
        await place.bought()
        place.notice(WETH="2200")
        place.trader.state = BotState.STOPPED
        assert not place.trader.is_leaving
        place.notice(WETH="2500")
        place.trader.state = BotState.RUNNING
        await place.trader.work(place.log)
        assert place.reasons() == ["entry"]

    async def test_a_sale_that_is_refused_is_tried_again_for_the_same_decision(self, place: Place) -> None:
        await place.bought()
        place.floor.pools.refusal = Refusal("no_answer", "No node answers.")
        await place.tick(WETH="2200")
        await place.tick(WETH="2190")
        place.floor.pools.refusal = None
        await place.tick(WETH="2195")
        assert (place.reasons(), place.logged) == (["entry", "stop"], [("WETH", "stop")])
        assert place.made()[-1].decision_id == "d2"

    async def test_what_is_touched_no_more_is_another_decision_the_next_time(self, place: Place) -> None:
        await place.bought()
        place.floor.pools.refusal = Refusal("no_answer", "No node answers.")
        await place.tick(WETH="2780")
        await place.tick(WETH="2600")
        place.floor.pools.refusal = None
        await place.tick(WETH="2200")
        assert place.logged == [("WETH", "target 1"), ("WETH", "stop")]
        assert [(trade.reason, trade.decision_id) for trade in place.made()[1:]] == [("stop", "d3")]

    async def test_a_target_whose_sale_was_refused_has_tightened_the_stop_and_is_the_highest_though_the_price_fell(
        self, place: Place
    ) -> None:
        await place.bought()
        entry = place.trader.holdings[ASSET].cost / place.held
        place.trader.level = level(3)
        place.floor.pools.refusal = Refusal("no_answer", "No node answers.")
        await place.tick(WETH="2780")
        await place.tick(WETH="2600")
        holding = place.trader.holdings[ASSET]
        assert (holding.highest, holding.rungs) == (Decimal(2780), 0)
        assert float(holding.stop / entry) == pytest.approx(0.97)

    async def test_a_stop_that_rose_at_a_target_is_touched_by_the_next_price_below_it(self, place: Place) -> None:
        await place.bought()
        place.trader.level = level(3)
        place.floor.pools.refusal = Refusal("no_answer", "No node answers.")
        await place.tick(WETH="2780")
        place.floor.pools.refusal = None
        # Below the present level's stop, above the one that it was bought with.
        await place.tick(WETH="2400")
        assert (place.reasons(), place.held) == (["entry", "stop"], 0)

    async def test_where_somebody_else_has_used_the_id_of_its_sale_it_sells_with_another(self, place: Place) -> None:
        await place.bought()
        taken = Asked("bot-d2", "buy", amount_usd="10")
        assert isinstance(await place.floor.desk.place(taken, "AERO", Origin.API, gets_out=True), Placed)
        await place.tick(WETH="2200")
        assert place.held > 0
        await place.tick(WETH="2190")
        assert (place.held, place.made()[-1].order_id) == (0, "bot-d3")

    async def test_a_token_that_is_watched_no_more_is_left_alone(self, place: Place) -> None:
        await place.bought()
        place.notice(WETH="2200")
        place.floor.watchlist.remove(WETH.key)
        await place.trader.work(place.log)
        await place.tick(WETH="2100")
        assert (place.reasons(), place.held > 0) == (["entry"], True)
