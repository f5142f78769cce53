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


@pytest.fixture(scope="session")
def base_lab(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from opened(8453, modules, tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def ethereum_lab(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from opened(1, modules, tmp_path_factory.mktemp("ethereum"))


def opened(chain_id: int, modules: Path, home: Path) -> Iterator[Lab]:
    with or_fail(lambda: Anvil(modules, chain_id, home, START)) as anvil:
        yield Lab(anvil, modules)


@pytest.fixture
def base(base_lab: Lab) -> Iterator[Lab]:
    with base_lab.anvil.rewound():
        yield base_lab


@pytest.fixture
def ethereum(ethereum_lab: Lab) -> Iterator[Lab]:
    with ethereum_lab.anvil.rewound():
        yield ethereum_lab


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as made:
        yield made


@pytest.fixture(scope="session")
def base_market_lab(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    yield from trading(8453, modules, tmp_path_factory.mktemp("base-market"))


@pytest.fixture(scope="session")
def ethereum_market_lab(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    yield from trading(1, modules, tmp_path_factory.mktemp("ethereum-market"))


def trading(chain_id: int, modules: Path, home: Path) -> Iterator[Market]:
    """A chain with pools, whose blocks are as far apart as on the real one: pools keep one note a second."""
    with or_fail(lambda: node(chain_id, modules, home, START)) as anvil:
        market = Market(Lab(anvil, modules))
        anvil.rpc("anvil_setBlockTimestampInterval", {1: 12, 8453: 2}[chain_id])
        market.mine()
        yield market


@pytest.fixture
def base_market(base_market_lab: Market) -> Iterator[Market]:
    with base_market_lab.anvil.rewound():
        yield base_market_lab


@pytest.fixture
def ethereum_market(ethereum_market_lab: Market) -> Iterator[Market]:
    with ethereum_market_lab.anvil.rewound():
        yield ethereum_market_lab
