"""The trader: the bot buys and sells at the person's desk, only what it bought, once for every reason there is."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from app.bot.exits import Exit
from app.bot.levels import level
from app.bot.market import blank_market
from app.domain.bots import BotState
from app.domain.decisions import Decision, Verdict, at_least
from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.store.bots import holdings, memories
from app.store.trades import TradeFilter, trades
from app.trading.repeats import Outcome, Placed
from app.trading.terms import Terms
from app.trading.trader import Trader
from tests.trading.floor import AERO, WETH, TradingFloor, trading_floor

ASSET = WETH.key.address
NO_LIMITS = Terms()


class Place:
    """A trader at a floor's desk; `logged` are the exits that it had a decision made of."""

    def __init__(self, floor: TradingFloor, terms: Terms = NO_LIMITS) -> None:
        self.floor = floor
        self.logged: list[tuple[str, str]] = []
        self.decided = 0
        self.trader = self.opened(terms)

    def opened(self, terms: Terms = NO_LIMITS) -> Trader:
        trader = Trader(self.floor.desk, terms)
        trader.level, trader.state = level(8), BotState.RUNNING
        self.floor.desk.heard.append(trader.hear)
        return trader

    async def log(self, token: Token, sale: Exit) -> str:
        self.decided += 1
        self.logged.append((token.symbol, sale.reason))
        return f"d{self.decided}"

    async def decide(self, verdict: Verdict, token: Token = WETH, usd: str = "0", why: str = "") -> Outcome | None:
        """Act on a decision that was made at a close."""
        self.decided += 1
        gates = (at_least(why, -1.0, 0.0, keeps=True),) if why else ()
        decision = Decision(8, verdict, gates, Decimal(usd), 0.0, 0.0, 0.0)
        return await self.trader.act(token, blank_market(token.key.address), decision, f"d{self.decided}")

    async def bought(self, usd: str = "1000", token: Token = WETH) -> Trade:
        outcome = await self.decide(Verdict.BUY, token, usd)
        assert isinstance(outcome, Placed) and outcome.trade, outcome
        return outcome.trade

    async def tick(self, **prices: str) -> None:
        """Prices tick, and what they touch is sold."""
        self.notice(**prices)
        await self.trader.work(self.log)

    def notice(self, **prices: str) -> None:
        self.floor.clock.advance(1)
        self.floor.tick(**prices)
        self.trader.notice({WETH.key, AERO.key})

    async def by_hand(self, side: str, **size: str) -> Outcome:
        asked = Asked(f"h{self.floor.desk.books.account.version}", side, **size)  # pyright: ignore[reportArgumentType]
        return await self.floor.desk.place(asked, "WETH", Origin.HAND)

    @property
    def held(self) -> Decimal:
        holding = self.trader.holdings.get(ASSET)
        return holding.quantity if holding else Decimal(0)

    def made(self) -> list[Trade]:
        return trades(self.floor.store, self.floor.desk.session.id, TradeFilter(), 100, None)[::-1]

    def reasons(self) -> list[str]:
        return [trade.reason for trade in self.made()]


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

    async def test_a_token_that_is_watched_no_more_is_left_alone(self, place: Place) -> None:
        await place.bought()
        place.notice(WETH="2200")
        place.floor.watchlist.remove(WETH.key)
        await place.trader.work(place.log)
        await place.tick(WETH="2100")
        assert (place.reasons(), place.held > 0) == (["entry"], True)


class TestThePersonsSales:
    @pytest.mark.parametrize(("share", "left"), [("100", 0), ("60", 1)])
    async def test_what_the_person_has_sold_it_holds_no_more(self, place: Place, share: str, left: int) -> None:
        await place.bought()
        await place.by_hand("sell", share_pct=share)
        assert place.held == place.floor.desk.books.account.held(ASSET)
        assert len(place.trader.holdings) == left
        await place.tick(WETH="2200")
        assert place.floor.desk.books.account.held(ASSET) == 0
        assert place.floor.desk.repeats.outcomes[Origin.BOT.value, "not_held"] == 0

    async def test_the_persons_own_go_first(self, place: Place) -> None:
        await place.by_hand("buy", amount_usd="1000")
        its = (await place.bought()).quantity
        await place.by_hand("sell", share_pct="40")
        assert place.held == its

    async def test_what_is_left_costs_its_share(self, place: Place) -> None:
        trade = await place.bought()
        await place.by_hand("sell", share_pct="75")
        holding = place.trader.holdings[ASSET]
        assert float(holding.cost) == pytest.approx(float(trade.value) / 4)


class TestRemembering:
    async def test_it_goes_on_where_it_was_left(self, place: Place) -> None:
        await place.bought()
        await place.tick(WETH="2780")
        place.trader.close(ASSET)
        await place.trader.keep()
        again = recalled(place)
        assert (again.holdings, again.diary, again.upto) == (
            place.trader.holdings,
            place.trader.diary,
            place.trader.upto,
        )
        [holding] = again.holdings.values()
        assert (holding.rungs, holding.bars) == (1, 1)

    async def test_trades_that_were_not_kept_are_read_from_the_ledger(self, place: Place) -> None:
        await place.bought()
        await place.trader.keep()
        await place.by_hand("buy", amount_usd="300")
        await place.decide(Verdict.SELL, why="strength")
        await place.bought("400")
        again = recalled(place)
        assert again.holdings == place.trader.holdings
        assert again.diary == place.trader.diary
        assert again.upto == place.floor.desk.books.account.version

    async def test_after_a_sale_by_hand_that_was_not_kept_it_holds_no_more_than_there_is(self, place: Place) -> None:
        await place.bought()
        await place.trader.keep()
        await place.by_hand("sell", share_pct="100")
        await place.bought("400")
        again = recalled(place)
        assert again.holdings[ASSET].quantity == place.floor.desk.books.account.held(ASSET)

    async def test_a_holding_that_is_gone_is_gone_from_the_disk(self, place: Place) -> None:
        await place.bought()
        await place.trader.keep()
        assert set(holdings(place.floor.store, place.floor.desk.session.id)) == {ASSET}
        await place.tick(WETH="2200")
        assert holdings(place.floor.store, place.floor.desk.session.id) == {}

    async def test_with_no_news_nothing_is_written(self, place: Place, tmp_path: Path) -> None:
        await place.bought()
        await place.trader.keep()
        with closing(sqlite3.connect(tmp_path / "drydock.db")) as other:
            before = other.execute("PRAGMA data_version").fetchone()
            await place.trader.keep()
            await place.tick()
            assert other.execute("PRAGMA data_version").fetchone() == before
            await place.tick(WETH="2780")
            assert other.execute("PRAGMA data_version").fetchone() != before

    async def test_a_session_that_was_traded_by_hand_owes_the_bot_nothing(self, place: Place) -> None:
        await place.by_hand("buy", amount_usd="300")
        again = Trader(place.floor.desk, Terms())
        again.recall({}, None, [])
        assert (again.holdings, again.upto) == ({}, 2)


def recalled(place: Place) -> Trader:
    """The trader as a restart finds it."""
    store, name = place.floor.store, place.floor.desk.session.id
    memory = memories(store, name)[name]
    again = Trader(place.floor.reopen(), Terms())
    again.level = place.trader.level
    again.recall(holdings(store, name), memory, place.made())
    return again
