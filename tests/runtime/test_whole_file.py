"""A file is written whole, or stays as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.runtime.whole_file import Unwritable, WholeFile


def broken() -> Iterator[bytes]:
    yield b"some"
    raise RuntimeError("the work failed")


def test_what_is_written_is_there_at_the_end_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"before")
    with WholeFile(path) as out:
        assert path.read_bytes() == b"before"
        out.write([b"one", b"two"])
    assert path.read_bytes() == b"onetwo"
    assert list(tmp_path.iterdir()) == [path]


def test_work_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError), WholeFile(path) as out:
        out.write(broken())
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"before")
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    with WholeFile(link) as out:
        out.write([b"after"])
    assert link.is_symlink() and (tmp_path / "real.csv").read_bytes() == b"after"


@pytest.mark.parametrize("name", ["nowhere/t.csv", ".", "a" * 300])
def test_what_cannot_be_written_is_said_at_once_in_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unwritable, match=r"cannot be written: .*\.$"):
        WholeFile(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_written_to() -> None:
    with WholeFile(Path("/dev/null")) as out:
        out.write([b"gone"])
    with pytest.raises(Unwritable, match="No space left"), WholeFile(Path("/dev/full")) as out:
        out.write([b"too much"])
