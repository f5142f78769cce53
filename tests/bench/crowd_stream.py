"""A full house: 200 websocket tabs and 50 readers of the stream, twenty tokens at 1 Hz, for ten minutes (or as many as
BENCH_MINUTES says).

Measured is, for every tick and client, the time from the tick's own instant to the arrival of its last byte at the
client; the server's memory all the while, and what it and the machine had to do; and whether every client ends with
the prices that the others of its kind end with. The clients live in one process beside the server.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from tests.bench.full_house import STREAMS, TABS
from tests.bench.rig import DEMO, Figure, Pauses, apart, machine_s, wait_for_quiet
from tests.bench.server import Server, Stage, serving
from tests.bench.tick_to_crowd import greeting_of_a_tab

MINUTES = float(os.environ.get("BENCH_MINUTES", "10"))
LIMIT_MS = 100
# In an hour of the same: a leak of a kilobyte for each tick and client would be far above it.
LIMIT_MB_PER_H = 60
SAMPLE_S = 2.0


def measure(stage: Stage) -> Iterator[Figure]:
    with ExitStack() as stack:
        server = stack.enter_context(serving(DEMO))
        server.wait_until_settled()
        greeting, subprotocol = greeting_of_a_tab(server)
        wait_for_quiet()
        pauses, watch = stack.enter_context(Pauses()), stack.enter_context(Watch(server))
        seconds = MINUTES * 60
        asked = {"port": server.port, "greeting": greeting, "subprotocol": subprotocol, "seconds": seconds}
        heard = apart("tests.bench.full_house", asked, seconds + 120)
    busy = (
        f"the server used {watch.server_share:.0%} of a core, the machine was {watch.machine_share:.0%} busy; {pauses}"
    )
    for kind, count in (("websocket tabs", TABS), ("stream readers", STREAMS)):
        of = heard[kind]
        note = f"{of['ticks']} ticks, {of['missed']} not received; {busy}"
        yield Figure(f"tick to {count} {kind}, all at once", LIMIT_MS, "ms", of["delays"], "p95", note)
        yield Figure(f"  {kind} that miss the last state", 0, "", [of["astray"]])
    yield Figure("memory with a full house", None, "MB", watch.resident_mb, "max", watch.told())
    # A first minute fills the windows that are kept.
    if MINUTES > 2:
        yield Figure("  it grows by", LIMIT_MB_PER_H, "MB/h", [watch.slope_mb_per_h()])


class Watch:
    """Looks at the server's memory and at who uses the processor while the crowd listens."""

    def __init__(self, server: Server) -> None:
        self.resident_mb: list[float] = []
        self.server_share = self.machine_share = 0.0
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def told(self) -> str:
        """How it began and ended, each as the median of some samples."""
        return f"{median(self.resident_mb[:5]):.0f} MB at the beginning, {median(self.resident_mb[-5:]):.0f} at the end"

    def slope_mb_per_h(self) -> float:
        """By least squares, after the first quarter of the samples."""
        samples = self.resident_mb[len(self.resident_mb) // 4 :]
        places = [index * SAMPLE_S / 3600 for index in range(len(samples))]
        middle, mean = sum(places) / len(places), sum(samples) / len(samples)
        above = sum((at - middle) * (size - mean) for at, size in zip(places, samples, strict=True))
        return above / sum((at - middle) ** 2 for at in places)

    def _watch(self) -> None:
        began, used, machine = time.monotonic(), self._server.cpu_s(), machine_s()
        while not self._over.wait(SAMPLE_S):
            self.resident_mb.append(self._server.resident_mb())
            elapsed = time.monotonic() - began
            self.server_share = (self._server.cpu_s() - used) / elapsed
            self.machine_share = (machine_s() - machine) / elapsed / (os.cpu_count() or 1)
