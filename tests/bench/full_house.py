"""Websocket tabs and readers of the stream in a process of their own: python -m tests.bench.full_house.

It reads one JSON object from stdin ({"port", "greeting", "subprotocol", "seconds"}) and writes one to stdout: for each
kind of client {"delays", "ticks", "missed", "astray"}, delays in ms for each tick and client, and how many clients do
not end with the prices that most of their kind end with.
"""

import asyncio
import gc
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.bench.crowd import Client
from tests.bench.rig import wall_ms
from tests.bench.tabs import Tick, tick_in

TABS, STREAMS = 200, 50
_STAGGER_S = 0.02
_SETTLE_S = 3.0
_PRICE = re.compile(rb"event: price\ndata: (\{.*\})\nid: [^\n]*\n\n")


@dataclass
class StreamClient(asyncio.Protocol):
    """One reader's socket. The moment is taken when the bytes arrive; what they say is read later."""

    port: int
    pieces: list[tuple[float, bytes]] = field(default_factory=list[tuple[float, bytes]])
    _rest: bytes = b""
    _way: asyncio.Transport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._way = transport
        transport.write(f"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self.pieces.append((wall_ms(), data))

    def close(self) -> None:
        self._way.close()

    def ticks(self) -> Iterator[Tick]:
        """What has come since this was asked last; a tick may come in several pieces."""
        taken, self.pieces = self.pieces, []
        for at, data in taken:
            # An event is sent whole in one chunk of the transfer, so that the chunks' lengths stand between events.
            self._rest += data
            prices: dict[str, dict[str, str]] = {}
            for found in _PRICE.finditer(self._rest):
                said = json.loads(found[1])
                prices.setdefault(said["as_of"], {})[said["symbol"]] = said["price"]
            if prices:
                self._rest = self._rest[self._rest.rindex(b"\nid: ") + 1 :]
            for as_of, some in prices.items():
                yield Tick(datetime.fromisoformat(as_of).timestamp() * 1000, at, some, 0)


@dataclass
class TabClient(Client):
    """A tab that reads its frames later, once it has settled: to unpack them for two hundred would make the last of
    them look late. Pings are answered then too, long before anybody misses the answer."""

    settled: bool = False
    pieces: list[tuple[float, bytes]] = field(default_factory=list[tuple[float, bytes]])

    def data_received(self, data: bytes) -> None:
        if self.settled:
            self.pieces.append((wall_ms(), data))
        else:
            super().data_received(data)

    def ticks(self) -> Iterator[Tick]:
        taken, self.pieces = self.pieces, []
        for at, data in taken:
            super().data_received(data)
            # They were noted at the moment of reading; when their last piece came is what counts.
            for _, text in self.frames:
                if tick := tick_in(text, at):
                    yield tick
            self.frames.clear()


@dataclass
class Log:
    """What one client has heard: how late every tick was, and the prices of the last few."""

    delays: dict[int, float] = field(default_factory=dict[int, float])
    prices: dict[int, dict[str, str]] = field(default_factory=dict[int, dict[str, str]])

    def note(self, tick: Tick) -> None:
        at = round(tick.at)
        self.delays[at] = tick.received - tick.at
        self.prices.setdefault(at, {}).update(tick.prices)
        for old in sorted(self.prices)[:-4]:
            del self.prices[old]


async def gather(port: int, greeting: str, subprotocol: str, seconds: float) -> dict[str, Any]:
    """Let the clients come one after another, settle, and listen for so many seconds."""
    loop = asyncio.get_running_loop()
    tabs: list[TabClient] = []
    readers: list[StreamClient] = []
    for number in range(TABS):
        tabs.append(
            (await loop.create_connection(lambda: TabClient(port, greeting, subprotocol), "127.0.0.1", port))[1]
        )
        if number % (TABS // STREAMS) == 0:
            readers.append((await loop.create_connection(lambda: StreamClient(port), "127.0.0.1", port))[1])
        await asyncio.sleep(_STAGGER_S)
    await asyncio.sleep(_SETTLE_S)
    for tab in tabs:
        tab.settled = True
        tab.frames.clear()
    # The collector would hold up a process that stamps what arrives.
    gc.freeze()
    gc.disable()
    everybody = (*tabs, *readers)
    await _heard(everybody, 0)
    logs = await _heard(everybody, seconds)
    for client in everybody:
        client.close()
    return {"websocket tabs": _summed(logs[:TABS]), "stream readers": _summed(logs[TABS:])}


async def _heard(clients: Sequence[TabClient | StreamClient], seconds: float) -> list[Log]:
    """What each of them has heard in so many seconds."""
    logs = [Log() for _ in clients]
    until = time.monotonic() + seconds
    while True:
        for client, log in zip(clients, logs, strict=True):
            for tick in client.ticks():
                log.note(tick)
            # Others are to be stamped meanwhile.
            await asyncio.sleep(0)
        if time.monotonic() >= until:
            return logs
        await asyncio.sleep(1.5)


def _summed(logs: list[Log]) -> dict[str, Any]:
    # A tick at either end may have been on its way to some when the listening began or ended.
    whole = sorted({at for log in logs for at in log.delays})[1:-1]
    delays = [log.delays[at] for log in logs for at in whole if at in log.delays]
    ends = [json.dumps(log.prices.get(whole[-1]), sort_keys=True) for log in logs]
    most = Counter(ends).most_common(1)[0][1]
    return {
        "delays": delays,
        "ticks": len(whole),
        "missed": len(whole) * len(logs) - len(delays),
        "astray": len(logs) - most,
    }


if __name__ == "__main__":
    json.dump(asyncio.run(gather(**json.load(sys.stdin))), sys.stdout)
