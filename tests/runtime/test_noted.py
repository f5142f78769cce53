"""Noted: marks that the disk refuses wait, and lose neither their turn nor each other."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.runtime.noted import Noted
from app.store.equity import Mark, mark, marks
from tests.clock import START
from tests.store.held import held
from tests.trading.floor import trading_floor

LATER = START + timedelta(seconds=1)


def worth(equity: int, at: datetime = START) -> Mark:
    return Mark(at, Decimal(equity), Decimal(0))


async def test_marks_that_the_disk_refused_are_written_the_next_time_in_their_order_and_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with trading_floor(tmp_path) as floor:
        store, name = floor.store, floor.desk.session.id
        noted = Noted(store, "account")
        noted.add(name, worth(1))
        with held(store):
            writing = asyncio.create_task(noted.write())
            await asyncio.sleep(0)
            # Of the same moment, and later: the newer of two stands.
            noted.add(name, worth(2))
            noted.add(name, worth(3, LATER))
            await writing
            await noted.write()
            assert marks(store, name) == []
        await noted.write()
        assert [row.equity for row in marks(store, name)] == [2, 3]
        mark(store, [(name, worth(4)), (name, worth(5, LATER))])
        await noted.write()
        assert [row.equity for row in marks(store, name)] == [4, 5]
    assert [caplog.text.count(f"marks={said} of=account") for said in ("unwritten", "written_again")] == [1, 1]
