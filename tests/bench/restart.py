"""A server is killed with an open tab, and started again: when does the tab show live prices again?

Measured is the time from the start of the new process, and from its first answer, to the first price that changes in
the tab, which by then no longer says that it is offline. After a long outage the browser tries less often.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from tests.bench.rig import DEMO, Figure, wall_ms
from tests.bench.server import Server, Stage
from tests.bench.tabs import browser, open_tab, wait_until_live

OUTAGES_S = (0.0, 1.0, 12.0)
LIMIT_S = 3


def measure(_: Stage) -> Iterator[Figure]:
    with TemporaryDirectory() as folder, Server(Path(folder), DEMO) as server, browser() as chromium:
        page = open_tab(chromium, server.url)
        server.wait_until_settled()
        came_back = [_restarted(server, page, outage) for outage in OUTAGES_S]
    note = "after outages of " + ", ".join(f"{outage:g}" for outage in OUTAGES_S) + " s"
    yield Figure("kill -9, restart, tab live again", LIMIT_S, "s", [whole for whole, _ in came_back], note=note)
    yield Figure("  from the first answer on", None, "s", [since for _, since in came_back])


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
