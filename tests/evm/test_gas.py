"""The gas of a quote is what the transaction's receipt then shows, and on Base what the first layer takes as well."""

from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from app.domain.bids import Bid
from app.domain.orders import Side
from app.domain.quotes import Ask, Gas, Leg, Rates, Swap, bidding, priced
from app.domain.tokens import Token
from app.market import uniswap
from app.market.overrides import HOLDER
from app.market.quoter import ChainQuoter
from tests.clock import START, FakeClock
from tests.evm.contracts import Lab, call_data
from tests.evm.market import Market, node
from tests.evm.proxy import Proxy, Spoil, ignoring_overrides, refusing_overrides
from tests.evm.swaps import ENDLESS, Counter, base_units, every_way, executed, only, route_of

SIZES = (10, 25_000, 300_000)


async def off_by(counter: Counter, ask: Ask, basis: str) -> Decimal | None:
    """By what fraction the gas of the quote is over the receipt's; None where there is no quote."""
    swap = await counter.quoter.quote(ask)
    if not isinstance(swap, Swap):
        assert swap.code == "beyond_liquidity"
        return None
    assert swap.gas.basis == basis
    return Decimal(swap.gas.units) / executed(counter.market, ask, route_of(swap)).gas - 1


@pytest.mark.parametrize("fee", uniswap.FEES)
async def test_with_overrides_the_gas_is_within_3_percent_of_the_receipt(
    market: Market, client: httpx.AsyncClient, clock: FakeClock, fee: int
) -> None:
    only(market, fee)
    counter = Counter(market, client, clock)
    asks = every_way(counter, SIZES) + every_way(counter, SIZES[:2], market.link)
    found = [off for ask in asks if (off := await off_by(counter, ask, "estimate")) is not None]
    assert len(found) > 12
    assert [off for off in found if abs(off) > Decimal("0.03")] == []


@pytest.mark.parametrize(("name", "spoil"), [("base", refusing_overrides), ("ethereum", ignoring_overrides)])
async def test_without_overrides_the_gas_is_never_under_the_receipt_by_more_than_10_percent(
    request: pytest.FixtureRequest, client: httpx.AsyncClient, clock: FakeClock, name: str, spoil: Spoil
) -> None:
    market: Market = request.getfixturevalue(f"{name}_market")
    with Proxy(market.url, spoil) as proxy:
        counter = Counter(market, client, clock, proxy.url)
        asks = every_way(counter, SIZES) + every_way(counter, SIZES, market.link)
        found = [off for ask in asks if (off := await off_by(counter, ask, "quoter")) is not None]
        # What it cannot do, it is not asked for again and again.
        assert "eth_estimateGas" not in proxy.asked
    assert len(found) > 20
    assert min(found) > Decimal("-0.1")
    assert max(found) < Decimal("0.1")


