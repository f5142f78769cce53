"""A crowd of websocket clients in a process of their own, each doing what a tab does: python -m tests.bench.crowd.

It reads one JSON object from stdin ({"port", "greeting", "clients", "seconds"}), where `greeting` is the frame that a
real tab sends to be hydrated, and writes one to stdout: {"delays", "missed"}, delays in ms for each tick and client.
"""

import asyncio
import json
import sys
import uuid
from dataclasses import dataclass, field
from typing import Any

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from tests.bench.rig import apart, wall_ms
from tests.bench.tabs import Tick, tick_in

_STAGGER = 0.02
_SETTLE = 3.0


@dataclass
class Client(asyncio.Protocol):
    """One tab's websocket. The moment is taken when the bytes arrive, before anything is made of them."""

    port: int
    greeting: str
    subprotocol: str
    frames: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    _wire: ClientProtocol = field(init=False)
    _way: asyncio.Transport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._way = transport
        query = f"token={uuid.uuid4()}&EIO=4&transport=websocket"
        self._wire = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:{self.port}/_event/?{query}"),
            extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)],
            subprotocols=[Subprotocol(self.subprotocol)],
            max_size=None,
        )
        self._wire.send_request(self._wire.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        at = wall_ms()
        self._wire.receive_data(data)
        for event in self._wire.events_received():
            if isinstance(event, Response):
                assert event.status_code == 101, event
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._heard(at, bytes(event.data).decode())
        self._flush()

    def close(self) -> None:
        self._way.close()

    def _heard(self, at: float, text: str) -> None:
        if text.startswith("0"):
            self._wire.send_text(self.greeting.encode())
        elif text == "2":
            self._wire.send_text(b"3")
        else:
            self.frames.append((at, text))

    def _flush(self) -> None:
        for data in self._wire.data_to_send():
            if data:
                self._way.write(data)


async def gather(port: int, greeting: str, subprotocol: str, clients: int, seconds: float) -> dict[str, Any]:
    """Let the clients come one after another, settle, and listen for so many seconds."""
    loop = asyncio.get_running_loop()
    crowd: list[Client] = []
    for _ in range(clients):
        _, client = await loop.create_connection(lambda: Client(port, greeting, subprotocol), "127.0.0.1", port)
        crowd.append(client)
        await asyncio.sleep(_STAGGER)
    await asyncio.sleep(_SETTLE)
    for client in crowd:
        client.frames.clear()
    await asyncio.sleep(seconds)
    heard = [_ticks(client) for client in crowd]
    for client in crowd:
        client.close()
    instants = {tick.at for ticks in heard for tick in ticks}
    # A tick at either end may have been on its way to some when the listening began or ended.
    whole = sorted(instants)[1:-1]
    delays = [tick.received - tick.at for ticks in heard for tick in ticks if tick.at in whole]
    return {"delays": delays, "ticks": len(whole), "missed": len(whole) * clients - len(delays)}


def _ticks(client: Client) -> list[Tick]:
    return [tick for at, text in client.frames if (tick := tick_in(text, at))]


def listen(port: int, greeting: str, subprotocol: str, clients: int, seconds: float) -> dict[str, Any]:
    """Run a crowd in a process of its own and wait for what it heard."""
    asked = {
        "port": port,
        "greeting": greeting,
        "subprotocol": subprotocol,
        "clients": clients,
        "seconds": seconds,
    }
    return apart("tests.bench.crowd", asked, seconds + 60)


if __name__ == "__main__":
    json.dump(asyncio.run(gather(**json.load(sys.stdin))), sys.stdout)
