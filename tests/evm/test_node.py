"""Nodes that are down, lag, lie, refuse or are on another chain: whose word counts, and what is said of it."""

import httpx
import pytest

from app.domain.quotes import Swap
from app.domain.refusal import Refusal
from app.market.node import MOST_AT_ONCE
from tests.clock import FakeClock
from tests.double import dead_port
from tests.evm.market import Market
from tests.evm.proxy import Item, Proxy
from tests.evm.swaps import Counter


@pytest.fixture
def counter(watched: Counter) -> Counter:
    return watched


async def test_a_repeated_quote_is_two_round_trips_and_no_batch_is_too_large(counter: Counter, proxy: Proxy) -> None:
    await counter.swap(counter.ask(25_000))
    assert proxy.batches[0][0] == "eth_chainId"
    assert max(len(batch) for batch in proxy.batches) <= MOST_AT_ONCE
    proxy.batches.clear()
    await counter.swap(counter.ask(26_000))
    assert proxy.batches[0] == ["eth_chainId", "eth_getBlockByNumber"]
    assert proxy.batches[1][0] == "eth_getBlockByNumber"
    assert proxy.asked == {"eth_chainId", "eth_getBlockByNumber", "eth_call", "eth_estimateGas"}
    counter.market.mine()
    proxy.batches.clear()
    await counter.swap(counter.ask(26_000))
    assert len(proxy.batches) == 2
    assert proxy.batches[1].count("eth_feeHistory") == 1


async def test_a_search_for_a_token_in_two_hops_is_split_into_batches_that_nodes_take(
    counter: Counter, proxy: Proxy
) -> None:
    await counter.swap(counter.ask(1_000, token=counter.market.link))
    assert max(len(batch) for batch in proxy.batches) <= MOST_AT_ONCE
    assert len(proxy.batches) == 4


