"""wrk: eight connections against a running server, as every figure of requests per second supposes."""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8

# What wrk is told to print at the end: its own table has no 95th percentile.
_TOLD = """
function done(summary, latency, requests)
  io.write(string.format("TOLD %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(95), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout))
end
"""


class NoWrk(Exception):
    """wrk is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Ran:
    """Requests per second, two percentiles of the latencies in ms, and how many were answered by an error."""

    per_second: float
    p95_ms: float
    p99_ms: float
    errors: int


def wrk(url: str, seconds: int, script: str = "") -> Ran:
    """Run wrk for so long with a script in Lua. Raises NoWrk."""
    program = shutil.which("wrk")
    if program is None:
        raise NoWrk("wrk is not here: on Debian, 'apt-get install wrk' adds it.")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script + _TOLD)
        file.flush()
        command = [program, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", file.name, url]
        said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path("/")).stdout
    told = re.search(r"TOLD (\d+) (\d+) (\d+) (\d+) (\d+)", said)
    if told is None:
        raise RuntimeError(f"wrk did not say what it measured: {said[-500:]}")
    requests, micros, p95, p99, errors = map(int, told.groups())
    return Ran(requests / micros * 1e6, p95 / 1000, p99 / 1000, errors)
