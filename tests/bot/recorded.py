"""Recorded markets for the bot's tests, where they are beside the project, and stages to play them on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from app.domain.decisions import Decision
from app.domain.tokens import Token
from app.market.recording import Recording, read_recording
from app.market.replay_quoter import Assumptions
from app.trading.rehearsal import Ground, Stage
from app.trading.shadows import Shadows, new_shadows
from app.trading.terms import Terms
from tests.domain.deals import USDC

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
CRASH = "WETH_USDC_polygon_univ3_1m_2023-08-13_17.csv"
TOP = Decimal(20_000)
_NO_TERMS = Terms()


def hours(asset: str, first: int, count: int) -> Recording:
    """So many of two years' hourly bars of ETH or BTC. Skips the test where they are not there."""
    return part(_read(f"Binance_{asset}USDT_1h.csv"), first, count)


def crash() -> Recording:
    """Five days of August 2023, minute by minute. Skips the test where they are not there."""
    return _read(CRASH)


def part(of: Recording, first: int, count: int) -> Recording:
    last = first + count
    return replace(of, bars=of.bars[first:last], liquidity=of.liquidity[first:last])


def later(of: Recording, hours_later: int) -> Recording:
    """The same bars at another time."""
    step = timedelta(hours=hours_later)
    return replace(of, bars=tuple(replace(bar, at=bar.at + step) for bar in of.bars))


def token(number: int) -> Token:
    return Token(8453, f"0x{number:040x}", f"T{number}", f"Token {number}", 18)


def ledgers(at: Recording, terms: Terms = _NO_TERMS, balance: int = 10_000) -> Shadows:
    return new_shadows("s1", at.first_at, Decimal(balance), terms)


def stage(of: Recording, shadows: Shadows | None = None, number: int = 1) -> Stage:
    """A recording on the stage as a token of this number, before ten fresh ledgers unless others are given."""
    return Stage(Ground(of, token(number), USDC, Assumptions(), TOP), shadows or ledgers(of))


def played(of: Recording, shadows: Shadows | None = None) -> Iterator[list[Decision]]:
    """Bar by bar what the ten levels make of it."""
    on = stage(of, shadows)
    return (on.play(index) for index in range(len(of.bars)))


def _read(name: str) -> Recording:
    if not (DATA / name).is_file():
        pytest.skip("the recorded data is not beside the project")
    return _kept(name)


@cache
def _kept(name: str) -> Recording:
    return read_recording(DATA / name, "WETH")
