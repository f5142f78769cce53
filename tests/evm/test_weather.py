"""A desk with a bot whose node dies, lags, forks or answers for another chain, and is well again afterwards."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.orders import Origin
from app.domain.quotes import Grade
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.domain.trades import Trade, TradeStatus
from app.runtime.audit import audited
from app.trading.desk import Placed
from app.trading.previews import Preview
from tests.evm.live_bot import LiveBot, live_bot
from tests.evm.market import Market
from tests.evm.proxy import Item, Proxy


@pytest.fixture
async def desk(base_market: Market, tmp_path: Path) -> AsyncIterator[LiveBot]:
    async with live_bot(tmp_path, base_market) as made:
        await made.begin(9)
        yield made
        found = await audited(made.house.store, made.pit.session, made.pit)
        assert found.balanced, found
        await made.after(20)
        await made.think()


async def placed(desk: LiveBot, order_id: str, **size: str) -> Trade | str:
    """What came of a market order to buy: the trade, or the code of its refusal."""
    asked = Asked(order_id, "buy", **(size or {"amount_usd": "500"}))  # pyright: ignore[reportArgumentType] # sizes
    outcome = await desk.pit.desk.place(asked, "WETH", Origin.HAND)
    if isinstance(outcome, Refusal):
        assert outcome.sentence.endswith(".")
        return outcome.code
    assert outcome.trade
    return outcome.trade


async def filled(desk: LiveBot, order_id: str) -> Trade:
    trade = await placed(desk, order_id)
    assert isinstance(trade, Trade), trade
    assert (trade.status, trade.grade) == (TradeStatus.FILLED, Grade.A)
    return trade


async def stands_still(desk: LiveBot, code: str, gate: str | None = "quote") -> None:
    """Nothing is bought, by hand, by the bot or by any level's shadow, and the bot goes on thinking. `gate` is what
    keeps the levels from buying; None where they would, and the desk keeps them from it."""
    ledgers = (None, *range(1, 11))
    before = [desk.trades(level) for level in ledgers]
    assert await placed(desk, f"while {code}") == code
    ten = await desk.close_a_bar()
    assert gate in {opinion.first_failed for opinion in ten}
    assert [desk.trades(level) for level in ledgers] == before


class TestAFork:
    async def test_a_block_that_is_reorganised_away_between_offer_and_fill_fills_in_the_chain_that_stands(
        self, desk: LiveBot, base_market: Market
    ) -> None:
        mark = base_market.snapshot()
        base_market.mine(3)
        offer = await desk.pit.desk.preview(Asked("", "buy", amount_usd="500"), "WETH")
        assert isinstance(offer, Preview), offer

        def reorganised() -> None:
            base_market.revert(mark)
            base_market.move(3507)

        desk.node.before.append(reorganised)
        outcome = await desk.pit.desk.accept("o1", offer.quote_id, Origin.HAND)
        assert isinstance(outcome, Placed) and outcome.trade, outcome
        trade = outcome.trade
        assert (trade.status, trade.block_number) == (TradeStatus.FILLED, base_market.head())
        assert abs(trade.mid_price / trade.rate - 3507) < 1
        assert trade.quantity < offer.quote.quantity

    async def test_a_fill_whose_block_is_gone_is_measured_in_the_chain_that_stands(
        self, desk: LiveBot, base_market: Market
    ) -> None:
        mark = base_market.snapshot()
        base_market.mine(2)
        trade = await filled(desk, "o1")
        base_market.revert(mark)
        base_market.move(3535)
        assert base_market.head() > (trade.block_number or 0)
        await desk.house.measure()
        await desk.after(31)
        await desk.house.measure()
        found = _known(desk, trade)
        assert (found.quantity, found.block_number) == (trade.quantity, trade.block_number)
        for error in (found.fill_error_bps, found.fill_error_30s_bps):
            assert error is not None
            assert abs(error - 100) < Decimal(2)

    async def test_a_fork_that_reaches_back_before_the_fill_leaves_it_unmeasured_and_nothing_else(
        self, desk: LiveBot, base_market: Market
    ) -> None:
        mark = base_market.snapshot()
        base_market.mine(200)
        trade = await filled(desk, "o1")
        base_market.revert(mark)
        await desk.house.measure()
        desk.clock.advance(31)
        await desk.house.measure()
        assert _known(desk, trade).fill_error_bps is None
        await desk.after(6)
        await filled(desk, "o2")


class TestAnotherChain:
    async def test_a_node_that_comes_back_on_another_chain_fills_nothing_until_it_is_on_ours(
        self, desk: LiveBot, base_market: Market, ethereum_market: Market
    ) -> None:
        await filled(desk, "o1")
        desk.node.status = 503
        await stands_still(desk, "rpc_unreachable")
        desk.node.status, desk.node.target = 200, ethereum_market.url
        desk.clock.advance(20)
        await stands_still(desk, "wrong_chain")
        desk.node.target = base_market.url
        desk.clock.advance(20)
        await filled(desk, "o2")

    async def test_a_node_that_changes_its_chain_without_a_fault_fills_nothing_either(
        self, desk: LiveBot, base_market: Market, ethereum_market: Market
    ) -> None:
        await filled(desk, "o1")
        desk.node.target = ethereum_market.url
        await stands_still(desk, "wrong_chain")
        desk.node.target = base_market.url
        desk.clock.advance(20)
        await filled(desk, "o2")


async def test_a_node_whose_newest_block_grows_old_fills_nothing_until_it_has_caught_up(
    desk: LiveBot, base_market: Market
) -> None:
    await filled(desk, "o1")
    stuck = hex(base_market.head())

    def lags(item: Item) -> Item:
        newest = item["method"] == "eth_getBlockByNumber" and item["params"][0] == "latest"
        return item | {"params": [stuck, False]} if newest else item

    desk.node.spoil = lags
    await desk.after(70)
    await stands_still(desk, "node_lagging", gate=None)
    desk.node.spoil = lambda item: item
    await filled(desk, "o2")


async def test_with_two_nodes_the_second_takes_over_and_the_desk_does_not_notice(
    base_market: Market, ethereum_market: Market, tmp_path: Path
) -> None:
    with Proxy(base_market.url) as spare:
        async with live_bot(tmp_path, base_market, spare=spare.url) as desk:
            await filled(desk, "o1")
            assert spare.batches == []
            desk.node.status = 503
            await filled(desk, "o2")
            assert spare.batches != []
            # Whoever answered last is asked first; now that one goes to another chain after a fault.
            desk.node.status, spare.status = 200, 500
            await filled(desk, "o3")
            spare.status, spare.target = 200, ethereum_market.url
            desk.node.status = 503
            assert await placed(desk, "o4") == "wrong_chain"
            desk.node.status = 200
            desk.clock.advance(20)
            await desk.after(5)
            await filled(desk, "o5")


def _known(desk: LiveBot, trade: Trade) -> Trade:
    return next(one for one in desk.trades() if one.id == trade.id)
