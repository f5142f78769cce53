"""Targets: what the desk promises of its prices and fills, as data, and how what was measured stands against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.buckets import Buckets
from app.domain.performance import Figure

# Bounds of the ages of prices in seconds, for Buckets: what is live, what is delayed, and what is beyond.
AGES = (1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0, 600.0)
_P95 = 0.95


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: the figure is to be at most `limit` (either way from zero, where it has a sign), or at least that.
    `unit` is s, %, ms or bp. Less than `fewest` measurements say nothing yet; `of` names them."""

    name: str
    title: str
    limit: Decimal
    unit: str
    fewest: int
    of: str
    least: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """What was measured, in the target's unit. `met` and `value` are None while there is too little, and `reason` is a
    sentence then. `bound` says that the value is only known to be at most `value`; `beyond` that it is more than that.
    """

    target: Target
    value: Decimal | None = None
    met: bool | None = None
    reason: str = ""
    bound: bool = False
    beyond: bool = False


PRICE_AGE = Target("price_age_p95", "Price age, p95", Decimal(30), "s", 60, "ages of prices")
BOARD_READS = Target("board_reads", "Reads answered from the board", Decimal(99), "%", 100, "reads", least=True)
TICK_TO_SCREEN = Target("tick_to_screen_p95", "Tick to screen, p95", Decimal(100), "ms", 20, "ticks on an open page")
FILL_MEDIAN = Target("fill_error_median", "Fill error, median", Decimal(5), "bp", 1, "fills")
FILL_P95 = Target("fill_error_p95", "Fill error, p95", Decimal(25), "bp", 20, "fills")
TARGETS = (PRICE_AGE, BOARD_READS, TICK_TO_SCREEN, FILL_MEDIAN, FILL_P95)


def of_buckets(target: Target, measured: Buckets, scale: int = 1) -> Score:
    """The 95th percentile: the bound of the bucket that it lies in, times `scale` for the target's unit."""
    if (few := _too_few(target, measured.count)) is not None:
        return few
    found = measured.quantile(_P95)
    value = Decimal(str(measured.bounds[-1] if found is None else found)) * scale
    return Score(target, value, found is not None and value <= target.limit, bound=True, beyond=found is None)


def of_share(target: Target, part: int, whole: int) -> Score:
    """So many of so many, in percent, to the hundredth downwards."""
    if (few := _too_few(target, whole)) is not None:
        return few
    value = Decimal(10_000 * part // whole).scaleb(-2)
    return Score(target, value, value >= target.limit)


def of_figure(target: Target, figure: Figure) -> Score:
    """A figure that knows itself whether there is enough of it."""
    if figure.value is None:
        return Score(target, reason=figure.reason)
    return Score(target, figure.value, abs(figure.value) <= target.limit)


def kept(scores: Sequence[Score]) -> tuple[int, int]:
    """How many of those that could be measured are met, and how many that are."""
    known = [score for score in scores if score.met is not None]
    return sum(score.met is True for score in known), len(known)


def _too_few(target: Target, count: int) -> Score | None:
    if count >= target.fewest:
        return None
    return Score(target, reason=f"This needs {target.fewest} {target.of}; there are {count}.")
