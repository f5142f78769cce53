"""Kills a trading desk again and again, and looks each time at what is left.

`python -m tests.chaos.headless --kills 200`. The last line is the result; the exit code is 1 where anything is wrong.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.lines import Heard, Line
from tests.chaos.verdict import Findings, Kept, judge, judge_growth, nothing, read

ROOT = Path(__file__).resolve().parents[2]
TRADER = "tests.chaos.trader"
PATIENCE_S = 60.0
# So often a new database begins: its first process is killed while it makes it.
KILLS_A_FILE = 40
REPEATS = 12


@dataclass(slots=True)
class Tally:
    """What came of all the kills."""

    kills: int = 0
    acknowledged: int = 0
    trades: int = 0
    repeats: int = 0
    found: Findings = field(default_factory=Findings)

    def line(self, seconds: float) -> str:
        return (
            f"{self.kills} kills, {self.acknowledged:,} orders acknowledged, {self.trades:,} trades, "
            f"{self.repeats:,} asked for again after a kill, lost {len(self.found.lost)}, "
            f"twice {len(self.found.twice)}, otherwise wrong {len(self.found.wrong)}, {seconds:.0f} s"
        )


class Process:
    """One trading process: started, listened to, killed. It stands ready until `go`."""

    def __init__(self, folder: Path, name: str, module: str) -> None:
        self.lines: list[Line] = []
        self._errors = folder / f"{name}.txt"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(folder), name],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._listening = threading.Thread(target=self._listen)
        self._news = threading.Condition()
        self._listening.start()

    def go(self, again: list[Line]) -> None:
        """Let it open its desk; these requests come first."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(again) + "\n")
        self._process.stdin.flush()

    def wait_for(self, word: str) -> None:
        """Returns when a line with this word was heard. Raises RuntimeError with what it complained of."""
        with self._news:
            heard = self._news.wait_for(lambda: self._has(word) or not self._runs, PATIENCE_S)
        if not heard or not self._has(word):
            raise RuntimeError(f"the desk never said {word}: {self.complaint}")

    def kill(self) -> str:
        """End it with no word of warning; what it complained of before, which is nothing where all is well."""
        self._process.kill()
        self._process.wait()
        self._listening.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        return self.complaint

    @property
    def complaint(self) -> str:
        return self._errors.read_text("utf-8")[-3000:]

    @property
    def _runs(self) -> bool:
        return self._listening.is_alive() and self._process.poll() is None

    def _has(self, word: str) -> bool:
        return any(word in line for line in self.lines)

    def _listen(self) -> None:
        assert self._process.stdout
        for text in self._process.stdout:
            # What was cut off by the end was not said.
            if text.endswith("\n"):
                with self._news:
                    self.lines.append(json.loads(text))
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()


class File:
    """One database over many processes, each of which goes on where the one before was killed."""

    def __init__(self, folder: Path, name: str, tally: Tally, module: str) -> None:
        self.heard = Heard()
        self._folder, self._name, self._tally, self._module = folder, name, tally, module
        self._kept = nothing()
        self._again: list[Line] = []

    def run(self, kills: int, random: Random) -> None:
        """Let so many processes trade, and kill each. The next one is loaded meanwhile, and waits."""
        process: Process | None = self._process(0)
        try:
            for number in range(kills):
                assert process
                self._live(process, number, random)
                over, process = process, None
                complaint = over.kill()
                self._tally.found.claim(not complaint, f"process {number} of {self._name} complained: {complaint}")
                process = self._process(number + 1) if number + 1 < kills else None
                self._look(over, random)
                self._tally.kills += 1
                if self._tally.found.all:
                    break
        finally:
            if process:
                process.kill()
        self._tally.acknowledged += len(self.heard.acknowledged)
        self._tally.trades += len(self._kept.trades)

    def _process(self, number: int) -> Process:
        return Process(self._folder, f"{self._name}-{number}", self._module)

    def _live(self, process: Process, number: int, random: Random) -> None:
        """Until a random moment: of the making of the database, of the very first writes, or of the full trading."""
        process.go(self._again)
        if number == 0:
            process.wait_for("begins")
            time.sleep(random.uniform(0, 1))
        elif random.random() < 0.2:
            process.wait_for("opened")
            time.sleep(random.uniform(0, 0.02))
        else:
            process.wait_for("done")
            time.sleep(random.uniform(0.05, 0.6))

    def _look(self, process: Process, random: Random) -> None:
        found = self._tally.found
        before = self._kept
        try:
            self._kept = self._read()
        except sqlite3.Error as error:
            found.wrong.append(f"{self._name} cannot be read: {error}")
            return
        for line in process.lines:
            if "opened" in line:
                found.claim(_stands(before, line), f"{self._name} was opened as {line}, which is not what was on disk")
            self.heard.hear(line)
        found.add(judge(self._kept, self.heard.acknowledged.values(), self.heard.refused))
        found.add(judge_growth(before, self._kept))
        found.add(Findings(twice=self.heard.twice, wrong=self.heard.wrong))
        self.heard.twice, self.heard.wrong = [], []
        self._remember(random)

    def _read(self) -> Kept:
        file = self._folder / "drydock.db"
        return read(file) if file.exists() else self._kept

    def _remember(self, random: Random) -> None:
        """What the next process asks for again: all that was not answered, and some of what was."""
        unanswered = list(self.heard.unanswered)
        known = self.heard.answered
        chosen = unanswered + random.sample(known, min(REPEATS, len(known)))
        self._again = [self.heard.wanted[order_id] for order_id in chosen]
        self.heard.unanswered.clear()
        self._tally.repeats += len(self._again)


def _stands(kept: Kept, line: Line) -> bool:
    """Whether a desk has opened with what was on disk, but for a session that it had to make."""
    accounts = {row["id"]: row["version"] for row in kept.rows["accounts"]}
    waiting = sorted(order_id for order_id, row in kept.orders.items() if row["state"] == "open")
    return (accounts.get(line["opened"], 1), waiting) == (line["version"], line["waiting"])


def run(kills: int, seed: int, module: str = TRADER, told: Callable[[str], Any] = lambda _line: None) -> Tally:
    """Kill so many trading processes, at moments that `seed` draws."""
    tally = Tally()
    random = Random(seed)
    while tally.kills < kills and not tally.found.all:
        name = f"{seed}-{tally.kills}"
        with tempfile.TemporaryDirectory() as folder:
            File(Path(folder), name, tally, module).run(min(KILLS_A_FILE, kills - tally.kills), random)
        told(f"{tally.kills} of {kills}")
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    tally = run(given.kills, given.seed, told=lambda line: print(line, file=sys.stderr))
    for sentence in tally.found.all[:50]:
        print(sentence)
    print(tally.line(time.monotonic() - began))
    return 1 if tally.found.all else 0


if __name__ == "__main__":
    sys.exit(main())
