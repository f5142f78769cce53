"""A ledger of 100,000 trades: how long a start takes with it, and how quickly its newest trades are read.

The start is from the process to the first answer with the account in it; reading is wrk with eight connections.
"""

import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.rig import Figure, Pauses, wait_for_quiet
from tests.bench.server import Server, Stage
from tests.bench.wrk import wrk
from tests.store.trading_day import filled

TRADES = 100_000
STARTS = 5
SECONDS = 10
LIMIT_START_S = 3
LIMIT_P95_MS = 15
LIMIT_PER_S = 500


def measure(_: Stage) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled(folder, TRADES)
        server = Server(folder, {"DRYDOCK_MARKET": "demo"})
        wait_for_quiet()
        yield Figure("start with 100,000 trades", LIMIT_START_S, "s", [_start(server) for _ in range(STARTS)])
        with server:
            server.wait_until_settled()
            wait_for_quiet()
            url = f"{server.url}/api/trades?limit=50"
            wrk(url, 2)
            with Pauses() as pauses:
                ran = wrk(url, SECONDS)
    yield Figure("trades?limit=50 a second", LIMIT_PER_S, "1/s", [ran.per_second], note=str(pauses), least=True)
    yield Figure("trades?limit=50", LIMIT_P95_MS, "ms", [ran.p95_ms], note=f"wrk's own p95; {ran.errors} errors")


def _start(server: Server) -> float:
    began = time.monotonic()
    server.start()
    try:
        server.wait_until_up()
        while not _has_account(server.port):
            time.sleep(0.01)
        return time.monotonic() - began
    finally:
        server.stop()


def _has_account(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    line.request("GET", "/api/account")
    answer = line.getresponse()
    body = json.loads(answer.read())
    line.close()
    return answer.status == 200 and "cash" in body
