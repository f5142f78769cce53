"""Wires for tests of the server's doors: a transport that notes what is done to it, and a loop whose time is told."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from app.runtime.doors import doors

WHOLE = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
GREETING = (
    b"GET /socket HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


class Timer:
    """What is to be called at a time of the told loop."""

    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        self.at = at
        self.callback = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class ToldLoop:
    """The running loop, with time that passes when a test says so."""

    def __init__(self) -> None:
        self._now = 0.0
        self._timers: list[Timer] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        self._timers.append(Timer(self._now + delay, callback))
        return self._timers[-1]

    def create_task(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return asyncio.get_running_loop().create_task(work)

    async def spend(self, seconds: float) -> None:
        """Let so much time pass."""
        self._now += seconds
        due = [timer for timer in self._timers if timer.at <= self._now and not timer.is_cancelled]
        self._timers = [timer for timer in self._timers if timer.at > self._now and not timer.is_cancelled]
        for timer in sorted(due, key=lambda timer: timer.at):
            if not timer.is_cancelled:
                timer.callback()
        await settled()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Wire(asyncio.Transport):
    """One connection, seen from the other side."""

    def __init__(self, protocol: Any) -> None:
        super().__init__()
        self._protocol = protocol
        self.is_closed = False
        self.told = b""
        protocol.connection_made(self)

    async def say(self, data: bytes) -> None:
        assert not self.is_closed
        self._protocol.data_received(data)
        await settled()

    def write(self, data: Any) -> None:
        self.told += data

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            asyncio.get_running_loop().call_soon(lambda: self._protocol.connection_lost(None))

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Server:
    """A server with doors for `most` connections. Under /slow it answers when `finish` is set."""

    def __init__(self, most: int = 100) -> None:
        self.loop = ToldLoop()
        self.finish = asyncio.Event()
        options = {"interface": "asgi3", "proxy_headers": False, "lifespan": "off", "ws": "websockets-sansio"}
        self._config = uvicorn.Config(self._app, log_config=None, **options)
        self._config.load()
        self._doors = doors(most, patience_s=20)
        self._state = ServerState()

    async def open(self, said: bytes = b"") -> Wire:
        made = self._doors(config=self._config, server_state=self._state, app_state={}, _loop=self.loop)  # type: ignore[arg-type]
        wire = Wire(made)
        if said:
            await wire.say(said)
        await settled()
        return wire

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._state.connections)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await self.finish.wait()
            return
        if scope["path"] == "/read":
            while (await receive()).get("more_body"):
                pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        if scope["path"] == "/slow":
            await send({"type": "http.response.body", "body": b"o", "more_body": True})
            await self.finish.wait()
            await send({"type": "http.response.body", "body": b"k"})
        else:
            await send({"type": "http.response.body", "body": b"ok"})
