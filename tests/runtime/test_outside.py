"""What a stranger sends to a desk that runs: words of a proxy, a length that is none, the other way to a websocket."""

import socket
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
    half = {"cookie": cookie, "upgrade": "websocket"}
    answer = httpx.get(asked.replace("polling", "websocket"), headers=half)
    assert (answer.status_code, answer.text) == (400, "Only websockets are served here.")
    assert desk.said[before:] == ""


def told_by(desk: PlainDesk, said: bytes) -> bytes:
    """All that the desk says to these bytes until it closes the connection."""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=60) as wire:
        wire.sendall(said)
        return b"".join(iter(lambda: wire.recv(10_000), b""))


def test_what_is_no_http_is_refused_every_time_and_said_once(desk: PlainDesk) -> None:
    before = len(desk.said)
    told = [told_by(desk, b"\x16\x03\x01\x02\r\n\r\n") for _ in range(20)]
    assert [answer for answer in told if not answer.startswith(b"HTTP/1.1 400 ")] == []
    assert desk.said[before:].count("Invalid HTTP request received.") == 1


def test_a_websocket_that_is_asked_for_as_nobody_may_is_closed(desk: PlainDesk) -> None:
    asked = f"GET /_event/ HTTP/1.1\r\nhost: 127.0.0.1:{desk.port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    assert told_by(desk, f"{asked}content-length: 5\r\n\r\n".encode()) == b""


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
