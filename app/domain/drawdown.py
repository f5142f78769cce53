"""Drawdown: the deepest fall of an equity below its highest point so far."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import NOTHING, ratio


@dataclass(slots=True)
class Drawdown:
    """`highest` in US dollars, `deepest_pct` in percent of it, never negative; `now_pct` is that of the last equity."""

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

    def below_pct(self, equity: Decimal) -> float:
        """How far this equity is below the highest, in percent: a score's input, not a figure."""
        return max(0.0, 100.0 * (1.0 - float(equity) / float(self.highest))) if self.highest > 0 else 0.0
