"""What an idle desk costs: memory with live prices, and the core it uses with and without a feed.

Two servers rest at the same time, each with no tab open for the last half minute: one with live prices of twenty
tokens from the provider double, after a tab was opened and closed; one in a replay that has ended, which has no feed,
so that what it uses is the desk's own. A third shows the demo market, twenty new prices a second.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.rig import WATCHING_TWENTY, Figure
from tests.bench.server import Server, Stage, serving
from tests.bench.tabs import browser, open_tab
from tests.double import Double

LIMIT_MB = 200
LIMIT_PERCENT = 3
REST_S = 60.0
WATCHED_S = 30.0


def measure(stage: Stage) -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        double = stack.enter_context(Double())
        live = stack.enter_context(serving({"DRYDOCK_MARKET": "live"} | WATCHING_TWENTY | double.environment()))
        ended = stack.enter_context(
            serving({"DRYDOCK_MARKET": f"replay:{_recording(folder)}", "DRYDOCK_REPLAY_SPEED": "max"})
        )
        servers = {"live prices": live, "no feed (an ended replay)": ended, "the demo market": stage.demo}
        began = time.monotonic()
        with browser() as chromium:
            open_tab(chromium, live.url)
        time.sleep(max(0.0, began + REST_S - WATCHED_S - time.monotonic()))
        shares = _watched(list(servers.values()))
        memory = live.resident_mb()
        calls = len(double.requests())
    yield Figure("idle memory, live prices", LIMIT_MB, "MB", [memory], note=f"after {REST_S:.0f} s and one tab")
    for name, share in zip(servers, shares, strict=True):
        limit = LIMIT_PERCENT if "no feed" in name else None
        note = f"{calls} calls to sources in {REST_S:.0f} s" if "live" in name else ""
        yield Figure(f"idle core, {name}", limit, "%", [100 * share], note=note)


def _watched(servers: list[Server]) -> list[float]:
    with ThreadPoolExecutor(len(servers)) as watchers:
        return list(watchers.map(lambda server: server.busy_share(WATCHED_S), servers))


def _recording(folder: Path) -> Path:
    """A short recording, which at full speed has ended before anybody looks."""
    path = folder / "short.csv"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [f"{(start + timedelta(hours=hour)).isoformat()},100,101,99,100.5,1000" for hour in range(300)]
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n", "ascii")
    return path
