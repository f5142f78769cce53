"""A ladder's swaps are what single quotes say, and what the real pools then really do, for two requests."""

from decimal import Decimal

import httpx
import pytest

from app.domain.orders import Side
from app.domain.quotes import Ask, Leg, Swap
from app.domain.refusal import Refusal
from app.domain.registry import named
from app.domain.tokens import Token
from app.market.node import MOST_AT_ONCE
from tests.clock import FakeClock
from tests.double import dead_port
from tests.evm.market import Market
from tests.evm.proxy import Item, Proxy
from tests.evm.swaps import Counter, base_units, executed, only, route_of

SIZES = (100, 1_000, 5_000, 12_500, 25_000)
HEAD = "eth_getBlockByNumber"


def both_ways(counter: Counter, sizes: tuple[float, ...] = SIZES, token: Token | None = None) -> list[Ask]:
    return [counter.ask(size, side, Leg.PAY, token) for side in Side for size in sizes]


async def several(counter: Counter, asks: list[Ask]) -> list[Swap | Refusal]:
    found = await counter.quoter.several(asks)
    assert isinstance(found, list), found
    assert len(found) == len(asks)
    return found


async def swaps(counter: Counter, asks: list[Ask]) -> list[Swap]:
    found = await several(counter, asks)
    assert not [one for one in found if isinstance(one, Refusal)]
    return [one for one in found if isinstance(one, Swap)]


def codes(found: list[Swap | Refusal]) -> list[str]:
    return [one.code if isinstance(one, Refusal) else "" for one in found]


def check_done(market: Market, swap: Swap) -> None:
    moved, ask = executed(market, swap.ask, route_of(swap)), swap.ask
    assert (base_units(swap.pay, ask.pays), base_units(swap.receive, ask.receives)) == (moved.paid, moved.received)


@pytest.mark.parametrize("symbol", ["WETH", "LINK"])
async def test_each_rung_is_the_quote_of_its_ask_at_the_same_block(
    market: Market, counter: Counter, symbol: str
) -> None:
    asks = both_ways(counter, token=named(market.chain_id, symbol))
    quotes = [await counter.swap(ask) for ask in asks]
    for rung, quote in zip(await swaps(counter, asks), quotes, strict=True):
        assert rung.block_number == quote.block_number == market.head()
        assert (rung.ask, rung.pay, rung.receive) == (quote.ask, quote.pay, quote.receive)
        assert (rung.route, rung.spot, rung.fee, rung.at) == (quote.route, quote.spot, quote.fee, quote.at)
        assert (rung.grade, rung.source) == (quote.grade, quote.source)
        check_done(market, rung)


@pytest.mark.parametrize("symbol", ["WETH", "LINK"])
async def test_where_no_way_is_known_all_go_that_of_the_largest_and_get_what_it_gives(
    market: Market, counter: Counter, symbol: str
) -> None:
    asks = both_ways(counter, token=named(market.chain_id, symbol))
    found = await swaps(counter, asks)
    for side in Side:
        rungs = [rung for rung in found if rung.ask.side is side]
        largest = await counter.swap(rungs[-1].ask)
        assert {rung.route for rung in rungs} == {largest.route}
        assert rungs[-1].receive == largest.receive
    for rung in found:
        check_done(market, rung)


async def test_a_size_goes_its_own_way_where_that_is_known(base_market: Market, watched: Counter) -> None:
    # Of 0.01 % there is only little: enough for a hundred dollars, and not for a million.
    asks = [watched.ask(size) for size in (100, 1_000_000)]
    assert (await watched.swap(asks[0])).route == "0.01 %"
    assert [rung.route for rung in await swaps(watched, asks)] == ["0.01 %", "0.05 %"]


