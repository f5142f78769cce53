"""What is acknowledged survives the end of the process at any moment."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.bars import Interval
from app.store.bars import read_bars
from app.store.database import migrate, open_store
from tests.store.writer import KEYS, bar_number


@pytest.mark.parametrize("calls", [1, 40])
def test_every_acknowledged_bar_is_there_after_a_kill(url: str, calls: int) -> None:
    migrate(url)
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.store.writer", url]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline() for _ in range(calls)]
        writer.kill()
        heard += [line for line in writer.stdout if line.endswith("\n")]
    acknowledged = len(heard)
    assert acknowledged >= calls
    store = open_store(url)
    with store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    for key in KEYS:
        kept = read_bars(store, key, Interval.M1, 100_000)
        # The last call may have been on disk before its acknowledgement could be heard: one more, or none.
        assert len(kept) in (acknowledged, acknowledged + 1)
        assert kept == [bar_number(number) for number in range(len(kept))]
    store.close()
