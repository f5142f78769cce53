"""Entity tags: a read that has not changed is not sent again, whichever way the asker names what it has."""

import httpx
import pytest

from app.api.etags import holds
from app.runtime.house import House
from tests.api.doors import caller
from tests.api.ledger import placed

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def answered(path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with caller() as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.request(method, f"/api{path}", headers=named)


READS = [
    *("/account", "/positions", "/trades", "/prices", "/prices/WETH", "/prices/WETH/bars", "/tokens", "/sources"),
    *("/orders", "/bot", "/levels", "/decisions", "/equity", "/performance", "/sessions", "/sessions/s1", "/audit"),
    *("/openapi.json", "/sessions/compare?a=s1&b=s1", "/trades?limit=1"),
]


@pytest.mark.parametrize("path", READS)
async def test_a_read_has_a_strong_tag_and_whoever_has_it_is_not_sent_it_again(demo: House, path: str) -> None:
    first = await answered(path)
    tag = first.headers["etag"]
    assert first.status_code == 200
    assert tag.startswith('"') and tag.endswith('"')
    assert first.headers["cache-control"] == "no-cache"
    again = await answered(path, if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (tag, "no-cache")
    assert not {"content-type", "content-length"} & again.headers.keys()
    assert "content-security-policy" in again.headers


async def test_a_change_changes_the_tag_and_is_sent(demo: House) -> None:
    before = await answered("/trades")
    await placed(amount_usd="20")
    after = await answered("/trades", if_none_match=before.headers["etag"])
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert len(after.json()["items"]) > 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health", 200),
        ("/trades.csv", 200),
        ("/sessions/s1/export", 200),
        ("/docs", 200),
        ("/nothing", 404),
        ("/prices/NOPE", 404),
        ("/trades?limit=0", 422),
    ],
)
async def test_what_is_no_read_of_json_has_no_tag(demo: House, path: str, status: int) -> None:
    answer = await answered(path, if_none_match="*")
    assert (answer.status_code, "etag" in answer.headers) == (status, False)
    assert answer.content


@pytest.mark.parametrize("path", ["/prices", "/health", "/docs", "/orders?limit=1"])
async def test_head_is_answered_as_get_is_without_the_body(demo: House, path: str) -> None:
    read, head = await answered(path), await answered(path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    names = ("etag", "content-type", "content-length")
    assert [head.headers.get(name) for name in names] == [read.headers.get(name) for name in names]


@pytest.mark.parametrize("path", ["/nothing", "/prices/NOPE"])
async def test_head_of_what_is_not_there_is_not_found(demo: House, path: str) -> None:
    head = await answered(path, "HEAD")
    assert (head.status_code, head.content) == (404, b"")


async def test_nothing_is_made_for_a_head_that_would_be_made_whole(demo: House) -> None:
    for path in ("/trades.csv", "/sessions/s1/export"):
        head = await answered(path, "HEAD")
        assert (head.status_code, head.headers["allow"]) == (405, "GET"), path


async def test_head_knows_tags_too(demo: House) -> None:
    tag = (await answered("/tokens")).headers["etag"]
    assert (await answered("/tokens", "HEAD", if_none_match=tag)).status_code == 304


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b" ,W/"a","c"', True),
        ("*", True),
        (" * ", True),
        ("", False),
        ("a", False),
        ('"b"', False),
        ('"A"', False),
        ('"b, a"', False),
        ('"', False),
        ('"*"', False),
    ],
)
async def test_a_list_of_tags_is_compared_weakly(asked: str, named: bool) -> None:
    assert holds(asked, '"a"') is named
