"""The logbook: what was logged is found again, from memory and from a file, and no text passes for another line."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.runtime.logbook import Logbook
from app.runtime.loglines import LEVELS, TAGS, as_json, as_text, line_of, read_back, split
from app.runtime.logs import set_up
from app.trading.bell import Bell, Topic
from tests.runtime.desk import settings_of

KEYS = st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True)
FIELDS = st.dictionaries(KEYS, st.text(max_size=30), max_size=5)


def record(text: str, level: int = logging.INFO, logger: str = "drydock", trace: str = "") -> logging.LogRecord:
    made = logging.LogRecord(logger, level, "", 0, text, (), None)
    made.exc_text = trace or None
    return made


def book_of(*texts: str, level: int = logging.INFO) -> Logbook:
    book = Logbook()
    for text in texts:
        book.handle(record(text, level))
    return book


def said(book: Logbook, **wanted: object) -> list[str]:
    return [line.said for line in book.lines(**wanted)]  # pyright: ignore[reportArgumentType] # as its arguments are named


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, left as it was found."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield root
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@given(st.sampled_from(TAGS), FIELDS)
def test_what_was_logged_is_found_again_in_memory_and_in_either_file(tag: str, fields: dict[str, str]) -> None:
    text = f"[{tag}] " + " ".join(f"{key}={value!r}" for key, value in fields.items())
    (line,) = book_of(text).lines()
    assert (line.tag, line.fields, line.said) == (tag, fields, text)
    for written in (as_text, as_json):
        (read,) = read_back([written(line_of(record(text)))])
        assert (read.tag, read.fields, read.level) == (tag, fields, "info")
    assert json.loads(as_json(line))["fields"] == fields


def test_bare_values_keep_every_character_and_words_between_them_are_no_fields() -> None:
    (line,) = book_of("[PRICE] of=3 price=1.50 why='a b=c' empty= token=$X:y, and so on").lines()
    assert line.fields == {"of": "3", "price": "1.50", "why": "a b=c", "empty": "", "token": "$X:y,"}


@pytest.mark.parametrize("text", ["", "[", "[PRICES] a=b", "PRICE a=b", " [PRICE] a=b", "[price] a=b", "[PRICE]a"])
def test_only_one_of_the_eight_tags_at_the_very_start_is_a_tag(text: str) -> None:
    assert split(text) == (("PRICE", "a") if text == "[PRICE]a" else ("", text))


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_logged_is_one_line_and_its_trace_is_none(text: str, trace: str) -> None:
    forged = "\n2026-11-02 12:00:00.000Z INFO    [TRADE] id=forged"
    for words in (text, text + forged, text + forged.replace("\n", "\r"), text + forged.replace("\n", "\u2028")):
        made = record(words, trace=trace + forged)
        written = as_text(line_of(made))
        first, *others = written.splitlines()
        assert all(other.startswith("    ") for other in others)
        (line,) = read_back(written.split("\n"))
        assert line.tag == split(words)[0]
        assert "id=forged" in line.trace
        assert first.isprintable()
        whole = as_json(line_of(made))
        assert whole.isprintable()
        assert json.loads(whole)["message"] == line_of(made).message


def test_what_others_log_is_quoted_under_session_whatever_it_says() -> None:
    book = Logbook()
    book.handle(record("[TRADE] id=forged\nsecond", logger="uvicorn.error"))
    book.handle(record("[TRADE] id=forged", logger="drydocker"))
    assert [line.tag for line in book.lines()] == ["SESSION"] * 2
    assert book.lines()[1].fields == {"logger": "uvicorn.error", "said": "[TRADE] id=forged\nsecond"}


def test_lines_are_found_by_level_tag_and_text_in_any_case_newest_first() -> None:
    book = book_of("[PRICE] token=WETH", "[TRADE] id=t1 token=WETH", "[PRICE] token=LINK")
    book.handle(record("[TRADE] token=weth failed=yes", logging.ERROR, trace="Traceback\nKeyError: 'Degen'"))
    assert said(book, q="weth") == ["[TRADE] token=weth failed=yes", "[TRADE] id=t1 token=WETH", "[PRICE] token=WETH"]
    assert said(book, tag="PRICE", q="[price] TOKEN=l") == ["[PRICE] token=LINK"]
    assert said(book, q="keyerror: 'DEGEN'") == said(book, level="error") == ["[TRADE] token=weth failed=yes"]
    assert said(book, level="critical") == []


def test_a_level_is_the_least_that_is_shown() -> None:
    book = Logbook()
    for number in (10, 20, 30, 40, 50, 5, 25, 99):
        book.handle(record(f"n={number}", number))
    found = {level: {line.level for line in book.lines(level)} for level in LEVELS}
    assert found == {level: set(LEVELS[place:]) for place, level in enumerate(LEVELS)}
    assert {line.message: line.level for line in book.lines()}["n=25"] == "info"


def test_pages_neither_repeat_nor_leave_out_a_line() -> None:
    book = book_of(*(f"n={number}" for number in range(1, 8)))
    first = book.lines(limit=3)
    rest = book.lines(limit=9, before=first[-1].number)
    assert [line.message for line in first + rest] == [f"n={number}" for number in range(7, 0, -1)]
    assert [line.number for line in book.lines(after=5)] == [7, 6]


def test_the_oldest_lines_go_and_the_longest_are_cut() -> None:
    book = Logbook(kept=3)
    for number in range(5):
        book.handle(record(f"{number}" + "x" * 10_000, trace="y" * 20_000 + "end"))
    assert [line.message[0] for line in book.lines()] == ["4", "3", "2"]
    assert book.newest == 5
    assert all(len(line.message) == 4_000 and len(line.trace) == 8_000 for line in book.lines())
    assert book.lines()[0].trace.endswith("end")


def test_lines_of_many_threads_are_all_there_each_with_a_number_of_its_own() -> None:
    book = Logbook()
    threads = [
        threading.Thread(target=lambda: [book.handle(record("n=1")) for _ in range(200)] and book.lines())
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line.number for line in book.lines()] == list(range(800, 0, -1))


@pytest.mark.parametrize("form", ["text", "json"])
def test_after_a_restart_the_book_begins_with_the_end_of_the_file(
    tmp_path: Path, root: logging.Logger, form: str
) -> None:
    set_up(settings_of(tmp_path, log_format=form, api_token="sesame-1"))
    log = logging.getLogger("drydock.price")
    log.warning("[PRICE] source=%s why=%r", "kraken", "two\nlines, sesame-1")
    try:
        raise RuntimeError("why\n2026-11-02 12:00:00.000Z INFO    [TRADE] id=forged")
    except RuntimeError:
        log.exception("[PRICE] history=failed")
    book = Logbook()
    book.fill(tmp_path / "drydock.log", lambda text: text)
    newest, older = book.lines()
    assert (newest.level, newest.tag, newest.message) == ("error", "PRICE", "history=failed")
    assert "RuntimeError: why" in newest.trace
    assert older.fields == {"source": "kraken", "why": "two\nlines, ***"}
    assert (older.number, newest.number, book.newest) == (1, 2, 2)
    assert abs(older.at.timestamp() - newest.at.timestamp()) < 60


def test_a_short_file_is_preceded_by_the_one_before_it_and_no_more_than_a_megabyte_is_read(tmp_path: Path) -> None:
    file = tmp_path / "drydock.log"
    text = as_text(line_of(record("[PRICE] n=1 " + "x" * 1_000)))
    file.with_name("drydock.log.1").write_text(f"{text}\n" * 3_000)
    file.write_text(text.replace("n=1", "n=2") + "\n")
    book = Logbook()
    book.fill(file, lambda text: text)
    lines = book.lines()
    assert [line.fields["n"] for line in lines[:2]] == ["2", "1"]
    assert 900 < len(lines) < 1_000


def test_what_is_no_line_is_left_out_and_no_file_is_no_matter(tmp_path: Path) -> None:
    file, book = tmp_path / "drydock.log", Logbook()
    book.fill(file, lambda text: text)
    bad = ["", "x", "{", "[]", "{}", '{"at": 5}', '{"at": "2026-11-02T12:00:00Z", "level": "LOUD", "message": ""}']
    bad += ["    no line before", "2026-99-02 12:00:00 INFO    x", "2026-11-02 12:00:00 SHOUT   x", "null", "{" * 9000]
    old = "2026-11-02 12:00:00 INFO    [PRICE] source=old"
    file.write_bytes(b"\xff\xfe\x00\n" + "\n".join([*bad, old]).encode())
    book.fill(file, lambda text: text.replace("old", "***"))
    (line,) = book.lines()
    assert line.said == "[PRICE] source=***"
    assert line.at == datetime.fromisoformat("2026-11-02 12:00:00").astimezone()
    book.fill(tmp_path, lambda text: text)
    assert len(book.lines()) == 1


@pytest.mark.asyncio
async def test_the_bell_rings_when_lines_have_come_however_many_and_not_when_none_have() -> None:
    book, bell = book_of("n=0"), Bell()
    listener = bell.listener()
    ringing = asyncio.create_task(book.ring(bell, every=0.01))
    await asyncio.sleep(0.05)
    before = bell.event_seq
    for number in range(50):
        book.handle(record(f"n={number}"))
    assert await listener.wait() == {Topic.LOG}
    await asyncio.sleep(0.05)
    ringing.cancel()
    assert (before, bell.event_seq) == (0, 1)


def test_the_lines_together_hold_no_more_bytes_than_they_may_whoever_wrote_them(tmp_path: Path) -> None:
    book = Logbook(kept_bytes=100_000)
    for number in range(50):
        book.handle(record(f"n={number} " + "\U0001f6a2" * 2_000, trace="y" * 8_000))
    assert [line.fields["n"] for line in book.lines()] == ["49", "48", "47", "46", "45", "44"]
    (tmp_path / "drydock.log").write_text(f"{as_text(line_of(record('x' * 4_000)))}\n" * 60)
    book.fill(tmp_path / "drydock.log", lambda text: text)
    assert 15 < len(book.lines()) < 25
    book.clear()
    book.handle(record("n=1"))
    assert len(book.lines()) == 1
