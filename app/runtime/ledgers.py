"""The ten ledgers in figures: what each level's shadow has come to, from its first day to now."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from app.domain.money import NOTHING, ratio, significant
from app.domain.session import Session
from app.runtime.looks import LevelLine
from app.runtime.noted import Noted
from app.store.database import Store
from app.store.equity import Mark, some_marks, spread
from app.trading.shadow import Shadow
from app.trading.shadows import Shadows

SPARK_POINTS = 60

Item = TypeVar("Item")


class Ledgers:
    """The marks of the ten shadows, in memory as small pictures need them and on disk as the charts do."""

    def __init__(self, session: Session, store: Store, shadows: Shadows) -> None:
        self._session = session
        self._store = store
        self._shadows = shadows
        self._sparks: dict[int, list[Decimal]] = {}
        self._noted = Noted(store, "shadows")

    async def open(self) -> None:
        """Read the marks that were kept. Raises StoreRefused."""
        for shadow in self._shadows.all:
            past = await asyncio.to_thread(some_marks, self._store, shadow.account_id, SPARK_POINTS * 2 - 1)
            self._sparks[shadow.level.number] = [self._session.starting_balance, *(each.equity for each in past)]

    def lines(self) -> list[LevelLine]:
        """The ten as they stand, by level."""
        return [self._line(shadow) for shadow in self._shadows.all]

    def note(self, at: datetime) -> None:
        """Note what the ten are worth now. One whose positions have no live price behind them is left out: after a
        restart that would be what they cost."""
        for shadow in self._shadows.all:
            worth, drawdown = shadow.marks.valued(shadow.account_id), shadow.drawdown
            if worth.stale_value and worth.stale_value == worth.positions_value:
                continue
            equity = worth.equity
            row = Mark(at, equity, shadow.books.account.cash, None, drawdown.highest, drawdown.deepest_pct)
            self._noted.add(shadow.account_id, row)
            spark = self._sparks.setdefault(shadow.level.number, [self._session.starting_balance])
            spark.append(equity)
            if len(spark) > SPARK_POINTS * 2:
                self._sparks[shadow.level.number] = thinned(spark, SPARK_POINTS)

    async def write(self) -> None:
        """Write down what was noted."""
        await self._noted.write()

    async def curves(self, points: int) -> dict[int, list[Mark]]:
        """The marks of each level, and of the person's account under 0, at most so many each."""
        accounts = {0: self._session.id} | {shadow.level.number: shadow.account_id for shadow in self._shadows.all}
        found: dict[int, list[Mark]] = {}
        for number, account_id in accounts.items():
            found[number] = await asyncio.to_thread(some_marks, self._store, account_id, points)
        return found

    def _line(self, shadow: Shadow) -> LevelLine:
        account, equity, start = shadow.books.account, shadow.equity, self._session.starting_balance
        spark = [*self._sparks.get(shadow.level.number, [start]), equity]
        return LevelLine(
            level=shadow.level.number,
            equity=equity,
            return_pct=significant((ratio(equity, start) - 1) * 100, 9) if start else NOTHING,
            max_drawdown_pct=significant(shadow.drawdown.deepest_pct, 9),
            # The first entry is the deposit; every other is a trade.
            trades=account.version - 1,
            gas=account.gas,
            fees=account.fees,
            impact=account.impact,
            positions=len(shadow.holdings),
            spark=tuple(thinned(spark, SPARK_POINTS)),
        )


def thinned(rows: Sequence[Item], most: int) -> list[Item]:
    """At most so many of the rows, evenly spaced, the first and the last among them."""
    return [rows[place] for place in spread(len(rows), most)]
