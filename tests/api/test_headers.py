"""What every answer carries, whichever it is."""

import pytest
from starlette.datastructures import MutableHeaders
from starlette.types import Message

from app.api.headers import cors, with_headers
from app.runtime.house import House
from tests.api.doors import HOST, Headers, caller, knock

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = (b"host", HOST.encode())

SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", [HERE], 200),
        ("/api/prices", [HERE], 200),
        ("/api/docs", [HERE], 200),
        ("/api/openapi.json", [HERE], 200),
        ("/api/health/", [HERE], 200),
        ("/api/nothing", [HERE], 404),
        ("/api/prices/NOPE", [HERE], 404),
        ("/api/prices/WETH/bars/", [HERE], 200),
        ("/", [HERE, (b"origin", b"http://evil.example")], 403),
        ("/", [], 403),
    ],
)
async def test_every_answer_tells_browsers_to_be_careful(demo: House, path: str, headers: Headers, status: int) -> None:
    answer = await knock(path, headers)
    assert answer.status == status
    assert answer.headers.items() >= SAFE.items()
    rules = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in rules["script-src"]
    sources = {source for rule in rules.values() for source in rule.split()}
    # A quoted one is a word or a digest, whose letters may happen to be "//".
    assert not [source for source in sources if source == "*" or ("//" in source and not source.startswith("'"))]


async def test_an_error_of_our_own_is_a_careful_answer_too(demo: House) -> None:
    watchlist = demo.floor.watchlist
    demo.floor.watchlist = None  # type: ignore[assignment] # the nearest thing to a bug
    try:
        async with caller() as client:
            answer = await client.get("/api/prices/WETH")
    finally:
        demo.floor.watchlist = watchlist
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "Traceback" not in answer.text
    assert answer.headers.items() >= SAFE.items()


async def test_an_answer_to_an_allowed_origin_is_told_apart_from_others_beside_what_else_tells_it_apart() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    told = cors({"type": "http", "headers": [(b"origin", b"http://localhost:8000")]})
    started = {"type": "http.response.start", "status": 200, "headers": [(b"vary", b"Accept-Encoding")]}
    await with_headers(send, told)(started)
    assert MutableHeaders(scope=sent[0])["vary"] == "Accept-Encoding, Origin"
