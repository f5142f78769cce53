"""Tallies: a recording played to its end, and what each level has made of it beside holding and beside luck."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Context, Decimal, localcontext
from itertools import pairwise

from app.domain.bars import Bar
from app.domain.drawdown import Drawdown
from app.domain.money import NOTHING, added, change_pct, ratio
from app.domain.trades import Trade
from app.trading.rehearsal import Stage
from app.trading.shadow import Shadow

# How often whoever waits is told: telling costs more than a bar does.
BARS_BETWEEN = 500
_HUNDRED = Decimal(100)
# A product of returns is a figure to be read, and no money: 40 digits are more than anybody can tell from all of them.
_STATISTICS = Context(prec=40)


class Tally:
    """What one level has made of a recording. `trades` are in order of time, `month_ends` its equity in US dollars at
    the end of each calendar month (UTC), the last one at the end of the recording."""

    def __init__(self, shadow: Shadow) -> None:
        self.shadow = shadow
        self.trades: list[Trade] = []
        self.month_ends: list[Decimal] = []
        self._began = shadow.equity
        self._shares = NOTHING
        self._bars = 0

    def see(self) -> None:
        """One more bar has closed."""
        self._bars += 1
        if self.shadow.holdings:
            worth = self.shadow.marks.valued(self.shadow.account_id)
            self._shares = added(self._shares, ratio(worth.positions_value, worth.equity))

    def end_month(self) -> None:
        """A month ends with the equity of now."""
        self.month_ends.append(self.shadow.equity)
        written = self.shadow.written.changes
        self.trades.extend(change.trade for change in written if change.trade)
        written.clear()

    @property
    def exposure(self) -> Decimal:
        """The mean over all bars' closes of the positions' share of the equity, 0 to 1."""
        return ratio(self._shares, Decimal(self._bars))

    @property
    def return_pct(self) -> Decimal:
        return change_pct(self.shadow.equity, self._began)

    @property
    def worst_month_pct(self) -> Decimal:
        """The lowest return of a calendar month in percent, signed; of those cut off at either end what there is."""
        return worst_pct([self._began, *self.month_ends])


def rehearsed(stage: Stage, tell: Callable[[int], object]) -> list[Tally]:
    """Play the whole recording and sell at its last close what is still held. `tell` hears now and then how many bars
    have been played."""
    bars = stage.ground.recording.bars
    tallies = [Tally(shadow) for shadow in stage.shadows.all]
    ends = set(month_ends(bars)[:-1])
    for index in range(len(bars)):
        stage.play(index)
        for tally in tallies:
            tally.see()
        if index in ends:
            for tally in tallies:
                tally.end_month()
        if index % BARS_BETWEEN == 0:
            tell(index)
    stage.end()
    for tally in tallies:
        tally.end_month()
    return tallies


def month_ends(bars: Sequence[Bar]) -> list[int]:
    """The indices of the last bars of the calendar months (UTC) in which bars begin."""
    found = [index for index, (bar, after) in enumerate(pairwise(bars)) if _month(bar.at) != _month(after.at)]
    return [*found, len(bars) - 1]


def worst_pct(worths: Iterable[Decimal]) -> Decimal:
    """The lowest change in percent from one of these to the next, signed."""
    return min(change_pct(after, before) for before, after in pairwise(worths))


def deepest_pct(worths: Iterable[Decimal]) -> Decimal:
    """The deepest fall below the highest so far in percent, positive."""
    drawdown = Drawdown()
    for worth in worths:
        drawdown.see(worth)
    return drawdown.deepest_pct


def without_skill_pct(closes: Sequence[Decimal], exposure: Decimal) -> Decimal:
    """What the same exposure (0 to 1), held all the time, would have returned in percent: each bar's return times the
    exposure, compounded, at no cost."""
    with localcontext(_STATISTICS):
        worth = Decimal(1)
        for before, after in pairwise(closes):
            worth += worth * exposure * (after - before) / before
        return (worth - 1) * _HUNDRED


def _month(at: datetime) -> tuple[int, int]:
    return at.year, at.month
