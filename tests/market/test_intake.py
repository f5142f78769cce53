"""An answer is unpacked and read no further than any answer is long, whatever a source sends and says of it."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from app.domain.registry import on_chain
from app.market.budget import per_second
from app.market.intake import LONGEST_ANSWER
from app.market.line import Line, NoAnswer
from app.market.source import Call, Card, Fault
from app.market.webhook import Webhook
from tests.clock import FakeClock

# More than both ends of a loopback connection keep for a reader who does not read.
BUFFERED = 16_000_000
PIECE = b"10000\r\n" + b" " * 65_536 + b"\r\n"


class Sender:
    """A provider on loopback that answers everything with the same bytes; `endless` goes on after them until it is
    hung up on. `sent` counts the bytes of answers, `connections` who came, `heads` keeps what was asked."""

    def __init__(self, answer: bytes, *, endless: bool = False) -> None:
        self.heads: list[str] = []
        self.sent = self.connections = 0
        self.hung_up = asyncio.Event()
        self._answer = answer
        self._endless = endless

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
                await self._send(writer, self._answer)
                while self._endless:
                    await self._send(writer, PIECE)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter, part: bytes) -> None:
        writer.write(part)
        await writer.drain()
        self.sent += len(part)


@asynccontextmanager
async def sending(sender: Sender) -> AsyncIterator[str]:
    """The URL of such a provider."""
    server = await asyncio.start_server(sender.serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, verify=False) as session:
        yield session


def answer(body: bytes, *headers: str, status: int = 200) -> bytes:
    lines = (f"HTTP/1.1 {status} x", f"content-length: {len(body)}", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


def begun(status: int = 200) -> bytes:
    return f"HTTP/1.1 {status} x\r\ntransfer-encoding: chunked\r\n\r\n".encode()


def line_to(url: str, client: httpx.AsyncClient) -> Line:
    return Line(Card("c", "c", "c", 0, (url,), (per_second(9),)), client, FakeClock())


async def asked(line: Line) -> object:
    return await line.ask(Call("/", "price", on_chain(8453)[:1]), lambda payload, _call, _at: payload)


async def refusal(sender: Sender, client: httpx.AsyncClient) -> tuple[Fault | None, str]:
    async with sending(sender) as url:
        with pytest.raises(NoAnswer) as caught:
            await asked(line_to(url, client))
        return caught.value.fault, str(caught.value)


async def test_an_answer_that_grows_when_it_is_unpacked_is_unpacked_no_further_than_any_answer_is_long(
    client: httpx.AsyncClient,
) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 1_000_000) for _ in range(100)) + packer.flush()
    tracemalloc.start()
    try:
        found = await refusal(Sender(answer(bomb, "content-encoding: gzip")), client)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == (Fault.GARBLED, "the answer is too long")
    assert peak < 4 * LONGEST_ANSWER


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (200, (Fault.GARBLED, "the answer is too long")),
        (404, (Fault.HTTP, "status 404")),
        (429, (Fault.RATE_LIMITED, "status 429")),
    ],
)
async def test_an_answer_without_an_end_is_hung_up_on_and_its_status_still_counts(
    client: httpx.AsyncClient, status: int, found: tuple[Fault, str]
) -> None:
    sender = Sender(begun(status), endless=True)
    assert await refusal(sender, client) == found
    await asyncio.wait_for(sender.hung_up.wait(), 30)
    assert sender.sent < LONGEST_ANSWER + BUFFERED


async def test_what_unpacks_to_nothing_for_ever_is_hung_up_on_too(client: httpx.AsyncClient) -> None:
    # Blocks of deflate that hold nothing.
    nothing = zlib.compressobj(0, zlib.DEFLATED, 31).flush(zlib.Z_FULL_FLUSH)[:10] + b"\0\0\0\xff\xff" * 2_000_000
    found = await refusal(Sender(answer(nothing, "content-encoding: gzip")), client)
    assert found == (Fault.GARBLED, "the answer is too long")


async def test_an_answer_as_long_as_any_is_read_whole(client: httpx.AsyncClient) -> None:
    body = b'"' + b"x" * (LONGEST_ANSWER - 2) + b'"'
    packed = gzip.compress(body, 1)
    for sender in (Sender(answer(body)), Sender(answer(packed, "Content-Encoding: GZIP"))):
        async with sending(sender) as url:
            assert await asked(line_to(url, client)) == "x" * (LONGEST_ANSWER - 2)


async def test_only_what_can_be_unpacked_in_steps_is_asked_for_and_a_connection_serves_more_than_once(
    client: httpx.AsyncClient,
) -> None:
    sender = Sender(answer(gzip.compress(b"[1]"), "content-encoding: gzip"))
    async with sending(sender) as url:
        line = line_to(url, client)
        assert [await asked(line) for _ in range(2)] == [[1], [1]]
    assert all("accept-encoding: gzip\r\n" in head for head in sender.heads)
    assert (sender.connections, len(sender.heads)) == (1, 2)


@pytest.mark.parametrize("packing", ["br", "deflate", "zstd", "gzip, gzip", "gzip"])
async def test_what_is_packed_otherwise_or_damaged_is_no_answer(client: httpx.AsyncClient, packing: str) -> None:
    fault, why = await refusal(Sender(answer(b"[1] as it is", f"content-encoding: {packing}")), client)
    assert (fault, why) == (Fault.GARBLED, "the answer cannot be unpacked")


@pytest.mark.parametrize(
    ("charset", "body", "read"),
    [
        ("utf-8", '["é"]'.encode(), ["é"]),
        ("ISO-8859-1", '["é"]'.encode("latin-1"), ["é"]),
        ("windows-1252", b'["\x80"]', ["€"]),
        ("unheard-of", '["é"]'.encode(), ["é"]),
        # Python has codecs that unpack, that raise, and that take minutes for a megabyte.
        ("zlib", '["é"]'.encode(), ["é"]),
        ("undefined", '["é"]'.encode(), ["é"]),
        ("punycode", b'["a"]', ["a"]),
        ("utf-8", b'["\xff"]', ["\ufffd"]),
    ],
)
async def test_text_is_read_by_its_charset_where_that_is_a_usual_one_and_else_as_utf_8(
    client: httpx.AsyncClient, charset: str, body: bytes, read: object
) -> None:
    async with sending(Sender(answer(body, f"content-type: application/json; charset={charset}"))) as url:
        assert await asked(line_to(url, client)) == read


async def test_what_a_receiver_of_alerts_says_is_not_read_at_all(client: httpx.AsyncClient) -> None:
    sender = Sender(begun(), endless=True)
    async with sending(sender) as url:
        hook = Webhook(client, url, FakeClock())
        hook.post({"number": 1})
        await hook.quiet()
        await asyncio.wait_for(sender.hung_up.wait(), 30)
    assert (hook.delivered, hook.failed) == (1, 0)
    assert sender.sent < BUFFERED
