"""What earlier releases wrote: their databases come forward with nothing lost, and a copy of each is kept as it was."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.store.backups import backups
from app.store.database import StoreRefused, migrate, open_store, pending
from app.store.watch_tables import METADATA

WRITTEN = Path(__file__).resolve().parents[1] / "upgrades"
# By what the release could do, written by its own code: trades, sessions, orders; then the bot's too.
RELEASES = ("ledger", "bot")

Rows = dict[str, list[tuple[object, ...]]]


def written_by(release: str, folder: Path) -> Path:
    """The database as that release left it."""
    file = folder / "drydock.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript((WRITTEN / f"{release}.sql").read_text("utf-8"))
    return file


def rows_of(file: Path, columns: dict[str, list[str]] | None = None) -> tuple[Rows, dict[str, list[str]]]:
    """All rows by table, of the columns that are named or of all, and those columns."""
    with closing(sqlite3.connect(file)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        names = [name for name in names if not name.startswith("sqlite_") and name != "alembic_version"]
        known = columns or {t: [c[1] for c in database.execute(f"PRAGMA table_info({t})")] for t in names}
        found = {t: sorted(database.execute(f"SELECT {', '.join(c)} FROM {t}").fetchall()) for t, c in known.items()}
    return found, known


@pytest.mark.parametrize("release", RELEASES)
def test_every_row_of_an_earlier_release_is_there_after_the_upgrade(release: str, tmp_path: Path) -> None:
    file = written_by(release, tmp_path)
    before, columns = rows_of(file)
    assert sum(map(len, before.values())) > 50
    assert migrate(f"sqlite:///{file}")
    after, _ = rows_of(file, columns)
    assert after == before
    assert set(rows_of(file)[1]) == set(METADATA.tables)
    assert not pending(f"sqlite:///{file}")


@pytest.mark.parametrize("release", RELEASES)
def test_the_database_as_it_was_before_is_kept_beside_it(release: str, tmp_path: Path) -> None:
    file = written_by(release, tmp_path)
    before = rows_of(file)
    migrate(f"sqlite:///{file}")
    (copy,) = backups(file)
    assert rows_of(copy) == before
    assert not migrate(f"sqlite:///{file}")
    assert backups(file) == [copy]


def test_where_no_copy_can_be_made_nothing_is_upgraded(tmp_path: Path) -> None:
    file = written_by("bot", tmp_path)
    before = rows_of(file)
    (tmp_path / "backups").write_text("in the way")
    with pytest.raises(StoreRefused, match="could not be copied"):
        migrate(f"sqlite:///{file}")
    assert rows_of(file) == before


def test_a_new_database_needs_no_copy(tmp_path: Path) -> None:
    assert migrate(f"sqlite:///{tmp_path}/drydock.db")
    assert backups(tmp_path / "drydock.db") == []


def test_a_database_of_a_newer_release_is_refused_with_a_sentence_and_left_alone(tmp_path: Path) -> None:
    file = written_by("bot", tmp_path)
    migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    with pytest.raises(StoreRefused, match=r"was written by a newer Drydock \(its tables are at revision 9999"):
        migrate(f"sqlite:///{file}")
    assert file.read_bytes() == before
    open_store(f"sqlite:///{file}").close()
