"""The bot after a restart, or a crash: it goes on where it was left, and no trade is forgotten or counted twice."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.bars import Interval
from app.domain.bots import BotRecord, BotState, Limits
from app.domain.decisions import Occasion
from app.domain.orders import Side
from app.domain.refusal import Refusal
from app.domain.trades import Trade
from app.store.bots import bot as stored_bot
from app.store.bots import holdings as stored_holdings
from tests.clock import FakeClock
from tests.runtime.bots import WETH, Ground, ground_of
from tests.runtime.demo_house import pit_of
from tests.store.held import held

ASSET = WETH.key.address


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def remembered(ground: Ground) -> tuple[object, ...]:
    """All that a restart has to find again, of the account and of the ten."""
    bot = ground.bot
    shadows = [
        (it.books, it.holdings, it.diary, it.intents, it.drawdown.highest, it.drawdown.deepest_pct)
        for it in bot.shadows.all
    ]
    return bot.record, bot.trader.holdings, bot.trader.diary, bot.trader.upto, bot.shadows.seen, shadows


async def test_a_restart_finds_the_bot_as_it_was_left(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        await ground.begin(level=8, max_trade_usd="700")
        await ground.think()
        for part in ("1.01", "1.03", "0.99"):
            await ground.after(10, WETH=part)
            await ground.think()
        await ground.close_a_bar()
        before = remembered(ground)
        [holding] = ground.bot.trader.holdings.values()
        assert holding.level == 8
        assert holding.highest == ground.began["WETH"] * Decimal("1.03")
    async with ground_of(tmp_path, clock) as ground:
        assert remembered(ground) == before
        assert ground.bot.record.state is BotState.RUNNING
        assert ground.bot.record.limits.max_trade_usd == 700
        assert ground.bot.record.limits.bar is Interval.M1
        await ground.after(1, WETH="0.91")
        assert ground.trades()[-1].reason == "stop"


async def test_a_bar_that_was_decided_on_is_not_decided_on_again(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        await ground.begin("pause")
        await ground.think()
    async with ground_of(tmp_path, clock) as ground:
        await ground.bot.command("start")
        await ground.think()
        assert [row.occasion for row in ground.logged()] == [Occasion.CLOSE]
        assert ground.trades() == []


async def test_a_session_that_was_never_told_anything_begins_stopped(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        assert ground.bot.record == BotRecord(BotState.STOPPED, 5, Limits())
        assert stored_bot(ground.house.store, pit_of(ground.house).session.id) is None


class TestCrash:
    async def test_a_purchase_that_was_not_kept_is_read_from_the_ledger_with_the_levels_own_stop(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        alive, dead = tmp_path / "alive", tmp_path / "dead"
        alive.mkdir()
        async with ground_of(alive, clock) as ground:
            await ground.begin(level=9)
            await ground.bot.trader.keep()
            crashing(ground, dead)
            await ground.think()
            quantity = ground.held()
        async with ground_of(dead, clock) as ground:
            [holding] = ground.bot.trader.holdings.values()
            assert (holding.quantity, holding.level) == (quantity, 9)
            entry = holding.cost / holding.quantity
            assert float(holding.stop / entry) == pytest.approx(0.92)
            assert ground.bot.trader.diary.trades == 1
            await ground.after(1, WETH="0.90")
            assert [(trade.side, trade.quantity) for trade in ground.trades()[1:]] == [(Side.SELL, quantity)]

    async def test_what_the_person_sold_and_bought_again_meanwhile_is_never_the_bots(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        alive, dead = tmp_path / "alive", tmp_path / "dead"
        alive.mkdir()
        async with ground_of(alive, clock) as ground:
            await ground.begin()
            await ground.think()
            crashing(ground, dead)
            await ground.sell("s1", share_pct="100")
            await ground.buy("b1", "300")
        async with ground_of(dead, clock) as ground:
            mine = pit_of(ground.house).account.held(ASSET)
            assert mine > 0
            assert ground.held() <= mine
            await ground.after(1, WETH="0.90")
            await ground.after(1)
            assert pit_of(ground.house).desk.repeats.outcomes["bot", "not_held"] == 0


def crashing(ground: Ground, into: Path) -> None:
    """The data folder as it is on disk when a trade is told of, which is before anybody has kept what it changes."""

    def copy(_trade: Trade) -> None:
        shutil.copytree(ground.house.settings.data_dir, into, dirs_exist_ok=True)

    pit_of(ground.house).desk.heard.append(copy)


async def test_what_the_ledgers_hold_is_looked_after_whatever_the_watchlist_says_by_now(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
        await ground.begin("pause")
        await ground.think()
        await ground.after(15)
        await ground.think()
        assert any(WETH.key.address in shadow.holdings for shadow in ground.bot.shadows.all)
    async with ground_of(tmp_path, clock, ("LINK",)) as ground:
        assert {entry.token.symbol for entry in ground.house.floor.watchlist} == {"LINK", "WETH"}
        both = Ground(ground.house, clock, ("WETH", "LINK"))
        for part in ("1", "0.5"):
            await both.after(1, WETH=part)
            await both.think()
        assert not any(WETH.key.address in shadow.holdings for shadow in ground.bot.shadows.all)


class TestDisk:
    async def test_while_the_database_is_locked_nothing_is_traded_and_afterwards_it_goes_on(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            with held(ground.house.store):
                await ground.think()
                refused = await ground.bot.set_level(7)
                assert isinstance(refused, Refusal) and refused.code == "database_refused"
                assert ground.bot.record.level == 9
                assert ground.bot.last_tick_at == clock.utc
            assert (ground.trades(), ground.logged()) == ([], [])
            await ground.close_a_bar()
            assert [trade.reason for trade in ground.trades()] == ["entry"]
            mark = ground.bot.shadows.all[8]
            assert mark.books.account.version == 2
        async with ground_of(tmp_path, clock) as ground:
            assert ground.bot.shadows.all[8].books.account == mark.books.account
            assert stored_holdings(ground.house.store, mark.account_id) == mark.holdings

    async def test_a_stop_that_the_database_refuses_is_sold_with_the_next_price(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            await ground.think()
            with held(ground.house.store):
                await ground.after(1, WETH="0.90")
            assert len(ground.trades()) == 1
            await ground.after(1)
            assert [trade.reason for trade in ground.trades()] == ["entry", "stop"]
            assert ground.held() == 0

    async def test_the_days_loss_is_remembered_by_a_restart(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin("pause", daily_loss_pct="3")
            await ground.think()
            await ground.buy("b1", "9000")
            await ground.after(5, WETH="0.94")
            await ground.think()
            await ground.after(5, WETH="1.02")
            await ground.think()
            lost = ground.bot.trader.diary.loss_pct
            assert 5 < lost < 6
        async with ground_of(tmp_path, clock) as ground:
            await ground.bot.command("start")
            await ground.close_a_bar()
            assert ground.bot.trader.diary.loss_pct == lost
            assert ground.bot.looks()[0].decision.first_failed == "daily_loss"
            assert {trade.origin.value for trade in ground.trades()} == {"hand"}
