"""Strangers at the guard: other sites' pages, what is told to whom, and the lines that are written about it."""

import json
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.api.guard import guard
from app.runtime.house import House
from tests.api.doors import Headers, knock, page
from tests.api.test_guard import HERE, SECRETS, bearer, is_in, signed_in
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def locked(tmp_path: Path, clock: FakeClock, request: pytest.FixtureRequest) -> Any:
    """A desk with the secrets that the test names."""
    async with house_of(
        settings_of(tmp_path, market="demo", watchlist="WETH", **SECRETS[request.param]), clock
    ) as house:
        yield house


PICTURE = [(b"sec-fetch-mode", b"no-cors"), (b"sec-fetch-dest", b"image")]
LINK = [(b"sec-fetch-mode", b"navigate"), (b"sec-fetch-dest", b"document")]
FRAME = [(b"sec-fetch-mode", b"navigate"), (b"sec-fetch-dest", b"iframe")]


@pytest.mark.parametrize("site", [b"cross-site", b"same-site"])
@pytest.mark.parametrize(
    ("path", "method", "how", "status"),
    [
        ("/api/prices", "GET", PICTURE, 403),
        ("/", "GET", PICTURE, 403),
        ("/", "GET", FRAME, 403),
        ("/", "GET", [], 403),
        ("/", "POST", LINK, 403),
        ("/api/prices", "GET", LINK, 403),
        ("/metrics", "GET", LINK, 403),
        ("/trades", "GET", LINK, 200),
        ("/", "HEAD", [(b"sec-fetch-mode", b"navigate")], 200),
        ("/api/docs", "GET", LINK, 200),
    ],
)
async def test_another_site_may_link_to_a_page_and_use_nothing(
    demo: House, site: bytes, path: str, method: str, how: Headers, status: int
) -> None:
    told = [HERE, (b"sec-fetch-site", site), *how]
    answer = await knock(path, told, method=method)
    assert answer.status == status
    if status != 200:
        assert answer.code == "foreign_origin"
    # A page of this machine under another of its names is not another's.
    assert is_in(await knock("/api/prices", [*told, (b"origin", b"http://localhost:8000")]))
    for own in (b"same-origin", b"none"):
        assert is_in(await knock(path, [HERE, (b"sec-fetch-site", own), *PICTURE]))


async def test_who_is_refused_is_a_line_of_the_log_but_not_every_time(
    demo: House, caplog: pytest.LogCaptureFixture
) -> None:
    door = guard(page)
    evil = (b"origin", b"http://evil.example\x1b" + b"x" * 500)
    for _ in range(5):
        await knock("/", [(b"host", b"evil.example")], at=door)
        await knock("/", [HERE, evil], at=door)
        await knock("/", [HERE, (b"sec-fetch-site", b"cross-site")], at=door, client="10.0.0.1")
    assert [record.getMessage()[:90] for record in caplog.records] == [
        "[SECURITY] refused=host address=127.0.0.1 times=1 said='evil.example'",
        "[SECURITY] refused=origin address=127.0.0.1 times=1 said='http://evil.example\\x1bxxxxxxxxxxxxxxxxx"[:90],
        "[SECURITY] refused=origin address=10.0.0.1 times=1 said='cross-site'",
    ]
    assert max(len(record.getMessage()) for record in caplog.records) < 200
    for number in range(50):
        await knock("/", [(b"host", b"evil.example")], at=door, client=f"10.0.1.{number}")
    assert len(caplog.records) == 10
    # What was held back before is in the first line that comes after.
    assert "address=10.0.1.0 times=5 " in caplog.records[3].getMessage()
    assert "address=10.0.1.1 times=1 " in caplog.records[4].getMessage()


@pytest.mark.parametrize("locked", SECRETS, indirect=True)
async def test_why_the_database_refuses_is_told_to_who_may_use_the_api_only(locked: House) -> None:
    for locked.trouble, told in (("The database at db.example is full.", "refused"), ("", "ok")):
        for headers in ([], [bearer("wrong")]):
            answer = await knock("/api/health", [HERE, *headers])
            assert (answer.status, json.loads(answer.body)["database"]) == (200, told)
        known = await knock("/api/health", [HERE, bearer("tökén-à1")])
        has_token = locked.settings.api_token is not None
        assert json.loads(known.body)["database"] == (locked.trouble or "ok" if has_token else told)


@pytest.mark.parametrize("locked", ["password", "both"], indirect=True)
async def test_who_has_signed_in_reads_what_the_api_is_and_no_more_of_it(locked: House) -> None:
    cookie = (b"cookie", b"drydock_session=" + (await signed_in(locked)).encode())
    for path in ("/api/docs", "/api/openapi.json", "/api/docs/"):
        assert (await knock(path, [HERE, cookie])).status == 200
        assert (await knock(path, [HERE, cookie], method="POST")).status == 401
        assert (await knock(path, [HERE, (b"cookie", b"drydock_session=wrong")])).status == 401
    for path in ("/api/prices", "/api", "/api/docs/x", "/metrics"):
        assert (await knock(path, [HERE, cookie])).status == 401


@pytest.mark.parametrize("locked", ["both"], indirect=True)
async def test_a_wrong_token_is_a_line_of_the_log_without_it(locked: House, caplog: pytest.LogCaptureFixture) -> None:
    door = guard(page)
    for headers in ([], [bearer("sesame")], [bearer("sesame")], [bearer("tökén-à1")]):
        await knock("/api/prices", [HERE, *headers], client="10.0.0.7", at=door)
    lines = [record.getMessage() for record in caplog.records if "10.0.0.7" in record.getMessage()]
    assert lines == ["[SECURITY] refused=token address=10.0.0.7 times=1 said='/api/prices'"]
