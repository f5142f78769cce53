"""Spending: what the sources' budgets have used in this process. No market that is opened gets any of it back."""

from collections.abc import Iterable
from dataclasses import replace

from app.market.budget import Budget, Instant, recent
from app.runtime.poller import Poller
from app.store.spending import Spent


class Spending:
    """The budgets of all sources that were asked, by name, as those who asked left them."""

    def __init__(self) -> None:
        self._left: dict[str, Budget] = {}

    def hand_over(self, before: Iterable[Poller], after: Iterable[Poller]) -> None:
        """Who asks from now on goes on where those stopped who asked before, in this market or in an earlier one."""
        self._left |= {poller.name: poller.line.budget for poller in before}
        for poller in after:
            if used := self._left.get(poller.name):
                poller.line.budget = replace(used, allowances=poller.line.budget.allowances)

    def spent(self, asking: Iterable[Poller], now: Instant) -> dict[str, Spent]:
        """What each source has had this month, those that nobody asks now among them."""
        budgets = self._left | {poller.name: poller.line.budget for poller in asking}
        current = {name: budget for name, budget in budgets.items() if budget.month == now.month}
        return {name: Spent(budget.month_calls, recent(now, budget)) for name, budget in current.items()}
