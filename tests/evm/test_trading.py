"""The whole desk on a real chain: previews and orders through Uniswap's contracts, and what a broken world gets."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.orders import Origin
from app.domain.quotes import Grade
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.domain.trades import TradeStatus
from app.runtime.clock import WallClock
from app.runtime.house import House
from app.runtime.pit import Pit
from app.trading.desk import Placed
from app.trading.previews import Preview
from tests.double import Double
from tests.evm.market import Market, chain
from tests.runtime.desk import settings_from, settings_of
from tests.runtime.houses import at_rest, house_of


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    with chain(8453, weth_price=3500) as opened:
        yield opened


@pytest.fixture
def mark(market: Market) -> Iterator[None]:
    """What a test does to the chain is undone."""
    before = market.snapshot()
    yield
    market.revert(before)


def world(double: Double) -> dict[str, str]:
    double.set_price("weth", "3500", always=True)
    return settings_from(double.environment()) | {"watchlist": "WETH", "sources": "dexscreener,defillama"}


@pytest.fixture
async def house(tmp_path: Path, market: Market, mark: None) -> AsyncIterator[House]:
    with Double() as double:
        settings = settings_of(tmp_path, market="live", **world(double) | {"rpc_url_8453": market.url})
        async with house_of(settings, WallClock()) as opened:
            await opened.opened()
            await at_rest(opened)
            yield opened


def pit_of(house: House) -> Pit:
    assert house.pit is not None
    return house.pit


async def test_an_order_is_filled_at_what_the_pools_give_at_one_block(house: House, market: Market) -> None:
    desk = pit_of(house).desk
    preview = await desk.preview(Asked("", "buy", amount_usd="1000"), "WETH")
    assert isinstance(preview, Preview), preview
    placed = await desk.accept("o1", preview.quote_id, Origin.HAND)
    assert isinstance(placed, Placed) and placed.trade, placed
    trade = placed.trade
    assert (trade.grade, trade.quote_source, trade.status) == (Grade.A, "Uniswap V3", TradeStatus.FILLED)
    assert trade.block_number is not None and trade.block_number <= market.head()
    assert trade.quantity == preview.quote.quantity
    assert trade.gas_usd > 0 and trade.fee_usd > 0
    sold = await desk.place(Asked("o2", "sell", share_pct="100"), "WETH", Origin.HAND)
    assert isinstance(sold, Placed)
    account = desk.books.account
    assert account.cash == Decimal(10_000) - account.fees - account.impact - account.gas + _moved(account, placed, sold)
    assert not account.open_positions and account.residual == 0


def _moved(account: object, bought: Placed, sold: Placed) -> Decimal:
    """What the mid itself moved between the two, by blocks and by the dollar."""
    assert bought.trade and sold.trade
    return bought.trade.quantity * (sold.trade.mid_price - bought.trade.mid_price)


async def test_a_price_that_moved_past_the_tolerance_reverts_the_swap_and_costs_gas(
    house: House, market: Market
) -> None:
    desk = pit_of(house).desk
    preview = await desk.preview(Asked("", "buy", amount_usd="1000", slippage_bps="10"), "WETH")
    assert isinstance(preview, Preview), preview
    market.move(3545)
    outcome = await desk.accept("o1", preview.quote_id, Origin.HAND)
    assert isinstance(outcome, Placed) and outcome.trade, outcome
    assert outcome.trade.status is TradeStatus.REVERTED
    assert desk.books.account.cash == Decimal(10_000) - outcome.trade.gas_usd


async def test_a_pool_that_is_off_the_market_does_not_fill(house: House, market: Market) -> None:
    market.move(3700)
    refusal = await pit_of(house).desk.place(Asked("o1", "buy", amount_usd="1000"), "WETH", Origin.HAND)
    assert isinstance(refusal, Refusal) and refusal.code == "pool_off_market"
    assert "3500" in refusal.sentence.replace(",", "")


async def test_more_than_the_pools_hold_is_refused(house: House) -> None:
    desk = pit_of(house).desk
    refusal = await desk.preview(Asked("", "buy", amount_usd="900000000"), "WETH")
    assert isinstance(refusal, Refusal) and refusal.code in ("beyond_liquidity", "not_enough_cash")
    assert desk.books.account.version == 1


@pytest.mark.parametrize("code", ["rpc_unreachable", "wrong_chain"])
async def test_a_node_that_is_away_or_on_another_chain_fills_nothing(tmp_path: Path, market: Market, code: str) -> None:
    node = "http://127.0.0.1:9" if code == "rpc_unreachable" else market.url
    with Double() as double:
        values = world(double) | {"chain_id": 8453 if code == "rpc_unreachable" else 1}
        values |= {"rpc_url_8453": node, "rpc_url_1": node}
        async with house_of(settings_of(tmp_path, market="live", **values), WallClock()) as house:
            await house.opened()
            await at_rest(house)
            refusal = await pit_of(house).desk.place(Asked("o1", "buy", amount_usd="100"), "WETH", Origin.HAND)
            assert isinstance(refusal, Refusal) and refusal.code == code, refusal
            assert pit_of(house).account.version == 1
