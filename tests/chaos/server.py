"""The whole server in a folder of its own, with a stand-in for the page so that nothing has to be built."""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.browser.server import DRYDOCK, ROOT, clean_environment

_SAID = re.compile(r"^Drydock is on http://127\.0\.0\.1:(\d+)$", re.MULTILINE)
_PATIENCE_S = 60.0


class Server:
    """`drydock run` in the demo market. It takes any free port at first, and the same again later."""

    def __init__(self, folder: Path) -> None:
        self.port = 0
        self.file = folder / "data" / "drydock.db"
        self._folder = folder
        self._log = folder / "said.txt"
        self._process: subprocess.Popen[bytes] | None = None
        client = folder / ".web" / "build" / "client"
        client.mkdir(parents=True)
        (client / "index.html").write_text("<!doctype html><title>Drydock</title>", "utf-8")
        client.with_name("fingerprint").write_text("a stand-in", "utf-8")
        for name in ("rxconfig.py", "app"):
            (folder / name).symlink_to(ROOT / name)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """Everything that it printed, over all its lives."""
        return self._log.read_text("utf-8", errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Returns when orders are taken. Raises AssertionError with what it said."""
        already = len(self.said)
        settings = {"DRYDOCK_DATA_DIR": "data", "DRYDOCK_MARKET": "demo", "DRYDOCK_CHAIN_ID": "8453"}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [DRYDOCK, "run", "--port", str(self.port)],
                cwd=self._folder,
                env=clean_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._until(lambda: _SAID.search(self.said, already) is not None)
        found = _SAID.search(self.said, already)
        assert found is not None
        self.port = int(found[1])
        self._until(self._is_open)

    def kill(self) -> None:
        """Not a word of warning."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()

    def _is_open(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/account", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not done():
            runs = self._process is not None and self._process.poll() is None
            assert runs and time.monotonic() < deadline, f"the server did not open its desk: {self.said[-3000:]}"
            time.sleep(0.02)
