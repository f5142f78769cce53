"""A real Drydock process: started, asked, watched by what it costs, stopped or killed."""

import http.client
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType

from tests.bench.rig import DEMO, DRYDOCK, ROOT, environment

PATIENCE = 30.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Server:
    """`drydock run` on loopback with a data folder of its own; it can be started again on the same port."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.port = 0
        self._environment = environment(DRYDOCK_DATA_DIR=str(folder), **settings)
        self._errors = folder / "stderr.txt"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Server":
        self.start()
        self.wait_until_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the process and learn its port; it may not answer yet."""
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [DRYDOCK, "run", "--port", str(self.port)],
                cwd=ROOT,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start: {self._errors.read_text('utf-8')[-2000:]}")
        self.port = int(line.rsplit(":", 1)[1])

    def wait_until_up(self) -> None:
        """Returns when the health and the page are both answered. Raises TimeoutError."""
        wait_until_answered(self.port)

    def wait_until_settled(self, share: float = 0.12, patience: float = 40.0) -> None:
        """Returns when the process uses less than `share` of a core: a market's past has been made up or fetched."""
        until = time.monotonic() + patience
        while self.busy_share(1.0) > share:
            if time.monotonic() > until:
                raise TimeoutError("the server does not come to rest")

    def busy_share(self, seconds: float) -> float:
        """The share of a core that all its processes use in the next so many seconds."""
        before, began = self.cpu_s(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu_s() - before) / (time.monotonic() - began)

    def resident_mb(self) -> float:
        """The resident memory of all its processes added up, in megabytes (10⁶ bytes)."""
        return sum(_status_kb(pid, "VmRSS") for pid in _family(self.pid)) * 1024 / 1e6

    def kill(self) -> None:
        """Not a moment to say goodbye: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def cpu_s(self) -> float:
        """Seconds of processor that it has used, with all that it has started."""
        return sum(_cpu_ticks(pid) for pid in _family(self.pid)) / _TICKS_PER_S


class Stage:
    """What several measures share, opened by the first that wants it and closed when the stack is."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    @cached_property
    def demo(self) -> Server:
        """The demo market with twenty prices, its past made up: a tick of everything a second."""
        server = self._stack.enter_context(serving(DEMO))
        server.wait_until_settled()
        return server


@contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[Server]:
    """A running server with an empty data folder, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), settings) as server:
        yield server


def wait_until_answered(port: int, paths: tuple[str, ...] = ("/api/health", "/"), patience: float = PATIENCE) -> None:
    """Returns when every path is answered with 200. Raises TimeoutError."""
    until = time.monotonic() + patience
    waiting = list(paths)
    while waiting:
        waiting = [path for path in waiting if _status(port, path) != 200]
        if time.monotonic() > until:
            raise TimeoutError(f"nothing answers {', '.join(waiting)} on port {port}")
        time.sleep(0.01)


def _status(port: int, path: str) -> int:
    """The HTTP status, 0 where nothing answers."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
    except OSError:
        return 0
    finally:
        line.close()
    return answer.status


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parents[int(folder.name)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty where the process has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return []


def _cpu_ticks(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _status_kb(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