async def test_at_known_ways_a_ladder_is_two_requests_and_its_gas_is_in_them(
    watched: Counter, proxy: Proxy, clock: FakeClock
) -> None:
    for token in (watched.market.weth, watched.market.link):
        asks = both_ways(watched, token=token)
        first = await swaps(watched, asks)
        for wait in (0, 3):
            clock.advance(wait)
            proxy.batches.clear()
            assert [rung.receive for rung in await swaps(watched, asks)] == [rung.receive for rung in first]
            head, ladder = proxy.batches
            assert head == ["eth_chainId", HEAD]
            assert ladder[0] == HEAD
            assert len(ladder) <= MOST_AT_ONCE
            assert ladder.count("eth_feeHistory") == (1 if wait else 0)
            assert set(ladder) <= {HEAD, "eth_call", "eth_feeHistory"}


async def test_all_is_read_at_one_block_and_the_gas_is_one_for_all(base_market: Market, watched: Counter) -> None:
    found = await swaps(watched, both_ways(watched))
    assert {rung.block_number for rung in found} == {base_market.head()}
    (gas,) = {rung.gas for rung in found}
    assert gas == await watched.quoter.gas(base_market.weth.address)
    assert (gas.basis, gas.units) == ("declared", 150_000)
    assert gas.l1_wei > 0
    await watched.swap(watched.ask(25_000))
    assert {rung.gas.basis for rung in await swaps(watched, both_ways(watched))} == {"estimate"}


async def test_a_price_that_moved_is_in_the_next_ladder(market: Market, counter: Counter) -> None:
    asks = both_ways(counter)
    await swaps(counter, asks)
    market.move(3600)
    for rung in await swaps(counter, asks):
        assert abs(rung.spot - 3600) < Decimal("0.001")
        assert rung.block_number == market.head()
        check_done(market, rung)


@pytest.mark.parametrize("fee", [500, 3000])
async def test_what_the_pools_would_take_only_in_part_is_refused_and_the_rest_is_not(
    market: Market, counter: Counter, fee: int
) -> None:
    only(market, fee)
    asks = both_ways(counter, (100, 25_000, 60_000_000, 90_000_000))
    for _ in range(2):
        found = await several(counter, asks)
        assert codes(found) == ["", "", "beyond_liquidity", "beyond_liquidity"] * 2
        for rung in found:
            if isinstance(rung, Swap):
                check_done(market, rung)
    for ask in (asks[2], asks[6]):
        moved = executed(market, ask, route_of(await counter.swap(asks[1 if ask is asks[2] else 5])))
        assert moved.paid < base_units(ask.amount, ask.pays)


async def test_sizes_beyond_the_pools_are_not_searched_for_at_every_turn(watched: Counter, proxy: Proxy) -> None:
    asks = both_ways(watched, (100, 25_000, 60_000_000))
    await several(watched, asks)
    proxy.batches.clear()
    assert codes(await several(watched, asks)) == ["", "", "beyond_liquidity"] * 2
    assert len(proxy.batches) == 2


async def test_ways_are_searched_for_again_after_ten_minutes(
    market: Market, counter: Counter, clock: FakeClock
) -> None:
    asks = both_ways(counter, (25_000,))
    assert {rung.route for rung in await swaps(counter, asks)} == {"0.05 %"}
    market.move(3560, 500, 100, 10000)
    clock.advance(599)
    assert {rung.route for rung in await swaps(counter, asks)} == {"0.05 %"}
    clock.advance(2)
    assert (await swaps(counter, asks))[0].route == "0.3 %"


async def test_a_side_whose_pool_is_gone_is_searched_for_anew_the_next_time(market: Market, counter: Counter) -> None:
    asks = both_ways(counter)
    await swaps(counter, asks)
    market.lab.place(market.pool(market.weth, market.usdc, 500), "0x")
    assert codes(await several(counter, asks)) == ["beyond_liquidity"] * 10
    assert {rung.route for rung in await swaps(counter, asks)} == {"0.01 %"}


