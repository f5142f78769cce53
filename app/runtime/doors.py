"""Doors: the connections of the server. So many and no more, and none that waits for ever with a request half said."""

import asyncio
import logging
import resource
from contextlib import suppress

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.runtime.tries import Tries

# How many connections are accepted in one turn of the loop. Some turns' worth of them stands open before the first that
# is too many is closed.
AT_A_TIME = 64
_PATIENCE_S = 20.0
_MOST = 4_096
# More open files than that are no use to a desk.
_ENOUGH_FILES = 65_536
# For connections that are about to be closed, database, log, sources and nodes.
_OTHER_FILES = 384
_UNFINISHED = (h11.IDLE, h11.SEND_BODY)
_ANSWERABLE = (h11.IDLE, h11.SEND_RESPONSE)

_log = logging.getLogger("drydock")


class Door(H11Protocol):
    """A connection of uvicorn's that is closed where its request is not there within `patience_s` of its begin or of
    the last answer; and sooner, the longest first, where there are more than `most`. Answers under way and websockets
    are left alone: where there is nothing else, the newest is closed. `doors` makes those of one server."""

    most: int
    patience_s: float
    waiting: dict["Door", asyncio.TimerHandle]
    said: Tries

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._watch()
        # What is closed is gone from the connections in the next turn only.
        if len(self.connections) > self.most:
            if not self.said.take("full"):
                _log.warning("[SECURITY] connections=full most=%d", self.most)
            next((door for door in self.waiting if door.is_waiting()), self).lose_patience()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        # All of its head is there: a greeting that is not understood now never will be.
        if not getattr(self.transport.get_protocol(), "handshake_initiated", True):
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        # Whoever works on an answer must not send it after this one, and there is but one answer to a request.
        if self.cycle is not None:
            self.cycle.disconnected = True
        if self.conn.our_state in _ANSWERABLE:
            super().send_400_response(msg)
        else:
            self.transport.close()

    def lose_patience(self) -> None:
        """Close, if it is still the other side's turn."""
        if self.is_waiting():
            self.transport.close()
        self._watch()

    def _watch(self) -> None:
        waits = self.is_waiting()
        if waits and self not in self.waiting:
            self.waiting[self] = self.loop.call_later(self.patience_s, self.lose_patience)
        elif not waits and self in self.waiting:
            self.waiting.pop(self).cancel()

    def is_waiting(self) -> bool:
        """Whether it is the other side's turn. What has become a websocket is not among the connections any more."""
        if self.transport.is_closing() or self not in self.connections:
            return False
        is_answered = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        return not is_answered and self.conn.their_state in _UNFINISHED


def doors(most: int, patience_s: float = _PATIENCE_S) -> type[Door]:
    """The doors of one server: so many connections, and so much patience."""
    return type("Doors", (Door,), {"most": most, "patience_s": patience_s, "waiting": {}, "said": Tries(1, 1)})


def places(files: int) -> int:
    """How many connections may be open where so many files may be."""
    return min(max(files - _OTHER_FILES, files // 2), _MOST)


def open_files() -> int:
    """Let this process open as many files as the system lets it, up to what is enough; how many that is."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = (_ENOUGH_FILES if limit == resource.RLIM_INFINITY else limit for limit in limits)
    wanted = min(hard, _ENOUGH_FILES)
    if soft >= wanted:
        return soft
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, limits[1]))
        return wanted
    return soft
