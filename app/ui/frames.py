"""What a tab may send over its websocket: read strictly, and written anew, so that what is judged is what is heard.

The grammar is that of Socket.IO's text frames. Reflex itself would set whatever `update_vars_internal` names, write
whatever an error says into the log, and fail loudly at what is no event.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from reflex_base.constants.state import FIELD_MARKER
from reflex_base.registry import RegisteredEventHandler, RegistrationContext

LONGEST = 100_000
# The event with which a page reports an error of its own, which is written into the log.
_REPORT = "handle_frontend_exception"
_IS_REPORT = re.compile(rf'42/_event,\["(?:client_error"|event", {{"name": "[^"]*\.{_REPORT}")')
_DEEPEST = 20
_ERROR_CHARACTERS = 2_000
_STORED_CHARACTERS = 4_000
_HASHES = 1_000
_FRAME = re.compile(r"4([012])/_event,(?:\d{1,9}(?=\[))?(.*)", re.DOTALL)
_PLAIN = {"1": "1", "3": "3"}
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

Fields = dict[str, Any]
Parse = Callable[[Fields], Fields | None]


class Ears:
    """What the tabs of this application may say: the events that are registered, and the vars that browsers store."""

    def __init__(self, handlers: Mapping[str, RegisteredEventHandler], stored: frozenset[str]) -> None:
        self._stored = stored
        self._parses = {name: parse for name, known in handlers.items() if (parse := self._parse_of(name, known))}

    @staticmethod
    def of_all() -> "Ears":
        """Those of every state that is registered now."""
        known = RegistrationContext.get()
        stored = {
            f"{name}.{var}{FIELD_MARKER}"
            for name, state in known.base_states.items()
            for var in state.get_fields()
            if state._is_client_storage(var)
        }
        return Ears(known.event_handlers, frozenset(stored))

    def heard(self, frame: object) -> str | None:
        """The frame as the application may have it; None where it is no frame, or says what nobody may."""
        if not isinstance(frame, str) or len(frame) > LONGEST:
            return None
        if frame in _PLAIN:
            return _PLAIN[frame]
        found = _FRAME.fullmatch(frame)
        if found is None:
            return None
        kind, body = found.groups()
        if kind == "1":
            return "41/_event,"
        said = _read(body or "null")
        clean = self._greeting(said) if kind == "0" else self._message(said)
        return None if clean is None else _written(f"4{kind}/_event,", clean)

    def _greeting(self, said: object) -> Fields | None:
        """What comes with the connection: the page's build, and the event that fills the page."""
        fields = _fields(said) or {}
        clean = {name: value for name, value in fields.items() if name == "state_schema" and isinstance(value, str)}
        if "event" in fields:
            event = self._event(fields["event"])
            return None if event is None or event["name"].endswith(f".{_REPORT}") else clean | {"event": event}
        return clean

    def _message(self, said: object) -> list[Any] | None:
        match said:
            case ["event", event]:
                clean = self._event(event)
                return None if clean is None else ["event", clean]
            case ["ping", *_]:
                return ["ping"]
            case ["client_error", {} as fields]:
                texts = cast("Fields", fields).items()
                return ["client_error", {name: _line(text) for name, text in texts if isinstance(text, str)}]
            case _:
                return None

    def _event(self, said: object) -> Fields | None:
        match said:
            case {"name": str(name), **rest} if name in self._parses:
                payload = self._parses[name](_fields(rest.get("payload")) or {})
                way = _way(_fields(rest.get("router_data")) or {})
                return None if payload is None else {"name": name, "payload": payload, "router_data": way}
            case _:
                return None

    def _parse_of(self, name: str, known: RegisteredEventHandler) -> Parse | None:
        """How the payload of an event is read; None where browsers have no business with it."""
        short = name.rpartition(".")[2]
        if known.handler.fn.__module__.startswith("app."):
            return _matching(inspect.signature(known.handler.fn)) if short != "setvar" else None
        parses: dict[str, Parse] = {
            "hydrate": lambda _: {},
            "on_load_internal": lambda _: {},
            "hydrate_and_load": self._hydration,
            "update_vars_internal": lambda said: {"vars": self._vars(said.get("vars"))},
            "set_is_hydrated": lambda said: (
                said if list(said) == ["value"] and isinstance(said["value"], bool) else None
            ),
            _REPORT: _error,
        }
        return parses.get(short)

    def _hydration(self, said: Fields) -> Fields:
        hashes = said.get("hashes")
        texts = (
            [text for text in cast("list[Any]", hashes) if isinstance(text, str)] if isinstance(hashes, list) else []
        )
        return {"vars": self._vars(said.get("vars")), "hashes": texts[:_HASHES]}

    def _vars(self, said: object) -> dict[str, str]:
        """Of the vars that are to be set, those that a browser stores, which are texts."""
        return {
            name: value
            for name, value in (_fields(said) or {}).items()
            if name in self._stored and isinstance(value, str) and len(value) <= _STORED_CHARACTERS
        }


def is_report(frame: str) -> bool:
    """Whether a frame that was heard has the page's own error, by either of its two ways."""
    return _IS_REPORT.match(frame) is not None


def _matching(signature: inspect.Signature) -> Parse:
    """Exactly the arguments that a handler has; what they are worth is the handler's to judge."""

    def parse(said: Fields) -> Fields | None:
        try:
            signature.bind(None, **said)
        except TypeError:
            return None
        return said

    return parse


def _error(said: Fields) -> Fields | None:
    texts = [said.get(name) for name in ("info", "component_stack")]
    told = [_line(text) for text in texts if isinstance(text, str)]
    return {"info": told[0], "component_stack": told[1]} if len(told) == len(texts) else None


def _line(text: str) -> str:
    """A browser's own words as one line, so that they cannot pass for another line of the log."""
    return _UNSEEN.sub(" ", text[:_ERROR_CHARACTERS])


def _way(said: Fields) -> Fields:
    """Where the page is: its path, and the address behind the host."""
    way = {"pathname": _path(said.get("pathname")), "asPath": _path(said.get("asPath"))}
    query = {name: value for name, value in (_fields(said.get("query")) or {}).items() if isinstance(value, str)}
    return way | ({"query": query} if query else {})


def _path(said: object) -> str:
    try:
        return said if isinstance(said, str) and said.startswith("/") and urlsplit(said) else "/"
    except ValueError:
        return "/"


def _fields(said: object) -> Fields | None:
    return cast("Fields", said) if isinstance(said, dict) else None


def _read(text: str) -> object:
    """The JSON; None where it is none, or is deeper than any event, or has a number that JSON does not know."""
    try:
        said = json.loads(text, parse_constant=_unknown)
        return said if _is_shallow(said) else None
    except (ValueError, RecursionError):
        return None


def _unknown(name: str) -> None:
    raise ValueError(name)


def _is_shallow(said: object) -> bool:
    level = [said]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (cast("Fields", one).values() if isinstance(one, dict) else cast("list[Any]", one))
        ]
        if not level:
            return True
    return False


def _written(head: str, said: object) -> str | None:
    """The frame anew; None where it holds what cannot be sent back: half of a letter, a number beyond all."""
    try:
        text = json.dumps(said, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return None
    return head + text
