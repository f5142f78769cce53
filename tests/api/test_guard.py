"""The guard: who may come in, by host, origin and secret, and what every answer carries."""

import base64
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from app.runtime.house import House, settle_in
from tests.api.doors import HOST, Answered, Headers, knock
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = (b"host", HOST.encode())
EVENTS = "/_event/"
PLACES = [("/", "http"), ("/feed", "http"), ("/api/prices", "http"), ("/api/health", "http"), (EVENTS, "websocket")]
# Of few rounds: the guard has no opinion about how much work a password is.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("pässword: long")
SECRETS: dict[str, dict[str, Any]] = {
    "password": {"password": HASH},
    "token": {"api_token": "tökén-à1"},
    "both": {"password": HASH, "api_token": "tökén-à1"},
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
async def test_a_host_that_is_not_this_desk_is_refused(demo: House, path: str, kind: str, hosts: list[bytes]) -> None:
    answer = await knock(path, [(b"host", host) for host in hosts], kind=kind)
    assert answer.status == 403
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
    [(b"authorization", "Bearer tökén-à1".encode("latin-1"))],
    [(b"authorization", "tökén-à1".encode())],
    [basic("tökén-à1")],
    [basic("pässword: long")],
]


@pytest.mark.parametrize("locked", ["token", "both"], indirect=True)
@pytest.mark.parametrize(
    "path", ["/api/prices", "/api/prices/", "/api", "/api/", "/api/docs", "/api/openapi.json", "/api/x", "/metrics"]
)
async def test_rest_and_metrics_want_the_token_where_one_is_set(locked: House, path: str) -> None:
    for headers in WRONG:
        answer = await knock(path, [HERE, *headers])
        assert (answer.status, answer.code) == (401, "unauthorized"), headers
        assert answer.headers["www-authenticate"] == "Bearer"
    assert (await knock(path, [HERE, bearer("tökén-à1")])).status in (200, 404)
    assert (await knock(path, [HERE, (b"authorization", "bearer  tökén-à1".encode())])).status in (200, 404)


@pytest.mark.parametrize("locked", ["password"], indirect=True)
@pytest.mark.parametrize("path", ["/api/prices", "/metrics", "/metrics/"])
async def test_a_password_without_a_token_closes_rest_and_metrics(locked: House, path: str) -> None:
    for headers in [*WRONG, [bearer("pässword: long")], [bearer("tökén-à1")]]:
        assert (await knock(path, [HERE, *headers])).status == 401


@pytest.mark.parametrize("locked", ["both"], indirect=True)
async def test_wrong_tokens_are_limited_and_the_right_one_is_served_all_the_same(locked: House) -> None:
    told = [await knock("/api/prices", [HERE, bearer(f"wrong {number}")], client="10.0.0.9") for number in range(25)]
    assert [answer.status for answer in told] == [401] * 20 + [429] * 5
    assert told[-1].code == "too_many_tries"
    assert b"Those were too many wrong tokens; the right one is served all the same." in told[-1].body
    assert 1 <= int(told[-1].headers["retry-after"]) <= 60
    assert (await knock("/api/prices", [HERE, bearer("tökén-à1")], client="10.0.0.9")).status == 200
    assert (await knock("/api/prices", [HERE], client="10.0.0.9")).status == 401
    assert (await knock("/api/prices", [HERE, bearer("wrong")], client="10.0.0.8")).status == 401


@pytest.mark.parametrize("locked", ["password", "both"], indirect=True)
@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "http"), ("/assets/x.js", "http"), ("//api/prices", "http"), ("/apis", "http"), (EVENTS, "websocket")],
)
async def test_the_page_and_its_websocket_want_a_sign_in_where_a_password_is_set(
    locked: House, path: str, kind: str
) -> None:
    for headers in ([], [basic("pässword: long")], [bearer("tökén-à1")], [(b"cookie", b"drydock_session=wrong")]):
        answer = await knock(path, [HERE, *headers], kind=kind)
        assert answer.status == (403 if kind == "websocket" else 401), headers
        if kind == "http":
            assert answer.code == "unauthorized"
    value = (await signed_in(locked)).encode()
    assert is_in(await knock(path, [HERE, (b"cookie", b"drydock_session=" + value)], kind=kind))
    others = b"a=b; drydock_session=" + value + b"; drydock_session=of-another-desk"
    assert is_in(await knock(path, [HERE, (b"cookie", others)], kind=kind))
    assert not is_in(await knock(path, [HERE, (b"cookie", b"drydock_sessions=" + value)], kind=kind))


async def signed_in(house: House) -> str:
    value = await house.sign_ins.sign_in("pässword: long", "127.0.0.1")
    assert isinstance(value, str)
    return value


@pytest.mark.parametrize("locked", ["password"], indirect=True)
async def test_a_browser_that_asks_for_a_page_is_sent_to_the_sign_in(locked: House) -> None:
    asked = [HERE, (b"accept", b"text/html,application/xhtml+xml")]
    answer = await knock("/trades", asked, query=b"side=buy&x=%2F")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?next=/trades%3Fside%3Dbuy%26x%3D%252F")
    assert (await knock("/trades", asked, method="POST")).status == 401
    assert (await knock("/assets/x.js", [HERE, (b"accept", b"*/*")])).status == 401


@pytest.mark.parametrize("locked", ["password"], indirect=True)
async def test_browsers_keep_no_page_that_wants_a_sign_in(locked: House) -> None:
    cookie = (b"cookie", b"drydock_session=" + (await signed_in(locked)).encode())
    assert (await knock("/", [HERE, cookie])).headers["cache-control"] == "no-store"
    assert "cache-control" not in (await knock("/assets/x.js", [HERE, cookie])).headers


@pytest.mark.parametrize("locked", ["both"], indirect=True)
async def test_a_preflight_brings_no_token_and_is_answered(locked: House) -> None:
    asked = [HERE, (b"origin", b"http://localhost:8000"), (b"access-control-request-method", b"GET")]
    answer = await knock("/api/prices", asked, method="OPTIONS")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "http://localhost:8000")
    assert (await knock("/api/prices", [HERE, asked[2]], method="OPTIONS")).status == 204
    assert (await knock("/api/prices", [HERE, (b"origin", b"null"), asked[2]], method="OPTIONS")).status == 403


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
        refused = (401, 429) if kind == "http" else (403,)
        assert answer.status in ((200,) if path == "/api/health" else refused), value[:20]
        assert (await knock(path, [HERE, (b"origin", value)], kind=kind)).status == 403
        assert (await knock(path, [(b"host", value)], kind=kind)).status == 403
        odd = await knock(path, [HERE, (b"cookie", value), (b"x-forwarded-host", value), (b"accept", value)], kind=kind)
        assert odd.status in (200, 401, 403, 429)


async def test_before_the_desk_is_open_hosts_and_origins_are_watched_all_the_same() -> None:
    settle_in(None)
    assert (await knock("/api/health", [HERE])).status == 200
    foreign = await knock("/api/health", [(b"host", b"evil.example")])
    assert (foreign.status, foreign.code) == (403, "unknown_host")
    assert (await knock("/", [HERE, (b"origin", b"http://evil.example")])).status == 403
