"""Tokens that somebody adds are bought and sold in a simulation first: a trap is only watched."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.domain.tokens import Token
from app.market import erc20
from app.runtime.house import House
from app.runtime.listing import list_token
from app.store.watchlist import WatchedToken
from tests.clock import FakeClock
from tests.double import Double
from tests.evm.contracts import call_data, selector
from tests.evm.market import Market
from tests.evm.proxy import Item, Proxy
from tests.runtime.desk import settings_from, settings_of
from tests.runtime.houses import house_of

FAILED = "A simulated buy and sell failed, so it is only watched."
NO_WAY = "Uniswap has no pool in which to try a buy and a sell, so it is only watched."


@pytest.fixture
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc) as running:
        yield running


@pytest.fixture
async def house(proxy: Proxy, double: Double, clock: FakeClock, tmp_path: Path) -> AsyncIterator[House]:
    values = settings_from(double.environment()) | {"market": "live", "rpc_url_8453": (proxy.url,)}
    async with house_of(settings_of(tmp_path, **values), clock) as opened:
        await opened.opened()
        yield opened


def launched(market: Market, double: Double) -> Token:
    """A new token of the trader's, which the sources know; no pool yet."""
    address = erc20.checksummed(market.lab.deployed(market.lab.erc20("HULL", "Hull of a ship")))
    double.deploy(8453, address, "HULL", "Hull of a ship", 18, liquidity_usd=250_000, price="2")
    token = Token(8453, address, "HULL", "Hull of a ship", 18)
    for spender in (market.book.router, market.positions):
        market.anvil.send(address, call_data("approve(address,uint256)", spender, 2**256 - 1))
    return token


def pooled(market: Market, double: Double) -> Token:
    """The same with a pool against USDC."""
    token = launched(market, double)
    market.open_pool(token, market.usdc, 3000, 2, (2, 1), 250_000, 0.5)
    return token


def trapped(market: Market, token: Token, *refused: str) -> None:
    """From now on the token's code reverts at these calls, and does what it did before at all others."""
    body = market.anvil.rpc("eth_getCode", token.address, "latest")
    inside = "0x" + "7a" * 20
    market.lab.place(inside, body)
    market.lab.place(token.address, _gate(inside, *(selector(one) for one in refused)))


def _gate(inside: str, *refused: str) -> str:
    """Code that reverts at these selectors and else runs the code of `inside` on its own storage."""
    start = 5 + 10 * len(refused) + 1
    end = start + 45
    # Each branch: DUP1 PUSH4 selector EQ PUSH1 end JUMPI; then POP, and the call data handed on.
    branches = "".join(f"8063{one}1460{end:02x}57" for one in refused)
    passed_on = f"365f5f375f5f365f73{inside[2:]}5af4"
    returned = f"3d5f5f3e60{start + 41:02x}573d5ffd5b3d5ff3"
    return f"0x5f3560e01c{branches}50{passed_on}{returned}5b5f5ffd"


async def entry_of(house: House, token: Token) -> WatchedToken:
    entry = await list_token(house, token.address)
    assert isinstance(entry, WatchedToken), entry
    return entry


@pytest.mark.parametrize("pool", ["usdc", "weth"])
async def test_an_ordinary_token_passes_its_trial_and_is_traded(
    base_market: Market, house: House, double: Double, proxy: Proxy, pool: str
) -> None:
    if pool == "usdc":
        token = pooled(base_market, double)
    else:
        token = launched(base_market, double)
        base_market.open_pool(token, base_market.weth, 3000, 2 / 3500, (2, 3500), 250_000, 0.5)
    entry = await entry_of(house, token)
    assert (entry.tradable, entry.reason) == (True, None)
    assert "eth_simulateV1" in proxy.asked


async def test_a_trial_leaves_nothing_behind(base_market: Market, house: House, double: Double) -> None:
    token = pooled(base_market, double)
    before = base_market.head(), base_market.sqrt_price(token, base_market.usdc, 3000)
    await entry_of(house, token)
    assert (base_market.head(), base_market.sqrt_price(token, base_market.usdc, 3000)) == before


@pytest.mark.parametrize("call", ["transferFrom(address,address,uint256)", "approve(address,uint256)"])
async def test_a_token_that_can_be_bought_and_not_sold_is_only_watched(
    base_market: Market, house: House, double: Double, call: str
) -> None:
    token = pooled(base_market, double)
    trapped(base_market, token, call)
    entry = await entry_of(house, token)
    assert (entry.tradable, entry.reason) == (False, FAILED)


async def test_a_token_with_a_harmless_gate_passes(base_market: Market, house: House, double: Double) -> None:
    token = pooled(base_market, double)
    trapped(base_market, token, "burn(uint256)")
    assert (await entry_of(house, token)).tradable


async def test_a_token_that_cannot_be_bought_is_only_watched(base_market: Market, house: House, double: Double) -> None:
    token = pooled(base_market, double)
    trapped(base_market, token, "transfer(address,uint256)")
    assert (await entry_of(house, token)).reason in (FAILED, NO_WAY)


async def test_a_token_whose_pools_are_elsewhere_is_only_watched(
    base_market: Market, house: House, double: Double
) -> None:
    entry = await entry_of(house, launched(base_market, double))
    assert (entry.tradable, entry.reason) == (False, NO_WAY)


@pytest.mark.parametrize(
    ("code", "words"),
    [(-32601, "the method eth_simulateV1 does not exist/is not available"), (-32000, "method handler crashed")],
)
async def test_where_the_node_cannot_simulate_the_depth_of_the_pools_decides(
    base_market: Market, house: House, double: Double, proxy: Proxy, code: int, words: str
) -> None:
    def unable(item: Item) -> Item:
        error = {"jsonrpc": "2.0", "id": item["id"], "error": {"code": code, "message": words}}
        return error if item["method"] == "eth_simulateV1" else item

    proxy.spoil = unable
    token = pooled(base_market, double)
    trapped(base_market, token, "transferFrom(address,address,uint256)")
    assert (await entry_of(house, token)).tradable


async def test_a_curated_token_is_not_tried(house: House, proxy: Proxy) -> None:
    await list_token(house, "AERO")
    assert "eth_simulateV1" not in proxy.asked
