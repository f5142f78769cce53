"""Servers that answer soon, because they are forked."""

import os
import re
import select
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from tests.browser.server import ROOT, DeskTrouble
from tests.standing import Standby

_SAID = re.compile(r"^Drydock is on http://127\.0\.0\.1:(\d+)$", re.MULTILINE)
_PATIENCE_S = 60.0


def stand_in(folder: Path) -> Path:
    """The folder as one that a desk can be run in, with next to nothing for a page."""
    client = folder / ".web" / "build" / "client"
    if not client.exists():
        client.mkdir(parents=True)
        (client / "index.html").write_text("<!doctype html><title>Drydock</title>", "utf-8")
        client.with_name("fingerprint").write_text("a stand-in", "utf-8")
        for name in ("rxconfig.py", "app"):
            (folder / name).symlink_to(ROOT / name)
    return folder


class Forked:
    """A desk in the demo market, in a folder of its own; it is open once it takes orders. `user` is a number, for a
    server that is to be less than root, `clock` the file of the clock it goes by."""

    def __init__(
        self,
        standby: Standby,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        *,
        user: int = 0,
        clock: Path | None = None,
    ) -> None:
        self.port = 0
        self.pid = 0
        self.data = folder / "data"
        self.file = self.data / "drydock.db"
        self._standby, self._home, self._log = standby, stand_in(folder), folder / "said.log"
        self._user, self._clock = user, clock
        known = {"DRYDOCK_DATA_DIR": str(self.data), "DRYDOCK_CHAIN_ID": "8453", "DRYDOCK_MARKET": "demo"}
        self._settings = known | dict(settings or {})
        self._watched: int | None = None
        self._before = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """Everything that was printed, over all starts."""
        return self._log.read_text("utf-8", errors="replace") if self._log.exists() else ""

    @property
    def last_said(self) -> str:
        """What was printed since the last start."""
        return self.said[self._before :]

    def start(self) -> float:
        """Start, and return when it answers: after so many seconds."""
        began = time.monotonic()
        try:
            self.launch()
            self._until(self.answers, "answer")
        except BaseException:
            self.kill()
            raise
        return time.monotonic() - began

    def launch(self) -> None:
        """Start it, and learn where it is."""
        self._fork()
        self._until(lambda: _SAID.search(self.last_said) is not None, "say where it is")
        found = _SAID.search(self.last_said)
        assert found
        self.port = int(found[1])

    def refuse(self) -> tuple[int, str]:
        """Start it where it will not serve: its exit code and what it says."""
        self._fork()
        code = self._wait(_PATIENCE_S)
        return code, self.last_said

    def answers(self) -> bool:
        try:
            return self.get("/api/account").status_code == 200
        except httpx.TransportError:
            return False

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=30)

    def kill(self) -> None:
        """The plug is pulled."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Stopped as a service would stop it; its exit code, negative where a signal ended it."""
        return self._end(signal.SIGTERM)

    def _fork(self) -> None:
        self._before = len(self.said)
        self.pid = self._standby.start(
            ["run", "--port", str(self.port)],
            folder=self._home,
            out=self._log,
            err=self._log,
            settings=self._settings,
            user=self._user,
            clock=str(self._clock or ""),
        )
        self._watched = os.pidfd_open(self.pid)

    def _end(self, how: signal.Signals) -> int:
        if self._watched is None:
            return 0
        if not self._ended(0):
            signal.pidfd_send_signal(self._watched, how)
        return self._wait(15)

    def _wait(self, seconds: float) -> int:
        assert self._watched is not None
        if not self._ended(seconds):
            signal.pidfd_send_signal(self._watched, signal.SIGKILL)
            raise DeskTrouble(f"The desk did not end within {seconds:g} s:\n{self.said}")
        os.close(self._watched)
        self._watched = None
        return self._standby.ended(self.pid)

    def _ended(self, timeout: float) -> bool:
        assert self._watched is not None
        return bool(select.select([self._watched], [], [], timeout)[0])

    def _until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not done():
            if self._ended(0) or time.monotonic() > deadline:
                raise DeskTrouble(f"The desk did not {what}:\n{self.said}")
            time.sleep(0.01)
