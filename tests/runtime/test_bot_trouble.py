"""The bot in trouble: what fails is told, stops nobody else, and is never a reason to trade."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.decisions import Occasion, Verdict
from app.domain.quotes import Ask
from app.domain.refusal import Refusal
from tests.clock import FakeClock
from tests.runtime.bots import WETH, ground_of


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestTrouble:
    async def test_a_token_whose_pools_do_not_answer_is_skipped_and_says_so(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            ground.pools.instead = lambda ask: Refusal("no_answer", "No node answers.")
            await ground.think()
            look = ground.bot.looks()[0]
            assert (look.decision.verdict, look.decision.first_failed) == (Verdict.SKIP, "quote")
            assert {opinion.verdict for opinion in look.opinions} == {Verdict.SKIP}
            assert ground.trades() == []

    async def test_one_token_whose_pools_fail_as_they_never_should_stops_no_other(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
            await ground.begin()
            ground.pools.instead = fails_for("WETH")
            await ground.think()
            assert [trade.token.symbol for trade in ground.trades()] == ["LINK"]
            assert [look.decision.first_failed for look in ground.bot.looks()] == ["quote", None]
            ground.pools.instead = None
            await ground.close_a_bar()
            assert [trade.token.symbol for trade in ground.trades()] == ["LINK", "WETH"]

    async def test_a_purchase_that_fails_as_it_never_should_ends_no_loop_and_keeps_no_place(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
            await ground.begin()
            ground.pools.instead, ground.pools.ladders = fails_for("WETH"), False
            await ground.think()
            assert [trade.token.symbol for trade in ground.trades()] == ["LINK"]
            assert ground.bot.trader.buying == set()
            ground.pools.instead = None
            await ground.close_a_bar()
            assert sorted(ground.bot.trader.holdings) == sorted(token.key.address for token in ground.tokens.values())

    async def test_a_stop_whose_quote_fails_keeps_no_other_one_in_and_is_tried_again(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
            await ground.begin()
            await ground.think()
            ground.pools.instead, ground.pools.ladders = fails_for("WETH"), False
            await ground.after(1, WETH="0.90", LINK="0.90")
            assert [(trade.reason, trade.token.symbol) for trade in ground.trades()[2:]] == [("stop", "LINK")]
            ground.pools.instead = None
            await ground.after(1)
            assert [(trade.reason, trade.token.symbol) for trade in ground.trades()[3:]] == [("stop", "WETH")]
            stops = [row for row in ground.logged("WETH") if row.occasion is Occasion.EXIT]
            assert len(stops) == 1

    async def test_a_market_that_stops_is_looked_at_and_not_traded(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            for _ in range(4):
                clock.advance(300)
                ground.house.floor.ticker.settle(clock.utc)
                await ground.think()
            look = ground.bot.looks()[0]
            assert (look.state, look.decision.first_failed) == ("stale", "price")
            assert ground.trades() == []

    async def test_an_empty_watchlist_is_nothing_to_think_about(self, tmp_path: Path, clock: FakeClock) -> None:
        async with ground_of(tmp_path, clock) as ground:
            await ground.begin()
            ground.house.floor.watchlist.remove(WETH.key)
            await ground.think()
            assert (ground.bot.looks(), ground.bot.last_tick_at) == ([], clock.utc)

    @pytest.mark.parametrize(("newest", "missing"), [(60, 0), (40, 40)], ids=["too few bars", "a gap"])
    async def test_without_enough_bars_it_stays_out_and_says_so(
        self, newest: int, missing: int, tmp_path: Path, clock: FakeClock
    ) -> None:
        async with ground_of(tmp_path, clock) as ground:
            ground.forget(all_but=newest, between=missing)
            await ground.begin()
            await ground.think()
            look = ground.bot.looks()[0]
            assert (look.decision.verdict, look.decision.first_failed) == (Verdict.SKIP, "history")
            assert "bars" in look.said
            assert ground.trades() == []


def fails_for(symbol: str) -> Callable[[Ask], None]:
    def broken(ask: Ask) -> None:
        if ask.token.symbol == symbol:
            raise RuntimeError("a bug")

    return broken
