"""Grade C: what a pool's reserves and fee come to, where they are from, and what is assumed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.orders import Side
from app.domain.prices import Consensus, Pool, PriceState, Reading
from app.domain.quotes import Ask, Gas, Grade, Leg, Rates, Swap, priced
from app.domain.refusal import Refusal
from app.market.modelled import ModelledQuoter, Reserves, reserves_of, typical_gas
from tests.clock import START
from tests.market import answers as a
from tests.market import offers as o

POOL = Pool("0x" + "ab" * 20, "uniswap v3", Decimal(2_000_000), Decimal(30))
KNOWN = Reserves(POOL, Decimal(2000), Decimal("0.8"), START, "DexScreener reserves")
DOWN = Refusal("rpc_unreachable", "No node answers.")


def quoter(known: Reserves | None = KNOWN, gas: Gas | Refusal = o.GAS) -> ModelledQuoter:
    async def gas_of(_address: str) -> Gas | Refusal:
        return gas

    return ModelledQuoter(lambda _ask: known, gas_of)


async def swap(ask: Ask, known: Reserves = KNOWN) -> Swap:
    found = await quoter(known).quote(ask)
    assert isinstance(found, Swap)
    return found


async def refused(ask: Ask, known: Reserves | None = KNOWN, gas: Gas | Refusal = o.GAS) -> str:
    found = await quoter(known, gas).quote(ask)
    assert isinstance(found, Refusal)
    assert found.sentence.endswith(".")
    return found.code


async def test_a_swap_says_that_it_is_reckoned_from_what_and_as_of_when() -> None:
    found = await swap(o.SELL_ONE)
    assert (found.grade, found.source, found.route) == (Grade.C, "DexScreener reserves", "0.3 %")
    assert (found.at, found.block_number, found.gas, found.ask) == (START, None, o.GAS, o.SELL_ONE)


async def test_the_reserves_are_in_usdc_at_its_own_price() -> None:
    # $1,000,000 a side: 1,250,000 USDC at $0.80 and 500 tokens at 2,500 USDC.
    found = await swap(o.SELL_ONE)
    assert (found.spot, found.fee) == (Decimal(2500), Decimal("0.003"))
    assert (found.pay, found.receive) == (Decimal(1), Decimal("2487.539845"))


async def test_in_dollars_the_fee_and_the_impact_are_the_pool_s() -> None:
    quote = priced(await swap(o.ask(Side.BUY, Leg.PAY, "12500")), Rates(KNOWN.usdc, Decimal(2000)))
    # 1 % of the reserve: 0.3 % fee, and of the rest 0.997 % less than at the spot.
    assert (quote.value, quote.fee_usd) == (Decimal(10_000), Decimal(30))
    assert round(quote.impact_usd, 2) == Decimal("98.42")
    assert quote.mid_price == KNOWN.price


@pytest.mark.parametrize("side", list(Side))
async def test_an_exact_amount_received_is_received_exactly(side: Side) -> None:
    found = await swap(o.ask(side, Leg.RECEIVE, "100"))
    assert found.receive == 100
    back = await swap(o.ask(side, Leg.PAY, str(found.pay)))
    assert back.receive >= 100


async def test_a_fee_that_nobody_states_is_the_dearest_and_says_so() -> None:
    unknown = replace(KNOWN, pool=replace(POOL, fee_bp=None))
    found = await swap(o.SELL_ONE, unknown)
    assert (found.fee, found.route) == (Decimal("0.01"), "1 % assumed")
    assert found.receive < (await swap(o.SELL_ONE)).receive


async def test_what_cannot_be_reckoned_is_refused() -> None:
    assert await refused(o.SELL_ONE, None) == "no_pool"
    assert await refused(o.SELL_ONE, replace(KNOWN, pool=replace(POOL, liquidity_usd=Decimal(0)))) == "no_pool"
    assert await refused(o.ask(Side.BUY, Leg.RECEIVE, "500")) == "beyond_liquidity"
    assert await refused(o.ask(Side.SELL, Leg.PAY, "1e-12")) == "too_small"
    assert await refused(o.SELL_ONE, gas=DOWN) == "rpc_unreachable"


async def test_several_swaps_are_what_each_is_by_itself() -> None:
    amounts = [(Side.BUY, amount) for amount in ("0.000001", "5", "12500", "1e9")]
    amounts += [(Side.SELL, amount) for amount in ("1e-18", "0.002", "5", "4e5")]
    asks = [o.ask(side, Leg.PAY, amount) for side, amount in amounts] + [o.ask(Side.BUY, Leg.RECEIVE, "500")]
    found = await quoter().several(asks)
    assert found == [await quoter().quote(ask) for ask in asks]
    assert isinstance(found, list)
    assert [one.code for one in found if isinstance(one, Refusal)] == ["too_small", "beyond_liquidity"]
    assert await quoter().several([]) == []


async def test_several_swaps_are_of_the_pool_at_one_moment_and_of_one_gas() -> None:
    moments = iter(replace(KNOWN, price=Decimal(price)) for price in (2000, 3000))
    paid = iter([o.GAS, replace(o.GAS, unit_wei=1)])

    async def gas(_address: str) -> Gas:
        return next(paid)

    moving = ModelledQuoter(lambda _ask: next(moments), gas)
    found = await moving.several([o.SELL_ONE, o.BUY_ONE, o.BUY_FOR_2000])
    assert isinstance(found, list)
    assert {(one.spot, one.gas) for one in found if isinstance(one, Swap)} == {(Decimal(2500), o.GAS)}
    assert len(found) == 3


async def test_where_there_are_no_reserves_or_no_gas_none_of_several_is_reckoned() -> None:
    for known, gas, code in ((None, o.GAS, "no_pool"), (KNOWN, DOWN, "rpc_unreachable")):
        found = await quoter(known, gas).several([o.SELL_ONE, o.BUY_ONE])
        assert isinstance(found, Refusal)
        assert found.code == code


async def test_several_swaps_of_several_tokens_are_a_bug() -> None:
    with pytest.raises(ValueError, match="of one token"):
        await quoter().several([o.SELL_ONE, o.ask(token=a.LINK)])


async def test_gas_is_asked_of_whoever_knows_it_and_there_is_no_block() -> None:
    assert await quoter().gas(a.WETH.address) == o.GAS
    assert await quoter(gas=DOWN).gas(a.WETH.address) == DOWN
    assert await quoter().head() is None


async def test_where_nobody_estimates_a_swap_takes_a_typical_amount_of_gas_at_the_chain_s_fees() -> None:
    gas = await typical_gas(o.FakeQuoter(DOWN))(a.WETH.address)
    assert gas == Gas(150_000, o.GAS.unit_wei, o.GAS.l1_wei, "declared")
    assert await typical_gas(o.FakeQuoter(DOWN, DOWN))(a.WETH.address) == DOWN


def reading(source: str, price: str, pool: Pool | None) -> Reading:
    return Reading(a.WETH.key, Decimal(price), source, START, START - timedelta(seconds=9), pool)


def held(*readings: Reading, counted: tuple[str, ...] = ("dexscreener", "geckoterminal")) -> Consensus:
    return Consensus(a.WETH.key, PriceState.LIVE, Decimal(2000), "kraken", START, readings=readings, counted=counted)


UNSTATED = replace(POOL, address=POOL.address.upper().replace("X", "x"), fee_bp=None)


def test_the_first_reading_that_counts_and_names_a_pool_gives_the_reserves() -> None:
    seen = held(reading("kraken", "1999", None), reading("dexscreener", "2001", POOL))
    found = reserves_of(seen, Decimal(1), str.title)
    assert found == Reserves(POOL, Decimal(2001), Decimal(1), START - timedelta(seconds=9), "Dexscreener reserves")


def test_a_pool_s_fee_is_whoever_s_that_knows_it_of_the_same_pool() -> None:
    seen = held(reading("dexscreener", "2001", UNSTATED), reading("geckoterminal", "2002", POOL))
    found = reserves_of(seen, Decimal(1), str)
    assert found is not None
    assert (found.price, found.pool.fee_bp) == (Decimal(2001), Decimal(30))
    other = replace(POOL, address="0x" + "cd" * 20)
    apart = held(reading("dexscreener", "2001", UNSTATED), reading("geckoterminal", "2002", other))
    found = reserves_of(apart, Decimal(1), str)
    assert found is not None
    assert found.pool.fee_bp is None


def test_there_are_no_reserves_without_a_price_a_usdc_or_a_reading_that_counts() -> None:
    seen = held(reading("dexscreener", "2001", POOL))
    assert reserves_of(seen, None, str) is None
    assert reserves_of(replace(seen, price=None), Decimal(1), str) is None
    assert reserves_of(replace(seen, counted=()), Decimal(1), str) is None
    assert reserves_of(held(reading("dexscreener", "2001", None)), Decimal(1), str) is None
