"""Fixtures of the tests of the watchlist: a live house on the provider double, and an address to list."""

from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from app.runtime.house import House
from tests.clock import FakeClock
from tests.double import Double
from tests.runtime.houses import opened_house
from tests.runtime.listings import listing_settings


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def running(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc, hang_s=1) as running:
        yield running


@pytest.fixture
def double(running: Double, clock: FakeClock) -> Iterator[Double]:
    clock.advance(3600)
    running.forget_requests()
    yield running
    running.behave()


@pytest.fixture
def new(request: pytest.FixtureRequest) -> str:
    """An address that no other test uses."""
    return "0xAbCdEf" + sha256(request.node.name.encode()).hexdigest()[:34]


@pytest.fixture
async def house(tmp_path: Path, double: Double, clock: FakeClock) -> AsyncIterator[House]:
    async with opened_house(listing_settings(double, tmp_path), clock) as opened:
        yield opened
