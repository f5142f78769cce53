"""Runs the bench: python -m tests.bench [NAME ...] [--json FILE]. Exit code 1 where a figure was missed."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from app.runtime.frontend import reason_to_build
from tests.bench import (
    blocked_tab,
    click,
    crowd_stream,
    decisions,
    first_page,
    idle,
    marks,
    orders,
    reads,
    replay,
    restart,
    start,
    thinking,
    tick_to_crowd,
    tick_to_tab,
    trades,
)
from tests.bench.rig import DRYDOCK, Figure, say, write_report
from tests.bench.server import Stage

MEASURES: dict[str, Callable[[Stage], Iterator[Figure]]] = {
    "start": start.measure,
    "first_page": first_page.measure,
    "tick_to_tab": tick_to_tab.measure,
    "tick_to_crowd": tick_to_crowd.measure,
    "blocked_tab": blocked_tab.measure,
    "idle": idle.measure,
    "reads": reads.measure,
    "restart": restart.measure,
    "orders": orders.measure,
    "trades": trades.measure,
    "marks": marks.measure,
    "decisions": decisions.measure,
    "replay": replay.measure,
    "thinking": thinking.measure,
    "click": click.measure,
    "crowd_stream": crowd_stream.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures the built product.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure, of: {', '.join(MEASURES)} (all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures and their samples there")
    options = parser.parse_args()
    unknown = set(options.names) - set(MEASURES)
    if unknown:
        parser.error(f"no measure named {', '.join(sorted(unknown))}")
    if not DRYDOCK.is_file() or reason_to_build():
        say("The page is not built from today's sources: run `make setup` first.")
        return 1
    figures = list(_measured(options.names or list(MEASURES)))
    if options.json:
        write_report(options.json, figures)
    missed = [figure.name.strip() for figure in figures if figure.verdict == "MISSED"]
    say(f"{len(figures)} figures, {len(missed)} missed{': ' if missed else ''}{', '.join(missed)}")
    return 1 if missed else 0


def _measured(names: list[str]) -> Iterator[Figure]:
    cores, load = os.cpu_count(), os.getloadavg()[0]
    say(f"{cores} cores, load {load:.2f}, Python {sys.version.split()[0]}")
    with ExitStack() as stack:
        stage = Stage(stack)
        for name in names:
            began = time.monotonic()
            for figure in MEASURES[name](stage):
                say(figure.line())
                yield figure
            say(f"  ({name}: {time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    sys.exit(main())
