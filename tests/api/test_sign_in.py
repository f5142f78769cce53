"""The door: the page that asks for the password, what it sets, where it leads, and the way out."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from starlette.types import Message

from app.api.sign_in import answer
from app.runtime.house import House, settle_in
from tests.api.doors import HOST, caller, knock
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORD = "a wörd & more="
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(WORD)
ORIGINS = ("https://desk.example",)


@pytest_asyncio.fixture(loop_scope="module")
async def locked(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    settings = settings_of(tmp_path, market="demo", watchlist="WETH", password=HASH, allowed_origins=ORIGINS)
    async with house_of(settings, clock) as house:
        yield house


def cookie(answer: httpx.Response) -> dict[str, object]:
    found = SimpleCookie(answer.headers["set-cookie"])["drydock_session"]
    names = ("httponly", "samesite", "path", "max-age", "secure", "domain")
    return {"value": found.value} | {name: found[name] for name in names}


async def test_the_page_asks_for_the_password_without_a_script(locked: House) -> None:
    async with caller() as client:
        answer = await client.get("/sign-in?next=/trades%3Fside%3Dbuy")
    assert answer.status_code == 200
    assert "<title>Sign in · Drydock</title>" in answer.text
    assert 'name="next" type="hidden" value="/trades?side=buy"' in answer.text
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in answer.headers["content-security-policy"].partition("style-src")[0]


async def test_the_right_password_sets_a_cookie_that_scripts_and_other_sites_cannot_use(locked: House) -> None:
    async with caller() as client:
        answer = await client.post("/sign-in", data={"password": WORD, "next": "/trades?side=buy"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/trades?side=buy")
        assert (await client.get("/")).text == "the page"
        assert (await client.get("/sign-in?next=/feed")).headers["location"] == "/feed"
    made = cookie(answer)
    assert locked.sign_ins.is_signed_in(str(made.pop("value")))
    assert made == {
        "httponly": True,
        "samesite": "strict",
        "path": "/",
        "max-age": "604800",
        "secure": "",
        "domain": "",
    }


async def test_the_cookie_is_for_https_only_where_the_form_was_on_https(locked: House) -> None:
    told = {"host": "desk.example", "origin": "https://desk.example"}
    async with caller() as client:
        answer = await client.post("/sign-in", data={"password": WORD}, headers=told)
        assert cookie(answer)["secure"] is True
        answer = await client.post("/sign-in", data={"password": WORD}, headers={"x-forwarded-proto": "https"})
        assert cookie(answer)["secure"] == ""


@pytest.mark.parametrize("origin", ["null", "http://evil.example", ""])
async def test_a_form_of_another_site_is_not_read(locked: House, origin: str) -> None:
    async with caller() as client:
        for path in ("/sign-in", "/sign-out"):
            answer = await client.post(path, data={"password": WORD}, headers={"origin": origin})
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "wanted",
    [
        *("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "evil"),
        *("javascript:alert(1)", "/\t/evil.example", "/\r\nset-cookie: a=b", "/é", "/" + "x" * 600, "", "/sign-out"),
    ],
)
async def test_a_sign_in_leads_nowhere_but_to_the_desk(locked: House, wanted: str) -> None:
    async with caller() as client:
        answer = await client.post("/sign-in", data={"password": WORD, "next": wanted})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    "body",
    [b"", b"password=wrong", b"\xff\xfe", b"password=%ff%00", b"{}", b"password", b"&" * 50, b"password=&next=%22%3E"],
)
async def test_a_wrong_form_is_answered_with_one_sentence(locked: House, body: bytes) -> None:
    async with caller() as client:
        answer = await client.post("/sign-in", content=body)
    assert answer.status_code in (401, 422)
    assert "That is not the password." in answer.text or answer.json()["code"] == "malformed"
    assert "set-cookie" not in answer.headers
    assert '"">' not in answer.text


async def test_a_form_of_many_fields_or_bytes_is_not_read(locked: House) -> None:
    async with caller() as client:
        assert (await client.post("/sign-in", content=b"a=1&" * 50)).status_code == 422
        assert (await client.post("/sign-in", content=b"a" * 9000)).status_code == 413


async def test_a_form_of_chunks_is_read_no_further_than_a_form_may_be_long(locked: House) -> None:
    left = iter([b"x" * 4_000] * 100)
    headers = [(b"host", HOST.encode()), (b"content-length", b"5"), (b"transfer-encoding", b"chunked")]
    answer = await knock("/sign-in", headers, method="POST", chunks=left)
    assert (answer.status, answer.code) == (413, "too_large")
    assert len(list(left)) > 80


async def test_after_a_wrong_password_the_field_is_said_to_be_wrong_and_why(locked: House) -> None:
    marked = 'aria-invalid="true" aria-describedby="said"'
    async with caller() as client:
        assert marked not in (await client.get("/sign-in")).text
        answer = await client.post("/sign-in", data={"password": "wrong"})
    assert marked in answer.text
    assert '<p role="alert" id="said">That is not the password.</p>' in answer.text


async def test_after_five_tries_a_minute_the_page_says_when_the_next_one_is_free(locked: House) -> None:
    async with caller() as client:
        for _ in range(5):
            assert (await client.post("/sign-in", data={"password": "wrong"})).status_code == 401
        answer = await client.post("/sign-in", data={"password": WORD})
    assert answer.status_code == 429
    wait = int(answer.headers["retry-after"])
    assert 1 <= wait <= 60
    assert "aria-invalid" not in answer.text
    assert f"Those were too many tries: the next one is free in {wait} s." in answer.text


async def test_a_sign_out_takes_the_cookie_and_ends_the_sign_in_everywhere(locked: House) -> None:
    async with caller() as client:
        value = str(cookie(await client.post("/sign-in", data={"password": WORD}))["value"])
        answer = await client.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert (cookie(answer)["value"], cookie(answer)["max-age"]) == ("", "0")
        assert not locked.sign_ins.is_signed_in(value)
    async with caller(cookies={"drydock_session": value}) as thief:
        assert (await thief.get("/")).status_code == 401
        assert (await thief.post("/sign-out")).status_code == 303


async def test_nothing_but_a_form_signs_out_or_in(locked: House) -> None:
    async with caller() as client:
        assert (await client.get("/sign-out")).headers["allow"] == "POST"
        assert (await client.put("/sign-in")).headers["allow"] == "GET, HEAD, POST"


async def test_without_a_password_the_door_leads_to_the_desk(demo: House) -> None:
    settle_in(demo)
    async with caller() as client:
        for answer in (
            await client.get("/sign-in?next=/feed"),
            await client.post("/sign-in"),
            await client.post("/sign-out"),
        ):
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            assert "set-cookie" not in answer.headers


OTHERS = b"drydock_session=wrong; "


@pytest.mark.parametrize(
    ("before", "is_found"),
    [
        (OTHERS * 9, True),
        (OTHERS * 10, False),
        (b"a=b; " * 199, True),
        (b"a=b; " * 200, False),
        (b"a;" * 30_000, False),
    ],
)
async def test_of_many_cookies_only_the_first_are_looked_at(locked: House, before: bytes, *, is_found: bool) -> None:
    value = await locked.sign_ins.sign_in(WORD, "127.0.0.1")
    assert isinstance(value, str)
    right = b"drydock_session=" + value.encode()
    for cookies in ([before + right], [before.rstrip(b"; "), right]):
        answer = await knock("/", [(b"host", HOST.encode()), *((b"cookie", cookie) for cookie in cookies)])
        assert answer.status == (200 if is_found else 401)


async def test_a_form_that_is_cut_off_is_no_error_of_ours(locked: House) -> None:
    said = iter([{"type": "http.request", "body": b"p", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(said)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/sign-in", "headers": [(b"content-length", b"800")]}
    await answer(scope, receive, send)
    assert sent[0]["status"] == 422
