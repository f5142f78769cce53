"""What is forbidden or moved while the bot is buying: the limits of the moment hold, the level is the decision's."""

from pathlib import Path

from app.domain.bots import Limits
from tests.clock import FakeClock
from tests.runtime.bots import ground_of


async def test_what_is_forbidden_while_the_first_of_many_is_quoted_is_bought_by_nobody(tmp_path: Path) -> None:
    async with ground_of(tmp_path, FakeClock(), ("WETH", "LINK", "AERO")) as ground:
        await ground.begin(level=9)

        async def forbid() -> None:
            assert isinstance(await ground.bot.set_limits({"block": ["LINK"], "max_trade_usd": "2300"}), Limits)

        ground.pools.meanwhile = forbid
        await ground.think()
        assert [trade.token.symbol for trade in ground.trades()] == ["WETH", "AERO"]
        # The shadows decided on the same close, and buy at the next price.
        assert all(shadow.intents for shadow in ground.bot.shadows.all[5:])
        assert isinstance(await ground.bot.set_limits({"block": ["LINK", "AERO"]}), Limits)
        await ground.after(15)
        await ground.think()
        weth = ground.tokens["WETH"].key.address
        assert [set(shadow.holdings) for shadow in ground.bot.shadows.all[5:]] == [{weth}] * 5


async def test_the_slider_that_is_moved_while_a_purchase_is_quoted_leaves_it_to_the_level_that_decided_it(
    tmp_path: Path,
) -> None:
    async with ground_of(tmp_path, FakeClock()) as ground:
        await ground.begin(level=9)

        async def slide() -> None:
            assert not await ground.bot.set_level(1)

        ground.pools.meanwhile = slide
        await ground.think()
        # Level 1 would take its first profit here.
        await ground.after(5, WETH="1.03")
        assert [trade.reason for trade in ground.trades()] == ["entry"]
        assert [holding.level for holding in ground.bot.trader.holdings.values()] == [9]


async def test_a_dollar_that_has_no_live_price_leaves_the_limit_of_the_day_in_force(tmp_path: Path) -> None:
    clock = FakeClock()
    async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
        await ground.begin("pause", daily_loss_pct="1", allow=["WETH"])
        await ground.buy("dust", "1", "LINK")
        # Nobody shows it any more, and a day goes by.
        ground.tokens.pop("LINK")
        clock.advance(24 * 3600)
        ground.post()
        ground.house.floor.ticker.settle(clock.utc)
        await ground.think()
        await ground.buy("big", "5000")
        await ground.after(30, WETH="0.80")
        await ground.think()
        assert ground.bot.pit.value().stale_value > 0
        look = next(look for look in ground.bot.looks() if look.token.symbol == "WETH")
        gate = next(gate for gate in look.decision.gates if gate.name == "daily_loss")
        assert gate.value is not None and 9.9 < gate.value < 10.2 and not gate.passed