async def test_a_token_that_nobody_trades_is_refused_in_every_size_and_not_searched_for_at_every_turn(
    base_market: Market, watched: Counter, proxy: Proxy, clock: FakeClock
) -> None:
    dai = named(8453, "DAI")
    assert dai
    asks = [Ask(dai, base_market.usdc, side, Leg.PAY, Decimal(size)) for side in Side for size in SIZES]
    searches: list[int] = []
    for _ in range(2):
        proxy.batches.clear()
        assert codes(await several(watched, asks)) == ["no_pool"] * 10
        searches.append(len(proxy.batches))
    assert searches[0] > 4
    assert searches[1] == 1
    clock.advance(601)
    proxy.batches.clear()
    assert codes(await several(watched, asks)) == ["no_pool"] * 10
    assert len(proxy.batches) > 4


async def test_dust_and_what_no_swap_can_carry_are_refused_in_their_places(market: Market, counter: Counter) -> None:
    amounts = ("0", "1e-18", "1e-19", "0.1")
    asks = [Ask(market.weth, market.usdc, Side.SELL, Leg.PAY, Decimal(amount)) for amount in amounts]
    assert codes(await several(counter, asks)) == ["quote_failed"] * 3 + [""]
    assert codes(await several(counter, asks[:3])) == ["quote_failed"] * 3
    assert await counter.quoter.several([]) == []
    with pytest.raises(ValueError, match="of one token"):
        await counter.quoter.several([asks[3], counter.ask(10, token=market.link)])


async def test_an_exact_amount_received_has_rungs_too(market: Market, counter: Counter) -> None:
    asks = [counter.ask(size, side, Leg.RECEIVE) for side in Side for size in SIZES]
    for rung in await swaps(counter, asks):
        check_done(market, rung)


async def test_a_block_that_went_away_meanwhile_is_left_for_the_new_head(
    base_market: Market, watched: Counter, proxy: Proxy
) -> None:
    asks = both_ways(watched)
    before = await swaps(watched, asks)
    mark = base_market.snapshot()
    base_market.mine(3)

    def reorganised() -> object:
        base_market.revert(mark)
        return base_market.move(3600)

    proxy.before.append(reorganised)
    found = await swaps(watched, asks)
    assert {rung.block_number for rung in found} == {base_market.head()}
    assert found[0].receive < before[0].receive


@pytest.mark.parametrize("method", ["eth_call", "eth_feeHistory", HEAD])
@pytest.mark.parametrize("result", [None, "0x1234", "0x" + "ff" * 128, {}])
async def test_whatever_a_node_says_in_place_of_an_answer_there_is_no_ladder(
    watched: Counter, proxy: Proxy, clock: FakeClock, result: object, method: str
) -> None:
    asks = both_ways(watched)
    await swaps(watched, asks)
    clock.advance(3)

    def garbles(item: Item) -> Item:
        return {"jsonrpc": "2.0", "id": item["id"], "result": result} if item["method"] == method else item

    proxy.spoil = garbles
    found = await watched.quoter.several(asks)
    assert isinstance(found, Refusal)
    assert found.code == "quote_failed"


async def test_a_dead_node_or_one_of_another_chain_gives_one_refusal(
    base_market: Market, ethereum_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    with dead_port() as dead:
        for url, code in ((f"http://127.0.0.1:{dead}", "rpc_unreachable"), (ethereum_market.url, "wrong_chain")):
            counter = Counter(base_market, client, clock, url)
            found = await counter.quoter.several(both_ways(counter))
            assert isinstance(found, Refusal)
            assert found.code == code


async def test_a_node_that_dies_after_the_head_gives_one_refusal(watched: Counter, proxy: Proxy) -> None:
    asks = both_ways(watched)
    await swaps(watched, asks)

    def die() -> None:
        proxy.status = 503

    proxy.before.append(die)
    found = await watched.quoter.several(asks)
    assert isinstance(found, Refusal)
    assert found.code == "rpc_unreachable"
