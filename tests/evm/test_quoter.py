"""A quote of grade A is what the real pools then really do, to the base unit; what they cannot do is refused."""

from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from app.domain.orders import Side
from app.domain.quotes import Ask, Grade, Leg, Swap
from app.domain.refusal import Refusal
from app.domain.registry import named
from app.market import uniswap
from app.market.uniswap import FEES, Route
from tests.clock import FakeClock
from tests.evm.anvil import Refused
from tests.evm.contracts import Lab
from tests.evm.market import Market
from tests.evm.swaps import Counter, base_units, every_way, executed, only, route_of

LADDER = (10, 1_000, 25_000, 300_000, 60_000_000)


def check_done(market: Market, ask: Ask, swap: Swap) -> None:
    moved = executed(market, ask, route_of(swap))
    assert (base_units(swap.pay, ask.pays), base_units(swap.receive, ask.receives)) == (moved.paid, moved.received), ask


def check_cannot(market: Market, ask: Ask, refusal: Refusal, route: Route) -> None:
    """A payment that the pool cannot take is taken in part only; what it does not have cannot be received. In the pool
    of 0.01 % the way to the end of all prices may have more steps than a block has gas for."""
    assert refusal.code == "beyond_liquidity", (ask, refusal)
    try:
        moved = executed(market, ask, route)
    except Refused:
        assert ask.exact is Leg.RECEIVE or route.fees == (100,)
    else:
        assert ask.exact is Leg.PAY
        assert moved.paid < base_units(ask.amount, ask.pays)


@pytest.mark.parametrize("fee", FEES)
async def test_in_every_pool_and_size_the_quote_is_what_the_swap_does(
    market: Market, counter: Counter, fee: int
) -> None:
    only(market, fee)
    refused = 0
    for ask in every_way(counter, LADDER):
        found = await counter.quoter.quote(ask)
        if isinstance(found, Refusal):
            check_cannot(market, ask, found, Route((ask.pays, ask.receives), (fee,)))
            refused += 1
        else:
            check_done(market, ask, found)
            assert found.fee == Decimal(fee) / 1_000_000
    assert 4 <= refused <= 10


async def test_a_token_with_no_pool_of_its_own_goes_through_ether(market: Market, counter: Counter) -> None:
    refused = 0
    for ask in every_way(counter, (10, 300_000, 60_000_000), market.link):
        found = await counter.quoter.quote(ask)
        if isinstance(found, Refusal):
            assert found.code == "beyond_liquidity"
            refused += 1
        else:
            check_done(market, ask, found)
            assert " → WETH → " in found.route
    assert refused == 4


