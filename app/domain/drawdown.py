"""Drawdown: the deepest fall of an equity below its highest point so far."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import NOTHING, ratio


@dataclass(slots=True)
class Drawdown:
    """`highest` in US dollars, `deepest_pct` in percent of it, never negative.

    `lowest` is the lowest equity since the highest."""

    highest: Decimal = NOTHING
    deepest_pct: Decimal = NOTHING
    lowest: Decimal | None = None

    def see(self, equity: Decimal) -> None:
        """One more equity, in order of time."""
        if equity >= self.highest:
            self.highest, self.lowest = equity, None
        elif self.lowest is None or equity < self.lowest:
            self.lowest = equity
            if self.highest > 0:
                self.deepest_pct = max(self.deepest_pct, (1 - ratio(equity, self.highest)) * 100)

    def below_pct(self, equity: Decimal) -> Decimal:
        """How far this equity is below the highest, in percent; zero above it."""
        if equity >= self.highest or not self.highest:
            return NOTHING
        return (1 - ratio(equity, self.highest)) * 100
