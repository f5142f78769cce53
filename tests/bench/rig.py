"""What every measure stands on: the figure it yields, the watchlist, the environment, a quiet machine."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from types import TracebackType
from typing import Any, Literal

from app.domain.registry import on_chain

ROOT = Path(__file__).resolve().parents[2]
DRYDOCK = ROOT / ".venv" / "bin" / "drydock"
CHAIN_ID = 1
# Twenty prices, as every figure of a tick supposes.
TWENTY = tuple(token.symbol for token in on_chain(CHAIN_ID)[:20])
WATCHING_TWENTY = {"DRYDOCK_CHAIN_ID": str(CHAIN_ID), "DRYDOCK_WATCHLIST": ",".join(TWENTY)}
DEMO = {"DRYDOCK_MARKET": "demo", **WATCHING_TWENTY}

Judged = Literal["p95", "max", "median"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What was asked for and what came out, in `unit`. `judged` says which of the samples' figures must not pass
    `limit`, or, where it is the `least`, must reach it; with `limit` None the figure is told for information."""

    name: str
    limit: float | None
    unit: str
    samples: Sequence[float]
    judged: Judged = "max"
    note: str = ""
    least: bool = False

    @property
    def measured(self) -> float:
        """The figure that is judged."""
        return {"p95": p95, "max": max, "median": median}[self.judged](self.samples)

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return "told"
        reached = self.measured >= self.limit if self.least else self.measured <= self.limit
        return "pass" if reached else "MISSED"

    def line(self) -> str:
        """One line for people."""
        parts = [self.name, self._asked(), self._told(), self.verdict]
        widths = (36, 18, 58, 6)
        row = " | ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True))
        return f"{row}{f' | {self.note}' if self.note else ''}"

    def record(self) -> dict[str, object]:
        """For the JSON file."""
        figures = {"median": median(self.samples), "p95": p95(self.samples), "max": max(self.samples)}
        return asdict(self) | figures | {"measured": self.measured, "verdict": self.verdict}

    def _asked(self) -> str:
        if self.limit is None:
            return "–"
        of = f"{self.judged} " if len(self.samples) > 1 else ""
        return f"{of}{'≥' if self.least else '≤'} {self.limit:g} {self.unit}"

    def _told(self) -> str:
        if len(self.samples) == 1:
            return f"{_short(self.samples[0])} {self.unit}"
        middle, high, top = median(self.samples), p95(self.samples), max(self.samples)
        figures = f"median {_short(middle)}, p95 {_short(high)}, max {_short(top)} {self.unit}"
        return f"{figures} (n={len(self.samples)})"


def p95(samples: Sequence[float]) -> float:
    """The 95th percentile; of fewer than twenty samples the largest."""
    return max(samples) if len(samples) < 20 else quantiles(samples, n=100, method="inclusive")[94]


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def environment(**settings: str) -> dict[str, str]:
    """This process's environment less every setting of Drydock and Reflex, with these instead."""
    foreign = ("DRYDOCK_", "REFLEX_", "__REFLEX_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | settings


def wait_for_quiet(patience: float = 15.0, share: float = 0.15) -> float:
    """Wait until less than `share` of the machine is busy, for at most `patience` seconds; the share last seen."""
    until = time.monotonic() + patience
    while (seen := _busy_share(0.5)) > share and time.monotonic() < until:
        pass
    if seen > share:
        say(f"  (the machine is {seen:.0%} busy with something else: latencies will look worse than they are)")
    return seen


class Pauses:
    """Counts, while it is open, how often the machine holds a program up that only sleeps. What other programs and
    the machine's own host take is in every latency, and shows here apart from what Drydock takes."""

    OVER_MS = 20
    _NAP_S = 0.005

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self.count = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Pauses":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def __str__(self) -> str:
        if not self.count:
            return f"the machine never paused over {self.OVER_MS} ms"
        return f"the machine paused {self.count} times over {self.OVER_MS} ms, at most {self.longest_ms:.0f} ms"

    def _watch(self) -> None:
        while not self._over.is_set():
            before = time.perf_counter()
            time.sleep(self._NAP_S)
            late_ms = (time.perf_counter() - before - self._NAP_S) * 1000
            if late_ms > self.OVER_MS:
                self.count += 1
                self.longest_ms = max(self.longest_ms, late_ms)


def _busy_share(seconds: float) -> float:
    before = _ticks()
    time.sleep(seconds)
    idle, total = (after - earlier for after, earlier in zip(_ticks(), before, strict=True))
    return 1 - idle / total if total else 0.0


def _ticks() -> tuple[int, int]:
    numbers = [int(word) for word in Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]]
    return numbers[3] + numbers[4], sum(numbers)


def machine_s() -> float:
    """Seconds that all cores together have been busy since the start."""
    idle, total = _ticks()
    return (total - idle) / os.sysconf("SC_CLK_TCK")


def apart(module: str, asked: dict[str, Any], patience_s: float) -> dict[str, Any]:
    """What a module prints, run in a process of its own that is given its part."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment(),
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=patience_s,
    )
    return json.loads(done.stdout)


def wall_ms() -> float:
    """The wall clock in Unix ms."""
    return time.time_ns() / 1_000_000


def write_report(path: Path, figures: Sequence[Figure]) -> None:
    """All figures with their samples, as JSON."""
    path.write_text(json.dumps([figure.record() for figure in figures], indent=1) + "\n", "utf-8")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
