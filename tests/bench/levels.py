"""The levels on recorded markets, as a table for the docs: python -m tests.bench.levels [--write].

With --write the table in docs/replay.md is replaced, between its two marks.
"""

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.market.recording import read_recording
from app.market.replay_quoter import Assumptions
from app.runtime.rehearsing import Terms, replayed
from app.runtime.replay_report import rows_of
from tests.bench.rig import ROOT
from tests.recorded import BTC, CRASH, DATA, ETH

DOCS = ROOT / "docs" / "replay.md"
BEGIN, END = "<!-- results: python -m tests.bench.levels --write -->", "<!-- end of results -->"
HEADER = (
    "level", "equity $", "return", "equal exposure, no skill", "deepest fall", "worst month", "exposure", "trades",
    "costs $",
)  # fmt: skip
TITLES = {
    ETH: "ETH, hourly",
    BTC: "BTC, hourly",
    CRASH: "ETH, minute by minute through the crash of 17 August 2023, with the pool's recorded depth",
}
_TERMS = Terms(tuple(range(1, 11)), Decimal(10_000), Assumptions())


def main() -> int:
    missing = [name for name in TITLES if not (DATA / name).is_file()]
    if missing:
        print(f"Not beside the project: {', '.join(missing)}.")
        return 1
    text = "\n".join(line for name, title in TITLES.items() for line in _section(DATA / name, title))
    print(text)
    if "--write" in sys.argv[1:]:
        whole = DOCS.read_text("utf-8")
        before, _, rest = whole.partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCS.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")
    return 0


def _section(file: Path, title: str) -> Iterator[str]:
    recording = read_recording(file, "WETH")
    found = replayed(recording, _TERMS, lambda _: None).told(0.0)
    yield f"**{title}**, {recording.first_at:%Y-%m-%d} to {recording.last_at:%Y-%m-%d}, {found['bars']:,} bars:"
    yield ""
    yield f"| {' | '.join(HEADER)} |"
    yield f"|{'--:|' * len(HEADER)}"
    for row in rows_of(found):
        yield f"| {' | '.join(row)} |"
    yield ""
    yield f"{_better(found)} Hash `{found['hash'][:16]}…`."
    yield ""


def _better(found: dict[str, Any]) -> str:
    held = Decimal(found["hold_return_pct"])
    than_luck = [line["level"] for line in found["levels"] if line["beats_skill_less"]]
    than_hold = [line["level"] for line in found["levels"] if Decimal(line["return_pct"]) > held]
    return f"Above equal exposure without skill: {_listed(than_luck)}. Above holding: {_listed(than_hold)}."


def _listed(levels: list[int]) -> str:
    return ", ".join(map(str, levels)) if levels else "none"


if __name__ == "__main__":
    sys.exit(main())
