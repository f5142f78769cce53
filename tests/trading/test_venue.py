"""The venue's cost ladder: its sizes in dollars, what is kept of them, and whose pools a testnet's are."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from app.bot.ladder import Ladder
from app.domain.chains import CHAINS
from app.domain.ladder import Steps
from app.domain.orders import Side
from app.domain.prices import Pool, Reading, SourceRule
from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal
from app.domain.registry import named, native_of, usdc_of
from app.domain.tokens import Token
from app.market.modelled import ModelledQuoter, Reserves
from app.trading.board import Board
from app.trading.venue import Venue
from app.trading.watchlist import Watchlist
from tests.clock import START

POOL = Pool("0x" + "11" * 20, "a pool", Decimal(1_000_000), Decimal(30))
PRICE, USDC_PRICE, TOP = Decimal(2500), Decimal("0.8"), Decimal(10_000)
# 0.0002 of a native coin, 50 cents.
GAS = Gas(200_000, 10**9)
TOO_MUCH = Refusal("beyond_liquidity", "The pools cannot take this size.")


def token(chain_id: int, symbol: str) -> Token:
    found = named(chain_id, symbol)
    assert found
    return found


WETH, LINK = token(8453, "WETH"), token(8453, "LINK")


async def _gas(_address: str) -> Gas:
    return GAS


class Pools(ModelledQuoter):
    """A pool that remembers what it was asked, and refuses the asks at these places, or all."""

    def __init__(self, *refused: int, down: Refusal | None = None) -> None:
        super().__init__(lambda _ask: Reserves(POOL, PRICE, USDC_PRICE, START, "Pool"), _gas)
        self.asks: list[Ask] = []
        self._refused, self._down = refused, down

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        self.asks = [*asks]
        found = self._down or await super().several(asks)
        if isinstance(found, Refusal):
            return found
        return [TOO_MUCH if place in self._refused else one for place, one in enumerate(found)]


def venue(pools: Pools, chain_id: int = 8453, pool: Pool | None = None) -> Venue:
    """A venue on whose board WETH (in `pool`), LINK and USDC have a live price."""
    reference = CHAINS[chain_id].reference_id
    board = Board({"dexscreener": SourceRule("dexscreener", 0, "dex", timedelta(seconds=30))})
    for held, price, where in (
        (native_of(reference), PRICE, pool),
        (token(reference, "LINK"), Decimal(25), None),
        (usdc_of(reference), USDC_PRICE, None),
    ):
        board.post([Reading(held.key, price, "dexscreener", START, START, where)], START)
    return Venue(CHAINS[chain_id], board, Watchlist(), pools, lambda: START)


async def laddered(at: Venue, of: Token = WETH) -> tuple[Steps, Ladder]:
    found = await at.ladder(of, TOP, PRICE)
    assert not isinstance(found, Refusal), found
    return found


async def test_five_sizes_each_way_are_asked_for_by_what_is_paid() -> None:
    pools = Pools()
    await laddered(venue(pools))
    dollars = [Decimal(size) for size in (40, 400, 2_000, 5_000, 10_000)]
    assert [(ask.side, ask.amount) for ask in pools.asks] == [
        *((Side.BUY, size / USDC_PRICE) for size in dollars),
        *((Side.SELL, size / PRICE) for size in dollars),
    ]
    assert {(ask.token, ask.usdc) for ask in pools.asks} == {(WETH, usdc_of(8453))}


async def test_amounts_are_rounded_down_to_what_the_token_can_express() -> None:
    pools = Pools()
    assert not isinstance(await venue(pools).ladder(WETH, Decimal("0.001"), Decimal(7)), Refusal)
    assert pools.asks[0].amount == Decimal("0.000005")
    assert pools.asks[5].amount == Decimal("0.000000571428571428")


async def test_the_ladder_is_in_dollars_and_the_steps_are_the_very_swaps() -> None:
    pools = Pools()
    steps, ladder = await laddered(venue(pools))
    assert [rung.size_usd for rung in ladder.rungs] == [40, 400, 2_000, 5_000, 10_000]
    assert ladder.gas_usd == 0.5
    found = await pools.several(pools.asks)
    assert [*steps.buys, *steps.sells] == found
    # Against half of a million: 0.3 %, and 2 % less of the rest.
    for cost in ladder.rungs[-1][1:]:
        assert cost == pytest.approx(1 - 0.997 / 1.01994, rel=1e-6)


async def test_the_liquidity_is_that_of_the_pool_on_the_board_and_unknown_without_one() -> None:
    assert (await laddered(venue(Pools())))[1].liquidity_usd is None
    assert (await laddered(venue(Pools(), pool=POOL)))[1].liquidity_usd == 1_000_000
    assert (await laddered(venue(Pools(), pool=POOL), LINK))[1].liquidity_usd is None


@pytest.mark.parametrize(
    ("refused", "left"), [((4,), (40, 400, 2_000, 5_000)), ((4, 8), (40, 400, 2_000)), ((0, 2, 3, 4, 6), ())]
)
async def test_only_sizes_that_can_be_had_both_ways_are_kept(refused: tuple[int, ...], left: tuple[int, ...]) -> None:
    found = await venue(Pools(*refused)).ladder(WETH, TOP, PRICE)
    if not left:
        assert found == TOO_MUCH
        return
    assert not isinstance(found, Refusal)
    steps, ladder = found
    assert tuple(rung.size_usd for rung in ladder.rungs) == left
    assert len(steps.buys) == len(steps.sells) == len(left)


async def test_a_market_that_fails_as_a_whole_gives_its_one_refusal() -> None:
    down = Refusal("rpc_unreachable", "No node answers.")
    assert await venue(Pools(down=down)).ladder(WETH, TOP, PRICE) == down


async def test_without_a_live_price_of_the_dollar_there_is_no_ladder() -> None:
    pools = Pools()
    at = venue(pools)
    at.board.settle(START + timedelta(minutes=10))
    found = await at.ladder(WETH, TOP, PRICE)
    assert isinstance(found, Refusal)
    assert (found.code, pools.asks) == ("no_rate", [])


async def test_a_testnet_s_ladder_is_of_the_pools_that_stand_for_its_own_and_answers_its_own_asks() -> None:
    pools, own = Pools(), token(84532, "WETH")
    steps, ladder = await laddered(venue(pools, 84532, POOL), own)
    assert {(ask.token, ask.usdc) for ask in pools.asks} == {(WETH, usdc_of(8453))}
    assert {(swap.ask.token, swap.ask.usdc) for swap in steps.buys + steps.sells} == {(own, usdc_of(84532))}
    assert (len(ladder.rungs), ladder.liquidity_usd) == (5, 1_000_000)


async def test_a_testnet_token_without_a_market_has_no_ladder() -> None:
    found = await venue(Pools(), 84532).ladder(Token(84532, "0x" + "77" * 20, "NONE", "None", 18), TOP, PRICE)
    assert isinstance(found, Refusal)
    assert found.code == "testnet_no_market"
