"""One who listens to the stream: what waits for him, and what becomes of him when he is too slow."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic_core import to_json


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the stream may cost. For one reader `chunks` and `bytes` may wait, `patience_s` is how long he may take
    nothing at all, and after `keep_alive_s` of silence he is sent a comment. There are `readers` at most, and events
    of `window_bytes` are kept for those who come back; `linger_s` after the last has left nothing is encoded any more.
    """

    chunks: int = 256
    bytes: int = 1_000_000
    readers: int = 200
    window_bytes: int = 4_000_000
    keep_alive_s: float = 15.0
    patience_s: float = 20.0
    linger_s: float = 180.0


BOUNDS = Bounds()
# Why a reader is let go of; the last is never said to him, as he takes nothing.
TOO_SLOW, CLOSING, TOOK_NOTHING = ENDS = ("too_slow", "closing", "took_nothing")
# No single piece is larger by much: whoever is slow takes one at least before he is given up.
_PIECE = 65_536


class Room(Protocol):
    """Where readers are: it is told of those who are dropped, and why, and of those who are gone."""

    def drop(self, code: str) -> None: ...

    def leave(self, reader: "Reader") -> None: ...


class Reader:
    """Filled by the cable, which never waits for him, and emptied by his own response."""

    def __init__(self, bounds: Bounds, room: Room) -> None:
        self.bounds = bounds
        self.first: Sequence[bytes] = ()
        self._room = room
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._attends = False
        self._over = False

    def attend(self) -> None:
        """From now on he hears; what was told before is in `first`, or will be."""
        self._attends = True

    def tell(self, chunk: bytes) -> None:
        """Let him have this in his turn. Where too much waits already, it is let go of, and he is dropped."""
        if self._over or not self._attends:
            return
        self._waiting.append(chunk)
        self._size += len(chunk)
        self._news.set()
        if len(self._waiting) > self.bounds.chunks or self._size > self.bounds.bytes:
            self._waiting.clear()
            self.end(TOO_SLOW, "Too much was waiting for this reader; come back with the last event's id.")

    def end(self, code: str, detail: str) -> None:
        """Tell him why, and no more."""
        if not self._over:
            self._over = True
            self._room.drop(code)
            self._waiting.append(spoken("dropped", {"code": code, "detail": detail}))
            self._news.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """What he is sent, until he is dropped or the desk closes."""
        for piece in pieces(self.first):
            yield piece
        self.first = ()
        while self._waiting or not self._over:
            if not self._waiting:
                try:
                    async with asyncio.timeout(self.bounds.keep_alive_s):
                        await self._news.wait()
                except TimeoutError:
                    yield KEEPALIVE_COMMENT
                self._news.clear()
                continue
            chunk = self._waiting.popleft()
            self._size -= len(chunk)
            yield chunk

    def leave(self) -> None:
        """He is gone, whoever wanted it so."""
        self._over = True
        self._waiting.clear()
        self._room.leave(self)


def spoken(event: str, item: object, place: object = None) -> bytes:
    """An event as it is sent; one without a place does not move its reader on."""
    return format_sse_event(data_str=to_json(item).decode(), event=event, id=str(place) if place else None)


def pieces(chunks: Iterable[bytes]) -> list[bytes]:
    """The same bytes in few pieces, none of them large."""
    found: list[bytearray] = []
    for chunk in chunks:
        if not found or len(found[-1]) + len(chunk) > _PIECE:
            found.append(bytearray())
        found[-1] += chunk
    return [bytes(piece) for piece in found]
