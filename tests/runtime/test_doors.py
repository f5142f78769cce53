"""The doors of the server: so many connections, none that waits for ever, and answers under way left alone."""

import logging

import pytest

from app.runtime.doors import open_files, places
from tests.runtime.wires import GREETING, WHOLE, Server

HALF_BODY = b"POST /read HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\nhalf"
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nhost: he", HALF_BODY])
async def test_who_does_not_finish_a_request_is_sent_away(said: bytes) -> None:
    server = Server()
    wire = await server.open(said)
    await server.loop.spend(19)
    assert not wire.is_closed
    await server.loop.spend(2)
    assert (wire.is_closed, wire.told, server.count) == (True, b"", 0)


async def test_who_says_a_request_letter_by_letter_has_no_more_time() -> None:
    server = Server()
    wire = await server.open()
    for letter in (b"G", b"E", b"T"):
        await wire.say(letter)
        await server.loop.spend(6)
    assert not wire.is_closed
    await server.loop.spend(6)
    assert wire.is_closed


async def test_after_an_answer_the_next_request_has_as_much_time_and_no_more() -> None:
    server = Server()
    wire = await server.open(WHOLE)
    for _ in range(3):
        await server.loop.spend(4)
        await wire.say(WHOLE[:5])
        await server.loop.spend(14)
        await wire.say(WHOLE[5:])
    assert wire.told.count(b"200 OK") == 4
    await wire.say(b"G")
    await server.loop.spend(21)
    assert wire.is_closed


async def test_a_body_that_is_not_read_before_the_answer_has_as_much_time_and_no_more() -> None:
    server = Server()
    wire = await server.open(HALF_BODY.replace(b"/read", b"/"))
    assert wire.told.endswith(b"ok")
    await wire.say(b"x")
    await server.loop.spend(21)
    assert wire.is_closed


@pytest.mark.parametrize("said", [WHOLE.replace(b"/ ", b"/slow "), HALF_BODY.replace(b"/read", b"/slow")])
async def test_an_answer_under_way_is_left_alone_however_long_it_takes(said: bytes) -> None:
    server = Server(most=1)
    wire = await server.open(said)
    for _ in range(10):
        await server.loop.spend(60)
    await server.open()
    assert not wire.is_closed
    server.finish.set()
    await server.loop.spend(1)
    assert wire.told.endswith(b"ok")


async def test_a_websocket_is_left_alone() -> None:
    server = Server(most=1)
    wire = await server.open(GREETING + b"\r\n")
    await server.loop.spend(19)
    assert b"101 Switching Protocols" in wire.told
    newest = await server.open()
    await server.loop.spend(2)
    assert (wire.is_closed, newest.is_closed, server.count) == (False, True, 1)
    server.finish.set()


async def test_a_greeting_that_is_not_understood_is_not_waited_with() -> None:
    server = Server()
    wire = await server.open(GREETING + b"content-length: 5\r\n\r\n")
    assert (wire.is_closed, server.count) == (True, 0)


async def test_where_all_places_are_taken_who_has_waited_longest_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(most=3)
    busy = await server.open(WHOLE.replace(b"/ ", b"/slow "))
    idle = [await server.open() for _ in range(10)]
    assert [wire.is_closed for wire in idle] == [True] * 8 + [False] * 2
    newest = await server.open(WHOLE)
    assert newest.told.endswith(b"ok")
    assert (busy.is_closed, server.count) == (False, 3)
    assert caplog.messages == ["[SECURITY] connections=full most=3"]
    server.finish.set()


@pytest.mark.parametrize("path", [b"/", b"/read", b"/slow"])
async def test_what_is_no_http_ends_the_connection_and_is_no_error_of_ours(
    path: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\nhost: here\r\n" + CHUNKED
    server = Server()
    for parts in ([head + b"ZZ\r\n"], [head, b"ZZ\r\n"]):
        wire = await server.open()
        for part in parts:
            await wire.say(part)
        server.finish.set()
        await server.loop.spend(0)
        assert (wire.is_closed, server.count) == (True, 0)
        assert wire.told.count(b"HTTP/1.1") == 1
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_some_files_are_kept_for_what_is_no_connection() -> None:
    assert [places(files) for files in (100, 256, 1_024, 4_096, 65_536)] == [50, 128, 640, 3_712, 4_096]


def test_so_many_files_may_be_open_as_the_system_allows() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
    try:
        allowed = open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (allowed, before[1])
        assert allowed == min(before[1], 65_536)
        assert open_files() == allowed
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
