"""The tutorial is true: every example of docs/api.md, in its order, against a desk started as it says."""

import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.listeners import events_in
from tests.api.loopback import desk_on_loopback

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
SAID_HOST = "http://127.0.0.1:8000"
ANY = "…"
KEPT = re.compile(r"\$([A-Z]+)")
# What is asked too early is asked again: prices and the bot have a pace of their own.
PATIENCE_S = 20.0


@dataclass
class Reader:
    """Somebody who works through the tutorial: the desk as it was last started, and what was to be kept."""

    stack: ExitStack
    folders: Iterator[Path]
    url: str = ""
    kept: dict[str, str] = field(default_factory=dict[str, str])

    def start(self, command: str) -> None:
        """`NAME=value … make run`: a desk of these settings."""
        self.stack.close()
        named = [word.partition("=") for word in shlex.split(command) if "=" in word]
        settings = {name.removeprefix("DRYDOCK_").lower(): value for name, _, value in named}
        assert settings.pop("market") == "demo"
        self.url = self.stack.enter_context(desk_on_loopback(next(self.folders), **settings))

    def asks(self, command: str) -> "Asked":
        """What a shell would hand to curl, with all that was kept as its variables."""
        script = "printf '%s\\0' " + command.removeprefix("curl ")
        words = subprocess.run(["sh", "-uc", script], env=os.environ | self.kept, capture_output=True, check=True)
        return asked(words.stdout.decode().split("\0")[:-1], self.url)

    def fits(self, shown: Any, found: Any) -> bool:
        """Whether an answer is as shown; what is called $NAME in it is kept."""
        if shown == ANY:
            return True
        if isinstance(shown, dict):
            return isinstance(found, dict) and all(
                name in found and self.fits(shown[name], found[name]) for name in shown
            )
        if isinstance(shown, list):
            return isinstance(found, list) and len(found) >= len(shown) and all(map(self.fits, shown, found))
        if isinstance(shown, str) and (name := KEPT.fullmatch(shown)):
            self.kept[name[1]] = str(found)
            return isinstance(found, str) and found != ""
        return shown == found


@dataclass(frozen=True)
class Asked:
    method: str
    url: str
    headers: dict[str, str]
    body: str | None


def asked(words: list[str], url: str) -> Asked:
    """The request that curl makes of its arguments."""
    method, address, headers, body = "", "", dict[str, str](), None
    rest = iter(words)
    for word in rest:
        match word:
            case "-s" | "-i" | "-N":
                pass
            case "-I":
                method = "HEAD"
            case "-X":
                method = next(rest)
            case "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            case "--json":
                body = next(rest)
                headers["content-type"] = "application/json"
            case _:
                assert word.startswith(SAID_HOST), f"the tutorial's curl is told {word!r}"
                address = url + word.removeprefix(SAID_HOST)
    return Asked(method or ("POST" if body is not None else "GET"), address, headers, body)


def answer_to(request: Asked) -> httpx.Response:
    return httpx.request(
        request.method, request.url, headers=request.headers, content=request.body, timeout=30, trust_env=False
    )


def is_as_shown(reader: Reader, kind: str, shown: str, answer: httpx.Response) -> bool:
    """Whether the block that follows a command shows its answer."""
    if kind == "json":
        return answer.is_success and reader.fits(json.loads(shown), answer.json())
    if kind == "csv":
        return answer.is_success and answer.text.splitlines()[: shown.count("\n")] == shown.splitlines()
    head, _, body = shown.partition("\n\n")
    first, *headers = head.splitlines()
    named = [line.partition(": ") for line in headers]
    return (
        first.split(" ", 2)[:2] == ["HTTP/1.1", str(answer.status_code)]
        and all(reader.fits(value, answer.headers.get(name)) for name, _, value in named)
        and (reader.fits(json.loads(body), answer.json()) if body else answer.text == "")
    )


def hears(reader: Reader, request: Asked, shown: str) -> bool:
    """Whether the stream tells the events that are shown, in their order, among others."""
    wanted, text = events_in(shown), ""
    with httpx.stream(request.method, request.url, headers=request.headers, timeout=30, trust_env=False) as answer:
        for chunk in answer.iter_text():
            text += chunk
            heard = iter(events_in(text))
            if all(any(is_event(reader, event, each) for each in heard) for event in wanted):
                return True
    return False


def is_event(reader: Reader, shown: Any, heard: Any) -> bool:
    return shown.event == heard.event and reader.fits(shown.data, heard.data) and reader.fits(shown.id or ANY, heard.id)


def run(reader: Reader, command: str, kind: str, shown: str) -> None:
    """One command, and the answer that is shown after it."""
    request = reader.asks(command)
    if kind == "sse":
        assert hears(reader, request, shown)
        return
    answer, until = answer_to(request), time.monotonic() + PATIENCE_S
    while not is_as_shown(reader, kind, shown, answer):
        assert request.method == "GET" and time.monotonic() < until, f"{command}\n{answer.status_code} {answer.text}"
        time.sleep(0.2)
        answer = answer_to(request)


def test_every_example_answers_as_it_is_shown(tmp_path: Path) -> None:
    folders = (tmp_path / str(number) for number in range(10))
    with ExitStack() as stack:
        reader = Reader(stack, folders)
        for (language, text), (kind, shown) in pairwise([*BLOCKS, ("sh", "")]):
            if language == "sh" and "make run" in text:
                reader.start(text)
            elif language == "sh":
                run(reader, text.strip().replace("\\\n", " "), kind, shown)


def test_every_command_is_followed_by_its_answer() -> None:
    kinds = [kind for kind, _ in BLOCKS]
    assert set(kinds) == {"sh", "json", "http", "csv", "sse"}
    for (kind, text), (following, _) in pairwise([*BLOCKS, ("sh", "")]):
        if kind == "sh" and "make run" not in text:
            assert following != "sh", text
        assert kind == "sh" or following == "sh", text


@pytest.mark.parametrize(
    "call",
    ["health", "prices", "orders/preview", "orders", "positions", "bot", "decisions", "stream", "trades", "account"],
)
def test_the_first_hour_comes_by_everything_that_matters(call: str) -> None:
    assert f"{SAID_HOST}/api/{call}" in TEXT
