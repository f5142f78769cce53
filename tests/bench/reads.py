"""Reads of /api/prices: how many a second while the bot runs, and that none of them causes a call to any source.

How many is wrk with eight connections against the demo market with twenty prices, one tab open, the bot at level 9.

Then ten thousand reads, every fifth of all prices and the others of one. The server has live prices of twenty tokens
from the provider double and is told to refresh them once an hour, so that after the first round and the fetching of the
past its pollers have nothing to ask for: every call that the double counts while the reads last was caused by them.
"""

import asyncio
import time
from collections.abc import Iterator

import httpx

from tests.bench.rig import DEMO, TWENTY, WATCHING_TWENTY, Figure, Pauses, wait_for_quiet
from tests.bench.server import Server, Stage, serving
from tests.bench.tabs import browser, open_tab
from tests.bench.wrk import CONNECTIONS, wrk
from tests.double import Double

LEVEL = 9
# Two of the bot's ticks at the least.
SECONDS = 31
LIMIT_PER_S = 1000
LIMIT_MS = 25
READS = 10_000
LINES = 8
_QUIET_S = 6.0
_PATIENCE_S = 90.0
_REQUEST = b"GET /api/prices%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"


def measure(_: Stage) -> Iterator[Figure]:
    yield from _while_the_bot_runs()
    yield from _caused()


def _while_the_bot_runs() -> Iterator[Figure]:
    with serving(DEMO) as server, browser() as chromium:
        server.wait_until_settled()
        _start_bot(server)
        open_tab(chromium, server.url)
        wait_for_quiet()
        wrk(f"{server.url}/api/prices", 2)
        with Pauses() as pauses:
            ran = wrk(f"{server.url}/api/prices", SECONDS)
    note = f"{CONNECTIONS} connections, one tab, the bot at level {LEVEL}; {ran.errors} errors; {pauses}"
    yield Figure("reads of all prices", LIMIT_PER_S, "/s", [ran.per_second], note=note, least=True)
    yield Figure("  p99 of a read", LIMIT_MS, "ms", [ran.p99_ms])


def _start_bot(server: Server) -> None:
    with httpx.Client(base_url=f"{server.url}/api", trust_env=False) as desk:
        desk.put("/bot/level", json={"level": LEVEL}).raise_for_status()
        assert desk.post("/bot", json={"action": "start"}).json()["state"] == "running"


def _caused() -> Iterator[Figure]:
    settings = {"DRYDOCK_MARKET": "live", "DRYDOCK_REFRESH_SECONDS": "3600"} | WATCHING_TWENTY
    with Double() as double, serving(settings | double.environment()) as server:
        _wait_until_nothing_is_asked(double)
        before, began = len(double.requests()), time.monotonic()
        asyncio.run(_read(server.port))
        took = time.monotonic() - began
        time.sleep(2)
        caused = len(double.requests()) - before
    yield Figure("calls caused by 10,000 reads", 0, "calls", [float(caused)], note=f"{before} calls before them")
    yield Figure("  reads a second", None, "/s", [READS / took], note=f"{LINES} connections")


def _wait_until_nothing_is_asked(double: Double) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not (calls := double.requests()) or time.monotonic() - calls[-1].at < _QUIET_S:
        if time.monotonic() > until:
            raise TimeoutError("the pollers do not come to rest")
        time.sleep(0.5)


async def _read(port: int) -> None:
    async with asyncio.TaskGroup() as lines:
        for _ in range(LINES):
            lines.create_task(_read_on(port, READS // LINES))


async def _read_on(port: int, count: int) -> None:
    """So many reads one after another on one connection; every answer is 200 and has a price."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(count):
        which = b"/" + TWENTY[number % 20].encode() if number % 5 else b""
        writer.write(_REQUEST % (which, port))
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(size.split(b":")[1]))
        if not head.startswith(b"HTTP/1.1 200") or b'"price":"' not in body:
            raise RuntimeError(f"not an answer: {head!r} {body[:200]!r}")
    writer.close()
    await writer.wait_closed()
