"""How large a body may be."""

import pytest
from starlette.types import Message

from app.api.bodies import bounded
from app.runtime.house import House
from tests.api.doors import HOST, knock

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = (b"host", HOST.encode())


@pytest.mark.parametrize(
    "lengths",
    [
        *([b"1000001"], [b"9" * 400], [b"-1"], [b"1", b"2000000"], [b"x"], [b""]),
        *([b"00000000700000000"], [b"0" * 400 + b"1000001"], [b"0x1"]),
    ],
)
async def test_a_body_that_is_too_large_is_not_read(demo: House, lengths: list[bytes]) -> None:
    headers = [HERE, *((b"content-length", length) for length in lengths)]
    answer = await knock("/api/orders", headers, method="POST")
    assert (answer.status, answer.code) == (413, "too_large")


@pytest.mark.parametrize(("count", "status"), [(9, 200), (11, 413)])
async def test_a_body_in_chunks_is_counted(demo: House, count: int, status: int) -> None:
    chunks = [b"x" * 100_000] * count
    answer = await knock("/", [HERE, (b"transfer-encoding", b"chunked")], method="POST", chunks=chunks)
    assert answer.status == status


@pytest.mark.parametrize("length", [b"0", b"000", b"0001000000", b"1000000"])
async def test_a_body_that_is_not_too_large_is_taken(demo: House, length: bytes) -> None:
    assert (await knock("/", [HERE, (b"content-length", length)], method="POST")).status == 200


async def test_a_body_that_was_cut_off_does_not_pass_for_the_whole() -> None:
    said = iter([{"type": "http.request", "body": b"{}", "more_body": True}, *[{"type": "http.disconnect"}] * 2])

    async def receive() -> Message:
        return next(said)

    reading = await bounded({"type": "http", "headers": [(b"transfer-encoding", b"chunked")]}, receive)
    assert reading is not None
    first = await reading()
    assert (first["body"], first["more_body"]) == (b"{}", True)
    assert (await reading())["type"] == "http.disconnect"


async def test_a_length_beside_chunks_is_not_believed(demo: House) -> None:
    left = iter([b"x" * 100_000] * 100)
    headers = [HERE, (b"content-length", b"5"), (b"transfer-encoding", b"chunked")]
    answer = await knock("/api/orders", headers, method="POST", chunks=left)
    assert (answer.status, answer.code) == (413, "too_large")
    assert len(list(left)) > 80
