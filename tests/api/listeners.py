"""Who listens to the stream in tests: events as a browser would read them, at a cable and over a real socket."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import uvicorn

from app.api.application import application
from app.api.cable import Cable
from app.api.guard import guard
from app.api.readers import BOUNDS, Bounds, Reader
from app.trading.bell import Topic

# A reader for whom nothing waits is sent a comment soon, by which a test knows that he has heard all.
QUICK = replace(BOUNDS, keep_alive_s=0.01)
ALL = frozenset(Topic)


@dataclass(frozen=True)
class Event:
    """One event. `id` is empty where it says none."""

    event: str
    data: dict[str, Any]
    id: str

    @property
    def name(self) -> str:
        """What it is about, where that has an id or a symbol."""
        return self.data.get("id") or self.data.get("symbol") or self.data.get("code") or ""


def events_in(text: str) -> list[Event]:
    """The events in what was sent, whole ones only."""
    found: list[Event] = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        if "data" in fields:
            found.append(Event(fields["event"], json.loads(fields["data"]), fields.get("id", "")))
    return found


async def heard(reader: Reader) -> list[Event]:
    """All that waits for him now; he has to have quick bounds."""
    text = ""
    async for chunk in reader.chunks():
        if chunk.startswith(b":"):
            break
        text += chunk.decode()
    return events_in(text)


async def told(cable: Cable, reader: Reader, topics: Iterable[Topic] = ALL) -> list[Event]:
    """What he hears after such a ring."""
    await cable.hear(frozenset(topics))
    return await heard(reader)


def of(events: Iterable[Event], *kinds: str) -> list[str]:
    """The names of the events of these kinds."""
    return [event.name for event in events if event.event in kinds]


class _Server(uvicorn.Server):
    """As Drydock's own: the readers of the stream are told before it waits for them."""

    def __init__(self, config: uvicorn.Config, cable: Cable) -> None:
        super().__init__(config)
        self._cable = cable

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._cable.hang_up()
        await super().shutdown(sockets)


@dataclass
class Station:
    """A server with a stream."""

    cable: Cable
    server: uvicorn.Server
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def listener(self, last_event_id: str = "") -> AsyncIterator["Listener"]:
        """One who reads over a socket of his own."""
        headers = {"last-event-id": last_event_id} if last_event_id else {}
        async with (
            httpx.AsyncClient(base_url=self.url, trust_env=False, verify=False) as client,
            client.stream("GET", "/api/stream", headers=headers) as answer,
        ):
            yield Listener(answer)


class Listener:
    """Reads as it is sent, and keeps all that it has heard."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._text = ""
        self._lines = answer.aiter_text()

    @property
    def events(self) -> list[Event]:
        return events_in(self._text)

    async def until(self, kind: str, name: str = "", count: int = 1) -> list[Event]:
        """All that was heard once so many events of a kind (about something) are among it."""
        async with asyncio.timeout(10):
            while len([each for each in self.events if each.event == kind and name in ("", each.name)]) < count:
                self._text += await anext(self._lines)
        return self.events

    async def to_the_end(self) -> list[Event]:
        """All that was heard once the server has said its last."""
        async with asyncio.timeout(10):
            self._text += "".join([text async for text in self._lines])
        return self.events


@asynccontextmanager
async def on_air(cable: Cable) -> AsyncIterator[Station]:
    """The cable hears its house's bell, behind the guard of a real server."""
    rest = application()
    rest.state.cable = cable
    hearing = cable.start()
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        config = uvicorn.Config(guard(rest), log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=3)
        server = _Server(config, cable)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            yield Station(cable, server, port)
        finally:
            server.should_exit = True
            await serving
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)


def small(**changed: Any) -> Bounds:
    """Quick bounds, but for these."""
    return replace(QUICK, **changed)
