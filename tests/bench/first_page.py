"""The weight of the first page: every byte that Chromium receives over HTTP with an empty cache, headers included.

The chart's chunk is the one lazy file, named after plotly; KB are 1,000 bytes.
"""

from collections.abc import Iterator

from tests.bench.rig import Figure
from tests.bench.server import Stage
from tests.bench.tabs import browser

LIMIT_KB = 420
WHOLE_LIMIT_KB = 820


def measure(stage: Stage) -> Iterator[Figure]:
    with browser() as chromium:
        urls: dict[str, str] = {}
        weights: dict[str, float] = {}
        page = chromium.new_context().new_page()
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.responseReceived", lambda event: urls.update({event["requestId"]: event["response"]["url"]}))
        wire.on(
            "Network.loadingFinished",
            lambda event: weights.update({event["requestId"]: event["encodedDataLength"]}),
        )
        page.goto(stage.demo.url)
        page.wait_for_selector("#candles[data-view]")
        page.wait_for_timeout(1000)
    chart = sum(weight for request, weight in weights.items() if "plotly" in urls[request])
    whole = sum(weights.values())
    if not chart:
        raise RuntimeError("no file named after plotly was loaded: the chart's chunk is not known")
    yield Figure(
        "first page before the chart's chunk", LIMIT_KB, "KB", [(whole - chart) / 1000], note=f"{len(weights)} files"
    )
    yield Figure("first page with the chart's chunk", WHOLE_LIMIT_KB, "KB", [whole / 1000])
