"""The log over REST: newest first, by level, tag and text, page by page, and as the document says."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.api.logs import LogPage
from app.runtime.logbook import BOOK
from tests.api.ledger import asked, got
from tests.api.test_shapes import is_as

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def busy() -> Iterator[None]:
    """A log in which something of every kind has been said."""
    BOOK.clear()
    for number in range(3):
        log(logging.INFO, f"[PRICE] token=WETH number={number}")
    log(logging.WARNING, "[QUOTE] token=LINK why='no pool: a=b'", "drydock.quote")
    log(logging.ERROR, "[TRADE] token=WETH work=failed", "drydock.bot", "Traceback\nKeyError: 'Ünknown'")
    log(logging.WARNING, "hello", "uvicorn.error")
    yield
    BOOK.clear()


def log(level: int, text: str, logger: str = "drydock", trace: str = "") -> None:
    record = logging.LogRecord(logger, level, "", 0, text, (), None)
    record.exc_text = trace or None
    BOOK.handle(record)


async def messages(query: str) -> list[str]:
    return [item["message"] for item in (await got(f"/logs{query}"))["items"]]


async def test_lines_are_answered_newest_first_with_all_that_they_say() -> None:
    answer = await got("/logs")
    is_as(LogPage, answer)
    other, failed, quote, *prices = answer["items"]
    assert [price["fields"]["number"] for price in prices] == ["2", "1", "0"]
    assert quote["fields"] == {"token": "LINK", "why": "no pool: a=b"}
    assert {name: failed[name] for name in ("level", "tag", "message", "logger", "trace")} == {
        "level": "error",
        "tag": "TRADE",
        "message": "token=WETH work=failed",
        "logger": "drydock.bot",
        "trace": "Traceback\nKeyError: 'Ünknown'",
    }
    assert (other["tag"], other["fields"]) == ("SESSION", {"logger": "uvicorn.error", "said": "hello"})
    assert answer["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "many"),
    [
        ("?level=debug", 6),
        ("?level=warning", 3),
        ("?level=error", 1),
        ("?level=critical", 0),
        ("?tag=PRICE", 3),
        ("?tag=price&level=warning", 0),
        ("?q=weth", 4),
        ("?q=%C3%9CNKNOWN", 1),
        ("?q=[price]%20TOKEN", 3),
        ("?q=uvicorn", 1),
        ("?q=&tag=GAS", 0),
        (f"?q={'x' * 200}", 0),
    ],
)
async def test_only_what_fits_is_answered(query: str, many: int) -> None:
    assert len(await messages(query)) == many


async def test_pages_hold_every_line_once_while_new_ones_come() -> None:
    found: list[Any] = []
    cursor = ""
    for _ in range(3):
        answer = await got(f"/logs?limit=2&cursor={cursor}")
        found += [item["number"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        log(logging.INFO, "[PRICE] token=NEW")
    assert cursor is None
    assert found == sorted(set(found), reverse=True)
    assert len(found) == 6


@pytest.mark.parametrize(
    "query",
    [
        *("?level=loud", "?level=", "?level=INFO", "?tag=", "?tag=[PRICE]", "?tag=price%20", "?tag=PRICES"),
        *(f"?q={'x' * 201}", "?limit=0", "?limit=501", "?cursor=0", "?cursor=-1", "?cursor=x", "?cursor=" + "9" * 30),
    ],
)
async def test_what_is_no_filter_is_refused_in_one_sentence(query: str) -> None:
    answer = await asked("GET", f"/logs{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_secret_that_was_logged_is_not_answered() -> None:
    # The filter is the handler's: it is asked before anything is kept.
    seen: list[str] = []

    class Masked(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            seen.append(record.getMessage())
            record.msg = "[SECURITY] key=***"
            return True

    mask = Masked()
    BOOK.addFilter(mask)
    try:
        log(logging.WARNING, "[SECURITY] key=sesame")
    finally:
        BOOK.removeFilter(mask)
    assert seen == ["[SECURITY] key=sesame"]
    assert "sesame" not in (await asked("GET", "/logs")).text


async def test_while_the_log_is_searched_the_desk_goes_on() -> None:
    latch = BOOK._latch
    latch.acquire()
    # Where the search were the loop's own business this would stand still until then.
    late = threading.Timer(5, latch.release)
    late.start()
    asking = asyncio.create_task(messages("?q=weth"))
    for _ in range(20):
        await asyncio.sleep(0.005)
    waited = latch.locked() and not asking.done()
    late.cancel()
    if latch.locked():
        latch.release()
    assert (waited, len(await asking)) == (True, 4)
