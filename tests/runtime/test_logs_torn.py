"""A line of the log file that was torn, as by a full disk or an end without warning, costs no other line."""

import json
import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.runtime.logbook import BOOK, Logbook
from app.runtime.logs import FILE, set_up
from tests.runtime.desk import settings_of

HALF = '{"at": "2026-11-23T05:14:46.014+00:00"'
LOG = logging.getLogger("drydock")


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    """The root logger, left as it was found."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    BOOK.clear()


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As on a disk that is full then: what still has room is written, the rest is not."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def read_back(folder: Path) -> list[str]:
    """What a start finds of the file, oldest first."""
    book = Logbook()
    book.fill(folder / FILE, lambda text: text)
    return [line.message for line in reversed(book.lines())]


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_line_that_a_full_disk_tore_stands_alone_and_the_next_is_whole(tmp_path: Path, form: str) -> None:
    file = tmp_path / FILE
    # So long that nothing else is as long that might be written meanwhile.
    file.write_text("x" * 3_000_000 + "\n")
    set_up(settings_of(tmp_path, log_format=form))
    with no_file_longer_than(file.stat().st_size + 30):
        LOG.info("[SESSION] n=1")
        LOG.info("[SESSION] n=2")
    for number in (3, 4):
        LOG.info("[SESSION] n=%d", number)
    _, torn, *whole = file.read_text("utf-8").removesuffix("\n").split("\n")
    assert len(torn) == 30
    assert len(whole) == 3
    said = ["n=3", "log=written_again", "n=4"]
    if form == "json":
        assert [json.loads(line)["message"] for line in whole] == said
        assert read_back(tmp_path) == said
    # In the text a torn line is a shorter one.
    assert read_back(tmp_path)[-3:] == said


def test_a_file_that_ends_in_half_a_line_goes_on_with_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(HALF)
    set_up(settings_of(tmp_path, log_format="json"))
    LOG.info("[SESSION] n=1")
    LOG.info("[SESSION] n=2")
    torn, *whole = (tmp_path / FILE).read_text("utf-8").splitlines()
    assert (torn, [json.loads(line)["message"] for line in whole]) == (HALF, ["n=1", "n=2"])
    assert read_back(tmp_path) == ["n=1", "n=2"]


@pytest.mark.parametrize("before", ["", "a line\n"])
def test_a_file_that_is_empty_or_ends_in_a_whole_line_is_given_no_empty_one(tmp_path: Path, before: str) -> None:
    (tmp_path / FILE).write_text(before)
    set_up(settings_of(tmp_path))
    LOG.info("[SESSION] n=1")
    *kept, line = (tmp_path / FILE).read_text("utf-8").splitlines()
    assert kept == before.splitlines()
    assert line.endswith("[SESSION] n=1")
