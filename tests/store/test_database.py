"""Opening a database, or saying in one sentence why not."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.store import spending
from app.store.database import Store, StoreRefused, _name, migrate, open_store, pending


def is_one_sentence(refusal: pytest.ExceptionInfo[StoreRefused]) -> bool:
    text = str(refusal.value)
    return "\n" not in text and "Traceback" not in text and text.endswith(".") and 20 < len(text) < 300


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder and its files as somebody sees them who may only read: root, who may all, steps down meanwhile."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was == 0:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can walk into, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(folder.stat().st_mode | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        yield folder


def test_opening_creates_the_folder(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/a/b/desk.db").close()
    assert (tmp_path / "a" / "b" / "desk.db").exists()


def test_acknowledged_means_on_disk_and_foreign_keys_hold(store: Store) -> None:
    with store.reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO spending VALUES ('kraken', '2026-11', 7, '')")
        raise RuntimeError
    assert spending.spent_before(store, "kraken", "2026-11").calls == 0


def test_a_reader_does_not_wait_for_a_writer_and_sees_only_what_is_committed(store: Store, url: str) -> None:
    spending.record(store, {"kraken": spending.Spent(1)}, "2026-11")
    other = open_store(url, busy_ms=0)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE spending SET calls = 2")
        assert spending.spent_before(other, "kraken", "2026-11").calls == 1
    assert spending.spent_before(other, "kraken", "2026-11").calls == 2
    other.close()


def test_a_writer_does_not_wait_for_a_reader(store: Store, url: str) -> None:
    other = open_store(url, busy_ms=0)
    with store.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM spending").scalar()
        spending.record(other, {"kraken": spending.Spent(1)}, "2026-11")
        assert connection.exec_driver_sql("SELECT count(*) FROM spending").scalar() == before
    other.close()


def test_a_database_that_another_writer_holds_is_refused_in_one_sentence(store: Store, url: str) -> None:
    other = open_store(url, busy_ms=20)
    with store.writing():
        with pytest.raises(StoreRefused, match="locked by another program") as refusal:
            spending.record(other, {"kraken": spending.Spent(1)}, "2026-11")
        with pytest.raises(StoreRefused, match="locked by another program"):
            open_store(url, busy_ms=20)
    other.close()
    assert is_one_sentence(refusal)


def test_a_database_that_is_locked_whole_is_refused_in_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE anything (at INTEGER)")
        other.execute("BEGIN EXCLUSIVE")
        for use in (open_store, pending, migrate):
            with pytest.raises(StoreRefused, match="locked by another program") as refusal:
                use(url, busy_ms=20)
            assert is_one_sentence(refusal)


def test_a_new_database_in_a_read_only_folder_is_refused_in_one_sentence(open_folder: Path) -> None:
    with read_only(open_folder):
        with pytest.raises(StoreRefused, match="cannot be opened for writing") as refusal:
            open_store(f"sqlite:///{open_folder}/desk.db")
        with pytest.raises(StoreRefused, match="cannot be created") as folder_refusal:
            open_store(f"sqlite:///{open_folder}/data/desk.db")
    assert is_one_sentence(refusal)
    assert is_one_sentence(folder_refusal)


def test_an_old_database_in_a_read_only_folder_is_refused_in_one_sentence(open_folder: Path) -> None:
    url = f"sqlite:///{open_folder}/desk.db"
    migrate(url)
    with read_only(open_folder), pytest.raises(StoreRefused, match=r"cannot be (written|opened)") as refusal:
        open_store(url)
    assert is_one_sentence(refusal)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    text = "timestamp,open,high,low,close,volume\n" * 100
    file.write_text(text)
    for use in (open_store, pending, migrate):
        with pytest.raises(StoreRefused, match="is not a database") as refusal:
            use(f"sqlite:///{file}")
        assert is_one_sentence(refusal)
    assert file.read_text() == text


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused) as refusal:
        open_store(f"sqlite:///{tmp_path}")
    assert is_one_sentence(refusal)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "desk.db",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite+nodriver:///desk.db",
            "mysql://root@localhost/desk",
        ),
        *("postgresql+nodriver://x/y", "postgresql://localhost:port/desk", "postgresql://[::1/desk"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(StoreRefused) as refusal:
        open_store(url)
    assert is_one_sentence(refusal)


def test_which_package_a_missing_driver_is_in_is_said() -> None:
    with pytest.raises(StoreRefused, match=r"is installed: postgresql\+psycopg works with .* psycopg\[binary\]\."):
        open_store("postgresql+nodriver://x/y")


def test_a_refusal_does_not_tell_the_password() -> None:
    with pytest.raises(StoreRefused) as refusal:
        open_store("postgresql+nodriver://desk:hunter2@127.0.0.1:1/desk")
    assert "hunter2" not in str(refusal.value)


def test_the_name_of_a_database_holds_no_password_wherever_its_address_does() -> None:
    url = make_url("postgresql+psycopg://me:sesame@db/desk?password=sesame&sslpassword=sesame")
    assert _name(url) == "The database postgresql+psycopg://me:***@db/desk"
