"""Buckets: how often something took how long, counted as it happens."""

from bisect import bisect_left
from collections.abc import Sequence

# Seconds; from one that nobody notices to one that everybody does.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Buckets:
    """Counts of values up to each bound, and of those beyond the last; `total` is the sum of all values."""

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def see(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def take(self, other: "Buckets") -> None:
        """Count the values of another with the same bounds too."""
        self.counts = [mine + others for mine, others in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    @property
    def count(self) -> int:
        return sum(self.counts)

    def cumulative(self) -> list[tuple[float, int]]:
        """(bound, how many were at most that), for each bound; the last bound is infinite."""
        found: list[tuple[float, int]] = []
        seen = 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            seen += count
            found.append((bound, seen))
        return found

    def quantile(self, share: float) -> float | None:
        """The bound below which at least this share of the values lies; None where there is none, or it lies beyond
        the last bound."""
        wanted = share * self.count
        found = next((bound for bound, seen in self.cumulative() if seen >= wanted), None) if self.count else None
        return None if found == float("inf") else found
