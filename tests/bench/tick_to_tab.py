"""A tick reaches the screens of five open tabs, and what it weighs on the way.

Measured is, for every tick and tab, the time from the tick's own instant (when the demo market was read, as the
quotes state it) to the change of the last of its prices in the tab's document, both by the machine's one wall clock
and to a millisecond. The candle chart is open and draws each tick. The painting of pixels is not included.
"""

from collections.abc import Iterator

from tests.bench.rig import Figure, Pauses, wait_for_quiet
from tests.bench.server import Stage
from tests.bench.tabs import browser, delays, forget, open_tab, ticks

TABS = 5
SAMPLES = 500
LIMIT_MS = 40
LIMIT_BYTES = 2048
_SECONDS_A_TICK = 1.14


def measure(stage: Stage) -> Iterator[Figure]:
    url = stage.demo.url
    with browser() as chromium:
        pages = [open_tab(chromium, url) for _ in range(TABS)]
        wait_for_quiet()
        for page in pages:
            forget(page)
        seen: list[list[float]] = []
        rest = SAMPLES
        with Pauses() as pauses:
            while rest > 0:
                pages[0].wait_for_timeout((rest / TABS + 1) * _SECONDS_A_TICK * 1000)
                seen = [delays(page) for page in pages]
                rest = SAMPLES - sum(map(len, seen))
        came = [tick for page in pages for tick in ticks(page)]
        frames = sum(
            page.evaluate("window.__probe.frames.reduce((sum, [, text]) => sum + text.length, 0)") for page in pages
        )
    yield Figure(
        "tick to the DOM of 5 tabs", LIMIT_MS, "ms", [delay for one in seen for delay in one], "p95", str(pauses)
    )
    arrived = [tick.received - tick.at for tick in came]
    yield Figure("  of that, until the page has it", None, "ms", arrived, "p95")
    yield Figure("a tick of 20 prices and the chart", LIMIT_BYTES, "B", [float(tick.size) for tick in came])
    yield Figure("  all frames per tick", None, "B", [frames / len(came)])
