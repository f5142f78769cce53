"""The bot in the live market: prices of three groups over HTTP, pools on a real node, and what goes wrong with both."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.bids import Bid
from app.domain.decisions import Occasion, Opinion, Verdict
from app.domain.ladder import Steps
from app.domain.orders import Origin, Side
from app.domain.prices import PriceState
from app.domain.quotes import Ask, Gas, Grade, Leg, Swap
from app.domain.trades import Trade, TradeStatus
from app.trading.shadow import Shadow
from app.trading.terms import TOP_SHARE
from tests.double import Mischief
from tests.evm.live_bot import LiveBot, live_bot
from tests.evm.market import Market
from tests.evm.swaps import base_units, executed, route_of

HEAD = "eth_getBlockByNumber"
TEN = list(range(1, 11))


@pytest.fixture
async def desk(base_market: Market, tmp_path: Path) -> AsyncIterator[LiveBot]:
    async with live_bot(tmp_path, base_market) as made:
        yield made


def verdicts(ten: list[Opinion]) -> set[Verdict]:
    return {opinion.verdict for opinion in ten}


def failed(ten: list[Opinion]) -> set[str | None]:
    return {opinion.first_failed for opinion in ten}


def state_of(desk: LiveBot) -> PriceState:
    return desk.house.price(desk.market.weth).state


async def holding(desk: LiveBot, level: int = 5) -> Trade:
    """The bot has bought at this level, and the shadows at theirs."""
    await desk.begin(level)
    await desk.close_a_bar()
    await desk.after(5)
    await desk.think()
    (bought,) = desk.trades()
    assert len([shadow for shadow in desk.bot.shadows.all if shadow.holdings]) == 10
    return bought


class TestATick:
    async def test_at_a_bars_close_ten_levels_decide_on_one_snapshot_with_one_ladder_a_token(
        self, base_market: Market, tmp_path: Path
    ) -> None:
        async with live_bot(tmp_path, base_market, "WETH", "LINK") as desk:
            await desk.begin(5, "stop")
            await desk.close_a_bar()
            for _ in range(2):
                await desk.to_the_close()
                desk.node.batches.clear()
                await desk.think()
                heads = [batch for batch in desk.node.batches if batch == ["eth_chainId", HEAD]]
                ladders = [batch for batch in desk.node.batches if batch not in heads]
                assert len(heads) == len(ladders) == 2
                assert all(batch[0] == HEAD and set(batch) <= {HEAD, "eth_call", "eth_feeHistory"} for batch in ladders)
            for token in (base_market.weth, base_market.link):
                look = desk.bot.look(token.key.address)
                assert look and [opinion.level for opinion in look.opinions] == TEN
                assert look.at == desk.clock.utc
                assert len({opinion.confidence for opinion in look.opinions}) == 1
                assert {opinion.verdict for row in desk.logged(token) for opinion in row.opinions} > {Verdict.BUY}

    async def test_the_default_level_buys_through_the_desk_at_grade_a_by_a_decision_in_the_log(
        self, desk: LiveBot
    ) -> None:
        await desk.begin(5)
        assert verdicts(await desk.close_a_bar()) == {Verdict.BUY}
        (trade,), (row,) = desk.trades(), desk.logged()
        assert (trade.grade, trade.quote_source, trade.status) == (Grade.A, "Uniswap V3", TradeStatus.FILLED)
        assert (trade.side, trade.origin, trade.reason) == (Side.BUY, Origin.BOT, "entry")
        assert (trade.decision_id, row.trade_id, row.acted) == (row.id, trade.id, True)
        assert trade.block_number == desk.market.head()
        assert abs(trade.value - row.decision.size_usd) < Decimal("0.000001")
        assert row.occasion is Occasion.CLOSE
        held = desk.bot.trader.holdings[trade.token.key.address]
        assert abs(held.stop / trade.price - Decimal("0.95")) < Decimal("0.000001")
        assert desk.pit.account.residual == 0

    async def test_with_one_source_alone_the_cautious_half_buys_nothing_and_the_bold_may(self, desk: LiveBot) -> None:
        await desk.begin(5)
        for source in ("coinbase", "kraken"):
            desk.double.misbehave(source, Mischief.SERVER_ERROR, "weth")
        await desk.after(40)
        ten = await desk.close_a_bar()
        assert (failed(ten[:5]), verdicts(ten[:5])) == ({"price"}, {Verdict.SKIP})
        assert verdicts(ten[5:]) == {Verdict.BUY}
        assert desk.trades() == []
        assert not await desk.bot.set_level(6)
        await desk.close_a_bar()
        assert [trade.side for trade in desk.trades()] == [Side.BUY]
        assert [len(desk.trades(level)) for level in TEN] == [0] * 5 + [1] * 5

    async def test_while_sources_dispute_the_price_nothing_is_bought(self, desk: LiveBot) -> None:
        await desk.begin(9)
        desk.double.skew("coinbase", "weth", "1.05")
        for _ in range(2):
            await desk.after(15)
        assert state_of(desk) is PriceState.DISPUTED
        ten = await desk.close_a_bar()
        assert (failed(ten), verdicts(ten)) == ({"price"}, {Verdict.SKIP})
        await desk.after(5)
        await desk.think()
        assert [desk.trades(level) for level in (None, *TEN)] == [[]] * 11


class TestANodeThatIsDead:
    async def test_nothing_is_bought_the_quote_gate_says_so_and_it_goes_on_when_the_node_is_back(
        self, desk: LiveBot
    ) -> None:
        await desk.begin(5)
        desk.node.status = 503
        for _ in range(3):
            ten = await desk.close_a_bar()
            assert (failed(ten), verdicts(ten)) == ({"quote"}, {Verdict.SKIP})
            assert "quote" in desk.bot.looks()[0].said
        assert [desk.trades(level) for level in (None, *TEN)] == [[]] * 11
        desk.node.status = 200
        ten = await desk.close_a_bar()
        assert verdicts(ten[4:]) == {Verdict.BUY}
        await desk.after(5)
        await desk.think()
        assert [len(desk.trades(level)) for level in (None, *TEN[4:])] == [1] * 7

    async def test_what_is_held_is_worth_what_the_price_says_all_the_same(self, desk: LiveBot) -> None:
        await holding(desk)
        desk.node.status = 503
        desk.reprice(3400)
        await desk.after(20)
        await desk.think()
        for line, level in zip(desk.bot.lines(), TEN, strict=True):
            (bought,) = desk.trades(level)
            cash = desk.bot.shadows.all[level - 1].books.account.cash
            assert line.equity == cash + bought.quantity * 3400

    async def test_a_touched_stop_is_tried_at_every_tick_and_sells_once_when_the_node_is_back(
        self, desk: LiveBot
    ) -> None:
        await holding(desk)
        desk.node.status = 503
        desk.reprice(3300)
        for _ in range(3):
            await desk.after(15)
            await desk.think()
        assert len(desk.trades()) == 1
        desk.node.status = 200
        await desk.after(15)
        sold = desk.trades()[-1]
        assert (sold.side, sold.reason) == (Side.SELL, "stop")
        assert [row.id for row in desk.logged() if row.occasion is Occasion.EXIT] == [sold.decision_id]


class TestExits:
    async def test_a_fall_through_the_stop_sells_at_the_next_price_at_what_the_pool_gives(self, desk: LiveBot) -> None:
        bought = await holding(desk)
        ticked = desk.bot.last_tick_at
        desk.reprice(3300)
        await desk.after(15)
        assert desk.bot.last_tick_at == ticked, "the bot has not thought in between"
        sold = desk.trades()[-1]
        assert (sold.side, sold.reason, sold.quantity) == (Side.SELL, "stop", bought.quantity)
        assert (sold.grade, sold.block_number) == (Grade.A, desk.market.head())
        assert abs(sold.mid_price / Decimal("3299.34") - 1) < Decimal("0.00001")
        assert sold.price < sold.mid_price
        exits = [row for row in desk.logged() if row.occasion is Occasion.EXIT]
        assert [(row.id, row.trade_id, row.acted) for row in exits] == [(sold.decision_id, sold.id, True)]
        assert desk.bot.trader.holdings == {}
        assert desk.pit.account.residual == 0
        await desk.think()
        assert {desk.trades(level)[-1].side for level in TEN[:6]} == {Side.SELL}

    async def test_while_the_price_is_disputed_nothing_is_sold_and_then_at_once(self, desk: LiveBot) -> None:
        await holding(desk)
        desk.double.skew("coinbase", "weth", "1.05")
        for _ in range(2):
            await desk.after(15)
        desk.reprice(3300)
        for _ in range(2):
            await desk.close_a_bar()
            assert state_of(desk) is PriceState.DISPUTED
        assert [len(desk.trades(level)) for level in (None, *TEN)] == [1] * 11
        desk.double.skew("coinbase", "weth", "1")
        await desk.after(15)
        assert state_of(desk) is PriceState.LIVE
        assert desk.trades()[-1].reason == "stop"

    async def test_a_disputed_price_is_nobodys_highest(self, desk: LiveBot) -> None:
        await holding(desk)
        desk.double.skew("dexscreener", "weth", "1.045")
        await desk.after(15)
        before = _highest(desk)
        await desk.after(15)
        assert state_of(desk) is PriceState.DISPUTED
        assert desk.house.price(desk.market.weth).price == Decimal("3657.5")
        await desk.close_a_bar()
        assert _highest(desk) == before
        assert len(before) == 10

    async def test_a_pool_that_is_off_the_market_trades_with_nobody(self, desk: LiveBot) -> None:
        await holding(desk)
        desk.reprice(3300, pools=False)
        for _ in range(2):
            await desk.after(15)
            await desk.think()
        assert [len(desk.trades(level)) for level in (None, *TEN)] == [1] * 11
        desk.market.move(3300)
        await desk.after(15)
        assert desk.trades()[-1].reason == "stop"
        await desk.think()
        assert {desk.trades(level)[-1].reason for level in TEN[:6]} == {"stop"}


class TestTheShadows:
    async def test_their_trades_lie_between_the_ladders_swaps_and_their_books_balance(self, desk: LiveBot) -> None:
        await desk.begin(5, "stop")
        await desk.close_a_bar()
        for price in (3500, 3000):
            desk.reprice(price)
            await desk.after(15)
            steps = await _ladder(desk)
            await desk.think()
            for shadow in _shadows(desk):
                trade, account = desk.trades(shadow.level.number)[-1], shadow.books.account
                assert trade.at == desk.clock.utc
                check_between(desk.market, trade, steps)
                assert account.residual == 0
                assert account.version == 1 + len(desk.trades(shadow.level.number))
        assert {len(desk.trades(level)) for level in TEN} == {2}

    async def test_a_bolder_bid_pays_the_chains_own_tips_at_its_percentile(self, desk: LiveBot) -> None:
        await desk.begin(9)
        await desk.to_the_close()
        desk.tip()
        await desk.think()
        (trade,) = desk.trades()
        gas = await desk.bot.desk.venue.gas(desk.market.weth)
        assert isinstance(gas, Gas)
        assert trade.gas_usd == gas.bid(Bid.URGENT).usd(Decimal(3500)) > gas.usd(Decimal(3500))
        await desk.after(5)
        tips = desk.tip()
        await desk.think()
        paid = {level: desk.trades(level)[-1].gas_usd for level in TEN}
        assert paid[1] < paid[2] < paid[3] == paid[4] == paid[5] < paid[6] == paid[7] == paid[8] < paid[9]
        assert paid[10] in (paid[8], paid[9])
        low, high = paid[6] - paid[3], paid[9] - paid[6]
        assert abs(high / low - Decimal(tips[4] - tips[3]) / Decimal(tips[3] - tips[2])) < Decimal("0.000001")


def check_between(market: Market, trade: Trade, steps: Steps) -> None:
    """The fill is the chord's between two swaps that were quoted: no better than what the router really moves for the
    same payment along the same way, no worse than the rate of the larger one."""
    assert trade.pay is not None and trade.receive is not None
    ask = Ask(trade.token, market.usdc, trade.side, Leg.PAY, trade.pay)
    between = steps.swap(ask)
    assert isinstance(between, Swap)
    assert (trade.receive, trade.route, trade.block_number) == (between.receive, between.route, market.head())
    moved = executed(market, ask, route_of(between))
    assert moved.paid == base_units(trade.pay, ask.pays)
    assert base_units(trade.receive, ask.receives) <= moved.received
    larger = next(swap for swap in (steps.buys if trade.side is Side.BUY else steps.sells) if swap.pay >= trade.pay)
    assert trade.receive * larger.pay >= larger.receive * trade.pay


def _shadows(desk: LiveBot) -> tuple[Shadow, ...]:
    return desk.bot.shadows.all


def _highest(desk: LiveBot) -> list[Decimal]:
    return [held.highest for shadow in _shadows(desk) for held in shadow.holdings.values()]


async def _ladder(desk: LiveBot) -> Steps:
    top = max(desk.bot.equity, *(shadow.equity for shadow in _shadows(desk))) * TOP_SHARE
    price = desk.house.price(desk.market.weth).price
    assert price is not None
    found = await desk.bot.desk.venue.ladder(desk.market.weth, top, price)
    assert isinstance(found, tuple), found
    return found[0]
