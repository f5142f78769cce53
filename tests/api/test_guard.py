"""The guard: who may come in, by host, origin and secret, and what every answer carries."""

import base64
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.runtime.house import House, settle_in
from tests.api.doors import HOST, Answered, Headers, caller, knock
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = (b"host", HOST.encode())
EVENTS = "/_event/"
PLACES = [("/", "http"), ("/feed", "http"), ("/api/prices", "http"), ("/api/health", "http"), (EVENTS, "websocket")]
SECRETS: dict[str, dict[str, Any]] = {
    "password": {"password": "pässword: long"},
    "token": {"api_token": "tökén-à"},
    "both": {"password": "pässword: long", "api_token": "tökén-à"},
}


def basic(password: str, name: str = "anybody") -> tuple[bytes, bytes]:
    return (b"authorization", b"Basic " + base64.b64encode(f"{name}:{password}".encode()))


def bearer(token: str) -> tuple[bytes, bytes]:
    return (b"authorization", f"Bearer {token}".encode())


@pytest_asyncio.fixture(loop_scope="module")
async def locked(tmp_path: Path, clock: FakeClock, request: pytest.FixtureRequest) -> Any:
    """A desk with the secrets that the test names."""
    values = SECRETS[request.param]
    async with house_of(settings_of(tmp_path, market="demo", watchlist="WETH", **values), clock) as house:
        yield house


def is_in(answer: Answered) -> bool:
    return answer.status in (200, 101)


@pytest.mark.parametrize(("path", "kind"), PLACES)
@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "HTTP://LOCALHOST:8000"]
)
async def test_the_desks_own_pages_may_do_all(demo: House, path: str, kind: str, origin: str) -> None:
    assert is_in(await knock(path, [HERE, (b"origin", origin.encode())], kind=kind))


@pytest.mark.parametrize(("path", "kind"), PLACES)
async def test_programs_that_send_no_origin_may_do_all(demo: House, path: str, kind: str) -> None:
    assert is_in(await knock(path, [HERE], kind=kind))


@pytest.mark.parametrize(("path", "kind"), PLACES)
@pytest.mark.parametrize(
    "origins",
    [
        ["http://evil.example"],
        ["null"],
        [""],
        ["http://127.0.0.1:8001"],
        ["https://127.0.0.1:8000"],
        ["http://127.0.0.1:8000.evil.example"],
        ["http://127.0.0.1:8000/"],
        ["http://127.0.0.1:8000", "http://evil.example"],
        ["http://127.0.0.1:8000, http://evil.example"],
    ],
)
async def test_pages_of_other_origins_may_do_nothing(demo: House, path: str, kind: str, origins: list[str]) -> None:
    answer = await knock(path, [HERE, *((b"origin", origin.encode()) for origin in origins)], kind=kind)
    assert answer.status == 403
    if kind == "http":
        assert answer.code == "foreign_origin"


@pytest.mark.parametrize(("path", "kind"), PLACES)
@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [b""],
        [b"evil.example"],
        [b"evil.example:8000"],
        [b"127.0.0.1"],
        [b"127.0.0.1:8001"],
        [b"127.0.0.1:8000@evil.example"],
        [b"127.0.0.1:8000.evil.example"],
        [b"127.0.0.1:8000", b"127.0.0.1:8000"],
        [b"127.0.0.1:8000", b"evil.example"],
        [b"\xff\xfe"],
    ],
)
async def test_a_host_that_is_not_this_desk_is_misdirected(
    demo: House, path: str, kind: str, hosts: list[bytes]
) -> None:
    answer = await knock(path, [(b"host", host) for host in hosts], kind=kind)
    assert answer.status == (403 if kind == "websocket" else 421)
    if kind == "http":
        assert answer.code == "unknown_host"


@pytest.mark.parametrize("host", [b"127.0.0.1:8000", b"localhost:8000", b"LocalHost:8000", b"[::1]:8000"])
async def test_every_name_of_loopback_is_this_desk(demo: House, host: bytes) -> None:
    assert is_in(await knock("/", [(b"host", host)]))


async def test_the_port_is_the_one_that_was_asked(demo: House) -> None:
    assert is_in(await knock("/", [(b"host", b"localhost:9999")], port=9999))
    assert is_in(await knock("/", [(b"host", b"localhost")], port=80))
    assert not is_in(await knock("/", [(b"host", b"localhost")], port=9999))


async def test_the_setting_of_origins_adds_to_the_desks_own(tmp_path: Path, clock: FakeClock) -> None:
    settings = settings_of(tmp_path, market="demo", watchlist="WETH", allowed_origins=("https://Desk.example/",))
    async with house_of(settings, clock):
        there = (b"host", b"desk.example")
        assert is_in(await knock("/", [there]))
        assert is_in(await knock("/", [there, (b"origin", b"https://desk.example")]))
        assert (await knock("/", [there, (b"origin", b"http://desk.example")])).status == 403
        assert is_in(await knock("/", [HERE]))


SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
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
        ("/", [], 421),
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
            answer = await client.get("/api/prices")
    finally:
        demo.floor.watchlist = watchlist
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "Traceback" not in answer.text
    assert answer.headers.items() >= SAFE.items()


@pytest.mark.parametrize("locked", SECRETS, indirect=True)
@pytest.mark.parametrize("path", ["/api/health", "/api/health/"])
async def test_health_is_open_to_all(locked: House, path: str) -> None:
    assert (await knock(path, [HERE])).status == 200
    assert (await knock(path, [HERE, bearer("wrong")])).status == 200


WRONG: list[Headers] = [
    [],
    [bearer("")],
    [bearer("wrong")],
    [bearer("tökén")],
    [(b"authorization", "Bearer tökén-à".encode("latin-1"))],
    [(b"authorization", "tökén-à".encode())],
    [basic("tökén-à")],
    [basic("pässword: long")],
]


@pytest.mark.parametrize("locked", ["token", "both"], indirect=True)
@pytest.mark.parametrize(
    "path", ["/api/prices", "/api/prices/", "/api", "/api/", "/api/docs", "/api/openapi.json", "/api/x"]
)
async def test_rest_wants_the_token_where_one_is_set(locked: House, path: str) -> None:
    for headers in WRONG:
        answer = await knock(path, [HERE, *headers])
        assert (answer.status, answer.code) == (401, "unauthorized"), headers
        assert answer.headers["www-authenticate"] == "Bearer"
    assert (await knock(path, [HERE, bearer("tökén-à")])).status in (200, 404)
    assert (await knock(path, [HERE, (b"authorization", "bearer  tökén-à".encode())])).status in (200, 404)


@pytest.mark.parametrize("locked", ["password"], indirect=True)
async def test_a_password_without_a_token_closes_rest(locked: House) -> None:
    for headers in [*WRONG, [bearer("pässword: long")], [bearer("tökén-à")]]:
        assert (await knock("/api/prices", [HERE, *headers])).status == 401


@pytest.mark.parametrize("locked", ["password", "both"], indirect=True)
@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "http"), ("/assets/x.js", "http"), ("//api/prices", "http"), ("/apis", "http"), (EVENTS, "websocket")],
)
async def test_the_page_and_its_websocket_want_the_password_where_one_is_set(
    locked: House, path: str, kind: str
) -> None:
    for headers in (
        [],
        [basic("")],
        [basic("wrong")],
        [basic("pässword")],
        [bearer("pässword: long")],
        [bearer("tökén-à")],
    ):
        answer = await knock(path, [HERE, *headers], kind=kind)
        assert answer.status == (403 if kind == "websocket" else 401), headers
        if kind == "http":
            assert answer.headers["www-authenticate"].startswith("Basic ")
    assert is_in(await knock(path, [HERE, basic("pässword: long")], kind=kind))
    assert is_in(await knock(path, [HERE, basic("pässword: long", name="")], kind=kind))


@pytest.mark.parametrize("locked", ["token"], indirect=True)
async def test_a_token_alone_leaves_the_page_open(locked: House) -> None:
    assert is_in(await knock("/", [HERE]))
    assert is_in(await knock(EVENTS, [HERE], kind="websocket"))


HOSTILE = [
    b"Basic \xff\xfe",
    b"Basic \xc3\xa9",
    b"Basic !!!!",
    b"Basic",
    b"Basic " + b"A" * 1_000_001,
    b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
    b"Bearer \xff\xfe",
    b"Bearer " + b"x" * 1_000_000,
    b"Bearer \x00",
    b"\x00",
    b"",
    b" ",
]


@pytest.mark.parametrize("locked", ["both"], indirect=True)
@pytest.mark.parametrize(("path", "kind"), PLACES)
async def test_no_bytes_in_a_header_break_the_guard(locked: House, path: str, kind: str) -> None:
    for value in HOSTILE:
        answer = await knock(path, [HERE, (b"authorization", value)], kind=kind)
        assert answer.status == (200 if path == "/api/health" else 403 if kind == "websocket" else 401), value[:20]
        assert (await knock(path, [HERE, (b"origin", value)], kind=kind)).status == 403
        assert (await knock(path, [(b"host", value)], kind=kind)).status in (421, 403)
        odd = await knock(path, [HERE, (b"cookie", value), (b"x-forwarded-host", value), (b"accept", value)], kind=kind)
        assert odd.status in (200, 401, 403)


async def test_before_the_desk_is_open_hosts_and_origins_are_watched_all_the_same() -> None:
    settle_in(None)
    assert (await knock("/api/health", [HERE])).status == 200
    assert (await knock("/api/health", [(b"host", b"evil.example")])).status == 421
    assert (await knock("/", [HERE, (b"origin", b"http://evil.example")])).status == 403
