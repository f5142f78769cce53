"""Marking: 10,000 positions of 500 accounts in 20 tokens, when one of the tokens ticks."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from app.domain.ledger import Account, Position
from app.domain.valuation import Marks
from tests.bench.rig import Figure, wait_for_quiet
from tests.bench.server import Stage

ACCOUNTS = 500
TOKENS = 20
SAMPLES = 1000
LIMIT_MS = 5


def measure(_: Stage) -> Iterator[Figure]:
    marks = Marks()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    held = {
        f"0x{token:040x}": Position(
            f"0x{token:040x}", Decimal("1.5"), Decimal(3000), Decimal(2), Decimal(4000), Decimal(1), at
        )
        for token in range(TOKENS)
    }
    for number in range(ACCOUNTS):
        account = Account(f"a{number}", cash=Decimal(100), positions=MappingProxyType(held))
        marks.put(replace(account, version=1))
    for asset in held:
        marks.tick(asset, Decimal(2000), live=True)
    wait_for_quiet()
    yield Figure("marking 10,000 positions at a tick", LIMIT_MS, "ms", [_tick(marks, n) for n in range(SAMPLES)], "p95")


def _tick(marks: Marks, number: int) -> float:
    began = time.perf_counter()
    marks.tick(f"0x{number % TOKENS:040x}", Decimal(2000) + number, live=True)
    return (time.perf_counter() - began) * 1000
