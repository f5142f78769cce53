"""What a tab may say: the frames of its browser as they were, all else not at all."""

import inspect
import json
from typing import Any

import pytest

from app.main import app
from app.ui.frames import Ears, is_report
from app.ui.state.chart import ChartState

ROOT = "reflex___state____state"
CHART = f"{ROOT}.app___ui___state___chart____chart_state"
UPDATE = f"{ROOT}.reflex___state____update_vars_internal_state.update_vars_internal"


@pytest.fixture(scope="module")
def ears() -> Ears:
    assert app.event_namespace is not None
    return Ears.of_all()


def event(name: str, payload: object = None, **more: object) -> str:
    return "42/_event," + json.dumps(["event", {"name": name, "payload": payload or {}} | more])


def heard(ears: Ears, frame: str) -> Any:
    """The event that gets through."""
    text = ears.heard(frame)
    return None if text is None else json.loads(text.removeprefix("42/_event,"))[1]


@pytest.mark.parametrize("frame", ["3", "1", "40/_event,{}", "41/_event,"])
def test_the_frames_of_a_connection_get_through(ears: Ears, frame: str) -> None:
    assert ears.heard(frame) == frame


def test_an_event_gets_through_with_its_arguments_and_where_its_page_is(ears: Ears) -> None:
    way = {"pathname": "/trades", "asPath": "/trades?side=buy#x", "query": {"side": "buy"}}
    (argument,) = list(inspect.signature(ChartState.event_handlers["choose"].fn).parameters)[1:]
    said = {"name": f"{CHART}.choose", "payload": {argument: "LINK ⚓"}, "router_data": way}
    assert heard(ears, "42/_event," + json.dumps(["event", said])) == said
    assert heard(ears, "42/_event,17" + json.dumps(["event", said])) == said


def test_a_greeting_brings_the_event_that_fills_the_page(ears: Ears) -> None:
    boot = {"name": f"{ROOT}.hydrate_and_load", "payload": {"vars": {}, "hashes": ["a", 1]}, "token": "another's"}
    text = ears.heard("40/_event," + json.dumps({"state_schema": "abc", "event": boot, "more": 1}))
    assert text is not None
    clean = json.loads(text.removeprefix("40/_event,"))
    assert clean == {
        "state_schema": "abc",
        "event": {
            "name": boot["name"],
            "payload": {"vars": {}, "hashes": ["a"]},
            "router_data": {"pathname": "/", "asPath": "/"},
        },
    }


def test_only_what_a_browser_stores_can_be_set_and_only_to_texts(ears: Ears) -> None:
    token, chosen = f"{CHART}.token_rx_state_", f"{CHART}.chosen_rx_state_"
    given = {token: "WETH", chosen: "WETH", f"{ROOT}.is_hydrated_rx_state_": "x", "": "x", "x.y": "x"}
    for name in (UPDATE, f"{ROOT}.hydrate_and_load"):
        assert heard(ears, event(name, {"vars": given}))["payload"]["vars"] == {token: "WETH"}
        for wrong in (None, 1, [], {}, "x" * 4001):
            assert heard(ears, event(name, {"vars": {token: wrong}}))["payload"]["vars"] == {}
        for wrong in (None, 1, "x", [1]):
            assert heard(ears, event(name, {"vars": wrong}))["payload"]["vars"] == {}


@pytest.mark.parametrize("value", [None, 1, "true", [], {}])
def test_a_page_is_filled_or_it_is_not(ears: Ears, value: object) -> None:
    for name in (f"{ROOT}.set_is_hydrated", f"{ROOT}.reflex___state____on_load_internal_state.set_is_hydrated"):
        assert heard(ears, event(name, {"value": value})) is None
        assert heard(ears, event(name, {"value": True}))["payload"] == {"value": True}


@pytest.mark.parametrize("payload", [{}, {"key": 1, "more": 1}, {"self": 1}, [], "x", {"state": 1}])
def test_a_handler_has_exactly_its_own_arguments(ears: Ears, payload: object) -> None:
    assert heard(ears, event(f"{CHART}.choose", payload)) is None


@pytest.mark.parametrize("pathname", ["//[", "http://[", "evil", 1, None, [], {"a": 1}])
def test_a_path_that_is_none_is_that_of_the_desk(ears: Ears, pathname: object) -> None:
    way = {"pathname": pathname, "asPath": pathname, "query": pathname, "headers": {"cookie": "x"}, "sid": "x"}
    assert heard(ears, event(f"{ROOT}.hydrate", router_data=way))["router_data"] == {"pathname": "/", "asPath": "/"}


def test_what_the_browser_says_of_itself_is_one_line(ears: Ears) -> None:
    text = ears.heard('42/_event,["client_error",{"message":"a\\nb\\u001b[31m\\u2028c","x":1}]')
    assert text == '42/_event,["client_error", {"message": "a b [31m c"}]'


REPORTED = {"info": "a", "component_stack": "b"}
REPORT = f"{ROOT}.reflex___state____frontend_event_exception_state.handle_frontend_exception"


def test_what_a_page_says_of_its_own_errors_is_known_by_its_name_alone(ears: Ears) -> None:
    (argument,) = list(inspect.signature(ChartState.event_handlers["choose"].fn).parameters)[1:]
    about = {argument: f'["event", {{"name": "{REPORT}"'}
    for frame, is_one in (
        (event(REPORT, REPORTED), True),
        ('42/_event,["client_error",{"message":"a"}]', True),
        (event(f"{CHART}.choose", about), False),
        (event(f"{ROOT}.hydrate"), False),
        ("3", False),
    ):
        assert is_report(ears.heard(frame) or "") is is_one


def test_a_greeting_brings_no_report(ears: Ears) -> None:
    report = {"name": REPORT, "payload": REPORTED}
    assert ears.heard("40/_event," + json.dumps({"event": report})) is None
