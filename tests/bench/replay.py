"""A replay of two years of hours with ten levels: how long the command takes from its start to its end.

The recorded hours of ETH where they are beside the project, else as many invented ones.
"""

import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench.rig import DRYDOCK, Figure, environment, wait_for_quiet
from tests.bench.server import Stage
from tests.recorded import DATA, ETH, HEADER, invented_rows

BARS = 17_521
RUNS = 3
LIMIT_S = 10


class Run(NamedTuple):
    """One run of the command: seconds from start to end, as it tells them itself, and of a core."""

    whole_s: float
    told_s: float
    core_s: float
    hash: str


def measure(_stage: Stage) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        file = _hours(Path(name))
        wait_for_quiet()
        runs = [_run(file) for _ in range(RUNS)]
    hashes = {run.hash for run in runs}
    note = f"{file.stem}, {len(hashes)} hash in {RUNS} runs"
    yield Figure("replay, two years, ten levels", LIMIT_S, "s", [run.whole_s for run in runs], "median", note=note)
    yield Figure("  after imports", None, "s", [run.told_s for run in runs], "median")
    yield Figure("  of a core", None, "s", [run.core_s for run in runs], "median")


def _run(file: Path) -> Run:
    began, before = time.perf_counter(), _core_s()
    words = [str(DRYDOCK), "replay", str(file), "--symbol", "WETH", "--json"]
    done = subprocess.run(words, cwd=file.parent, env=environment(), capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return Run(time.perf_counter() - began, found["seconds"], _core_s() - before, found["hash"])


def _hours(folder: Path) -> Path:
    if (DATA / ETH).is_file():
        return DATA / ETH
    path = folder / "invented.csv"
    path.write_text("\n".join((HEADER, *invented_rows(BARS))) + "\n", "ascii")
    return path


def _core_s() -> float:
    """Seconds of a core that programs started from here have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
