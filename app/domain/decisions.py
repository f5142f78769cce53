"""Decisions: what the bot makes of a market at a moment, gate by gate, and what would have altered its mind."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.tokens import Token

LEVELS = range(1, 11)


class Verdict(StrEnum):
    """What to do: buy, sell, keep what is held, or stay out."""

    BUY = "BUY"
    SELL = "SELL"
    HOLD = "HOLD"
    SKIP = "SKIP"


class Sense(StrEnum):
    """On which side of its threshold a gate's value has to be."""

    LEAST = ">="
    MOST = "<="


class Gate(NamedTuple):
    """One condition. `value` and `threshold` are in the gate's own unit (app/bot/gates.py); `value` is None where it is
    not known, and such a gate never passes. `keeps` marks a condition for keeping a position, as against taking one."""

    name: str
    value: float | None
    sense: Sense
    threshold: float
    keeps: bool = False

    @property
    def passed(self) -> bool:
        if self.value is None:
            return False
        return self.value >= self.threshold if self.sense is Sense.LEAST else self.value <= self.threshold

    @property
    def distance(self) -> float:
        """How far the value is from crossing, relative to the larger of the two; 1 where it is not known."""
        if self.value is None:
            return 1.0
        return abs(self.value - self.threshold) / max(abs(self.value), abs(self.threshold), 1e-12)


class Flip(NamedTuple):
    """The one gate whose crossing alone would have made another verdict: nearest by relative distance."""

    gate: str
    value: float | None
    sense: Sense
    threshold: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """What one level makes of one token. Scores are 0 to 100; `size_usd` is what it would trade, else zero.

    `gates` are in the order in which they are asked; `flip` is None where no single gate would alter the verdict.
    """

    level: int
    verdict: Verdict
    gates: tuple[Gate, ...]
    size_usd: Decimal
    confidence: float
    risk: float
    opportunity: float
    flip: Flip | None

    @property
    def first_failed(self) -> str | None:
        """The gate that decided: the first reason to sell, or the first reason not to buy."""
        failed = (gate for gate in self.gates if not gate.passed)
        if self.verdict is Verdict.BUY:
            return None
        if self.verdict is Verdict.SELL:
            return next((gate.name for gate in failed if gate.keeps), None)
        return next((gate.name for gate in failed if not gate.keeps), None)


class Opinion(NamedTuple):
    """What one of the ten levels makes of the same snapshot, from its own shadow ledger."""

    level: int
    verdict: Verdict
    first_failed: str | None
    size_usd: Decimal
    confidence: float
    risk: float
    opportunity: float


class Occasion(StrEnum):
    """Why a decision was made: a bar has closed, a price has ticked through an exit, or somebody moved the slider or
    started the bot. Only the first two trade."""

    CLOSE = "close"
    EXIT = "exit"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Logged:
    """A decision as the log keeps it: the person's account's at the slider's level, and the ten levels' opinions.

    `at` is the market's time, `bar_at` the beginning of the last closed bar that it rests on (None without one);
    `price` is US dollars, None where there was none; `state` and `source` are the price's. `bot` is the bot's state
    then: running, paused or stopped; only a running one buys. `acted` says whether a trade or an order came of it, and
    `trade_id` names the trade. `id` is empty until it is kept.
    """

    session_id: str
    at: datetime
    bar_at: datetime | None
    occasion: Occasion
    token: Token
    price: Decimal | None
    state: str
    source: str | None
    age_s: float | None
    bot: str
    decision: Decision
    opinions: tuple[Opinion, ...]
    said: str
    acted: bool = False
    trade_id: str | None = None
    id: str = ""
