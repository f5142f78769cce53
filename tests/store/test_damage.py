"""A database file that is damaged is refused, with the newest backup named, and nothing repairs it unasked."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.store.database import StoreRefused, migrate, newest_backup, open_store, pending
from tests.store.fresh import with_database

PAGE = 4096


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A database as a kill leaves it: the write-ahead log is still there, and holds no more than its own last page."""
    whole = with_database(_folder(tmp_path, "whole")) / "drydock.db"
    with closing(sqlite3.connect(whole)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO spending VALUES ('kraken', '2026-11', 7, '')")
        writer.commit()
        # Copied while the writer is there: the last to leave would clear the log away.
        folder = _folder(tmp_path, "torn")
        for file in (whole, whole.with_name("drydock.db-wal")):
            shutil.copy(file, folder / file.name)
    return folder / "drydock.db"


def _folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def damage(file: Path) -> None:
    """Write nonsense over the page where a table of trades begins."""
    with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'trades'").fetchone()[0]
    with file.open("r+b") as out:
        out.seek((page - 1) * PAGE)
        out.write(b"\xff" * PAGE)


def test_after_a_kill_a_sound_database_is_taken_with_all_that_was_committed(torn: Path) -> None:
    url = f"sqlite:///{torn}"
    assert not pending(url)
    store = open_store(url)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT calls FROM spending").scalar() == 7
    store.close()


def test_after_a_kill_a_damaged_page_that_nobody_asked_for_is_found(torn: Path) -> None:
    damage(torn)
    with pytest.raises(StoreRefused, match=r"drydock\.db is damaged; there is no backup of it\.$"):
        migrate(f"sqlite:///{torn}")


def test_the_newest_backup_is_named(torn: Path) -> None:
    damage(torn)
    backups = _folder(torn.parent, "backups")
    for age, name in enumerate(("drydock-0004.db", "drydock-0003.db")):
        (backups / name).write_bytes(b"")
        os.utime(backups / name, (1000 - age, 1000 - age))
    (backups / "readme.txt").write_text("no backup")
    with pytest.raises(StoreRefused, match=r"is damaged; the newest backup of it is .*drydock-0004\.db\.$"):
        pending(f"sqlite:///{torn}")


def test_what_is_no_database_at_all_names_the_backup_too(tmp_path: Path) -> None:
    file = tmp_path / "drydock.db"
    file.write_bytes(b"nonsense" * 1000)
    backup = _folder(tmp_path, "backups") / "drydock-0003.db"
    backup.write_bytes(b"")
    assert newest_backup(file) == backup
    with pytest.raises(StoreRefused, match=r"is not a database; the newest backup of it is"):
        open_store(f"sqlite:///{file}")
    assert file.read_bytes() == b"nonsense" * 1000
