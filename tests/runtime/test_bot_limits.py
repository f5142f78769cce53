"""What the session allows its bot, and the slider: limits hold on every way, and what is moved forces no sale."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.bars import Interval
from app.domain.bots import BotState, Limits
from app.domain.decisions import Occasion, Verdict
from app.domain.refusal import Refusal
from app.store.bots import bot as stored_bot
from tests.clock import START, FakeClock
from tests.runtime.bots import LINK, WETH, ground_of
from tests.runtime.demo_house import pit_of

LATE = datetime(2026, 11, 2, 23, 57, tzinfo=START.tzinfo)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestSlider:
    async def test_fifty_moves_in_a_second_end_at_the_last_and_are_one_row_of_the_log(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
            await ground.begin("pause", level=5)
            await ground.think()
            rows = len(ground.logged())
            moves = [1 + move * 7 % 10 for move in range(49)] + [8]
            assert set(await asyncio.gather(*(ground.bot.set_level(level) for level in moves))) == {None}
            assert ground.bot.record.level == 8
            kept = stored_bot(ground.house.store, pit_of(ground.house).session.id)
            assert kept == ground.bot.record
            assert {look.decision.level for look in ground.bot.looks()} == {8}
            for _ in range(2):
                await ground.after(1)
                await ground.think()
            new = ground.logged()[rows:]
            assert sorted(row.token.symbol for row in new) == ["LINK", "WETH"]
            assert {(row.occasion, row.decision.level) for row in new} == {(Occasion.LOOK, 8)}

    async def test_it_takes_effect_with_the_next_tick_and_sells_nothing_by_itself(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        symbols = ("WETH", "LINK", "AERO", "UNI")
        async with ground_of(tmp_path, clock, symbols) as ground:
            await ground.begin(level=8)
            await ground.think()
            assert len(ground.bot.trader.holdings) == 4
            made = len(ground.trades())
            # Level 1 holds two positions at most, of a ninth of this size.
            assert not await ground.bot.set_level(1)
            await ground.done()
            await ground.think()
            await ground.after(1)
            assert len(ground.trades()) == made
            assert {holding.level for holding in ground.bot.trader.holdings.values()} == {8}

    async def test_it_only_tightens_stops(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin(level=8)
            await ground.think()

            async def stop_at(level: int) -> float:
                await ground.bot.set_level(level)
                await ground.after(1)
                [holding] = ground.bot.trader.holdings.values()
                return float(holding.stop / (holding.cost / holding.quantity))

            stops = [round(await stop_at(level), 4) for level in (9, 5, 8, 10, 2, 9)]
            assert stops == [0.92, 0.95, 0.95, 0.95, 0.97, 0.97]
            await ground.after(1, WETH="0.965")
            assert [trade.reason for trade in ground.trades()] == ["entry", "stop"]

    async def test_a_tighter_stop_above_the_price_waits_until_the_price_is_higher(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin(level=8)
            await ground.think()
            await ground.after(1, WETH="0.96")
            await ground.bot.set_level(1)
            for _ in range(3):
                await ground.after(15)
                await ground.think()
            assert [trade.reason for trade in ground.trades()] == ["entry"]
            await ground.after(1, WETH="1.0")
            await ground.after(1, WETH="0.96")
            assert [trade.reason for trade in ground.trades()] == ["entry", "stop"]

    @pytest.mark.parametrize("level", [0, 11, -1, 5.0, "5", True, None])
    async def test_what_is_no_level_is_refused_and_changes_nothing(
        self, level: Any, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            refusal = await ground.bot.set_level(level)
            assert isinstance(refusal, Refusal) and refusal.code == "bad_level"
            assert ground.bot.record.level == 5


class TestSizes:
    async def test_no_trade_is_larger_than_allowed(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin(max_trade_usd="321.50")
            await ground.think()
            [trade] = ground.trades()
            assert Decimal("321.4999") < trade.value <= Decimal("321.50")
            assert {o.size_usd for o in ground.bot.looks()[0].opinions if o.verdict is Verdict.BUY} == {
                Decimal("321.50")
            }

    async def test_a_trade_whose_slippage_is_too_great_when_it_is_quoted_is_refused(
        self, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin(max_slippage_bps="30")
            # What the ladder was asked for is not what the exact quote finds.
            ground.pools.before_quotes = lambda: ground.depth.update(WETH=Decimal(200_000))
            with caplog.at_level("INFO", "drydock.trade"):
                await ground.think()
            assert "slippage_too_high" in caplog.text
            assert (ground.trades(), ground.held()) == ([], 0)
            assert ground.logged()[-1].decision.verdict is Verdict.BUY

    async def test_getting_out_is_never_refused_for_its_slippage(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin(max_slippage_bps="30")
            await ground.think()
            ground.depth["WETH"] = Decimal(50_000)
            await ground.after(1, WETH="0.90")
            sold = ground.trades()[-1]
            assert sold.reason == "stop" and sold.slippage_bps > 150

    async def test_in_shallow_pools_nothing_is_bought(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            ground.depth["WETH"] = Decimal(80_000)
            ground.post()
            await ground.begin(min_liquidity_usd="100000")
            await ground.think()
            assert ground.bot.looks()[0].decision.first_failed == "liquidity"
            assert ground.trades() == []


class TestDays:
    async def test_after_a_loss_that_is_too_great_nothing_is_bought_until_the_next_utc_day(
        self, tmp_path: Path
    ) -> None:
        clock = FakeClock(LATE)
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin(level=9, daily_loss_pct="1")
            await ground.think()
            await ground.after(5, WETH="0.91")
            assert [trade.reason for trade in ground.trades()] == ["entry", "stop"]
            # A rest after a sale is another gate, and comes later.
            await ground.close_a_bar(WETH="1")
            assert ground.bot.looks()[0].decision.first_failed == "daily_loss"
            await ground.close_a_bar()
            assert ground.bot.looks()[0].decision.first_failed == "daily_loss"
            assert clock.utc.hour == 23
            await ground.close_a_bar()
            assert clock.utc.hour == 0
            assert ground.bot.looks()[0].decision.first_failed == "rest"
            assert ground.bot.trader.diary.loss_pct == 0

    async def test_no_more_trades_a_day_than_allowed(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock, ("WETH", "LINK", "AERO")) as ground:
            await ground.begin(max_trades_per_day=2)
            await ground.think()
            assert len(ground.trades()) == 2
            await ground.after(15)
            await ground.think()
            assert {line.trades for line in ground.bot.lines()[5:]} == {2}
            await ground.close_a_bar()
            assert ground.bot.looks()[2].decision.first_failed == "daily_trades"
            # Nobody is kept in a position by it.
            await ground.after(1, WETH="0.90")
            assert [trade.reason for trade in ground.trades()] == ["entry", "entry", "stop"]

    async def test_moving_the_slider_begins_no_new_day(self, tmp_path: Path) -> None:
        clock = FakeClock(LATE)
        async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
            await ground.begin("pause")
            await ground.think()
            ground.house.floor.watchlist.remove(WETH.key)
            clock.advance(300)
            ground.post()
            await ground.think()
            today = ground.bot.trader.diary.day
            assert today == (LATE + timedelta(days=1)).date().isoformat()
            await ground.bot.set_level(3)
            assert ground.bot.trader.diary.day == today
            assert set(ground.bot.journal.looks) == {LINK.key.address}


class TestLists:
    @pytest.mark.parametrize("limits", [{"allow": ["LINK"]}, {"block": ["weth"]}, {"allow": [LINK.address]}])
    async def test_only_what_is_allowed_is_bought(
        self, limits: dict[str, Any], tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
            await ground.begin(**limits)
            await ground.think()
            assert [trade.token.symbol for trade in ground.trades()] == ["LINK"]
            assert ground.bot.looks()[0].decision.first_failed == "allowed"
            for shadow in ground.bot.shadows.all:
                assert WETH.key.address not in shadow.intents

    async def test_what_is_blocked_while_it_is_held_is_kept_and_sold_as_ever(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            await ground.think()
            assert isinstance(await ground.bot.set_limits({"block": ["WETH"]}), Limits)
            await ground.close_a_bar()
            assert len(ground.trades()) == 1
            await ground.after(1, WETH="0.90")
            assert ground.trades()[-1].reason == "stop"


BAD: list[dict[str, Any]] = [
    {"allow": ["WETH"], "block": ["WETH"]},
    {"allow": ["NOPE"]},
    {"allow": "WETH"},
    {"allow": [1]},
    {"block": None},
    {"bar": "2m"},
    {"bar": "1d"},
    {"bar": None},
    {"bar": ["1m"]},
    {"max_trade_usd": "0"},
    {"max_trade_usd": "-5"},
    {"max_trade_usd": "much"},
    {"max_trade_usd": "NaN"},
    {"max_trade_usd": "Infinity"},
    {"max_trade_usd": True},
    {"max_trade_usd": [1]},
    {"daily_loss_pct": "101"},
    {"daily_loss_pct": "0"},
    {"max_trades_per_day": -1},
    {"max_trades_per_day": 1.5},
    {"max_trades_per_day": True},
    {"min_liquidity_usd": "-1"},
    {"max_slippage_bps": "10001"},
    {"leverage": "10"},
    {"": None},
    {"max_trade_usd": "100", "max_slippage_bps": "x"},
]


async def test_limits_that_contradict_each_other_or_mean_nothing_get_one_sentence_and_change_nothing(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with ground_of(tmp_path, clock) as ground:
        await ground.begin("pause", max_trade_usd="50")
        before = ground.bot.record
        for changes in BAD:
            refusal = await ground.bot.set_limits(changes)
            assert isinstance(refusal, Refusal), changes
            assert refusal.code == "bad_limits"
            assert refusal.sentence.endswith(".") and "\n" not in refusal.sentence
            assert ground.bot.record == before
        assert stored_bot(ground.house.store, pit_of(ground.house).session.id) == before


async def test_a_limit_is_cleared_by_null_and_what_is_not_named_stays(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        await ground.begin("pause", max_trade_usd="50", max_trades_per_day=3)
        limits = await ground.bot.set_limits({"max_trade_usd": None})
        assert limits == Limits(bar=Interval.M1, max_trades_per_day=3)
        assert ground.bot.record.state is BotState.PAUSED


async def test_two_who_change_limits_at_once_both_have_their_way(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        await asyncio.gather(
            ground.bot.set_limits({"max_trade_usd": "75"}),
            ground.bot.set_level(2),
            ground.bot.set_limits({"daily_loss_pct": "4"}),
            ground.bot.command("pause"),
        )
        record = ground.bot.record
        assert (record.limits.max_trade_usd, record.limits.daily_loss_pct) == (75, 4)
        assert (record.level, record.state) == (2, BotState.PAUSED)
        assert stored_bot(ground.house.store, pit_of(ground.house).session.id) == record


async def test_an_action_that_is_none_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        refusal = await ground.bot.command("sell everything")
        assert isinstance(refusal, Refusal) and refusal.code == "bad_action"
        assert ground.bot.record.state is BotState.STOPPED
