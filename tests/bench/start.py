"""From nothing to an answer: `drydock run`, and a second `make run`.

Measured is the time from the start of the process to the first 200 of both /api/health and the page. The first run
begins with an empty data folder and so writes the database; prices come from the provider double.
"""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.rig import ROOT, Figure, environment, wait_for_quiet
from tests.bench.server import Server, Stage, wait_until_answered
from tests.double import Double

RUNS = 5
MAKE_RUNS = 2
LIMIT_S = 3
MAKE_LIMIT_S = 6


def measure(_: Stage) -> Iterator[Figure]:
    with Double() as double, tempfile.TemporaryDirectory() as folder:
        sources = double.environment()
        wait_for_quiet()
        runs = [_run(Path(folder), sources) for _ in range(RUNS)]
        makes = [_make_run(Path(folder), sources) for _ in range(MAKE_RUNS)]
    yield Figure("drydock run until it answers", LIMIT_S, "s", runs, note=f"first, on an empty folder: {runs[0]:.2f} s")
    yield Figure("a second make run until it answers", MAKE_LIMIT_S, "s", makes)


def _run(folder: Path, sources: dict[str, str]) -> float:
    server = Server(folder, sources)
    began = time.monotonic()
    try:
        server.start()
        server.wait_until_up()
        return time.monotonic() - began
    finally:
        server.stop()


def _make_run(folder: Path, sources: dict[str, str]) -> float:
    port = _free_port()
    began = time.monotonic()
    making = subprocess.Popen(
        ["make", "--no-print-directory", "run", f"ARGS=--port {port}"],
        cwd=ROOT,
        env=environment(DRYDOCK_DATA_DIR=str(folder), **sources),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_answered(port)
        return time.monotonic() - began
    finally:
        # Make waits for the server it became the parent of: both are in a session of their own.
        os.killpg(making.pid, signal.SIGTERM)
        making.wait(15)


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]
