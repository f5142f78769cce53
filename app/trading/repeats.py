"""Repeats: an order id is acted upon once, whoever says it again and whenever."""

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from time import perf_counter

from app.domain.orders import Order, Origin
from app.domain.refusal import Refusal
from app.domain.tickets import bad_id, is_id
from app.domain.trades import Trade
from app.store.database import Store, StoreRefused
from app.store.flattens import find_flatten
from app.store.orders import find_order, is_asked_here
from app.store.trades import trade as find_trade


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that the desk has taken, its trade if there is one, and whether it had been taken before."""

    order: Order
    trade: Trade | None = None
    repeated: bool = False


Outcome = Placed | Refusal
_RESERVED = ("bot-", "flat-")
# What this order has waited for a quote, in seconds.
quoting: ContextVar[list[float]] = ContextVar("quoting")


class Repeats:
    """The order ids as one account's desk knows them. `outcomes` counts orders by origin and outcome; `seconds` are
    those that the last orders took, what they waited for their quotes left out."""

    def __init__(self, store: Store, account_id: str) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.seconds: deque[float] = deque(maxlen=1000)
        self._store = store
        self._account_id = account_id
        self._flying: dict[str, tuple[str, asyncio.Task[Outcome]]] = {}

    async def once(self, order_id: str, body: str, origin: Origin, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Do it, unless it was done or is being done. `body` is a digest of what is asked. A caller who goes away does
        not undo it."""
        if not is_id(order_id):
            return bad_id("An order")
        flying = self._flying.get(order_id)
        if flying is None:
            task = asyncio.create_task(self._first(order_id, body, origin, act))
            self._flying[order_id] = (body, task)
            task.add_done_callback(lambda _done: self._flying.pop(order_id, None))
            return await asyncio.shield(task)
        if flying[0] != body:
            return reused(order_id)
        outcome = await asyncio.shield(flying[1])
        return outcome if isinstance(outcome, Refusal) else replace(outcome, repeated=True)

    async def quiet(self) -> None:
        """Wait until nothing is being done."""
        while self._flying:
            await asyncio.wait([task for _, task in self._flying.values()])

    async def _first(self, order_id: str, body: str, origin: Origin, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
        began, waited = perf_counter(), list[float]()
        quoting.set(waited)
        try:
            outcome = await asyncio.to_thread(self._known, order_id, body, origin) or await act()
        except StoreRefused as error:
            outcome = Refusal("database_refused", str(error))
        if isinstance(outcome, Placed):
            self.seconds.append(perf_counter() - began - sum(waited))
        what = outcome.code if isinstance(outcome, Refusal) else outcome.order.state.value
        self.outcomes[origin.value, what] += 1
        return outcome

    def _known(self, order_id: str, body: str, origin: Origin) -> Outcome | None:
        """What became of an order that was taken before, in this session or an earlier one."""
        order = find_order(self._store, order_id)
        if order is None:
            return reused(order_id) if find_flatten(self._store, order_id) else None
        if order.body != body or not self._is_repeat(order, origin):
            return reused(order_id)
        return Placed(order, find_trade(self._store, order.trade_id) if order.trade_id else None, repeated=True)

    def _is_repeat(self, order: Order, origin: Origin) -> bool:
        """Whether who asks the same now can have asked then: the bot knows of nothing but its own session."""
        if order.account_id == self._account_id:
            return True
        return origin is not Origin.BOT and is_asked_here(self._store, order.account_id)


def reserved(order_id: str) -> Refusal | None:
    """Why nobody but the desk's own may use the id: the bot's and a flattening's are made of what anybody can see."""
    if not order_id.startswith(_RESERVED):
        return None
    return Refusal("bad_order_id", f"An order_id may not begin with {' or '.join(map(repr, _RESERVED))}.")


def reused(order_id: str) -> Refusal:
    """The id stands for something else."""
    return Refusal("order_id_reused", f"The order_id {order_id[:100]!r} was used for another order.")


def digest(*parts: str) -> str:
    """A digest of what is asked, whatever characters it holds."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
