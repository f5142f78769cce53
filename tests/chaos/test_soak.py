"""A desk that is left running: nothing in it grows with the time, and whoever says so would have noticed."""

from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.soak import soak
from tests.chaos.soak_figures import Run, judged
from tests.chaos.soaked import LARGE, Census, Sample, census, grown, in_a_year, slope

EMPTY = Sample(0, 100_000_000, 200_000, 3, 5, 16, 1_000_000, 0, 0)


@pytest.mark.slow
async def test_hours_of_the_demo_market_leave_nothing_behind_that_grows(tmp_path: Path) -> None:
    run = Run(hours=1.2, tokens=3, level=9)
    await soak(run, tmp_path, census_s=720)
    assert run.findings == []
    assert run.reads > 12_000 and run.heard > 0 and run.placed > 0
    assert run.samples[-1].rows["trades"] > 10


class Hoard:
    """Keeps everything."""

    def __init__(self) -> None:
        self.kept: dict[int, float] = {}
        self.names: list[str] = []
        self.newest = deque[int](maxlen=LARGE)

    def grow(self) -> None:
        for _ in range(LARGE):
            self.kept[len(self.kept)] = 0.0
            self.names.append("")
            self.newest.append(0)


def _grown(hoard: Hoard) -> Census:
    hoard.grow()
    return census()


def test_a_container_that_grows_is_named_and_one_that_is_full_is_not() -> None:
    hoard = Hoard()
    first, second, third = (_grown(hoard) for _ in range(3))
    found = grown(first, second, third, LARGE)
    assert "list Hoard.names: 200 > 400 > 600" in found and "deque" not in str(found)


def test_objects_that_become_more_are_named_by_their_type() -> None:
    hoards, first = list[Hoard](), census()
    hoards += [Hoard() for _ in range(LARGE)]
    second = census()
    hoards += [Hoard() for _ in range(LARGE)]
    third, name = census(), f"objects of {Hoard.__module__}.Hoard: 0 > {LARGE} > {2 * LARGE}"
    assert name in grown(first, second, third, LARGE) and name not in grown(first, second, third, LARGE + 1)


def test_growth_is_that_of_a_day_whatever_comes_and_goes() -> None:
    assert slope([(hour, 5.0 * hour) for hour in range(12, 48)]) == pytest.approx(120)
    assert slope([(hour, 7.0 + hour % 2) for hour in range(12, 48)]) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("name", ["resident", "database"])
def test_a_day_that_leaves_too_much_behind_is_found(name: str) -> None:
    run = Run(72, 6, 9, by_bot=1, reads=100, hits=99)
    run.samples = [replace(EMPTY, hour=hour) for hour in range(1, 73)]
    assert judged(run) == []
    run.samples = [replace(each, **{name: 10**8 + 10**6 * int(each.hour)}) for each in run.samples]
    assert [sentence.split(" by ")[0] for sentence in judged(run)] == [f"{name} grows"]


def test_reads_that_the_board_did_not_answer_and_a_bot_that_did_nothing_are_found() -> None:
    assert judged(Run(2, 6, 9, by_bot=1, reads=1000, hits=989)) == ["989 of 1000 reads were answered from the board"]
    assert judged(Run(2, 6, 9, reads=1000, hits=1000)) == ["the bot has done nothing"]


@pytest.mark.parametrize("name", ["tasks", "threads", "files"])
def test_what_is_opened_and_never_closed_is_found(name: str) -> None:
    run = Run(2, 6, 9, by_bot=1, samples=[replace(EMPTY, hour=1), replace(EMPTY, **{"hour": 2, name: 99})])
    assert [sentence.split(" went")[0] for sentence in judged(run)] == [name]


def test_in_a_year_bars_and_marks_are_what_their_rules_keep_and_trades_are_all() -> None:
    first = replace(EMPTY, hour=0, rows={"trades": 0, "bars": 10, "equity": 10}, sizes={})
    last = replace(first, hour=24, rows={"trades": 10, "bars": 20, "equity": 20})
    last = replace(last, sizes={"trades": 1000, "bars": 2000, "equity": 2000})
    a_token = 7 * 1440 + 30 * 288 + 90 * 96 + 365 * 24 + 365
    an_account = 2 * 1440 + 28 * 288 + 335 * 24
    kept = {"trades": (10 + 365 * 10) * 100, "bars": a_token * 2 * 100, "equity": an_account * 3 * 100}
    assert in_a_year(first, last, tokens=2, accounts=3) == kept
