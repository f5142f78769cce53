"""What the tests of the desk stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trading.floor import TradingFloor, trading_floor


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[TradingFloor]:
    with trading_floor(tmp_path) as opened:
        yield opened
