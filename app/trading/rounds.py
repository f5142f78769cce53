"""Rounds: decisions about the books, taken one after the other and written many at a time.

Disk first, then memory, then the bell: what was acknowledged is on disk, and what failed was never in memory.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from app.domain.books import Books, Change, applied
from app.domain.ledger import folded
from app.domain.refusal import Refusal
from app.store.books import Batch, Outpaced, entries, write
from app.store.database import Store, StoreRefused
from app.store.orders import open_orders
from app.trading.bell import Bell, Topic

Decide = Callable[[Books], Change | Refusal]

# Another process that writes to the same account is met by reading it anew, so often.
_TRIES = 3


class _Waiting(NamedTuple):
    account_id: str
    decide: Decide
    answer: "asyncio.Future[Change | Refusal]"


@dataclass(slots=True)
class _Draft:
    """The books as they will be, and what has to be written for that."""

    books: Books
    batch: Batch


class Rounds:
    """The accounts of a desk. One loop; a round takes all who wait."""

    def __init__(self, store: Store, bell: Bell) -> None:
        self._store = store
        self._bell = bell
        self._books: dict[str, Books] = {}
        self._waiting: list[_Waiting] = []
        self._working: asyncio.Task[None] | None = None

    def open(self, account_id: str) -> Books:
        """The account, folded from its ledger: the only way that books are loaded. Blocks. Raises StoreRefused."""
        account = folded(account_id, entries(self._store, account_id))
        books = Books(account, {order.id: order for order in open_orders(self._store, account_id)})
        self._books[account_id] = books
        return books

    def close(self, account_id: str) -> None:
        """Let go of an account whose session has ended."""
        self._books.pop(account_id, None)

    def books(self, account_id: str) -> Books:
        """The books as they are on disk. Raises KeyError for an account that is not open."""
        return self._books[account_id]

    @property
    def accounts(self) -> Iterable[str]:
        return tuple(self._books)

    async def settle(self, account_id: str, decide: Decide) -> Change | Refusal:
        """What `decide` makes of the newest books, once it is on disk. A caller who gives up does not undo it."""
        waiting = _Waiting(account_id, decide, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await asyncio.shield(waiting.answer)

    async def quiet(self) -> None:
        """Wait until nobody waits."""
        while self._working and not self._working.done():
            await asyncio.wait([self._working])

    async def _work(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                await self._round(taken)
            except BaseException as error:
                for waiting in taken:
                    if not waiting.answer.done():
                        waiting.answer.set_exception(error)
                # Who came meanwhile is not to wait until somebody else comes.
                if self._waiting and isinstance(error, Exception):
                    self._working = asyncio.create_task(self._work())
                raise

    async def _round(self, taken: list[_Waiting]) -> None:
        for _ in range(_TRIES):
            drafts: dict[str, _Draft] = {}
            answers = [self._decided(waiting, drafts) for waiting in taken]
            try:
                trouble = await self._write(drafts)
            except Outpaced:
                trouble = await self._read_anew({waiting.account_id for waiting in taken})
                if trouble is None:
                    continue
                answers = [trouble] * len(taken)
            self._tell(taken, [trouble or answer if isinstance(answer, Change) else answer for answer in answers])
            return
        self._tell(taken, [Refusal("outpaced", "Another process writes to this account too; try again.")] * len(taken))

    async def _write(self, drafts: dict[str, _Draft]) -> Refusal | None:
        """Disk first, then memory. Raises Outpaced; what the disk refuses comes back."""
        batches = [draft.batch for draft in drafts.values() if _says_something(draft.batch)]
        try:
            if batches:
                await asyncio.to_thread(write, self._store, batches)
        except StoreRefused as error:
            return Refusal("database_refused", str(error))
        self._books.update({name: draft.books for name, draft in drafts.items()})
        return None

    def _tell(self, taken: list[_Waiting], answers: list[Change | Refusal]) -> None:
        for waiting, answer in zip(taken, answers, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(answer)
        if any(isinstance(answer, Change) for answer in answers):
            self._bell.ring(Topic.ACCOUNT)

    def _decided(self, waiting: _Waiting, drafts: dict[str, _Draft]) -> Change | Refusal:
        """One decision, on the books as the decisions before it leave them."""
        name = waiting.account_id
        if name not in self._books:
            return Refusal("no_session", "That session has ended.")
        books = self._books[name]
        draft = drafts.get(name) or _Draft(books, Batch(name, books.account.version))
        change = waiting.decide(draft.books)
        if isinstance(change, Change):
            drafts[name] = _Draft(applied(draft.books, change), _with(draft.batch, change))
        return change

    async def _read_anew(self, names: set[str]) -> Refusal | None:
        try:
            await asyncio.to_thread(self._reopen, names)
        except StoreRefused as error:
            return Refusal("database_refused", str(error))
        return None

    def _reopen(self, names: set[str]) -> None:
        for name in names:
            if name in self._books:
                self.open(name)


def _says_something(batch: Batch) -> bool:
    return bool(batch.entries or batch.orders or batch.holdings) or batch.memory is not None


def _with(batch: Batch, change: Change) -> Batch:
    """The batch with one more change. Of an order that changes twice in a round only the last is written."""
    orders = {order.id: order for order in (*batch.orders, *change.orders)}
    return replace(
        batch,
        entries=batch.entries + change.entries,
        trades=batch.trades + ((change.trade,) if change.trade else ()),
        orders=tuple(orders.values()),
        closed=batch.closed + change.closed,
        holdings=tuple(({held.asset: held for held in (*batch.holdings, *change.holdings)}).values()),
        memory=batch.memory if change.memory is None else change.memory,
    )
