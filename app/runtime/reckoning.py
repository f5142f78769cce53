"""Reckoning: what is costly to work out is worked out once for a state of its session, for all who ask, in one thread
at a time."""

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from app.store.database import Store

Found = TypeVar("Found")
Item = TypeVar("Item")

# What was worked out is kept under so many names, the newest.
MOST_KEPT = 16
# Some 3 ms of work. Whoever holds the interpreter is asked for it by the event loop only after 5 ms.
_AT_ONCE = 100
_BREATH_S = 0.00005


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Found]):
    state: Hashable
    task: "asyncio.Task[Found]"

    def serves(self, state: Hashable) -> bool:
        """Whether this is, or is going to be, what was asked for."""
        failed = self.task.done() and (self.task.cancelled() or self.task.exception() is not None)
        return self.state == state and not failed


class Reckonings:
    """What was worked out last, by name, with the state that it was worked out from. Lives on one event loop."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept[Any]] = {}

    async def of(self, name: str, state: Hashable, work: Callable[[], Found]) -> Found:
        """What `work` makes of this state, in a thread; of the same state it is made once, and of one name only one is
        made at a time. A caller who goes away does not undo it. Raises what `work` raises, and keeps nothing then."""
        while (kept := self._kept.get(name)) and kept.state != state and not kept.task.done():
            await asyncio.wait([kept.task])
        if kept is None or not kept.serves(state):
            kept = self._begin(name, state, work)
        return await asyncio.shield(cast("asyncio.Task[Found]", kept.task))

    def _begin(self, name: str, state: Hashable, work: Callable[[], Found]) -> _Kept[Found]:
        task = asyncio.create_task(asyncio.to_thread(work))
        # Whoever asked may be gone by the time that it fails.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._kept.pop(name, None)
        over = max(0, len(self._kept) + 1 - MOST_KEPT)
        for old in [key for key, each in self._kept.items() if each.task.done()][:over]:
            del self._kept[old]
        kept = self._kept[name] = _Kept(state, task)
        return kept


_OF_STORES: "WeakKeyDictionary[object, Reckonings]" = WeakKeyDictionary()


def reckonings(store: Store) -> Reckonings:
    """Those of the sessions in this database; they go with it."""
    return _OF_STORES.setdefault(store.engine, Reckonings())


def gently(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; for a thread that works through many, and now and then lets the event loop have its turn."""
    for number, item in enumerate(items, 1):
        yield item
        if number % _AT_ONCE == 0:
            time.sleep(_BREATH_S)
