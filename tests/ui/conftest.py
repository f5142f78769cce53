"""Houses to look at: one of the demo market for all tests of a file, and one for a test to change."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.runtime.house import House, settle_in
from app.ui.state.view import SIGHTS
from tests.clock import FakeClock
from tests.runtime.houses import house_of, opened_house
from tests.ui.tabs import demo_settings


@pytest.fixture(autouse=True)
def nobody_looks() -> Iterator[None]:
    yield
    SIGHTS.clear()


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def furnished(tmp_path_factory: pytest.TempPathFactory, clock: FakeClock) -> AsyncIterator[House]:
    async with opened_house(demo_settings(tmp_path_factory.mktemp("furnished")), clock) as opened:
        yield opened


@pytest.fixture
def house(furnished: House) -> House:
    """A demo market with all its past, in which only the clock goes on from test to test."""
    settle_in(furnished)
    return furnished


@pytest_asyncio.fixture(loop_scope="module")
async def own(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    """A demo market of the test's own, to be changed; its past is not all there yet."""
    async with house_of(demo_settings(tmp_path), clock) as opened:
        await opened.opened()
        yield opened
