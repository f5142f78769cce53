"""Recordings for tests: the recorded ones beside the project, and invented ones that a seed repeats."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import exp, sin
from pathlib import Path
from random import Random

import pytest

from app.domain.registry import named, usdc_of
from app.domain.tokens import Token
from app.market.recording import Recording, read_recording, recording_of
from app.market.replay_quoter import Assumptions
from app.trading.rehearsal import Ground, Stage
from app.trading.shadows import new_shadows
from app.trading.terms import Terms

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
ETH, BTC = "Binance_ETHUSDT_1h.csv", "Binance_BTCUSDT_1h.csv"
CRASH = "WETH_USDC_polygon_univ3_1m_2023-08-13_17.csv"
HEADER = "timestamp,open,high,low,close,volume"
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
BALANCE = Decimal(10_000)
ASSUMED, NO_LIMITS = Assumptions(), Terms()


def weth() -> Token:
    token = named(8453, "WETH")
    assert token
    return token


WETH, USDC = weth(), usdc_of(8453)


def recorded(name: str) -> Recording:
    """A recorded market; the test is skipped where the data is not beside the project."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"the recorded data is not beside the project: {path.name}")
    return read_recording(path, "WETH")


def invented_rows(bars: int, seed: int = 1, *, wave: float = 0.08, noise: float = 0.003) -> list[str]:
    """Rows of a file whose price goes up and down in waves, an hour a bar."""
    chance, rows, before = Random(seed), list[str](), 2000.0
    for index in range(bars):
        close = 2000.0 * exp(wave * sin(index / 45.0) + chance.gauss(0.0, noise))
        opening = before * exp(chance.gauss(0.0, noise / 4))
        high, low = (pick(opening, close) for pick in (max, min))
        high, low = high * exp(abs(chance.gauss(0.0, noise))), low * exp(-abs(chance.gauss(0.0, noise)))
        at = BEGIN + timedelta(hours=index)
        rows.append(
            f"{at:%Y-%m-%dT%H:%M:%SZ},{opening:.4f},{high:.4f},{low:.4f},{close:.4f},{chance.uniform(50, 150):.2f}"
        )
        before = close
    return rows


def recording(rows: Sequence[str], header: str = HEADER) -> Recording:
    return recording_of("\n".join((header, *rows)), Path("invented.csv"), "WETH")


def stage_of(
    played: Recording,
    assumed: Assumptions = ASSUMED,
    terms: Terms = NO_LIMITS,
    numbers: Sequence[int] = range(1, 11),
    balance: Decimal = BALANCE,
) -> Stage:
    """Levels with their ledgers before a recording."""
    shadows = new_shadows("t", played.first_at, balance, terms, numbers)
    return Stage(Ground(played, WETH, USDC, assumed, balance / 2), shadows)


def rank_correlation(one: Sequence[Decimal], other: Sequence[Decimal]) -> float:
    """Spearman's: the correlation of the ranks; equal values share the mean of theirs."""
    first, second = _ranks(one), _ranks(other)
    middle = (len(first) + 1) / 2
    spread = [sum((rank - middle) ** 2 for rank in ranks) for ranks in (first, second)]
    return sum((a - middle) * (b - middle) for a, b in zip(first, second, strict=True)) / (spread[0] * spread[1]) ** 0.5


def _ranks(values: Sequence[Decimal]) -> list[float]:
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2 for value in values
    ]
