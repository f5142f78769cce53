"""The doors of the desk for tests: the guarded application without a socket, politely and with raw headers."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Scope

from app.api.application import application
from app.api.guard import guard

HOST = "127.0.0.1:8000"
Headers = Sequence[tuple[bytes, bytes]]


@cache
def door() -> ASGIApp:
    """REST behind the guard, and a page that says so everywhere else. It keeps nothing, so one serves all tests."""
    rest = application()
    rest.mount("", page)
    return guard(rest)


def caller(**options: Any) -> httpx.AsyncClient:
    """A client at the door; errors inside become answers, as they do behind a server."""
    transport = httpx.ASGITransport(door(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}", **options)


@dataclass(frozen=True)
class Answered:
    """What came back: the status, headers in lower case, the body; for a websocket that was let in, status 101."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


async def page(scope: Scope, receive: Any, send: Any) -> None:
    """Stands where the page and its websocket are, behind the guard."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the page"})


async def knock(
    path: str,
    headers: Headers,
    *,
    kind: str = "http",
    method: str = "GET",
    port: int = 8000,
    query: bytes = b"",
    client: str = "127.0.0.1",
    chunks: Iterable[bytes] = (b"",),
    at: ASGIApp | None = None,
) -> Answered:
    """What the guard answers to exactly these headers, and a body of these chunks."""
    sent: list[Message] = []
    left = iter(chunks)
    following: bytes | None = next(left)

    async def receive() -> Message:
        if kind == "websocket":
            return {"type": "websocket.connect"}
        nonlocal following
        body, following = following, next(left, None)
        return {"type": "http.request", "body": body, "more_body": following is not None}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": kind,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": list(headers),
        "server": ("127.0.0.1", port),
        "client": (client, 50000),
        "scheme": "ws" if kind == "websocket" else "http",
        "http_version": "1.1",
    } | ({"subprotocols": []} if kind == "websocket" else {"method": method})
    await (at or door())(scope, receive, send)
    first = sent[0]
    if kind == "websocket":
        return Answered(101 if first["type"] == "websocket.accept" else 403, {}, b"")
    names = {name.decode().lower(): value.decode() for name, value in first["headers"]}
    return Answered(first["status"], names, b"".join(message.get("body", b"") for message in sent[1:]))
