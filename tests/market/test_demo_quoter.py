"""The demo market's quotes: from its pools as they stand, at a gas that is the same for everybody and for ever."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.chains import CHAINS
from app.domain.money import product, ratio
from app.domain.orders import Side
from app.domain.quotes import Grade, Leg, Rates, Swap, priced
from app.domain.refusal import Refusal
from app.domain.registry import native_of, on_chain, usdc_of
from app.market.demo import DEMO_SEED, DemoMarket
from app.market.demo_quoter import FEES, DemoQuoter, demo_gas
from tests.clock import START, FakeClock
from tests.market import answers as a
from tests.market import offers as o

MARKET = DemoMarket(DEMO_SEED, on_chain(8453))
MOMENTS = st.integers(0, 20 * 365 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


def quoter(clock: FakeClock) -> DemoQuoter:
    return DemoQuoter(MARKET, 8453, lambda: clock.utc)


async def swap(clock: FakeClock, side: Side = Side.SELL, amount: str = "1") -> Swap:
    found = await quoter(clock).quote(o.ask(side, Leg.PAY, amount))
    assert isinstance(found, Swap)
    return found


async def test_a_quote_is_of_the_invented_pool_and_says_so() -> None:
    found = await swap(FakeClock())
    assert (found.grade, found.source, found.route, found.at) == (Grade.C, "Simulated pool", "0.05 %", START)
    assert (found.block_number, found.gas.basis) == (None, "declared")
    assert product(found.spot, MARKET.price(a.USDC, START)) == pytest.approx(MARKET.price(a.WETH, START))


async def test_it_costs_what_the_pool_of_that_moment_makes_it_cost() -> None:
    found = await swap(FakeClock(), Side.BUY, "100000")
    pool = MARKET.pool(a.WETH, START)
    quote = priced(found, Rates(MARKET.price(a.USDC, START), MARKET.price(a.WETH, START)))
    assert ratio(quote.fee_usd, quote.value) == pytest.approx(Decimal("0.0005"))
    # Against half of the liquidity the price moves by the share that is paid in.
    share = ratio(quote.value, pool.liquidity_usd / 2)
    assert ratio(quote.impact_usd, quote.value) == pytest.approx(share, rel=Decimal("0.01"))


async def test_time_moves_the_price_and_the_pool() -> None:
    clock = FakeClock()
    before = await swap(clock)
    clock.advance(60)
    after = await swap(clock)
    assert after.at == START + timedelta(seconds=60)
    assert after.spot != before.spot
    assert MARKET.pool(a.WETH, after.at) != MARKET.pool(a.WETH, before.at)


async def test_no_pool_holds_more_than_it_holds() -> None:
    refused = await quoter(FakeClock()).quote(o.ask(Side.BUY, Leg.RECEIVE, "1000000"))
    assert isinstance(refused, Refusal)
    assert refused.code == "beyond_liquidity"


def test_a_pool_is_the_one_that_the_market_shows() -> None:
    assert [MARKET.pool(token, START) for token in MARKET.tokens] == [shown.pool for shown in MARKET.readings(START)]


async def test_gas_is_the_same_whoever_asks_and_there_are_no_blocks() -> None:
    gas = demo_gas(DEMO_SEED, 8453, START)
    assert gas == await quoter(FakeClock()).gas(a.WETH.address) == (await swap(FakeClock())).gas
    assert await quoter(FakeClock()).head() is None
    # A change of it would put a step into everybody's running demo session.
    assert (gas.units, gas.unit_wei, gas.l1_wei) == (150_000, 7_961_569, 90_989_365_336)


def test_another_seed_chain_or_hour_is_another_gas_price() -> None:
    here = demo_gas(DEMO_SEED, 8453, START).unit_wei
    assert here != demo_gas(DEMO_SEED + 1, 8453, START).unit_wei
    assert here != demo_gas(DEMO_SEED, 8453, START + timedelta(hours=1)).unit_wei
    courses = {demo_gas(DEMO_SEED, chain_id, START).unit_wei / fees.unit_wei for chain_id, fees in FEES.items()}
    assert len(courses) == len(FEES)


def test_a_testnet_costs_what_the_chain_costs_that_it_stands_for() -> None:
    assert demo_gas(DEMO_SEED, 84532, START) == demo_gas(DEMO_SEED, 8453, START)
    assert demo_gas(DEMO_SEED, 11155111, START) == demo_gas(DEMO_SEED, 1, START)


@given(MOMENTS, st.integers(0, 2**64), st.sampled_from(sorted(CHAINS)))
def test_gas_stays_within_half_and_twice_of_what_the_chain_is_known_for(at: datetime, seed: int, chain_id: int) -> None:
    gas, fees = demo_gas(seed, chain_id, at), FEES[CHAINS[chain_id].reference_id]
    assert fees.unit_wei / 2.02 < gas.unit_wei < fees.unit_wei * 2.02
    assert fees.l1_wei / 2.02 <= gas.l1_wei <= fees.l1_wei * 2.02


@pytest.mark.parametrize(
    ("chain_id", "least", "most"),
    [
        (1, "0.2", "2"),
        (10, "0.0002", "0.01"),
        (137, "0.0003", "0.01"),
        (8453, "0.001", "0.02"),
        (42161, "0.002", "0.02"),
    ],
)
def test_a_swap_costs_what_it_plausibly_costs_in_dollars(chain_id: int, least: str, most: str) -> None:
    market = DemoMarket(DEMO_SEED, on_chain(chain_id))
    cost = demo_gas(DEMO_SEED, chain_id, START).usd(market.price(native_of(chain_id), START))
    assert Decimal(least) < cost < Decimal(most)
    assert usdc_of(chain_id) in market.tokens
