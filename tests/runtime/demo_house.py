"""Fixtures of the tests of a session at work: a house of the demo market that watches two tokens, and its pit."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.runtime.house import House
from app.runtime.pit import Pit
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def house(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH,LINK"), clock) as opened:
        yield opened


def pit_of(house: House) -> Pit:
    assert house.pit is not None
    return house.pit
