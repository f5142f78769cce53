"""Every handler of every state over a real websocket, with all that a stranger could send: nothing breaks, nothing
changes, nobody is told what is another's."""

import inspect
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from socket import create_connection

import httpx
import pytest
from reflex_base.registry import RegistrationContext
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.main import app
from app.ui.frames import LONGEST, Ears
from tests.ui.sockets import PlainDesk, Socket, sign_in, socket
from tests.ui.test_hostile_events import HOSTILE

ROOT = "reflex___state____state"
MARKET = f"{ROOT}.app___ui___state___market____market_state"
CHART = f"{ROOT}.app___ui___state___chart____chart_state"
PASSWORD = "a password of a test"
STAYS = ("sessions", "orders", "trades", "entries", "closed_lots", "watched", "bots", "flattens", "sign_ins")
# What JSON can say at all; what only its texts can, is in FRAMES.
SAID = [said for said in HOSTILE if said == said and isinstance(said, None | bool | int | float | str | list | dict)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainDesk]:
    secrets = {"DRYDOCK_PASSWORD": PASSWORD, "DRYDOCK_API_TOKEN": "a token of a test"}
    running = PlainDesk(tmp_path_factory.mktemp("hostile"), secrets)
    with running:
        yield running.until_said("[SESSION] id=")


@pytest.fixture(scope="module")
def cookie(server: PlainDesk) -> str:
    return sign_in(server.url, PASSWORD)


@pytest.fixture(autouse=True)
def unharmed(server: PlainDesk, cookie: str) -> Iterator[None]:
    """After every test the log knows of no error, and the database is as it was."""
    before = kept(server)
    yield
    lines = [line for line in server.said.splitlines() if "Frontend Exception" not in line]
    assert not [line for line in lines if "Traceback" in line or "ERROR" in line or "rror:" in line]
    assert kept(server) == before


