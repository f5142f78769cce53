"""Reckonings: made once for a state, for all who ask, and one at a time."""

import asyncio
import threading
from pathlib import Path

import pytest

from app.runtime.reckoning import MOST_KEPT, Reckonings, gently, reckonings
from tests.runtime.houses import until
from tests.runtime.taken import fresh_store


class Work:
    """What is costly: counts how often it was begun, and how many were at it at once; may wait at a gate."""

    def __init__(self, *, fails: bool = False) -> None:
        self.begun = self.most = self.now = 0
        self.gate = threading.Event()
        self._fails = fails

    def __call__(self) -> int:
        self.begun, self.now = self.begun + 1, self.now + 1
        self.most = max(self.most, self.now)
        self.gate.wait(10)
        self.now -= 1
        if self._fails:
            raise ValueError("it failed")
        return self.begun


async def test_the_same_state_is_worked_out_once() -> None:
    kept, work = Reckonings(), Work()
    work.gate.set()
    assert [await kept.of("s1", state, work) for state in (1, 1, 2, 2)] == [1, 1, 2, 2]


async def test_all_who_ask_meanwhile_share_one_answer() -> None:
    kept, work = Reckonings(), Work()
    asked = [asyncio.create_task(kept.of("s1", "now", work)) for _ in range(5)]
    await until(lambda: work.begun > 0)
    work.gate.set()
    assert await asyncio.gather(*asked) == [1] * 5


async def test_of_one_name_one_is_worked_out_at_a_time_whatever_the_states() -> None:
    kept, work = Reckonings(), Work()
    asked = [asyncio.create_task(kept.of("s1", state, work)) for state in (1, 2, 3, 2)]
    await until(lambda: work.begun > 0)
    work.gate.set()
    await asyncio.gather(*asked)
    assert work.most == 1
    assert 3 <= work.begun <= 4


async def test_a_caller_who_goes_away_leaves_the_work_to_the_others() -> None:
    kept, work = Reckonings(), Work()
    gone = asyncio.create_task(kept.of("s1", 1, work))
    await until(lambda: work.begun > 0)
    gone.cancel()
    stays = asyncio.create_task(kept.of("s1", 1, work))
    work.gate.set()
    assert await stays == 1
    assert gone.cancelled()


async def test_what_failed_is_tried_again() -> None:
    kept, work = Reckonings(), Work(fails=True)
    work.gate.set()
    for _ in range(2):
        with pytest.raises(ValueError, match="failed"):
            await kept.of("s1", 1, work)
    assert work.begun == 2


async def test_only_the_newest_are_kept() -> None:
    kept, work = Reckonings(), Work()
    work.gate.set()
    for number in range(MOST_KEPT + 1):
        await kept.of(f"s{number}", 1, work)
    await kept.of(f"s{MOST_KEPT}", 1, work)
    assert work.begun == MOST_KEPT + 1
    await kept.of("s0", 1, work)
    assert work.begun == MOST_KEPT + 2


async def test_each_database_has_its_own(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "a") as one, fresh_store(tmp_path / "b") as other:
        assert reckonings(one) is reckonings(one)
        assert reckonings(one) is not reckonings(other)


def test_gently_none_is_left_out() -> None:
    assert list(gently(range(250))) == list(range(250))
