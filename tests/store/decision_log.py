"""Many decisions of one session, seeded and of the size of the bot's, for whoever has to be quick with a million.

Each is one of a few hundred that are wholly drawn, at a time, a token and a level of its own.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import insert

from app.domain.decisions import LEVELS, Decision, Logged, Occasion, Opinion, Verdict, at_least
from app.domain.tokens import Token
from app.store.bot_tables import DECISIONS
from app.store.database import Store
from app.store.decision_rows import decision_row

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
TOKENS = tuple(Token(8453, f"0x{number * 7919 + 1:040X}", f"T{number}", f"Token {number}", 18) for number in range(50))
# The first are asked early and fail often; the last one hardly ever does.
GATES = ("price", "history", "market", "trend", "strength", "momentum", "volume", "calm", "liquidity", "room", "rest")

_EVERY = timedelta(seconds=2)
_DRAWN = 400
_ROWS_A_TRANSACTION = 10_000
_VERDICTS = {Verdict.SKIP: 80, Verdict.HOLD: 16, Verdict.BUY: 2, Verdict.SELL: 2}


def decision_at(place: int, session_id: str, chance: Random) -> Logged:
    """A decision that is wholly drawn, as the one at this place in the log."""
    verdict = _verdict(chance)
    return Logged(
        session_id,
        BEGIN + place * _EVERY,
        BEGIN + place * _EVERY,
        Occasion.CLOSE,
        chance.choice(TOKENS),
        Decimal(chance.randint(1, 10**15)).scaleb(-12),
        "live",
        "coinbase",
        chance.uniform(0, 30),
        "running",
        _decision(verdict, chance),
        tuple(_opinion(level, chance) for level in LEVELS),
        "The trend of the last 48 bars is not strong enough to buy.",
    )


def fill(store: Store, session_id: str, count: int, seed: int = 2026) -> None:
    """Keep so many decisions of a session."""
    rows = _rows(session_id, count, Random(seed))
    while some := list(islice(rows, _ROWS_A_TRANSACTION)):
        with store.writing() as connection:
            connection.execute(insert(DECISIONS), some)


def _rows(session_id: str, count: int, chance: Random) -> Iterator[dict[str, Any]]:
    drawn = [decision_row(decision_at(place, session_id, chance)) for place in range(_DRAWN)]
    tokens = [{"address": token.key.address, "shown_address": token.address} for token in TOKENS]
    for place in range(count):
        at = BEGIN + place * _EVERY
        other = {"at": at, "bar_at": at, "level": chance.choice(LEVELS), **chance.choice(tokens)}
        yield chance.choice(drawn) | other


def _decision(verdict: Verdict, chance: Random) -> Decision:
    failing = len(GATES) if verdict is Verdict.BUY else min(int(chance.expovariate(0.6)), len(GATES) - 1)
    gates = tuple(
        at_least(name, 0.0 if place == failing else 1 + chance.random(), chance.random())
        for place, name in enumerate(GATES)
    )
    keeps = at_least("stop", chance.random() - float(verdict is Verdict.SELL), 0.0, keeps=True)
    size = Decimal(chance.randint(0, 10**9)).scaleb(-6)
    return Decision(chance.choice(LEVELS), verdict, (*gates, keeps), size, *_scores(chance))


def _opinion(level: int, chance: Random) -> Opinion:
    verdict = _verdict(chance)
    failed = None if verdict is Verdict.BUY else chance.choice(GATES)
    return Opinion(level, verdict, failed, Decimal(chance.randint(0, 10**9)).scaleb(-6), *_scores(chance))


def _verdict(chance: Random) -> Verdict:
    return chance.choices(list(_VERDICTS), list(_VERDICTS.values()))[0]


def _scores(chance: Random) -> tuple[float, float, float]:
    return chance.uniform(0, 100), chance.uniform(0, 100), chance.uniform(0, 100)
