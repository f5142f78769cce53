"""Commands that start soon, because a process that has loaded everything stands by and forks them."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.browser.server import ROOT, DeskTrouble, clean_environment


class Standby:
    """The process that has loaded everything. To be closed when nothing that it forked runs any more."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.standby"],
            cwd=ROOT,
            env=clean_environment({}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._line() != "ready":
            raise DeskTrouble("Drydock could not be loaded.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # At the end of what it reads it ends.
        self._process.communicate(timeout=10)

    def start(
        self, words: Sequence[str], *, folder: Path, out: Path, err: Path, settings: Mapping[str, str], **more: Any
    ) -> int:
        """Fork a command with DRYDOCK_ settings and nothing else; its process id."""
        files = {"folder": str(folder), "out": str(out), "err": str(err)}
        return self._ask({"words": list(words), "settings": dict(settings)} | files | more)

    def ended(self, pid: int) -> int:
        """The exit code of a command once it has ended, negative where a signal ended it."""
        return self._ask({"ended": pid})

    def _ask(self, told: Mapping[str, Any]) -> int:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()
