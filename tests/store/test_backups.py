"""Copies of the database: whole or not there, the newest few, and no change of tables without one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.store.backups import KEPT, back_up, backups, copies
from app.store.database import BACKUPS, StoreRefused
from tests.store.fresh import with_database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return with_database(tmp_path) / "drydock.db"


def put(file: Path, source: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("INSERT INTO spending (source, month, calls, recent) VALUES (?, '2026-11', 1, '')", (source,))


def rows(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [row[0] for row in database.execute("SELECT source FROM spending ORDER BY source")]


def test_a_copy_holds_all_that_was_written_even_what_is_still_in_the_log(file: Path) -> None:
    put(file, "a")
    with closing(sqlite3.connect(file)) as open_elsewhere:
        open_elsewhere.execute("PRAGMA journal_mode = WAL")
        put(file, "b")
        copy = back_up(f"sqlite:///{file}", "0003")
    assert copy is not None and copy == file.parent / BACKUPS / "drydock-at-0003-1.db"
    put(file, "c")
    assert (rows(copy), rows(file)) == (["a", "b"], ["a", "b", "c"])


def test_no_copy_is_written_over_and_only_the_newest_few_are_kept(file: Path) -> None:
    made = [back_up(f"sqlite:///{file}", "0003") for _ in range(KEPT + 2)]
    assert len(set(made)) == KEPT + 2
    assert set(backups(file)) == set(made[-KEPT:])


def test_a_copy_that_somebody_made_by_hand_is_neither_counted_nor_let_go(file: Path) -> None:
    theirs = [
        file.parent / BACKUPS / name
        for name in ("drydock-at-0003-mine.db", "drydock-at-home.db", "drydock-at-0003.db", "other-at-0003-9.db")
    ]
    (file.parent / BACKUPS).mkdir()
    for path in theirs:
        path.write_text("mine")
    made = [back_up(f"sqlite:///{file}", "0003") for _ in range(KEPT + 1)]
    assert set(copies(f"sqlite:///{file}")) == set(made[-KEPT:])
    assert [path for path in made if path and path.name == f"drydock-at-0003-{KEPT + 1}.db"]
    assert all(path.exists() for path in theirs)


def test_where_no_copy_can_be_made_it_is_said_and_nothing_is_left_behind(file: Path) -> None:
    (file.parent / BACKUPS).write_text("a file where the folder should be")
    with pytest.raises(StoreRefused, match="is not brought up to date, because it could not be copied"):
        back_up(f"sqlite:///{file}", "0003")
    assert [path.name for path in file.parent.glob("*.part")] == []


def test_a_database_that_is_damaged_leaves_no_copy(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * (size - 4096))
    with pytest.raises(StoreRefused):
        back_up(f"sqlite:///{file}", "0003")
    assert list((file.parent / BACKUPS).iterdir()) == []
