"""The curves of the invented market: hashed lattice noise on many scales and jumps, as pure functions of time.

Everything here is floats and stateless: what a curve says of a moment depends on its key and that moment alone.
Moments are whole microseconds since 1970 UTC. `over` says of many moments at once, to the bit, what `at` says of each.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.int64]
Values = NDArray[np.float64]

SECOND = 1_000_000
_HOUR = 3600 * SECOND
_YEAR_S = 365 * 86400
_WORD = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15

# 30 s, then three times as long each, to 61 days.
_PERIODS_S = tuple(30 * 3**step for step in range(12))

# A jump may begin anywhere within its span and is over before the next span but one begins.
_SPAN = 72 * _HOUR


def key_of(*names: object) -> int:
    """A 64-bit key that depends on the names and their order, the same in every process."""
    return int.from_bytes(blake2b("|".join(map(str, names)).encode(), digest_size=8).digest())


def share_of(key: int, index: int) -> float:
    """A number in [0, 1) for a place in a key's stream: splitmix64 (Steele, Lea and Flood, 2014)."""
    bits = (key + index * _GOLDEN) & _WORD
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _WORD
    return ((bits ^ (bits >> 31)) >> 11) * 2.0**-53


def shares_of(key: int, places: Moments) -> Values:
    """As `share_of`, for many places."""
    bits = np.uint64(key) + places.astype(np.uint64) * np.uint64(_GOLDEN)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


class Octave(NamedTuple):
    """Noise on one scale: a value in ±`amplitude` at every multiple of `period`, joined smoothly."""

    period: int
    phase: int
    amplitude: float
    key: int


@dataclass(frozen=True, slots=True)
class Path:
    """A sum of noises on several scales."""

    octaves: tuple[Octave, ...]

    def at(self, moment: int) -> float:
        total = 0.0
        for period, phase, amplitude, key in self.octaves:
            cell, inside = divmod(moment + phase, period)
            left, rise = _segment(key, cell)
            x = inside / period
            total += amplitude * (left + rise * x * x * (3.0 - 2.0 * x))
        return total

    def over(self, moments: Moments) -> Values:
        total = np.zeros(len(moments))
        for period, phase, amplitude, key in self.octaves:
            cells, inside = np.divmod(moments + phase, period)
            left = 2.0 * shares_of(key, cells) - 1.0
            rise = 2.0 * shares_of(key, cells + 1) - 1.0 - left
            x = inside / period
            total += amplitude * (left + rise * x * x * (3.0 - 2.0 * x))
        return total


def brownian(key: int, volatility: float) -> Path:
    """A path that moves like a Brownian one from minutes to weeks and stays about zero over months.

    `volatility` is annualised and as a fraction: 0.6 is 60 %. That each octave is as large as a Brownian path
    gets within its period yields this volatility from one minute to a month to within 10 % (measured).
    """
    return _path(key, [volatility * math.sqrt(period / _YEAR_S) for period in _PERIODS_S])


def wander(key: int, reach: float, longest_s: int) -> Path:
    """A path that never leaves ±`reach` and forgets within a few times `longest_s`."""
    weights = [math.sqrt(period) for period in _PERIODS_S if period <= longest_s]
    return _path(key, [reach * weight / sum(weights) for weight in weights])


@dataclass(frozen=True, slots=True)
class Jumps:
    """Sudden steps that decay within two days.

    `per_month` is how many to expect in 30 days (at most 10); a step is from `least` to `most`, as fractions of
    the price, small ones being the commonest; with `falls_only` there is none upward.
    """

    key: int
    per_month: float
    least: float = 0.03
    most: float = 0.12
    falls_only: bool = False

    def at(self, moment: int) -> float:
        """The sum of the steps still felt at the moment, as a difference of log prices."""
        span = moment // _SPAN
        return self._felt(span, moment) + self._felt(span - 1, moment)

    def over(self, moments: Moments) -> Values:
        total = np.zeros(len(moments))
        spans = moments // _SPAN
        for span in range(int(spans.min()) - 1, int(spans.max()) + 1):
            jump = self._jump(span)
            if jump is None:
                continue
            begins, lasts, step = jump
            ages = moments - begins
            felt = (ages >= 0) & (ages < lasts)
            left = 1 - ages[felt] / lasts
            total[felt] += left * left * step
        return total

    def _felt(self, span: int, moment: int) -> float:
        jump = self._jump(span)
        if jump is None:
            return 0.0
        begins, lasts, step = jump
        age = moment - begins
        if not 0 <= age < lasts:
            return 0.0
        left = 1 - age / lasts
        return left * left * step

    def _jump(self, span: int) -> tuple[int, int, float] | None:
        """When the span's jump begins, for how long it is felt, and its step in the logarithm; None without one."""
        luck, when, size, life, sign = _draws(self.key, span)
        if luck * 10 >= self.per_month:
            return None
        step = self.least + (self.most - self.least) * size**3
        step = math.log(1 - step if self.falls_only or sign < 0.5 else 1 + step)
        return span * _SPAN + int(when * _SPAN), int((6 + 42 * life) * _HOUR), step


@dataclass(frozen=True, slots=True)
class Course:
    """One asset's price in US dollars: a base, and paths and jumps of its logarithm."""

    base: float
    curves: tuple[Path | Jumps, ...]

    def at(self, moment: int) -> float:
        return self.base * math.exp(sum(curve.at(moment) for curve in self.curves))

    def over(self, moments: Moments) -> list[float]:
        total = np.zeros(len(moments))
        for curve in self.curves:
            total += curve.over(moments)
        # The array's own exponential may differ in the last bit.
        return [self.base * math.exp(value) for value in total.tolist()]


def _path(key: int, amplitudes: list[float]) -> Path:
    octaves: list[Octave] = []
    for step, (period_s, amplitude) in enumerate(zip(_PERIODS_S, amplitudes, strict=False)):
        period = period_s * SECOND
        own = key_of(key, step)
        octaves.append(Octave(period, int(share_of(own, -1) * period), amplitude, own))
    return Path(tuple(octaves))


@lru_cache(maxsize=1 << 15)
def _segment(key: int, cell: int) -> tuple[float, float]:
    """The noise at the left end of a cell, in ±1, and its rise to the right end."""
    left = 2.0 * share_of(key, cell) - 1.0
    return left, 2.0 * share_of(key, cell + 1) - 1.0 - left


@lru_cache(maxsize=1 << 12)
def _draws(key: int, span: int) -> tuple[float, float, float, float, float]:
    luck, when, size, life, sign = (share_of(key, span * 5 + place) for place in range(5))
    return luck, when, size, life, sign