async def test_in_a_block_in_which_the_pool_was_traded_already_the_gas_holds_too(
    market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    only(market, 500)
    counter = Counter(market, client, clock)
    with Proxy(market.url, refusing_overrides) as proxy:
        without = Counter(market, client, clock, proxy.url)
        for ask in every_way(counter, (25_000,)):
            market.move(3500 if ask.side is Side.BUY else 3510, 500)
            sure, rough = await off_by(counter, ask, "estimate"), await off_by(without, ask, "quoter")
            assert sure is not None
            assert rough is not None
            assert abs(sure) < Decimal("0.03")
            assert Decimal("-0.1") < rough < Decimal("0.1")


async def test_a_first_purchase_costs_the_new_balance_too(
    market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(market, client, clock)
    counter.quoter = ChainQuoter(counter.nodes, clock, holds=lambda _address: False)
    ask = counter.ask(25_000)
    swap = await counter.swap(ask)
    with Proxy(market.url, refusing_overrides) as proxy:
        without = Counter(market, client, clock, proxy.url)
        without.quoter = ChainQuoter(without.nodes, clock, holds=lambda _address: False)
        rough = await without.swap(ask)
    used = bought_first(market, ask, swap)
    assert abs(Decimal(swap.gas.units) / used - 1) < Decimal("0.03")
    assert Decimal("-0.1") < Decimal(rough.gas.units) / used - 1 < Decimal("0.1")


def bought_first(market: Market, ask: Ask, swap: Swap) -> int:
    """The gas of the same purchase by somebody who has the money and none of the token yet."""
    newcomer, units = str(market.anvil.rpc("eth_accounts")[1]), base_units(ask.amount, ask.pays)
    market.anvil.send(ask.pays.address, call_data("transfer(address,uint256)", newcomer, 2 * units))
    allow = call_data("approve(address,uint256)", market.book.router, ENDLESS)
    data = uniswap.swap_data(route_of(swap), ask.exact, units, 0, newcomer)
    used = 0
    for to, call in ((ask.pays.address, allow), (market.book.router, data)):
        receipt = market.anvil.rpc("eth_sendTransactionSync", {"from": newcomer, "to": to, "data": call})
        assert receipt["status"] == "0x1"
        used = int(receipt["gasUsed"], 16)
    return used


async def test_a_unit_costs_the_next_blocks_base_fee_and_what_others_tip(
    market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(market, client, clock)
    market.base_fee(7_000_000_000)
    history = market.anvil.rpc("eth_feeHistory", "0x5", "latest", [50])
    gas = (await counter.swap(counter.ask(25_000))).gas
    tips = sorted(int(block[0], 16) for block in history["reward"])
    least = 1_000_000 if market.chain_id == 8453 else 0
    assert gas.unit_wei == int(history["baseFeePerGas"][-1], 16) + max(tips[2], least)
    receipt = executed(market, counter.ask(25_000), route_of(await counter.swap(counter.ask(25_000)))).receipt
    assert abs(int(receipt["effectiveGasPrice"], 16) - int(history["baseFeePerGas"][-1], 16)) < 2 * 10**9


async def test_a_bid_pays_the_tip_that_the_chains_own_history_has_at_its_percentile(
    market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    for _ in range(3):
        tipping(market, *(gwei * 10**9 for gwei in (2, 9, 4, 7, 1, 6, 3, 10, 5, 8)))
    history = market.anvil.rpc("eth_feeHistory", "0x5", "latest", [10, 25, 50, 75, 90])
    counter = Counter(market, client, clock)
    quote = priced(await counter.swap(counter.ask(25_000)), Rates(Decimal(1), Decimal(3500)))
    bids = [Bid.MINIMAL, Bid.LOW, Bid.STANDARD, Bid.RAISED, Bid.URGENT]
    tips = [sorted(int(block[place], 16) for block in history["reward"])[2] for place in range(len(bids))]
    assert tips == sorted(set(tips)), "blocks whose tips differ tell one bid from the other"
    gas = [bidding(quote, bid).swap.gas for bid in bids]
    assert [found.unit_wei - int(history["baseFeePerGas"][-1], 16) for found in gas] == tips
    more = bidding(quote, Bid.URGENT).gas_usd - bidding(quote, Bid.MINIMAL).gas_usd
    assert abs(more - gas[0].units * Decimal(tips[-1] - tips[0]) * 3500 / 10**18) < Decimal("1e-11")


def tipping(market: Market, *tips: int) -> None:
    """A block of transactions that tip so many wei."""
    rpc, trader = market.anvil.rpc, market.anvil.trader
    rpc("evm_setAutomine", False)
    try:
        for tip in tips:
            fees = {"maxPriorityFeePerGas": hex(tip), "maxFeePerGas": hex(10**12)}
            rpc("eth_sendTransaction", {"from": trader, "to": trader, "gas": hex(21_000), "value": "0x1"} | fees)
        market.mine()
    finally:
        rpc("evm_setAutomine", True)


@pytest.mark.parametrize("wei", [(10**9, 1), (25 * 10**9, 10**9), (4 * 10**10, 10**10)])
async def test_on_base_the_first_layer_is_charged_as_the_chain_charges_it(
    base_market: Market, client: httpx.AsyncClient, clock: FakeClock, wei: tuple[int, int]
) -> None:
    market, counter = base_market, Counter(base_market, client, clock)
    market.first_layer(*wei)
    for ask in every_way(counter, (1_000,)) + every_way(counter, (1_000,), market.link):
        swap = await counter.swap(ask)
        data, moved = signed_as_quoted(market, swap)
        taken = charged(market, data)
        assert taken > 0
        assert Decimal("-0.02") < Decimal(swap.gas.l1_wei) / taken - 1 < Decimal("0.08")
        assert moved > 0


def signed_as_quoted(market: Market, swap: Swap) -> tuple[str, int]:
    """The call that a trader with half a percent of tolerance would sign."""
    ask = swap.ask
    amount = base_units(ask.amount, ask.pays if ask.exact is Leg.PAY else ask.receives)
    given, other = (swap.receive, ask.receives) if ask.exact is Leg.PAY else (swap.pay, ask.pays)
    limit = base_units(given, other) * (9950 if ask.exact is Leg.PAY else 10050) // 10_000
    return uniswap.swap_data(route_of(swap), ask.exact, amount, limit, market.anvil.trader), limit


def charged(market: Market, data: str) -> int:
    """What the transaction took from the trader beyond its gas, in wei."""
    with market.anvil.rewound():
        before = wealth(market)
        receipt = market.anvil.send(market.book.router, data)
        return before - wealth(market) - int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)


def wealth(market: Market) -> int:
    return int(market.anvil.rpc("eth_getBalance", market.anvil.trader, "latest"), 16)


async def test_ethereum_charges_no_first_layer(
    ethereum_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(ethereum_market, client, clock)
    assert (await counter.swap(counter.ask(25_000))).gas.l1_wei == 0


async def test_on_arbitrum_the_data_is_part_of_the_gas(
    modules: Path, tmp_path: Path, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    with node(42161, modules, tmp_path, START) as anvil:
        market = Market(Lab(anvil, modules))
        counter = Counter(market, client, clock)
        # Where nothing says what the data costs, nothing is quoted.
        assert await counter.code(counter.ask(25_000)) == "quote_failed"
        market.tell_arbitrum(5_000)
        swap = await counter.swap(counter.ask(25_000))
        history = market.anvil.rpc("eth_feeHistory", "0x1", "latest", [50])
        assert swap.gas.unit_wei == int(history["baseFeePerGas"][-1], 16)
        assert swap.gas.l1_wei == 5_000 * swap.gas.unit_wei
        whole = swap.gas.units + 5_000
        assert abs(Decimal(whole) / executed(market, swap.ask, route_of(swap)).gas - 1) < Decimal("0.03")
        clock.advance(3)
        later = await counter.quoter.gas(market.weth.address)
        assert isinstance(later, Gas)
        assert (later.units, later.l1_wei) == (swap.gas.units, 5_000 * later.unit_wei)


async def test_without_the_fee_oracle_nothing_is_quoted_on_base(
    base_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(base_market, client, clock)
    base_market.lab.place("0x420000000000000000000000000000000000000F", "0x")
    assert await counter.code(counter.ask(25_000)) == "quote_failed"


async def test_likely_gas_is_a_plan_before_a_quote_and_the_last_quotes_units_after_it(
    market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(market, client, clock)
    plan = await counter.quoter.gas(market.weth.address)
    assert isinstance(plan, Gas)
    assert (plan.units, plan.basis, plan.l1_wei > 0) == (150_000, "declared", market.chain_id == 8453)
    swap = await counter.swap(counter.ask(25_000))
    assert await counter.quoter.gas(market.weth.address.lower()) == swap.gas
    market.base_fee(9_000_000_000)
    assert await counter.quoter.gas(market.weth.address) == swap.gas
    clock.advance(3)
    later = await counter.quoter.gas(market.weth.address)
    assert isinstance(later, Gas)
    assert (later.units, later.basis) == (swap.gas.units, "estimate")
    assert later.unit_wei > 7_000_000_000


async def test_the_wallet_that_estimates_owns_nothing(market: Market) -> None:
    for token in (market.weth, market.usdc, market.link):
        assert held(market, token, HOLDER) == 0


def held(market: Market, token: Token, who: str) -> int:
    call = {"to": token.address, "data": call_data("balanceOf(address)", who)}
    return int(market.anvil.rpc("eth_call", call, "latest"), 16)


async def test_the_gas_of_selling_is_told_for_a_wallet_that_keeps_some(
    market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(market, client, clock)
    counter.quoter = ChainQuoter(counter.nodes, clock, holds=lambda _address: False)
    selling = await counter.swap(counter.ask(25_000, Side.SELL))
    buying = await counter.swap(counter.ask(25_000, Side.BUY))
    assert buying.gas.units - selling.gas.units > 10_000
