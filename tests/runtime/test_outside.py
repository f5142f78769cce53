"""What a stranger sends to a desk that runs: words of a proxy, a length that is none, the other way to a websocket."""

from collections.abc import Iterator

import httpx
import pytest

from tests.ui.sockets import PlainDesk, sign_in

WORD = "open sesame"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainDesk]:
    running = PlainDesk(tmp_path_factory.mktemp("outside"), {"DRYDOCK_PASSWORD": WORD})
    with running:
        yield running.until_said("[SESSION] id=")


def test_a_websocket_is_not_to_be_had_another_way_and_nothing_is_said_of_it(desk: PlainDesk) -> None:
    cookie = sign_in(desk.url, WORD)
    before = len(desk.said)
    asked = f"{desk.url}/_event/?EIO=4&transport=polling"
    assert httpx.get(asked, headers={"cookie": cookie}).status_code == 400
    assert httpx.get(asked).status_code == 401
    assert desk.said[before:] == ""


def test_a_body_in_chunks_is_not_read_to_its_end_whatever_length_is_stated(desk: PlainDesk) -> None:
    told = {"content-length": "5", "transfer-encoding": "chunked"}
    answer = httpx.post(f"{desk.url}/sign-in", content=iter([b"x" * 10_000] * 20), headers=told)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_what_a_proxy_would_say_of_the_visitor_is_not_believed(desk: PlainDesk) -> None:
    statuses: list[int] = []
    with httpx.Client(base_url=desk.url) as stranger:
        for number in range(6):
            told = {"x-forwarded-proto": "https", "x-forwarded-for": f"10.0.0.{number}"}
            answer = stranger.post("/sign-in", data={"password": WORD}, headers=told)
            statuses.append(answer.status_code)
            assert "secure" not in answer.headers.get("set-cookie", "").lower()
    assert statuses[-1] == 429
    assert "sign_in=done address=127.0.0.1" in desk.said
    assert "10.0.0." not in desk.said
