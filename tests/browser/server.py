"""A desk in a process of its own, as people run it: started, killed, started again, and always stopped."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
DRYDOCK = Path(sys.executable).with_name("drydock")
_SAID = re.compile(r"^Drydock is on http://127\.0\.0\.1:(\d+)$", re.MULTILINE)
_PATIENCE = 60.0


class DeskTrouble(AssertionError):
    """The desk did not do what it was told; the message holds all it said."""


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment around the tests less every setting of Drydock, and these settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DRYDOCK_")} | dict(settings)


class Desk:
    """`drydock run` on the page built in `home`. `data` is its folder; `settings` are environment variables."""

    # What is asked to find out whether it answers.
    first_asked = "/api/health"

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None, home: Path = ROOT) -> None:
        self.port = 0
        self.data = data
        self._home = home
        self._log = data.with_name(data.name + ".log")
        self._settings = {"DRYDOCK_DATA_DIR": str(data), "DRYDOCK_CHAIN_ID": "8453"} | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Desk":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """Everything that the desk printed, over all its starts."""
        return self._log.read_text("utf-8", errors="replace") if self._log.exists() else ""

    def launch(self) -> None:
        """Starts the process: on any free port the first time, then on the same port again."""
        already = len(self.said)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [DRYDOCK, "run", "--port", str(self.port)],
                cwd=self._home,
                env=clean_environment(self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._until(lambda: _SAID.search(self.said, already) is not None, "say where it is")
        found = _SAID.search(self.said, already)
        assert found is not None
        self.port = int(found[1])

    def start(self) -> None:
        """Starts, and returns when the desk answers."""
        try:
            self.launch()
            self._until(self.answers, "answer")
        except BaseException:
            self.stop()
            raise

    def answers(self) -> bool:
        """Whether what is first asked is answered now."""
        try:
            return httpx.get(self.url + self.first_asked, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10)

    def kill(self) -> None:
        """The plug is pulled: no goodbye to anybody."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """Stopped as a service would stop it; killed where that does not help. The exit code, None if not running."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        if process.poll() is None:
            os.killpg(process.pid, how)
        try:
            return process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait(timeout=10)

    def _until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not done():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise DeskTrouble(f"The desk {'ended' if ended else 'did not hurry'} and did not {what}:\n{self.said}")
            time.sleep(0.02)
