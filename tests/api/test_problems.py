"""What cannot be answered is a problem in JSON, with a status and a code that programs can rely on."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.runtime.house import House, settle_in
from tests.api.doors import caller
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.desk import settings_from, settings_of
from tests.runtime.houses import house_of
from tests.store.held import held

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with caller() as made:
        yield made


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that must be a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() == {"type", "title", "status", "detail", "code"}
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:drydock:problem:{body['code']}"
    assert body["detail"].endswith(".")
    return answer.status_code, body["code"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/nothing/", "/api/prices/WETH/nothing", "/api/%00"]
)
async def test_a_path_that_the_api_does_not_have_is_no_page(
    demo: House, client: httpx.AsyncClient, method: str, path: str
) -> None:
    assert problem_of(await client.request(method, path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/prices", "GET"),
        ("OPTIONS", "/api/health", "GET"),
        ("PUT", "/api/tokens", "GET, POST"),
        ("PATCH", "/api/tokens/0x0", "DELETE"),
        ("POST", "/api/docs", "GET"),
        ("POST", "/metrics", "GET"),
        ("DELETE", "/api/stream", "GET"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    demo: House, client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert problem_of(answer) == (405, "method_not_allowed")
    assert set(allowed.split(", ")) <= set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=-1", "limit=x", "limit=", "limit=1.5", "limit=1e2", f"limit={10**30}",
     "limit=1.0", "limit=%2B5", "limit=%205", "interval=2m", "interval=", "interval=1H", "interval=1h&limit=0"],
)  # fmt: skip
async def test_bars_of_a_wrong_length_or_number_are_malformed(
    demo: House, client: httpx.AsyncClient, query: str
) -> None:
    answer = await client.get(f"/api/prices/WETH/bars?{query}")
    assert problem_of(answer) == (422, "malformed")
    assert query.rpartition("&")[2].partition("=")[0] in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("trades?since=abc", "query.since: that is not a time like 2026-01-31T12:00:00Z."),
        ("trades?until=2026-01-31T12:00:00", "query.until: the time needs its zone, like 2026-01-31T12:00:00Z."),
        ("trades?cursor=abc", "query.cursor: that is not the next_cursor of a page."),
        ("equity?cursor=123456789012345", "query.cursor: that is not the next_cursor of a page."),
        ("decisions?first_failed=%00", "query.first_failed: that has characters that cannot be there."),
    ],
)
async def test_what_is_wrong_with_a_parameter_is_said_for_people(
    demo: House, client: httpx.AsyncClient, path: str, detail: str
) -> None:
    answer = await client.get(f"/api/{path}")
    assert problem_of(answer) == (422, "malformed")
    assert answer.json()["detail"] == detail


@pytest.mark.parametrize(
    "token", ["NOPE", "0x" + "1" * 40, "0x123", "%20", "x" * 5000, "%F0%9F%9A%A2", "..%2f..", "None"]
)
@pytest.mark.parametrize("path", ["/api/prices/{}", "/api/prices/{}/bars"])
async def test_a_token_that_is_not_watched_is_not_found(
    demo: House, client: httpx.AsyncClient, path: str, token: str
) -> None:
    status, code = problem_of(await client.get(path.format(token)))
    assert (status, code) == (404, "not_found" if "%2f" in token else "unknown_token")


NOT_BODIES: list[dict[str, Any]] = [
    {},
    {"content": b""},
    {"content": b"0x4200000000000000000000000000000000000006"},
    {"content": b'{"address": '},
    {"content": b"\xff\xfe\x00"},
    {"content": b'{"address": ' + b"[" * 100_000},
    {"content": b'{"address": ' + b"9" * 5000 + b"}"},
    {"content": b'{"address": "\\ud800"}'},
    {"json": None},
    {"json": []},
    {"json": "0x4200000000000000000000000000000000000006"},
    {"json": {}},
    {"json": {"adress": "WETH"}},
    {"json": {"address": None}},
    {"json": {"address": 1}},
    {"json": {"address": ["WETH"]}},
    {"json": {"address": {"address": "WETH"}}},
    {"json": {"address": ""}},
    {"json": {"address": "x" * 101}},
    {"json": {"address": "x" * 900_000}},
    {"data": {"address": "WETH"}},
]


@pytest.mark.parametrize("body", NOT_BODIES)
async def test_a_body_that_is_none_is_malformed(demo: House, client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    if "content" in body:
        body = body | {"headers": {"content-type": "application/json"}}
    assert problem_of(await client.post("/api/tokens", **body)) == (422, "malformed")
    assert len(demo.floor.watchlist) == 2


async def test_before_the_desk_is_open_only_its_health_is_told(client: httpx.AsyncClient) -> None:
    settle_in(None)
    health = await client.get("/api/health")
    assert (health.status_code, health.json()["status"]) == (200, "down")
    assert health.json()["market"] == {"mode": "none", "state": "starting"}
    for path in ("prices", "prices/WETH", "prices/WETH/bars", "tokens", "sources"):
        assert problem_of(await client.get(f"/api/{path}")) == (503, "not_open"), path
    assert problem_of(await client.post("/api/tokens", json={"address": "WETH"})) == (503, "not_open")
    assert problem_of(await client.delete("/api/tokens/WETH")) == (503, "not_open")
    assert (await client.get("/api/openapi.json")).status_code == 200


async def test_without_a_live_price_the_desk_is_degraded(
    tmp_path: Path, double: Double, clock: FakeClock, client: httpx.AsyncClient
) -> None:
    for source in ("dexscreener", "geckoterminal", "coinbase", "kraken", "coingecko", "defillama", "rpc"):
        double.misbehave(source, Mischief.SERVER_ERROR)
    settings = settings_of(tmp_path, market="live", watchlist="WETH", **settings_from(double.environment()))
    async with house_of(settings, clock) as house:
        await house.opened()
        health = (await client.get("/api/health")).json()
        assert (health["status"], health["market"]) == ("degraded", {"mode": "live", "state": "down"})
        (price,) = (await client.get("/api/prices")).json()
        assert (price["price"], price["state"], price["change_24h_pct"]) == (None, "none", None)
        assert (price["as_of"], price["age_s"], price["source"], price["readings"]) == (None, None, None, [])
    double.behave()


async def test_a_database_that_another_program_holds_is_said_and_nothing_is_half_done(
    tmp_path: Path, clock: FakeClock, client: httpx.AsyncClient
) -> None:
    async with house_of(settings_of(tmp_path, market="demo", watchlist="WETH,LINK"), clock) as house:
        await house.opened()
        with held(house.store):
            await house.write_down()
            assert problem_of(await client.post("/api/tokens", json={"address": "AERO"})) == (503, "database_refused")
            assert problem_of(await client.delete("/api/tokens/LINK")) == (503, "database_refused")
            health = (await client.get("/api/health")).json()
            assert health["status"] == "degraded"
            assert "locked by another program" in health["database"]
        assert [token["symbol"] for token in (await client.get("/api/tokens")).json()] == ["WETH", "LINK"]
        await house.write_down()
        assert (await client.get("/api/health")).json()["database"] == "ok"


async def test_bars_that_cannot_be_read_are_not_there_for_now(
    tmp_path: Path, clock: FakeClock, client: httpx.AsyncClient
) -> None:
    async with house_of(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        await house.opened()
        with closing(sqlite3.connect(tmp_path / "drydock.db", isolation_level=None, timeout=10)) as other:
            other.execute("ALTER TABLE bars RENAME TO elsewhere")
            assert problem_of(await client.get("/api/prices/WETH/bars")) == (503, "database_refused")
            assert (await client.get("/api/prices/WETH")).status_code == 200
            other.execute("ALTER TABLE elsewhere RENAME TO bars")
        assert (await client.get("/api/prices/WETH/bars")).status_code == 200