async def test_no_other_way_would_have_given_more_or_cost_less(
    base_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    market, counter = base_market, Counter(base_market, client, clock)
    for ask in every_way(counter, (10, 25_000)) + every_way(counter, (1_000,), market.link)[::2]:
        swap = await counter.swap(ask)
        for way in uniswap.routes(market.chain_id, ask.pays, ask.receives):
            try:
                moved = executed(market, ask, way)
            except Refused:
                continue
            if ask.exact is Leg.PAY:
                whole = moved.paid == base_units(ask.amount, ask.pays)
                assert not whole or moved.received <= base_units(swap.receive, ask.receives)
            else:
                assert moved.paid >= base_units(swap.pay, ask.pays)


@pytest.mark.parametrize(("gwei", "route"), [(30, "0.05 %"), (0, "0.01 % → WETH → 0.3 %")])
@pytest.mark.parametrize("exact", Leg)
async def test_a_way_that_gives_cents_more_and_costs_dollars_of_gas_is_not_the_best(
    ethereum_market: Market, client: httpx.AsyncClient, clock: FakeClock, gwei: int, route: str, exact: Leg
) -> None:
    market = ethereum_market
    market.open_pool(market.link, market.usdc, 500, 14 * 1.0032, (14, 1), 6_000_000, 0.6)
    counter = Counter(market, client, clock)
    market.base_fee(gwei * 10**9 or 1)
    market.mine(5)
    market.base_fee(gwei * 10**9 or 1)
    ask = counter.ask(1_000, Side.BUY, exact, market.link)
    labels = ("0.05 %", "0.01 % → WETH → 0.3 %")
    ways = [way for way in uniswap.routes(1, ask.pays, ask.receives) if way.label in labels]
    direct, longer = (executed(market, ask, way) for way in ways)
    assert longer.received > direct.received if exact is Leg.PAY else longer.paid < direct.paid
    assert (await counter.swap(ask)).route == route


async def test_a_quote_says_where_and_when_it_stands(base_market: Market, client: httpx.AsyncClient) -> None:
    counter = Counter(base_market, client, FakeClock())
    head = base_market.anvil.rpc("eth_getBlockByNumber", "latest", False)
    swap = await counter.swap(counter.ask(25_000))
    assert swap.block_number == base_market.head() == int(head["number"], 16)
    assert swap.at == datetime.fromtimestamp(int(head["timestamp"], 16), UTC)
    assert (swap.grade, swap.source, swap.route) == (Grade.A, "Uniswap V3", "0.05 %")
    assert swap.pay == Decimal(25_000)
    assert await counter.quoter.head() == base_market.head()


async def test_the_spot_is_the_price_before_the_trade_in_usdc_per_token(market: Market, counter: Counter) -> None:
    for token, price in ((market.weth, 3500), (market.link, 14)):
        for side in Side:
            swap = await counter.swap(counter.ask(100, side, Leg.PAY, token))
            assert abs(swap.spot / price - 1) < Decimal("1e-9")
            paid_per_token = swap.pay / swap.receive if side is Side.BUY else swap.receive / swap.pay
            worse = paid_per_token / swap.spot - 1 if side is Side.BUY else 1 - paid_per_token / swap.spot
            assert swap.fee * Decimal("0.99") < worse < swap.fee * Decimal("1.6")


async def test_a_price_that_moved_is_quoted_at_the_next_block(market: Market, counter: Counter) -> None:
    ask = counter.ask(1_000)
    before = await counter.swap(ask)
    market.move(3600)
    after = await counter.swap(ask)
    assert abs(after.spot - 3600) < Decimal("0.001")
    assert after.receive < before.receive
    assert (after.block_number or 0) > (before.block_number or 0)
    check_done(market, ask, after)


async def test_a_testnet_is_quoted_in_the_pools_it_stands_for_and_says_so(
    base_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(base_market, client, clock, stands_for="Base Sepolia")
    assert (await counter.swap(counter.ask(1_000))).source == "Uniswap V3 on Base, for Base Sepolia"


async def test_a_token_that_nobody_trades_has_no_pool(market: Market, counter: Counter) -> None:
    dai = named(market.chain_id, "DAI")
    assert dai
    asks = [Ask(dai, market.usdc, side, exact, Decimal(10)) for side in Side for exact in Leg]
    assert {await counter.code(ask) for ask in asks} == {"no_pool"}


async def test_a_pool_that_nobody_filled_is_beyond_liquidity_for_any_amount(market: Market, counter: Counter) -> None:
    dai = named(market.chain_id, "DAI")
    assert dai
    market.lab.open(dai.address, market.lab.erc20("DAI", "Dai Stablecoin"))
    market.open_pool(dai, market.usdc, 100, 1, (1, 1), 0, 0.5)
    asks = [Ask(dai, market.usdc, side, exact, Decimal(10)) for side in Side for exact in Leg]
    assert {await counter.code(ask) for ask in asks} == {"beyond_liquidity"}


async def test_a_chain_without_uniswap_has_no_pool(
    base: Lab, base_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(base_market, client, clock, base.anvil.url)
    assert await counter.code(counter.ask(10)) == "no_pool"


@pytest.mark.parametrize("amount", ["0", "-1", "0.0000001", "1e300"])
async def test_an_amount_that_no_swap_can_carry_is_refused(market: Market, counter: Counter, amount: str) -> None:
    ask = Ask(market.weth, market.usdc, Side.BUY, Leg.PAY, Decimal(amount))
    assert await counter.code(ask) == "quote_failed"


async def test_the_largest_amount_of_all_is_beyond_liquidity(market: Market, counter: Counter) -> None:
    for exact, decimals in ((Leg.PAY, 6), (Leg.RECEIVE, 18)):
        ask = Ask(market.weth, market.usdc, Side.BUY, exact, Decimal(f"{2**255 - 1}e-{decimals}"))
        assert await counter.code(ask) == "beyond_liquidity"


async def test_dust_that_gives_nothing_is_refused(market: Market, counter: Counter) -> None:
    ask = Ask(market.weth, market.usdc, Side.SELL, Leg.PAY, Decimal("1e-18"))
    assert await counter.code(ask) == "quote_failed"


async def test_the_way_is_searched_again_after_ten_minutes_or_when_its_pool_is_gone(
    market: Market, counter: Counter, clock: FakeClock
) -> None:
    ask = counter.ask(25_000)
    assert (await counter.swap(ask)).route == "0.05 %"
    # The known way is taken though another has become better, until the ten minutes are over.
    market.move(3560, 500, 100, 10000)
    assert (await counter.swap(ask)).route == "0.05 %"
    clock.advance(599)
    assert (await counter.swap(ask)).route == "0.05 %"
    clock.advance(2)
    assert (await counter.swap(ask)).route == "0.3 %"
    market.lab.place(market.pool(market.weth, market.usdc, 3000), "0x")
    assert (await counter.swap(ask)).route == "0.05 %"
