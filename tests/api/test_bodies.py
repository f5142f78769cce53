"""How large a body may be."""

import pytest

from app.runtime.house import House
from tests.api.doors import HOST, knock

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = (b"host", HOST.encode())


@pytest.mark.parametrize("lengths", [[b"1000001"], [b"9" * 400], [b"-1"], [b"1", b"2000000"], [b"x"], [b""]])
async def test_a_body_that_is_too_large_is_not_read(demo: House, lengths: list[bytes]) -> None:
    headers = [HERE, *((b"content-length", length) for length in lengths)]
    answer = await knock("/api/orders", headers, method="POST")
    assert (answer.status, answer.code) == (413, "too_large")


@pytest.mark.parametrize(("count", "status"), [(9, 200), (11, 413)])
async def test_a_body_in_chunks_is_counted(demo: House, count: int, status: int) -> None:
    chunks = [b"x" * 100_000] * count
    answer = await knock("/", [HERE, (b"transfer-encoding", b"chunked")], method="POST", chunks=chunks)
    assert answer.status == status


async def test_a_length_beside_chunks_is_not_believed(demo: House) -> None:
    left = iter([b"x" * 100_000] * 100)
    headers = [HERE, (b"content-length", b"5"), (b"transfer-encoding", b"chunked")]
    answer = await knock("/api/orders", headers, method="POST", chunks=left)
    assert (answer.status, answer.code) == (413, "too_large")
    assert len(list(left)) > 80
