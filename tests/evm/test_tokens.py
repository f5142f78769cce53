"""What real contracts say of themselves, asked by the product over real HTTP: tokens, and what is none."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from app.domain.refusal import Refusal
from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.market import erc20
from app.market.line import Line, NoAnswer
from app.market.rpc import MULTICALL3
from app.market.source import Call, Card, Fault
from app.runtime.house import House
from app.runtime.listing import list_token
from app.store.database import migrate, open_store
from app.store.watchlist import WatchedToken
from tests.clock import FakeClock
from tests.double import Double, dead_port
from tests.evm.contracts import DECIMALS, NAME, SYMBOL, Lab, address_of, constants
from tests.runtime.desk import settings_from, settings_of

# No curated token, and no contract before a test puts one there.
SOMEWHERE = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


class Counter:
    """Asks nodes for the identity of an address; to the next node after a fault."""

    def __init__(self, client: httpx.AsyncClient, clock: FakeClock, *urls: str, chain_id: int = 8453) -> None:
        self.chain_id = chain_id
        self.line = Line(Card("rpc", "Node", "rpc", 0, urls, ()), client, clock)

    async def identity(self, address: str = SOMEWHERE) -> Token | Refusal:
        call = Call("", "identity", body=erc20.question(address))
        return await self.line.ask(call, lambda payload, _call, _at: erc20.identity(payload, self.chain_id, address))


@pytest.fixture
def counter(base: Lab, client: httpx.AsyncClient, clock: FakeClock) -> Counter:
    return Counter(client, clock, base.anvil.url)


def curated(chain_id: int, symbol: str) -> tuple[str, str, int]:
    """Address, symbol and decimals as the registry has them."""
    token = next(token for token in on_chain(chain_id) if token.symbol == symbol)
    return token.address, token.symbol, token.decimals


@pytest.mark.parametrize("symbol", ["WETH", "USDC", "LINK"])
@pytest.mark.parametrize(("name", "chain_id"), [("base", 8453), ("ethereum", 1)])
async def test_real_tokens_say_what_the_registry_says(
    request: pytest.FixtureRequest, client: httpx.AsyncClient, clock: FakeClock, name: str, chain_id: int, symbol: str
) -> None:
    lab: Lab = request.getfixturevalue(name)
    counter = Counter(client, clock, lab.anvil.url, chain_id=chain_id)
    token = await counter.identity(address_of(chain_id, symbol).lower())
    assert isinstance(token, Token)
    assert (token.address, token.symbol, token.decimals) == curated(chain_id, symbol)
    names = {"WETH": "Wrapped Ether", "USDC": "USD Coin", "LINK": "ChainLink Token"}
    assert (token.chain_id, token.name, counter.line.meter.requests) == (chain_id, names[symbol], 1)


async def test_a_token_that_states_32_bytes_is_read_as_text(base: Lab, counter: Counter) -> None:
    words = {SYMBOL: b"MKR".ljust(32, b"\0"), NAME: b"Maker".ljust(32, b"\0"), DECIMALS: (18).to_bytes(32, "big")}
    base.place(SOMEWHERE, constants(words))
    assert await counter.identity() == Token(8453, SOMEWHERE, "MKR", "Maker", 18)


async def test_a_token_with_no_name_goes_by_its_symbol(base: Lab, counter: Counter) -> None:
    words = {SYMBOL: b"OLD".ljust(32, b"\0"), DECIMALS: (8).to_bytes(32, "big")}
    base.place(SOMEWHERE, constants(words))
    assert await counter.identity() == Token(8453, SOMEWHERE, "OLD", "OLD", 8)


async def test_a_long_name_is_cut(base: Lab, counter: Counter) -> None:
    address = erc20.checksummed(base.deployed(base.erc20("S" * 90, "N" * 90)))
    assert await counter.identity(address) == Token(8453, address, "S" * 20, "N" * 60, 18)


async def test_a_persons_own_address_is_no_contract(base: Lab, counter: Counter) -> None:
    person = erc20.checksummed(base.anvil.trader)
    assert int(base.anvil.rpc("eth_getBalance", person, "latest"), 16) > 0
    expected = Refusal("no_contract", f"There is no contract at {person} on Base.")
    assert await counter.identity(person) == expected


def not_a_token(address: str) -> Refusal:
    return Refusal("not_a_token", f"{address} is not a token.")


async def test_multicall3_is_no_token(base: Lab, counter: Counter) -> None:
    assert await counter.identity(MULTICALL3) == not_a_token(MULTICALL3)


async def test_a_price_feed_has_decimals_and_is_no_token(base: Lab, counter: Counter) -> None:
    feed = base.feeds["weth"].proxy
    assert int(base.anvil.rpc("eth_call", {"to": feed, "data": "0x" + DECIMALS}, "latest"), 16) == 8
    assert await counter.identity(feed.lower()) == not_a_token(feed)


@pytest.mark.parametrize(
    "code",
    ["0x00", "0x5f5ffd", "0xfe", "0x0c", "0x600156", "0x50", "0x5b5f56", "0xef0100" + MULTICALL3[2:]],
    ids=["silent", "reverts", "invalid", "unknown opcode", "bad jump", "empty stack", "endless", "delegated account"],
)
async def test_however_a_contract_fails_it_is_no_token_and_the_node_is_not_to_blame(
    base: Lab, counter: Counter, code: str
) -> None:
    base.place(SOMEWHERE, code)
    assert await counter.identity() == not_a_token(SOMEWHERE)
    assert counter.line.meter.errors == 0


async def test_a_node_of_another_chain_is_a_fault_and_no_statement_about_the_token(
    base: Lab, ethereum: Lab, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    counter = Counter(client, clock, ethereum.anvil.url, base.anvil.url)
    address = address_of(8453, "USDC")
    with pytest.raises(NoAnswer) as caught:
        await counter.identity(address)
    assert caught.value.fault is Fault.REFUSED
    token = await counter.identity(address)
    assert isinstance(token, Token)
    assert token.symbol == "USDC"


@pytest.fixture
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc) as running:
        yield running


@pytest.fixture
async def house(base: Lab, double: Double, clock: FakeClock, tmp_path: Path) -> AsyncIterator[House]:
    """A live desk on Base: prices from the double, the chain from a node that answers after one that does not."""
    with dead_port() as dead:
        nodes = (f"http://127.0.0.1:{dead}", base.anvil.url)
        values = settings_from(double.environment()) | {"market": "live", "rpc_url_8453": nodes}
        settings = settings_of(tmp_path, **values)
        migrate(settings.store_url)
        store = open_store(settings.store_url)
        house = House(settings, clock, store)
        house.open()
        await house.opened()
        yield house
        await house.close()
        store.close()


async def test_a_token_is_listed_from_its_own_contract_and_watched_where_it_has_a_market(
    base: Lab, house: House, double: Double
) -> None:
    address = erc20.checksummed(base.deployed(base.erc20("HULL", "Hull of a ship")))
    double.deploy(8453, address, "HULL", "Hull of a ship", 18, liquidity_usd=250_000, price="2")
    entry = await list_token(house, address.lower())
    assert isinstance(entry, WatchedToken), entry
    assert entry.token == Token(8453, address, "HULL", "Hull of a ship", 18)
    # This chain has no Uniswap in which it could be tried.
    assert not entry.tradable
    assert entry.liquidity_usd is not None
    assert entry.liquidity_usd > Decimal(10_000)
    assert house.floor.watchlist.find(address) == entry


async def test_what_is_no_token_or_has_no_market_is_not_listed(base: Lab, house: House) -> None:
    unsold = erc20.checksummed(base.deployed(base.erc20("HULL", "Hull of a ship")))
    refusals = [await list_token(house, address) for address in (unsold, SOMEWHERE, base.feeds["weth"].proxy)]
    assert [getattr(refusal, "code", refusal) for refusal in refusals] == ["no_market", "no_contract", "not_a_token"]
