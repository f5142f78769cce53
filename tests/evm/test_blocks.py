"""Quotes at a block that is named: what a fill is measured against, and nothing that the next quote would use."""

from dataclasses import replace

import pytest

from app.domain.orders import Side
from app.domain.quotes import Leg, Swap
from app.domain.refusal import Refusal
from tests.evm.market import Market
from tests.evm.proxy import Item, Proxy
from tests.evm.swaps import Counter


@pytest.fixture
def counter(watched: Counter) -> Counter:
    return watched


async def measured(counter: Counter, dollars: float, block: int, side: Side = Side.BUY) -> Swap | Refusal:
    return await counter.quoter.quote(counter.ask(dollars, side), block=block)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("exact", Leg)
async def test_at_the_block_of_a_quote_the_same_size_gives_the_same_swap_again(
    base_market: Market, counter: Counter, side: Side, exact: Leg
) -> None:
    ask = counter.ask(25_000, side, exact)
    first = await counter.swap(ask)
    assert first.block_number
    base_market.move(3600)
    base_market.mine(3)
    again = await counter.quoter.quote(ask, block=first.block_number)
    assert isinstance(again, Swap)
    assert replace(again, gas=first.gas) == first
    assert again.gas.unit_wei == first.gas.unit_wei


async def test_the_next_block_is_quoted_as_it_stood_and_not_as_the_newest_stands(
    base_market: Market, counter: Counter
) -> None:
    first = await counter.swap(counter.ask(25_000))
    assert first.block_number
    base_market.move(3520, 500)
    base_market.move(3700)
    following = await measured(counter, 25_000, first.block_number + 1)
    assert isinstance(following, Swap)
    assert following.block_number == first.block_number + 1
    assert abs(following.spot - 3520) < 1
    assert following.at > first.at


async def test_a_block_that_is_not_yet_there_is_refused(base_market: Market, counter: Counter) -> None:
    refusal = await measured(counter, 25_000, base_market.head() + 5)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.sentence[-1]) == ("quote_failed", ".")


async def test_a_node_that_forgot_what_stood_in_the_block_is_refused(
    base_market: Market, counter: Counter, proxy: Proxy
) -> None:
    block = base_market.head()
    for known in (False, True):
        proxy.spoil = _forgetting
        refusal = await measured(counter, 25_000, block)
        assert isinstance(refusal, Refusal)
        assert refusal.code == "quote_failed", known
        proxy.spoil = lambda item: item
        await counter.swap(counter.ask(25_000))


async def test_a_node_that_answers_for_another_block_is_not_believed(
    base_market: Market, counter: Counter, proxy: Proxy
) -> None:
    newest = {"method": "eth_getBlockByNumber", "params": ["latest", False]}
    proxy.spoil = lambda item: item | newest if item["method"] == newest["method"] else item
    refusal = await measured(counter, 25_000, base_market.head() - 1)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "quote_failed"


async def test_where_the_best_way_is_known_there_is_no_search(
    base_market: Market, counter: Counter, proxy: Proxy
) -> None:
    first = await counter.swap(counter.ask(25_000))
    proxy.batches.clear()
    assert isinstance(await measured(counter, 26_000, base_market.head()), Swap)
    asked = [len(batch) for batch in proxy.batches]
    assert (len(asked), asked[0]) == (2, 1)
    base_market.lab.place(base_market.pool(base_market.weth, base_market.usdc, 500), "0x")
    base_market.mine()
    gone = await measured(counter, 25_000, base_market.head())
    assert (first.route, getattr(gone, "code", gone)) == ("0.05 %", "quote_failed")


async def test_what_was_found_at_a_block_of_the_past_is_not_kept(base_market: Market, counter: Counter) -> None:
    base_market.move(3560, 100, 500, 10000)
    block = base_market.head()
    for fee in (100, 500, 10000):
        base_market.move(3500, fee)
    past = await measured(counter, 25_000, block)
    assert isinstance(past, Swap)
    assert past.route == "0.3 %"
    assert (await counter.swap(counter.ask(25_000))).route == "0.05 %"


def _forgetting(item: Item) -> Item:
    """As a node that keeps no old states."""
    error = {"code": -32000, "message": "missing trie node 5f2e (path ) state 0x5f2e is not available"}
    return {"jsonrpc": "2.0", "id": item["id"], "error": error} if item["method"] == "eth_call" else item
