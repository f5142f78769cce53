"""The webhook against a real receiver on loopback: that fails, is slow, asks for patience, or points elsewhere."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from app.market.webhook import MOST_WAITING, TRIES, Webhook
from tests.clock import FakeClock

SECRET = "key-that-nobody-may-see"


class Receiver:
    """Answers as it is told, one answer a request and then 204: a status, headers behind it, or 'drop' to hang up.
    `gate` holds every answer back until it is open."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.got: list[dict[str, object]] = []
        self.paths: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/{SECRET}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:"))
            body = await reader.readexactly(int(length.split(":")[1]))
            self.paths.append(head.split(" ")[1])
            self.got.append(json.loads(body))
            self.arrived.set()
            answer = self.answers.pop(0) if self.answers else "204"
            await self.gate.wait()
            if answer != "drop":
                status, _, headers = answer.partition(" ")
                lines = [f"HTTP/1.1 {status} x", "content-length: 0", "connection: close", *headers.split("|")]
                writer.write(("\r\n".join(line for line in lines if line) + "\r\n\r\n").encode())
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
        receiver.gate.set()
        await asyncio.sleep(0)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, verify=False) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def hook(client: httpx.AsyncClient, receiver: Receiver, clock: FakeClock) -> Webhook:
    return Webhook(client, receiver.url, clock)


def numbers(receiver: Receiver) -> list[object]:
    return [message["number"] for message in receiver.got]


def counts(hook: Webhook) -> tuple[int, int, int]:
    return hook.delivered, hook.failed, hook.dropped


async def test_messages_arrive_in_their_order_at_the_configured_address(hook: Webhook, receiver: Receiver) -> None:
    for number in range(5):
        hook.post({"number": number})
    await hook.quiet()
    assert numbers(receiver) == [0, 1, 2, 3, 4]
    assert set(receiver.paths) == {f"/hooks/{SECRET}"}
    assert counts(hook) == (5, 0, 0)


async def test_a_receiver_that_fails_is_tried_again_after_growing_pauses_and_before_the_next_message(
    hook: Webhook, receiver: Receiver, clock: FakeClock
) -> None:
    receiver.answers = ["500", "drop", "503", "200"]
    hook.post({"number": 1})
    hook.post({"number": 2})
    await hook.quiet()
    assert numbers(receiver) == [1, 1, 1, 1, 2]
    assert clock.slept == [1, 2, 4]
    assert counts(hook) == (2, 0, 0)


async def test_after_five_tries_it_gives_up_and_goes_on_with_the_next(hook: Webhook, receiver: Receiver) -> None:
    receiver.answers = ["500"] * TRIES
    hook.post({"number": 1})
    hook.post({"number": 2})
    await hook.quiet()
    assert numbers(receiver) == [1] * TRIES + [2]
    assert counts(hook) == (1, 1, 0)


async def test_a_receiver_that_says_no_is_not_asked_again(hook: Webhook, receiver: Receiver, clock: FakeClock) -> None:
    receiver.answers = ["404", "410"]
    hook.post({"number": 1})
    hook.post({"number": 2})
    await hook.quiet()
    assert (numbers(receiver), clock.slept, counts(hook)) == ([1, 2], [], (0, 2, 0))


@pytest.mark.parametrize(("asked", "slept"), [("7", 7), ("3600", 60), ("0", 0), ("soon", 1)])
async def test_what_the_receiver_asks_for_is_kept_up_to_a_minute(
    asked: str, slept: float, hook: Webhook, receiver: Receiver, clock: FakeClock
) -> None:
    receiver.answers = [f"429 retry-after: {asked}"]
    hook.post({"number": 1})
    await hook.quiet()
    assert (clock.slept, counts(hook)) == ([slept], (1, 0, 0))


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
async def test_it_goes_nowhere_that_it_was_not_configured_for(status: str, hook: Webhook, receiver: Receiver) -> None:
    async with receiving() as elsewhere:
        receiver.answers = [f"{status} location: {elsewhere.url}"]
        hook.post({"number": 1})
        await hook.quiet()
        assert (elsewhere.got, numbers(receiver), counts(hook)) == ([], [1], (0, 1, 0))


async def test_nobody_waits_for_a_slow_receiver_and_the_oldest_of_too_many_gives_way(
    hook: Webhook, receiver: Receiver
) -> None:
    receiver.gate.clear()
    hook.post({"number": 0})
    await receiver.arrived.wait()
    for number in range(1, MOST_WAITING + 4):
        hook.post({"number": number})
    receiver.gate.set()
    await hook.quiet()
    assert numbers(receiver) == [0, *range(4, MOST_WAITING + 4)]
    assert counts(hook) == (MOST_WAITING + 1, 0, 3)


async def test_closing_gives_up_at_once_whatever_the_receiver_does(hook: Webhook, receiver: Receiver) -> None:
    receiver.gate.clear()
    for number in range(3):
        hook.post({"number": number})
    await receiver.arrived.wait()
    await hook.close()
    hook.post({"number": 9})
    await hook.quiet()
    assert (numbers(receiver), counts(hook)) == ([0], (0, 0, 3))


async def test_a_receiver_that_does_not_answer_in_time_has_failed(
    client: httpx.AsyncClient, receiver: Receiver, clock: FakeClock
) -> None:
    receiver.gate.clear()
    hook = Webhook(client, receiver.url, clock, timeout=0.05)
    hook.post({"number": 1})
    await hook.quiet()
    assert (clock.slept, counts(hook)) == ([1, 2, 4, 8], (0, 1, 0))


async def test_without_an_address_nothing_is_sent(client: httpx.AsyncClient, clock: FakeClock) -> None:
    hook = Webhook(client, "", clock)
    hook.post({"number": 1})
    await hook.quiet()
    await hook.close()
    assert counts(hook) == (0, 0, 0)


async def test_the_address_stands_in_no_log(
    hook: Webhook, receiver: Receiver, clock: FakeClock, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = ["500"] * TRIES + ["302 location: /elsewhere"]
    with caplog.at_level(logging.INFO, logger="drydock"):
        hook.post({"number": 1})
        hook.post({"number": 2})
        await hook.quiet()
        gone = Webhook(client, f"http://127.0.0.1:1/{SECRET}", clock)
        gone.post({"number": 3})
        await gone.quiet()
    lines = [record for record in caplog.records if record.name == "drydock"]
    assert len(lines) == 3
    assert all(SECRET not in record.getMessage() and not record.exc_info for record in lines)


async def test_how_many_were_lost_since_the_last_that_arrived_is_known_and_told_when_it_changes(
    client: httpx.AsyncClient, receiver: Receiver, clock: FakeClock
) -> None:
    told = list[int]()
    hook = Webhook(client, receiver.url, clock, turned=lambda: told.append(hook.untaken))
    receiver.answers = ["404", "410", "204", "204", "404"]
    for number in range(5):
        hook.post({"number": number})
    await hook.quiet()
    assert (told, hook.untaken) == ([1, 2, 0, 1], 1)
