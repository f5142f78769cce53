"""Recalling: how a session's bot and its shadows come off the disk, and how the shadows go back to it."""

import asyncio
import json
import logging
from datetime import datetime

from app.domain.bots import Holding
from app.domain.session import Session
from app.domain.trades import Trade
from app.runtime.once import Once
from app.store.books import Outpaced, write
from app.store.bots import holdings, memories
from app.store.database import Store, StoreRefused
from app.store.trades import TradeFilter, trades
from app.trading.keeping import batches, give_back, open_shadows, taken
from app.trading.shadows import Shadows
from app.trading.terms import Terms
from app.trading.trader import Trader

_PAGE = 500

_log = logging.getLogger("drydock.bot")


class ShadowBooks:
    """The shadows of one session and the disk that they are kept on."""

    def __init__(self, session: Session, store: Store) -> None:
        self._session = session
        self._store = store
        self._writing = asyncio.Lock()
        self._refusals = Once()

    async def open(self, terms: Terms, at: datetime) -> Shadows:
        """The ten as they were left. Raises StoreRefused."""
        return await asyncio.to_thread(open_shadows, self._store, self._session, terms, at)

    async def write(self, shadows: Shadows, at: datetime) -> None:
        """Put what they have done on disk. What it refuses is written another time."""
        async with self._writing:
            found = taken(shadows)
            rows = batches(found, shadows.seen)
            if not rows:
                return
            try:
                await asyncio.to_thread(write, self._store, rows)
            except StoreRefused as error:
                give_back(found)
                for why in self._refusals.news(str(error)):
                    _log.error("[SESSION] shadows=refused why=%r", why)
            except Outpaced:
                _log.error("[SESSION] shadows=outpaced why=%r", "they were written to elsewhere, and are read anew")
                shadows.become(await self.open(shadows.terms, at))
            else:
                if self._refusals.over():
                    _log.info("[SESSION] shadows=written_again")


async def recall(trader: Trader, store: Store, account_id: str) -> None:
    """What the bot holds on the account, and the trades that came after that was kept. Raises StoreRefused."""
    held, memory, since = await asyncio.to_thread(_kept, store, account_id)
    trader.recall(held, memory, since)


def _kept(store: Store, account_id: str) -> tuple[dict[str, Holding], str | None, list[Trade]]:
    memory = memories(store, account_id).get(account_id)
    since = [] if memory is None else _since(store, account_id, json.loads(memory)["upto"])
    return holdings(store, account_id), memory, since


def _since(store: Store, account_id: str, upto: int) -> list[Trade]:
    """The trades numbered above `upto`, oldest first."""
    found: list[Trade] = []
    before: int | None = None
    while True:
        page = trades(store, account_id, TradeFilter(), _PAGE, before)
        found += [trade for trade in page if trade.number > upto]
        if len(page) < _PAGE or page[-1].number <= upto:
            return found[::-1]
        before = page[-1].number
