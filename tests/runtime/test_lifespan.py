"""The life of the process: what is left off until the market is open."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.runtime.lifespan import open_house
from tests.runtime.desk import settings_of
from tests.store.fresh import with_database


@pytest.fixture
def uncollected() -> Iterator[None]:
    """The collector is off, as the command leaves it."""
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("uncollected")
async def test_garbage_is_collected_once_the_market_is_open(tmp_path: Path) -> None:
    with_database(tmp_path)
    async with open_house(settings_of(tmp_path, market="demo", watchlist="WETH")) as house:
        assert not gc.isenabled()
        await house.opened()
        await asyncio.sleep(0)
        assert gc.isenabled()


@pytest.mark.usefixtures("uncollected")
async def test_garbage_is_collected_too_where_the_market_never_opened(tmp_path: Path) -> None:
    with_database(tmp_path)
    async with open_house(settings_of(tmp_path, market="demo", watchlist="WETH")) as house:
        await asyncio.sleep(0)
        assert not house.is_open
    assert gc.isenabled()
