"""Houses to ask, each opened once for a file: an invented market, and a live one on the provider double.

The clock stands still, and nothing rings these houses.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from app.runtime.house import House, settle_in
from tests.clock import FakeClock
from tests.double import Double
from tests.runtime.desk import settings_from, settings_of
from tests.runtime.houses import opened_house


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo_house(tmp_path_factory: pytest.TempPathFactory, clock: FakeClock) -> AsyncIterator[House]:
    settings = settings_of(tmp_path_factory.mktemp("demo"), market="demo", watchlist="WETH,LINK")
    async with opened_house(settings, clock) as house:
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live_house(
    tmp_path_factory: pytest.TempPathFactory, clock: FakeClock, double: Double
) -> AsyncIterator[House]:
    values = settings_from(double.environment()) | {"alchemy_api_key": "key-of-a-test", "watchlist": "WETH,LINK"}
    async with opened_house(settings_of(tmp_path_factory.mktemp("live"), market="live", **values), clock) as house:
        yield house


@pytest.fixture
def demo(demo_house: House) -> House:
    """The invented market's house, and the one that is found."""
    settle_in(demo_house)
    return demo_house


@pytest.fixture
def live(live_house: House) -> House:
    """The live market's house, and the one that is found."""
    settle_in(live_house)
    return live_house
