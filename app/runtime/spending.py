"""Spending: what the sources' budgets have used in this process. No market that is opened gets any of it back."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from app.market.budget import Budget, Instant, is_scarce, recent
from app.runtime.poller import Poller
from app.store.database import Store, StoreRefused
from app.store.spending import Spent, record


class Spending:
    """The budgets of all sources that were asked, by name, as those who asked left them."""

    def __init__(self) -> None:
        self._left: dict[str, Budget] = {}
        self._written: dict[str, Mapping[str, int]] = {}

    def hand_over(self, before: Iterable[Poller], after: Iterable[Poller]) -> None:
        """Who asks from now on goes on where those stopped who asked before, in this market or in an earlier one."""
        self._left |= {poller.name: poller.line.budget for poller in before}
        for poller in after:
            if used := self._left.get(poller.name):
                poller.line.budget = replace(used, allowances=poller.line.budget.allowances)

    async def write(self, store: Store, asking: Iterable[Poller], now: Instant) -> None:
        """Put on disk what each source has had, those that nobody asks now among them. Raises StoreRefused."""
        budgets = self._budgets(asking)
        await asyncio.to_thread(record, store, _spent(budgets, now), now.month)
        self._written |= {name: budget.months for name, budget in budgets.items()}

    async def jot(self, store: Store, asking: Iterable[Poller], now: Instant) -> None:
        """Write at once where a source of which there is little was asked: a process that is killed must not forget
        it. A database that refuses is said, and tried again, by who writes all that there is."""
        budgets = self._budgets(asking)
        if any(is_scarce(budget) and budget.months != self._written.get(name) for name, budget in budgets.items()):
            with suppress(StoreRefused):
                await self.write(store, asking, now)

    def _budgets(self, asking: Iterable[Poller]) -> dict[str, Budget]:
        return self._left | {poller.name: poller.line.budget for poller in asking}


def _spent(budgets: Mapping[str, Budget], now: Instant) -> dict[str, Spent]:
    return {
        name: Spent(budget.months.get(now.month, 0), recent(now, budget), budget.months)
        for name, budget in budgets.items()
    }
