"""A server is killed with an open tab, and started again: when does the tab show live prices again?

Measured is the time from the start of the new process, and from its first answer, to the first price that changes in
the tab, which by then no longer says that it is offline. After a long outage the browser tries less often.

And it is killed while it trades, over a ledger of 100,000 trades: when does it answer again, with the account?
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx
from playwright.sync_api import Page

from tests.bench.rig import DEMO, Figure, wait_for_quiet, wall_ms
from tests.bench.server import Server, Stage, wait_until_answered
from tests.bench.tabs import browser, open_tab, wait_until_live
from tests.store.trading_day import filled

OUTAGES_S = (0.0, 1.0, 12.0)
LIMIT_S = 3
TRADES = 100_000
KILLS = 5
LIMIT_RECOVERED_S = 5


def measure(_: Stage) -> Iterator[Figure]:
    with TemporaryDirectory() as folder, Server(Path(folder), DEMO) as server, browser() as chromium:
        page = open_tab(chromium, server.url)
        server.wait_until_settled()
        came_back = [_restarted(server, page, outage) for outage in OUTAGES_S]
    note = "after outages of " + ", ".join(f"{outage:g}" for outage in OUTAGES_S) + " s"
    yield Figure("kill -9, restart, tab live again", LIMIT_S, "s", [whole for whole, _ in came_back], note=note)
    yield Figure("  from the first answer on", None, "s", [since for _, since in came_back])
    yield recovery()


def recovery() -> Figure:
    """From the start of the process to the first answers of the health and of the account, after each kill."""
    with TemporaryDirectory() as folder:
        filled(Path(folder), TRADES)
        server = Server(Path(folder), {"DRYDOCK_MARKET": "demo"})
        wait_for_quiet()
        samples: list[float] = []
        _answering(server)
        for _ in range(KILLS):
            for _ in range(20):
                order = {"order_id": uuid4().hex, "token": "WETH", "side": "buy", "amount_usd": "5"}
                httpx.post(f"{server.url}/api/orders", json=order, timeout=30).raise_for_status()
            server.kill()
            samples.append(_answering(server))
        server.stop()
    return Figure("kill -9 with 100,000 trades, answers again", LIMIT_RECOVERED_S, "s", samples)


def _answering(server: Server) -> float:
    began = time.monotonic()
    server.start()
    wait_until_answered(server.port, ("/api/health", "/api/account"))
    return time.monotonic() - began


def _restarted(server: Server, page: Page, outage: float) -> tuple[float, float]:
    """Seconds from the start of the process, and from its first answer, until the tab is live."""
    server.kill()
    page.wait_for_timeout(outage * 1000)
    began = wall_ms()
    server.start()
    server.wait_until_up()
    answered = wall_ms()
    wait_until_live(page, began)
    live = min(at for at in page.evaluate("window.__probe.prices.map(([at]) => at)") if at >= began)
    return (live - began) / 1000, (live - answered) / 1000
