"""One of five tabs is blocked for five seconds at a time: no other waits for it.

The measure is that of `tick_to_tab`, for the four others while the fifth computes; its own delays show that it was
blocked.
"""

import time
from collections.abc import Iterator

from tests.bench.rig import Figure, Pauses, wait_for_quiet
from tests.bench.server import Stage
from tests.bench.tabs import browser, delays, forget, open_tab

BLOCKED_S = 5
TIMES = 8
LIMIT_MS = 40
_BLOCK = """
(ms) => setTimeout(() => { const until = performance.now() + ms; while (performance.now() < until); }, 0)
"""


def measure(stage: Stage) -> Iterator[Figure]:
    url = stage.demo.url
    with browser() as chromium:
        blocked, *others = [open_tab(chromium, url) for _ in range(5)]
        wait_for_quiet()
        for page in (blocked, *others):
            forget(page)
        with Pauses() as pauses:
            for _ in range(TIMES):
                blocked.evaluate(_BLOCK, BLOCKED_S * 1000)
                others[0].wait_for_timeout(BLOCKED_S * 1000)
        # What the blocked tab was sent meanwhile still comes to it.
        time.sleep(1)
        seen = [delay for page in others for delay in delays(page)]
        own = delays(blocked)
    yield Figure("4 tabs while another is blocked 5 s", LIMIT_MS, "ms", seen, "p95", str(pauses))
    yield Figure("  the blocked tab itself", None, "ms", own, "median")