async def test_where_a_node_is_down_the_next_is_asked_and_stays_first(
    base_market: Market, proxy: Proxy, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    with dead_port() as dead:
        counter = Counter(base_market, client, clock, f"http://127.0.0.1:{dead}", proxy.url)
        for _ in range(3):
            await counter.swap(counter.ask(25_000))
    assert counter.nodes.lines[0].meter.requests == 1


async def test_where_no_node_answers_it_says_so(
    base_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    with dead_port() as dead:
        counter = Counter(base_market, client, clock, f"http://127.0.0.1:{dead}")
        assert await counter.code(counter.ask(25_000)) == "rpc_unreachable"
        assert await counter.quoter.head() is None
        gas = await counter.quoter.gas(base_market.weth.address)
    assert isinstance(gas, Refusal)
    assert gas.code == "rpc_unreachable"


async def test_a_node_of_another_chain_is_never_believed(
    base_market: Market, ethereum_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    with dead_port() as dead:
        urls = f"http://127.0.0.1:{dead}", ethereum_market.url
        alone = Counter(base_market, client, clock, *urls)
        for _ in range(5):
            assert await alone.code(alone.ask(25_000)) == "wrong_chain"
        assert await alone.quoter.head() is None
        beside = Counter(base_market, client, clock, *urls, base_market.url)
        assert (await beside.swap(beside.ask(25_000))).block_number == base_market.head()


async def test_a_wrong_node_that_then_dies_is_no_longer_called_wrong(
    base_market: Market, ethereum_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    with Proxy(ethereum_market.url) as proxy:
        counter = Counter(base_market, client, clock, proxy.url)
        assert await counter.code(counter.ask(25_000)) == "wrong_chain"
        proxy.status = 503
        assert await counter.code(counter.ask(25_000)) == "rpc_unreachable"


async def test_after_a_fault_a_node_has_to_say_again_which_chain_it_is_on(
    ethereum_market: Market, counter: Counter, proxy: Proxy
) -> None:
    await counter.swap(counter.ask(25_000))
    proxy.status = 502
    assert await counter.code(counter.ask(25_000)) == "rpc_unreachable"
    proxy.status, proxy.target = 200, ethereum_market.url
    assert await counter.code(counter.ask(25_000)) == "wrong_chain"


async def test_a_node_that_limits_us_is_left_alone_as_long_as_it_says(
    base_market: Market, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    with Proxy(base_market.url) as limiting, Proxy(base_market.url) as other:
        limiting.status, limiting.headers = 429, {"retry-after": "120"}
        counter = Counter(base_market, client, clock, limiting.url, other.url)
        await counter.swap(counter.ask(25_000))
        other.status, limiting.status = 500, 200
        assert await counter.code(counter.ask(25_000)) == "rpc_unreachable"
        clock.advance(121)
        await counter.swap(counter.ask(25_000))
        assert other.batches
        assert counter.nodes.lines[0].meter.requests > 1


@pytest.mark.parametrize("code", [-32005, -32016, 429])
async def test_a_limit_on_one_call_of_a_batch_sends_all_of_it_elsewhere(
    base_market: Market, client: httpx.AsyncClient, clock: FakeClock, code: int
) -> None:
    def limits(item: Item) -> Item:
        error = {"code": code, "message": "over rate limit"}
        return {"jsonrpc": "2.0", "id": item["id"], "error": error} if item["method"] == "eth_call" else item

    with Proxy(base_market.url, limits) as limiting:
        counter = Counter(base_market, client, clock, limiting.url, base_market.url)
        check_same(await counter.swap(counter.ask(25_000)), counter)


def check_same(swap: Swap, counter: Counter) -> None:
    assert swap.block_number == counter.market.head()


async def test_how_old_a_lagging_nodes_block_is_shows_in_the_quote(counter: Counter, clock: FakeClock) -> None:
    swap = await counter.swap(counter.ask(25_000))
    clock.advance(3600)
    same = await counter.swap(counter.ask(25_000))
    assert same.at == swap.at
    assert (clock.utc - same.at).total_seconds() > 3000


async def test_a_block_that_went_away_after_it_was_the_head_is_quoted_at_the_new_head(
    base_market: Market, counter: Counter, proxy: Proxy
) -> None:
    ask = counter.ask(25_000)
    first = await counter.swap(ask)
    mark = base_market.snapshot()
    base_market.mine(3)
    proxy.before = [lambda: base_market.revert(mark)]
    swap = await counter.swap(ask)
    assert (swap.block_number, swap.receive, swap.at) == (first.block_number, first.receive, first.at)


async def test_another_block_of_the_same_number_is_noticed(base_market: Market, counter: Counter, proxy: Proxy) -> None:
    ask = counter.ask(25_000)
    await counter.swap(ask)
    mark = base_market.snapshot()
    base_market.mine(4)

    def reorganised() -> object:
        base_market.revert(mark)
        return base_market.move(3600)

    proxy.before = [reorganised]
    swap = await counter.swap(ask)
    assert abs(swap.spot - 3600) < 1
    assert swap.block_number == base_market.head()


async def test_a_chain_that_goes_on_reorganising_is_not_quoted(
    base_market: Market, counter: Counter, proxy: Proxy
) -> None:
    ask = counter.ask(25_000)
    await counter.swap(ask)

    def back() -> object:
        base_market.revert(marks.pop())
        return marks.append(base_market.snapshot())

    marks = [base_market.snapshot()]
    base_market.mine(3)

    def back_and_forth(item: Item) -> Item:
        if item["method"] == "eth_call":
            return {"jsonrpc": "2.0", "id": item["id"], "error": {"code": -32000, "message": "header not found"}}
        return item

    proxy.before, proxy.spoil = [back], back_and_forth
    assert await counter.code(ask) == "quote_failed"
    proxy.spoil = lambda item: item
    assert (await counter.swap(ask)).block_number == base_market.head()


@pytest.mark.parametrize("method", ["eth_call", "eth_feeHistory", "eth_getBlockByNumber"])
@pytest.mark.parametrize("result", [None, "0x", "0x1234", "0x" + "ff" * 128, "0x" + "00" * 4096, 5, {}, "NaN"])
async def test_whatever_a_node_says_in_place_of_an_answer_there_is_no_quote(
    counter: Counter, proxy: Proxy, result: object, method: str
) -> None:
    def garbles(item: Item) -> Item:
        return {"jsonrpc": "2.0", "id": item["id"], "result": result} if item["method"] == method else item

    proxy.spoil = garbles
    assert await counter.code(counter.ask(25_000)) in ("quote_failed", "no_pool")
