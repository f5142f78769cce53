"""Decisions: what the bot makes of a market at a moment, gate by gate, and what would have altered its mind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.tokens import Token

LEVELS = range(1, 11)


# Gates that hold or do not, gates that count, and the width of the scale of what is read through zero.
_CONDITIONS = frozenset({"price", "confirmed", "history", "allowed", "quote"})
_COUNTS = frozenset({"positions", "daily_trades"})
_WIDTHS = {"strength": 2.0}
# Farther than anything that is measured.
_UNMEASURED = 2.0


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
    BELOW = "<"


class Gate(NamedTuple):
    """One condition, made by `at_least`, `at_most` or `below`. `value` and `threshold` are in the gate's own unit;
    `value` is None where it is not known, and such a gate never passes. `keeps` marks a condition for keeping a
    position, as against taking one."""

    name: str
    value: float | None
    sense: Sense
    threshold: float
    keeps: bool
    passed: bool

    @property
    def distance(self) -> float:
        """How far the value is from crossing, 0 to 1: relative to the larger of the two, or to the width of its scale
        where that goes through zero. 2 where it is not known, and of a condition that holds or does not: nothing is
        near to that. A count crosses by a whole one."""
        if self.value is None or self.name in _CONDITIONS:
            return _UNMEASURED
        way = abs(self.value - self.threshold)
        if self.name in _WIDTHS:
            return way / _WIDTHS[self.name]
        # Where a count that stands on its threshold would not have crossed, it has one more to go.
        if self.name in _COUNTS and self.passed is not (self.sense is Sense.BELOW):
            way += 1.0
        scale = max(abs(self.value), abs(self.threshold), way)
        return way / scale if scale else 0.0


def at_least(name: str, value: float | None, threshold: float, *, keeps: bool = False) -> Gate:
    """A gate that a value passes from the threshold upwards."""
    return _gate((name, value, _LEAST, threshold, keeps, value is not None and value >= threshold))


def at_most(name: str, value: float | None, threshold: float, *, keeps: bool = False) -> Gate:
    """A gate that a value passes up to the threshold."""
    return _gate((name, value, _MOST, threshold, keeps, value is not None and value <= threshold))


def below(name: str, value: float | None, threshold: float) -> Gate:
    """A gate that a value passes under the threshold, and not at it."""
    return _gate((name, value, _BELOW, threshold, False, value is not None and value < threshold))


def met(value: float | None, sense: Sense, threshold: float) -> bool:
    """Whether a value is where it has to be; one that is not known never is."""
    if value is None:
        return False
    return value >= threshold if sense is _LEAST else value < threshold if sense is _BELOW else value <= threshold


# Millions of gates are made in a replay: this takes two thirds of the time of Gate(...) and Sense.LEAST.
_gate, _LEAST, _MOST, _BELOW = Gate._make, Sense.LEAST, Sense.MOST, Sense.BELOW


class Flip(NamedTuple):
    """The one gate whose crossing alone would have made another verdict: nearest by relative distance, what is measured
    before what holds or does not."""

    gate: str
    value: float | None
    sense: Sense
    threshold: float
    verdict: Verdict


def judged(gates: Iterable[Gate]) -> Verdict:
    """The verdict that gates make. Those that keep a position are there only where one is held.

    The first gate is the price's: while it fails nothing is done at all.
    """
    held, price, keep, enter = False, True, True, True
    for index, gate in enumerate(gates):
        if gate.keeps:
            held = True
            keep = keep and gate.passed
        elif not gate.passed:
            enter = False
            price = price and index > 0
    return _verdict(held=held, price=price, keep=keep, enter=enter)


def flip_of(gates: Sequence[Gate]) -> Flip | None:
    """The gate nearest to crossing among those whose crossing alone makes another verdict."""
    failed = [not gate.passed for gate in gates]
    held = any(gate.keeps for gate in gates)
    keep = sum(bad for bad, gate in zip(failed, gates, strict=True) if gate.keeps)
    enter = sum(failed) - keep
    now = _verdict(held=held, price=not failed[0], keep=not keep, enter=not enter)
    found: Flip | None = None
    nearest = float("inf")
    for index, (bad, gate) in enumerate(zip(failed, gates, strict=True)):
        distance = gate.distance
        if distance >= nearest:
            continue
        step = -1 if bad else 1
        price = bad if index == 0 else not failed[0]
        keeps, enters = (keep + step, enter) if gate.keeps else (keep, enter + step)
        then = _verdict(held=held, price=price, keep=not keeps, enter=not enters)
        if then is not now:
            nearest, found = distance, Flip(gate.name, gate.value, gate.sense, gate.threshold, then)
    return found


def _verdict(*, held: bool, price: bool, keep: bool, enter: bool) -> Verdict:
    if held and price and not keep:
        return Verdict.SELL
    if price and enter:
        return Verdict.BUY
    return Verdict.HOLD if held else Verdict.SKIP


@dataclass(frozen=True, slots=True)
class Decision:
    """What one level makes of one token. Scores are 0 to 100; `size_usd` is what it would trade, else zero.

    `gates` are in the order in which they are asked.
    """

    level: int
    verdict: Verdict
    gates: tuple[Gate, ...]
    size_usd: Decimal
    confidence: float
    risk: float
    opportunity: float

    @property
    def flip(self) -> Flip | None:
        """The smallest single change that would alter the verdict; None where no single gate does."""
        return flip_of(self.gates)

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
