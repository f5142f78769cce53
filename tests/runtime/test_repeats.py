"""What strangers can make libraries say is a line a minute, with how many were held back."""

import inspect
import logging
from asyncio import selector_events

from apscheduler.schedulers import base
from uvicorn.protocols.http import h11_impl

from app.runtime.repeats import REPEATED, Seldom

NO_HTTP, NO_UPGRADE = "Invalid HTTP request received.", "Unsupported upgrade request."


def record_of(text: str) -> logging.LogRecord:
    return logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, text, (), None)


def test_such_a_line_is_written_once_a_minute_and_says_how_many_were_not() -> None:
    now = [0.0]
    seldom = Seldom((NO_HTTP, NO_UPGRADE), lambda: now[0])
    said: list[str] = []
    for second in range(130):
        now[0] = float(second)
        for text in (NO_HTTP, NO_UPGRADE) if second < 2 else (NO_HTTP, NO_HTTP):
            record = record_of(text)
            if seldom.filter(record):
                said.append(f"{second}: {record.getMessage()}")
    assert said == [
        f"0: {NO_HTTP}",
        f"0: {NO_UPGRADE}",
        f"60: {NO_HTTP} 117 more were held back.",
        f"120: {NO_HTTP} 119 more were held back.",
    ]


def test_all_other_lines_are_written_every_time() -> None:
    seldom = Seldom((NO_HTTP,))
    assert all(seldom.filter(record_of("Exception in ASGI application\n")) for _ in range(5))


def test_a_line_is_known_by_how_it_begins() -> None:
    seldom = Seldom(REPEATED["asyncio"])
    said = [seldom.filter(record_of(f"{REPEATED['asyncio'][0]}\nsocket: {number}")) for number in range(3)]
    assert said == [True, False, False]


def test_the_libraries_still_say_it_so() -> None:
    libraries = ((h11_impl, "uvicorn.error"), (selector_events, "asyncio"), (base, "apscheduler.scheduler"))
    for module, name in libraries:
        source = inspect.getsource(module)
        assert [text for text in REPEATED[name] if text not in source] == []
