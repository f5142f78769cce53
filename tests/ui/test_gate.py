"""The gate: what a tab says is read strictly, and who is not signed in any more is heard and told nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from app.runtime.house import House, settle_in
from app.runtime.sign_ins import SIGNED_IN_WITH, VALID
from app.ui.gate import gate
from app.ui.state.log import LogState
from tests.clock import FakeClock
from tests.runtime.houses import house_of
from tests.ui.tabs import demo_settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORD = "a word"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(WORD)
HYDRATE = "reflex___state____state.hydrate"
EVENT = "42/_event," + json.dumps(["event", {"name": HYDRATE, "payload": {}}])


class Wire:
    """A websocket, and behind the gate an application that notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.say: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.push: Any = None

    async def open(self, cookie: str) -> "asyncio.Task[None]":
        scope = {"type": "websocket", "path": "/_event/", SIGNED_IN_WITH: cookie}
        task = asyncio.ensure_future(gate(self.application)(scope, self.say.get, self.send))
        await self.until_quiet()
        return task

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        self.push = send
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.heard.append(message["text"])
            await send({"type": "websocket.send", "text": "an answer"})

    async def send(self, message: Any) -> None:
        self.sent.append(dict(message))

    async def tell(self, frame: str | bytes) -> None:
        kind = "text" if isinstance(frame, str) else "bytes"
        await self.say.put({"type": "websocket.receive", kind: frame})
        await self.until_quiet()

    async def until_quiet(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]


@pytest_asyncio.fixture(loop_scope="module")
async def locked(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    async with house_of(demo_settings(tmp_path, password=HASH), clock) as opened:
        yield opened


async def signed_in(house: House) -> str:
    value = await house.sign_ins.sign_in(WORD, "127.0.0.1")
    assert isinstance(value, str)
    return value


def was_sent_away(sent: list[dict[str, Any]]) -> bool:
    *_, last, close = sent
    anew = json.loads(last["text"].removeprefix("42/_event,"))
    return anew[0] == "state_mismatch" and close == {"type": "websocket.close", "code": 1008}


async def test_who_is_not_signed_in_gets_no_further_than_the_gate(locked: House) -> None:
    for cookie in ("", "wrong"):
        wire = Wire()
        await (await wire.open(cookie))
        assert wire.sent == [{"type": "websocket.close", "code": 1008}]
        assert wire.push is None


@pytest.mark.parametrize("path", ["/_event", "/_event/", "/_event/x"])
async def test_what_comes_without_a_websocket_is_told_so_and_goes_no_further(house: House, path: str) -> None:
    wire = Wire()
    await gate(wire.application)({"type": "http", "method": "GET", "path": path}, wire.say.get, wire.send)
    start, body = wire.sent
    assert (start["status"], wire.push) == (400, None)
    assert (body["body"], dict(start["headers"])[b"content-length"]) == (b"Only websockets are served here.", b"32")


async def test_pages_are_no_matter_of_the_gate(house: House) -> None:
    wire = Wire()
    await wire.say.put({"type": "http.request"})
    await gate(wire.application)({"type": "http", "method": "GET", "path": "/_events"}, wire.say.get, wire.send)
    assert wire.push is not None


async def test_before_the_desk_is_open_no_tab_is_let_in() -> None:
    settle_in(None)
    wire = Wire()
    await (await wire.open(""))
    assert wire.sent == [{"type": "websocket.close", "code": 1013}]


async def test_a_sign_out_ends_what_is_heard_and_what_is_pushed_at_once(locked: House) -> None:
    wire, value = Wire(), await signed_in(locked)
    await wire.open(value)
    await wire.tell(EVENT)
    assert (len(wire.heard), wire.texts) == (1, ["an answer"])
    await locked.sign_ins.sign_out(value)
    await wire.push({"type": "websocket.send", "text": "a price"})
    await wire.tell(EVENT)
    await wire.push({"type": "websocket.close"})
    assert len(wire.heard) == 1
    assert "a price" not in wire.texts
    assert was_sent_away(wire.sent)


async def test_a_sign_in_that_is_over_ends_with_the_next_event(locked: House, clock: FakeClock) -> None:
    wire = Wire()
    await wire.open(await signed_in(locked))
    clock.advance(VALID.total_seconds())
    await wire.tell(EVENT)
    assert wire.heard == []
    assert was_sent_away(wire.sent)


async def test_a_sign_in_that_is_over_ends_with_the_next_push(locked: House, clock: FakeClock) -> None:
    wire = Wire()
    await wire.open(await signed_in(locked))
    clock.advance(VALID.total_seconds())
    await wire.push({"type": "websocket.send", "text": "a price"})
    await wire.until_quiet()
    assert "a price" not in wire.texts
    assert was_sent_away(wire.sent)


async def test_a_tab_that_has_left_is_not_sent_away(locked: House) -> None:
    wire, value = Wire(), await signed_in(locked)
    task = await wire.open(value)
    await wire.say.put({"type": "websocket.disconnect", "code": 1001})
    await task
    await locked.sign_ins.sign_out(value)
    await wire.until_quiet()
    assert wire.sent == [{"type": "websocket.accept"}]


async def test_without_a_password_every_tab_is_heard(house: House) -> None:
    wire = Wire()
    await wire.open("")
    await wire.tell(EVENT)
    assert wire.heard == ['42/_event,["event", {"name": "' + HYDRATE + '", "payload": {}, ' + WAY + "}]"]


WAY = '"router_data": {"pathname": "/", "asPath": "/"}'


async def test_what_is_no_event_is_not_heard_and_said_in_a_few_lines(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire()
    await wire.open("")
    for frame in ("", "42", b"42", '42/_event,["event",{"name":"x"}]', "4" * 200_000) * 5:
        await wire.tell(frame)
    assert wire.heard == []
    assert caplog.text.count("[SECURITY] frame=refused") == 5


async def test_a_page_may_report_a_few_errors_only(house: House) -> None:
    wire = Wire()
    await wire.open("")
    name = "reflex___state____state.reflex___state____frontend_event_exception_state.handle_frontend_exception"
    report = {"name": name, "payload": {"info": "a\nb", "component_stack": ""}}
    for _ in range(20):
        await wire.tell("42/_event," + json.dumps(["event", report]))
    assert len(wire.heard) == 5
    assert '"info": "a b"' in wire.heard[0]


async def test_a_page_may_complain_of_its_connection_a_few_times_only(house: House) -> None:
    wire = Wire()
    await wire.open("")
    for _ in range(20):
        await wire.tell('42/_event,["client_error", {"message": "a"}]')
    assert len(wire.heard) == 5


async def test_who_speaks_of_reports_is_heard_every_time(house: House) -> None:
    wire = Wire()
    await wire.open("")
    event = {"name": f"{LogState.get_full_name()}.search", "payload": {"q": "x.handle_frontend_exception"}}
    for _ in range(20):
        await wire.tell("42/_event," + json.dumps(["event", event]))
    assert len(wire.heard) == 20