def kept(server: PlainDesk) -> dict[str, list[tuple[object, ...]]]:
    """All that a press could change."""
    with closing(sqlite3.connect(server.file)) as file:
        there = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        names = [name for name in STAYS if name in there and name != "sign_ins"]
        assert {"sessions", "orders", "trades", "entries"} <= set(names)
        return {name: sorted(file.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


def handlers() -> dict[str, list[str]]:
    """Every handler that is registered for any state, with the names of its arguments."""
    assert app.event_namespace is not None
    known = RegistrationContext.get().event_handlers
    return {name: list(inspect.signature(one.handler.fn).parameters)[1:] for name, one in known.items()}


def test_reflexs_own_handlers_are_among_those_that_are_tried() -> None:
    own = {"hydrate", "hydrate_and_load", "set_is_hydrated", "setvar"}
    assert {f"{ROOT}.{name}" for name in own} <= set(handlers())
    states = {name.rpartition(".")[0] for name in handlers()}
    assert {state.get_full_name() for state in RegistrationContext.get().base_states.values()} == states
    assert {f"{state}.setvar" for state in states} <= set(handlers())


def test_no_handler_of_any_state_breaks_or_changes_anything(server: PlainDesk, cookie: str) -> None:
    with socket(server.url, cookie) as tab:
        tab.greet()
        for name, names in handlers().items():
            for said in SAID if names else [None]:
                tab.emit(name, dict.fromkeys(names, said))
            tab.emit(name, {"more": 1} | dict.fromkeys(names, 1))
            tab.emit(name, {})
            tab.emit(name, ["not", "fields"])
            assert tab.answers()
        settled(tab)


def settled(tab: Socket) -> None:
    """Until a last event of the tab, which waits for all before it, has had its effect."""
    tab.emit(f"{ROOT}.hydrate", {})
    tab.until_told("is_hydrated")
    assert tab.answers()


def test_no_var_can_be_set_from_outside(server: PlainDesk, cookie: str) -> None:
    with socket(server.url, cookie) as tab:
        tab.greet()
        for name, state in RegistrationContext.get().base_states.items():
            for var in state.get_fields():
                tab.emit(f"{name}.setvar", {"var_name": var, "value": "stolen"})
                tab.emit(f"{name}.set_{var}", {"value": "stolen"})
        stolen = {f"{MARKET}.kind_rx_state_": "stolen", f"{CHART}.shown": "stolen", "x": "stolen"}
        tab.emit(f"{ROOT}.reflex___state____update_vars_internal_state.update_vars_internal", {"vars": stolen})
        tab.emit(f"{ROOT}.hydrate_and_load", {"vars": stolen, "hashes": None})
        settled(tab)
        assert tab.updates()
        assert "stolen" not in "".join(tab.frames)


FRAMES: list[str | bytes] = [
    *("", "4", "40", "41", "42", "43", "44", "45", "46", "5", "6", "9", "2", "2probe", "0{}", "bAAAA", "\0", "x" * 300),
    *("40/", "40/_event", "40/other,", "42/_event,", "42/_event,[", "42/_event,{}", "42/_event,[]", "42/_event,[1]"),
    *('42/_event,["event"]', '42/_event,["event",1]', '42/_event,["event","{}"]', '42/_event,["connect",{}]'),
    *('42/_event,["disconnect"]', '42/other,["event",{}]', '42["event",{}]', "43/_event,1[]", '44/_event,"x"'),
    *('45/_event,1-["event",{"_placeholder":true,"num":0}]', "451-[]", '42/_event,["event",{"name":1}]'),
    *('42/_event,["client_error",[]]', '42/_event,["client_error",{"message":"\\u001b[31m\\nERROR forged"}]'),
    f'42/_event,["event",{{"name":"{ROOT}.hydrate","payload":{{}},"router_data":{{"pathname":{{}},"query":[1]}}}}]',
    f'42/_event,["event",{{"name":"{ROOT}.hydrate","router_data":{{"pathname":"//[","asPath":"http://["}}}}]',
    f'42/_event,["event",{{"name":"{ROOT}.set_is_hydrated","payload":{{"value":NaN}}}}]',
    f'42/_event,["event",{{"name":"{CHART}.choose","payload":{{"key":1e999}}}}]',
    f'42/_event,["event",{{"name":"{CHART}.choose","payload":{{"key":{"9" * 5000}}}}}]',
    f'42/_event,["event",{{"name":"{CHART}.choose","payload":{{"key":"\\ud800"}}}}]',
    f'42/_event,["event",{{"name":"{CHART}.choose","payload":{{"key":{"[" * 40_000}{"]" * 40_000}}}}}]',
    "42/_event," + "[" * 90_000,
    "42/_event,[" + " " * LONGEST + "]",
    *(b"\xff\xfe", b'42/_event,["event",{}]', b""),
]


def test_no_frame_however_wrong_breaks_the_tab_that_sends_it(server: PlainDesk, cookie: str) -> None:
    with socket(server.url, cookie) as tab:
        tab.greet()
        for frame in FRAMES:
            tab.say(frame)
            assert tab.answers(), frame[:60]
        assert server.said.count("[SECURITY] frame=refused") <= 10


@pytest.mark.parametrize("auth", [[], "x", 1, {"event": 1}, {"event": {"name": "x"}}, {"state_schema": {"a": []}}])
def test_no_greeting_breaks_anything(server: PlainDesk, cookie: str, auth: object) -> None:
    with socket(server.url, cookie) as tab:
        tab.say("40/_event," + json.dumps(auth))
        tab.say("40/_event,")
        assert tab.answers()


def test_an_error_that_a_page_reports_is_one_line_of_the_log(server: PlainDesk, cookie: str) -> None:
    with socket(server.url, cookie) as tab:
        tab.greet()
        name = f"{ROOT}.reflex___state____frontend_event_exception_state.handle_frontend_exception"
        forged = "a page broke\n2026-11-02 12:00:00 WARNING [SECURITY] forged"
        tab.emit(name, {"info": forged, "component_stack": "x" * 50_000})
        settled(tab)
    assert not [line for line in server.said.splitlines() if line.endswith("forged") and "a page broke" not in line]


def test_a_tab_is_told_nothing_that_is_another_tabs(server: PlainDesk, cookie: str) -> None:
    with socket(server.url, cookie) as mine, socket(server.url, cookie) as other:
        mine.greet()
        other.greet()
        settled(other)
        other.frames.clear()
        way = {"token": other.token, "sid": "x", "pathname": "/feed", "headers": {"cookie": "x"}, "ip": "1.2.3.4"}
        mine.emit(f"{ROOT}.hydrate", {}, token=other.token, router_data=way)
        settled(mine)
        # A state that the other has not asked for is not sent to it.
        assert other.answers()
        assert not [delta for delta in other.updates() if "is_hydrated_rx_state_" in delta.get(ROOT, {})]
        told = "".join(mine.frames)
        assert other.token not in told
        assert "1.2.3.4" not in told
        assert cookie.partition("=")[2] not in told


def test_who_takes_the_token_of_an_open_tab_gets_another(server: PlainDesk, cookie: str) -> None:
    with socket(server.url, cookie) as mine:
        mine.greet()
        with socket(server.url, cookie, token=mine.token) as thief:
            thief.greet()
            assert thief.answers()
            assert [text for text in thief.frames if "new_token" in text and mine.token not in text]


@pytest.mark.parametrize(
    "shown", ["", "drydock_session=", "drydock_session=wrong", "drydock_session=584ff116-5a16-4158-a010-1086e47b43cc"]
)
def test_nobody_who_is_not_signed_in_is_heard_at_all(server: PlainDesk, shown: str) -> None:
    with pytest.raises(InvalidStatus) as refused, socket(server.url, shown):
        pass
    assert refused.value.response.status_code == 403


def test_a_tab_whose_sign_in_ends_elsewhere_is_sent_away_and_told_nothing_more(server: PlainDesk) -> None:
    shown = sign_in(server.url, PASSWORD)
    with socket(server.url, shown) as tab, socket(server.url, sign_in(server.url, PASSWORD)) as friend:
        tab.greet()
        friend.greet()
        settled(tab)
        assert httpx.post(f"{server.url}/sign-out", headers={"cookie": shown}).status_code == 303
        tab.frames.clear()
        with suppress(ConnectionClosed):
            tab.emit(f"{ROOT}.hydrate", {})
        assert tab.until_closed() == 1008
        assert tab.frames[-1:] == [text for text in tab.frames if "state_mismatch" in text]
        assert not tab.updates()
        settled(friend)
    with pytest.raises(InvalidStatus), socket(server.url, shown):
        pass


@pytest.mark.parametrize(
    "line",
    [
        *("GET http://127.0.0.1/api/health HTTP/1.1", "GET http://evil.example/api/prices HTTP/1.1"),
        *("GET /api/health/../prices HTTP/1.1", "GET /api/health%2f..%2fprices HTTP/1.1", "GET /%2e%2e/x HTTP/1.1"),
        *("GET //api/prices HTTP/1.1", "GET /API/prices HTTP/1.1", "GET /_health HTTP/1.1", "OPTIONS * HTTP/1.1"),
        *("CONNECT evil.example:443 HTTP/1.1", "GET /_event/?EIO=4&transport=polling&token=x HTTP/1.1"),
    ],
)
def test_no_way_to_write_a_request_leads_past_the_guard(server: PlainDesk, line: str) -> None:
    with create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        wire.sendall(f"{line}\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        assert wire.recv(100).split(b" ")[1] == b"401"


def test_everything_that_is_registered_is_either_parsed_or_refused() -> None:
    ears = Ears.of_all()
    refused = {name for name in handlers() if ears.heard(event(name, {})) is None and not handlers()[name]}
    assert refused == set()
    assert not [name for name in handlers() if name.endswith(".setvar") and ears.heard(event(name, {})) is not None]


def event(name: str, payload: object) -> str:
    return "42/_event," + json.dumps(["event", {"name": name, "payload": payload}])
