"""Pages that are asked for again and again: each is made once, and kept until anything changes."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable

from app.runtime.house import House
from app.trading.bell import Bell

_MOST = 64


class Pages:
    """Answers as they were written out. Every change that anybody could see rings the bell, so what was made since it
    last rang is true; whoever asks while one is being made waits for that one."""

    def __init__(self) -> None:
        self._bell: Bell | None = None
        self._event_seq = -1
        self._kept: dict[Hashable, asyncio.Future[bytes]] = {}

    async def of(self, house: House, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The page of that key. Raises what `make` raises, and then keeps nothing."""
        self._forget(house.bell)
        page = self._kept.get(key)
        if page is None:
            page = self._kept[key] = asyncio.ensure_future(make())
            page.add_done_callback(lambda done: self._look_at(key, done))
        return await asyncio.shield(page)

    def _forget(self, bell: Bell) -> None:
        """Let go of what is not true any more, and of all where it is too much."""
        if bell is not self._bell or bell.event_seq != self._event_seq or len(self._kept) >= _MOST:
            self._bell, self._event_seq = bell, bell.event_seq
            self._kept = {}

    def _look_at(self, key: Hashable, done: asyncio.Future[bytes]) -> None:
        if (done.cancelled() or done.exception() is not None) and self._kept.get(key) is done:
            del self._kept[key]
