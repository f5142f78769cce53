"""Noted: marks of accounts that wait to be written down, of which none is lost while the disk refuses."""

import asyncio
import logging

from app.runtime.once import Once
from app.store.database import Store, StoreRefused
from app.store.equity import Mark, mark

_log = logging.getLogger("drydock.trade")


class Noted:
    """Those of `whose`, as the log calls them where the disk refuses."""

    def __init__(self, store: Store, whose: str) -> None:
        self._store = store
        self._whose = whose
        self._rows: list[tuple[str, Mark]] = []
        self._refusals = Once()

    def add(self, account_id: str, row: Mark) -> None:
        """To be written with the next."""
        self._rows.append((account_id, row))

    async def write(self) -> None:
        """Write all down. What the disk refuses is told, and written the next time."""
        rows, self._rows = self._rows, []
        try:
            await asyncio.to_thread(mark, self._store, rows)
        except StoreRefused as error:
            self._rows = rows + self._rows
            for why in self._refusals.news(str(error)):
                _log.error("[SESSION] marks=unwritten of=%s why=%r", self._whose, why)
        else:
            if self._refusals.over():
                _log.info("[SESSION] marks=written_again of=%s", self._whose)
