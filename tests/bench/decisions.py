"""A log of a million decisions: how long a page of fifty takes, with no filter, with each and with two of them.

Straight at the database, at cursors from the newest to the oldest; filling it takes about a minute.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random

from app.domain.decisions import LEVELS, Verdict
from app.store.database import Store, migrate, open_store
from app.store.decisions import ALL, KEPT_FOR, DecisionFilter, decisions, last_decisions, log_decisions, prune_decisions
from app.store.sessions import open_session
from tests.bench.rig import Figure, Pauses, wait_for_quiet
from tests.bench.server import Stage
from tests.store.decision_log import BEGIN, GATES, TOKENS, decision_at, fill
from tests.store.drawn import draft

DECISIONS = 1_000_000
PAGES = 500
A_PAGE = 50
LIMIT_MS = 30

_VERDICTS = list(Verdict)


def _some_time(chance: Random) -> datetime:
    return BEGIN + chance.random() * (decision_at(DECISIONS, "", chance).at - BEGIN)


_FILTERS: dict[str, Callable[[Random], DecisionFilter]] = {
    "any": lambda _: ALL,
    "token": lambda chance: DecisionFilter(address=chance.choice(TOKENS).address),
    "verdict": lambda chance: DecisionFilter(verdict=chance.choice(_VERDICTS)),
    "level": lambda chance: DecisionFilter(level=chance.choice(LEVELS)),
    "gate": lambda chance: DecisionFilter(first_failed=chance.choice(GATES)),
    "since": lambda chance: DecisionFilter(since=_some_time(chance)),
    "until": lambda chance: DecisionFilter(until=_some_time(chance)),
    "verdict, since": lambda chance: DecisionFilter(verdict=chance.choice(_VERDICTS), since=_some_time(chance)),
    "token, verdict": lambda chance: DecisionFilter(chance.choice(TOKENS).address, chance.choice(_VERDICTS)),
    "verdict, level": lambda chance: DecisionFilter(verdict=chance.choice(_VERDICTS), level=chance.choice(LEVELS)),
    "token, gate": lambda chance: DecisionFilter(chance.choice(TOKENS).address, first_failed=chance.choice(GATES)),
    "verdict, gate": lambda chance: DecisionFilter(verdict=chance.choice(_VERDICTS), first_failed=chance.choice(GATES)),
}


def measure(_: Stage) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "drydock.db"
        migrate(f"sqlite:///{file}")
        store = open_store(f"sqlite:///{file}")
        try:
            yield from _measured(store, file)
        finally:
            store.close()


def _measured(store: Store, file: Path) -> Iterator[Figure]:
    mine, began = open_session(store, draft(), BEGIN).id, time.perf_counter()
    fill(store, mine, DECISIONS)
    took = time.perf_counter() - began
    yield Figure("a million decisions", None, "MB", [file.stat().st_size / 1e6], note=f"filled in {took:.0f} s")
    wait_for_quiet()
    for name, drawn in _FILTERS.items():
        with Pauses() as pauses:
            times = _pages(store, mine, drawn)
        yield Figure(f"decisions, {name}", LIMIT_MS, "ms", times, "p95", note=str(pauses))
    yield Figure("  the newest of each token", None, "ms", [_timed(lambda: last_decisions(store, mine))])
    fifty = [decision_at(DECISIONS + place, mine, Random(place)) for place in range(len(TOKENS))]
    yield Figure(
        "  fifty more in the log", None, "ms", [_timed(lambda: log_decisions(store, fifty)) for _ in range(50)]
    )
    some = BEGIN + KEPT_FOR + (fifty[0].at - BEGIN) / 100
    yield Figure("  ten thousand dropped", None, "ms", [_timed(lambda: prune_decisions(store, some))])


def _pages(store: Store, session_id: str, drawn: Callable[[Random], DecisionFilter]) -> list[float]:
    chance = Random(PAGES)
    asked = [(drawn(chance), chance.randint(1, DECISIONS)) for _ in range(PAGES)]
    return [
        _timed(lambda wanted=wanted, before=before: decisions(store, session_id, wanted, A_PAGE, before))
        for wanted, before in asked
    ]


def _timed(work: Callable[[], object]) -> float:
    """How many milliseconds it takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
