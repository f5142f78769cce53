"""Tabs without a browser: real websockets to a real server, which may also say what no browser would."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.browser.server import ROOT, Desk

_PATIENCE_S = 20.0
_EVENT = "42/_event,"


class PlainDesk(Desk):
    """A desk in the demo market with a stand-in for the page, so that nothing has to be built."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        super().__init__(folder / "data", {"DRYDOCK_MARKET": "demo", "DRYDOCK_WATCHLIST": "WETH"} | settings, folder)
        self.file = self.data / "drydock.db"
        client = folder / ".web" / "build" / "client"
        client.mkdir(parents=True)
        (client / "index.html").write_text("<!doctype html><title>Drydock</title>", "utf-8")
        client.with_name("fingerprint").write_text("a stand-in", "utf-8")
        for name in ("rxconfig.py", "app"):
            (folder / name).symlink_to(ROOT / name)

    def until_said(self, words: str) -> "PlainDesk":
        for _ in range(1000):
            if words in self.said:
                return self
            time.sleep(0.02)
        raise AssertionError(f"it never said {words!r}: {self.said}")


def sign_in(url: str, password: str) -> str:
    """The header that a browser sends once it has shown the password."""
    answer = httpx.post(f"{url}/sign-in", data={"password": password})
    assert answer.status_code == 303, answer.text
    return f"drydock_session={answer.cookies['drydock_session']}"


class Socket:
    """One tab's websocket after the greeting. `frames` are the texts that it was sent."""

    def __init__(self, wire: ClientConnection, token: str) -> None:
        self.wire = wire
        self.token = token
        self.frames: list[str] = []
        self._until(lambda text: text.startswith("0"))

    def greet(self, auth: object = None) -> "Socket":
        self.say("40/_event," + ("" if auth is None else json.dumps(auth)))
        self._until(lambda text: text.startswith("40/_event"))
        return self

    def say(self, frame: str | bytes) -> None:
        self.wire.send(frame)

    def emit(self, name: str, payload: object, **more: object) -> None:
        """An event of this tab."""
        self.say(_EVENT + json.dumps(["event", {"name": name, "payload": payload, "router_data": {}} | more]))

    def answers(self) -> bool:
        """Whether the server still hears this tab, once it has heard all that was said before."""
        self.say(_EVENT + '["ping"]')
        return self._until(lambda text: text == _EVENT + '["ping","pong"]') is not None

    def updates(self) -> list[dict[str, Any]]:
        """What the states were set to, in the order of the frames."""
        said = [json.loads(text.removeprefix(_EVENT)) for text in self.frames if text.startswith(_EVENT)]
        return [fields["delta"] for kind, fields in said if kind == "event" and fields.get("delta")]

    def until_told(self, var: str) -> Any:
        """The value of the var in the next update that holds it."""
        text = self._until(lambda text: text.startswith(_EVENT) and f'"{var}_rx_state_"' in text)
        deltas = json.loads(text.removeprefix(_EVENT))[1]["delta"].values()
        return next(vars[f"{var}_rx_state_"] for vars in deltas if f"{var}_rx_state_" in vars)

    def until_closed(self) -> int:
        """The code that the server closes with; everything that it sends before is in `frames`."""
        try:
            while True:
                self.frames.append(str(self.wire.recv(_PATIENCE_S)))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0

    def _until(self, wanted: Any) -> str:
        while True:
            text = str(self.wire.recv(_PATIENCE_S))
            if text == "2":
                self.say("3")
            else:
                self.frames.append(text)
            if wanted(text):
                return text


@contextmanager
def socket(url: str, cookie: str = "", token: str = "") -> Iterator[Socket]:
    """A websocket that the server has let in. Raises InvalidStatus where it does not."""
    token = token or str(uuid.uuid4())
    address = f"{url.replace('http', 'ws', 1)}/_event/?token={token}&EIO=4&transport=websocket"
    headers = {"cookie": cookie} if cookie else {}
    with connect(address, additional_headers=headers, max_size=None, proxy=None, close_timeout=1) as wire:
        yield Socket(wire, token)
