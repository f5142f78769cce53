"""Nodes for the whole run, as Base and as Ethereum; each test finds its chain as if it were the first."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from tests.clock import START, FakeClock
from tests.evm.anvil import Anvil
from tests.evm.contracts import Lab
from tests.evm.market import Market, node
from tests.evm.packages import CannotRun, install
from tests.evm.proxy import Proxy
from tests.evm.swaps import Counter

T = TypeVar("T")


def or_fail(begin: Callable[[], T]) -> T:
    """What is begun; where it cannot be, every test that needs it fails with the one sentence that says why."""
    try:
        return begin()
    except CannotRun as error:
        sentence = str(error)
    pytest.fail(sentence, pytrace=False)


@pytest.fixture(scope="session")
def modules() -> Path:
    return or_fail(install)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as made:
        yield made


def opened(chain_id: int, modules: Path, home: Path) -> Iterator[Lab]:
    with or_fail(lambda: Anvil(modules, chain_id, home, START)) as anvil:
        yield Lab(anvil, modules)


def trading(chain_id: int, modules: Path, home: Path) -> Iterator[Market]:
    """A chain with pools, whose blocks are as far apart as on the real one: pools keep one note a second."""
    with or_fail(lambda: node(chain_id, modules, home, START)) as anvil:
        market = Market(Lab(anvil, modules))
        anvil.rpc("anvil_setBlockTimestampInterval", {1: 12, 8453: 2}[chain_id])
        market.mine()
        yield market


def of_the_run(
    begun: Callable[[int, Path, Path], Iterator[T]], chain_id: int, folder: str
) -> Callable[..., Iterator[T]]:
    """A fixture: a chain that is begun once for the whole run."""

    @pytest.fixture(scope="session")
    def chain(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[T]:
        yield from begun(chain_id, modules, tmp_path_factory.mktemp(folder))

    return chain


def of_a_test(name: str) -> Callable[..., Iterator[Lab | Market]]:
    """A fixture: the chain of the run that has this name, on which nothing happened before or will have after."""

    @pytest.fixture
    def chain(request: pytest.FixtureRequest) -> Iterator[Lab | Market]:
        found: Lab | Market = request.getfixturevalue(name)
        with found.anvil.rewound():
            yield found

    return chain


base_lab, ethereum_lab = of_the_run(opened, 8453, "base"), of_the_run(opened, 1, "ethereum")
base, ethereum = of_a_test("base_lab"), of_a_test("ethereum_lab")
base_market_lab = of_the_run(trading, 8453, "base-market")
ethereum_market_lab = of_the_run(trading, 1, "ethereum-market")
base_market, ethereum_market = of_a_test("base_market_lab"), of_a_test("ethereum_market_lab")


@pytest.fixture(params=["base_market", "ethereum_market"])
def market(request: pytest.FixtureRequest) -> Market:
    """Each of the two chains."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def counter(market: Market, client: httpx.AsyncClient, clock: FakeClock) -> Counter:
    return Counter(market, client, clock)


@pytest.fixture
def proxy(base_market: Market) -> Iterator[Proxy]:
    """What stands before Base's node, for a test to spoil."""
    with Proxy(base_market.url) as running:
        yield running


@pytest.fixture
def watched(base_market: Market, proxy: Proxy, client: httpx.AsyncClient, clock: FakeClock) -> Counter:
    """A counter that asks through the proxy."""
    return Counter(base_market, client, clock, proxy.url)
