"""What tests of the alarms share: a house that is looked at every five seconds, and what it has told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.domain.alerts import AlertKind
from app.runtime.alarms import Alarms
from app.runtime.house import House
from app.store.alerts import ALL, alerts
from tests.clock import FakeClock

LOOK = 5.0
ROOM = (10**12, 2 * 10**12)


class Watch:
    """The alarms of a house, with a disk that a test fills: `room` are the bytes that are free, and all of them.
    `meanwhile` is what happens between two looks."""

    def __init__(self, house: House, clock: FakeClock, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        self.house = house
        self.clock = clock
        self.room: tuple[int, int] = ROOM
        self.unreadable = False
        self.meanwhile = meanwhile
        house.alarms = self.alarms = Alarms(house, free=self._free)

    def _free(self, folder: Path) -> tuple[int, int]:
        assert folder == self.house.settings.data_dir
        if self.unreadable:
            raise OSError("the disk is gone")
        return self.room

    async def looks(self, seconds: float) -> None:
        """Time goes on, looked at every five seconds, the last time at its end."""
        for _ in range(round(seconds / LOOK)):
            self.clock.advance(LOOK)
            if self.meanwhile:
                await self.meanwhile()
            await self.alarms.look()

    @property
    def standing(self) -> list[tuple[AlertKind, str]]:
        return [alert.condition.key for alert in self.alarms.standing]

    @property
    def told(self) -> list[tuple[str, AlertKind]]:
        return [(news.event, news.alert.condition.kind) for news in self.alarms.news]

    def on_disk(self) -> list[tuple[str, AlertKind, bool]]:
        """Oldest first: id, kind, and whether it stands."""
        found = alerts(self.house.store, ALL, 100)[::-1]
        return [(alert.id, alert.condition.kind, alert.recovered_at is None) for alert in found]


@asynccontextmanager
async def posted_to() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a receiver, and what was posted there."""
    got = list[dict[str, Any]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
        got.append(json.loads(await reader.readexactly(int(length.split(":")[1]))))
        writer.write(b"HTTP/1.1 204 x\r\nconnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", got
