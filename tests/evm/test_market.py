"""The chain that other tests trade on: it stands at the present time, ticks, moves and goes back."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from app.runtime.clock import WallClock
from tests.clock import FakeClock
from tests.evm.market import DEPTHS, Market, chain
from tests.evm.swaps import Counter


def price(market: Market, fee: int) -> Decimal:
    root = market.sqrt_price(market.weth, market.usdc, fee)
    raw = Decimal(root) ** 2 / 2**192
    raw = raw if int(market.weth.address, 16) < int(market.usdc.address, 16) else 1 / raw
    return raw * 10**12


async def test_a_chain_for_another_process_stands_at_the_present_and_goes_on_by_itself(
    client: httpx.AsyncClient,
) -> None:
    with chain(8453, block_s=1, weth_price=2100) as market:
        clock = WallClock()
        counter = Counter(market, client, FakeClock())
        swap = await counter.swap(counter.ask(1_000))
        assert abs(swap.at - clock.instant().utc) < timedelta(seconds=60)
        assert abs(swap.spot / 2100 - 1) < Decimal("1e-9")
        first, deadline = market.head(), datetime.now(UTC) + timedelta(seconds=30)
        while market.head() == first:
            assert datetime.now(UTC) < deadline, "no block comes"
            await asyncio.sleep(0.05)
        market.move(2200)
        assert abs((await counter.swap(counter.ask(1_000))).spot / 2200 - 1) < Decimal("1e-9")


@pytest.mark.parametrize("name", ["base_market", "ethereum_market"])
def test_the_price_moves_and_goes_back(request: pytest.FixtureRequest, name: str) -> None:
    market: Market = request.getfixturevalue(name)
    mark = market.snapshot()
    for target in (3600, 3400):
        market.move(target)
        assert all(abs(price(market, fee) / target - 1) < Decimal("1e-9") for fee in DEPTHS)
    market.move(3550, 500)
    assert [round(price(market, fee)) for fee in (500, 3000)] == [3550, 3400]
    market.revert(mark)
    assert all(abs(price(market, fee) / 3500 - 1) < Decimal("1e-9") for fee in DEPTHS)
