"""The bench: takes a call, lets the source's handler answer it, and lets mischief have its way with the answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import uvicorn
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.double import mischief as wrong
from tests.double.floor import Floor
from tests.double.mischief import OF_THE_ANSWER, RETRY_AFTER_S, Mischief
from tests.double.tally import Request
from tests.double.wire import Lens, Reply, lower_cased, with_extras, written

_NO_JSON = object()


@dataclass(slots=True)
class Ask:
    """One call, and what it turned out to be about: `touched` assets, `also` further sources concerned."""

    floor: Floor
    sources: tuple[str, ...]
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: object
    touched: set[str] = field(default_factory=set[str])
    also: set[str] = field(default_factory=set[str])

    def lens(self, asset: str) -> Lens:
        """The source's sight of an asset's price; from here on the call is about that asset."""
        self.touched.add(asset)
        return self.floor.lens(self.sources, asset)

    def candle(self, asset: str, start: datetime, seconds: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Open, high, low, close as the source sees them, before mischief."""
        skew = self.lens(asset).skew
        first, high, low, last = self.floor.tape.candle(asset, start, seconds)
        return first * skew, high * skew, low * skew, last * skew

    def csv(self, value: str | None) -> list[str]:
        """The parts of a comma-separated value."""
        return [part.strip() for part in (value or "").split(",") if part.strip()]

    def seconds(self, name: str) -> int | None:
        """A query value that is a whole number, else None."""
        value = self.query.get(name, "")
        return int(value) if value.lstrip("-").isascii() and value.lstrip("-").isdigit() else None


Handler = Callable[[Ask], Reply]


@dataclass(frozen=True, slots=True)
class Stall:
    """Where a source answers: its path below the prefix, and the handler."""

    source: str
    path: str
    handler: Handler
    method: str = "GET"


def grid(now: datetime, seconds: int, count: int) -> list[datetime]:
    """The beginnings of the newest `count` intervals, oldest first; the last one holds `now`."""
    last = int(now.timestamp()) // seconds * seconds
    return [datetime.fromtimestamp(last, UTC) - timedelta(seconds=seconds * back) for back in reversed(range(count))]


def iso(at: datetime, digits: str = "seconds") -> str:
    """ISO 8601 with a Z."""
    return at.astimezone(UTC).isoformat(timespec=digits).replace("+00:00", "Z")


class Hangup(Response):
    """No answer: the connection is cut."""

    def __init__(self, server: uvicorn.Server) -> None:
        super().__init__()
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for connection in list(self._server.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.client == tuple(scope["client"]):
                connection.transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


@dataclass(slots=True)
class Bench:
    """Answers the calls of one running server. `released` ends all waiting when the server is to stop."""

    floor: Floor
    hang_s: float
    slow_s: float
    mono: Callable[[], float]
    server: uvicorn.Server = field(init=False)
    released: asyncio.Event = field(init=False)

    def endpoint(self, stall: Stall) -> Callable[[HttpRequest], Awaitable[Response]]:
        """What Starlette is to call for a stall."""

        async def answer(http: HttpRequest) -> Response:
            chain = (f"rpc/{http.path_params['chain']}",) if stall.source == "rpc" else ()
            sources = (stall.source, *chain)
            ask = Ask(self.floor, sources, http.path_params, http.query_params, http.headers, await _json(http))
            reply = stall.handler(ask)
            ask.sources = (*sources, *sorted(ask.also))
            self.floor.requests.append(_noted(http, ask.sources, self.mono()))
            return await self._spoiled(ask, reply)

        return answer

    async def _spoiled(self, ask: Ask, reply: Reply) -> Response:
        kinds = [kind for kind in self.floor.afoot(ask.sources, ask.touched) if kind in OF_THE_ANSWER]
        if Mischief.SLOW in kinds and await self._waited(self.slow_s):
            return Hangup(self.server)
        if Mischief.TIMEOUT in kinds:
            await self._waited(self.hang_s)
            return Hangup(self.server)
        if Mischief.REFUSE in kinds:
            return Hangup(self.server)
        others = [kind for kind in kinds if kind is not Mischief.SLOW]
        return _rendered(ask.sources[0], reply, others[0] if others else None)

    async def _waited(self, seconds: float) -> bool:
        """Waits; True where the server is to stop."""
        try:
            await asyncio.wait_for(self.released.wait(), seconds)
        except TimeoutError:
            return False
        return True


def _rendered(source: str, reply: Reply, kind: Mischief | None) -> Response:
    if kind in _PAGES:
        status, page, headers = _PAGES[kind]
        return Response(page, status, dict(headers), media_type="text/html; charset=utf-8")
    if kind in (Mischief.RATE_LIMITED, Mischief.RATE_LIMITED_BARE):
        headers = {"Retry-After": str(RETRY_AFTER_S)} if kind is Mischief.RATE_LIMITED else {}
        return _as_json(written(wrong.too_many(source)), 429, headers)
    if kind is Mischief.ERROR_INSIDE:
        return _as_json(written(wrong.error_inside(source)), 200, {})
    body = written(with_extras(reply.body) if kind is Mischief.EXTRA else reply.body)
    body = lower_cased(body) if kind is Mischief.LOWER_CASE else body
    body = body[: len(body) // 2] if kind is Mischief.TRUNCATED else body
    body = "" if kind is Mischief.EMPTY else body
    return _as_json(body, 500 if kind is Mischief.SERVER_ERROR else reply.status, reply.headers)


_PAGES: dict[Mischief | None, tuple[int, str, tuple[tuple[str, str], ...]]] = {
    Mischief.RATE_LIMITED_HTML: (429, wrong.CLOUD_PAGE, (("Server", "cloudflare"),)),
    Mischief.HTML: (200, wrong.MAINTENANCE_PAGE, ()),
}


def _as_json(body: str, status: int, headers: Mapping[str, str]) -> Response:
    return Response(body, status, dict(headers), media_type="application/json")


async def _json(http: HttpRequest) -> object:
    raw = await http.body()
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return _NO_JSON


def is_json(body: object) -> bool:
    """Whether a call's body could be read as JSON."""
    return body is not _NO_JSON


def _noted(http: HttpRequest, sources: tuple[str, ...], at: float) -> Request:
    path = "/" + http.url.path.lstrip("/").partition("/")[2]
    keyed = any(name in http.headers for name in ("x-cg-demo-api-key", "x-cg-pro-api-key"))
    return Request(sources, http.method, path, http.url.query, at, keyed)
