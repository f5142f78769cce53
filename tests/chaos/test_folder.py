"""A data folder that a server may only read, or that holds what is no database: it ends at once, with one sentence."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.forked import Forked
from tests.standing import Standby
from tests.store.fresh import with_database

# Root may write to everything: its server steps down.
NOBODY = 65534 if os.geteuid() == 0 else 0


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that everybody can walk into, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "data").mkdir()
        yield with_database(folder / "data").parent
        (folder / "data").chmod(0o755)


@pytest.mark.slow
def test_a_read_only_data_folder_is_told_of_in_one_sentence_and_left_as_it_was(standby: Standby, home: Path) -> None:
    before = (home / "data" / "drydock.db").read_bytes()
    for path in (home / "data" / "drydock.db", home / "data"):
        path.chmod(path.stat().st_mode & 0o555)
    code, said = Forked(standby, home, user=NOBODY).refuse()
    assert (code, said) == (
        1,
        f"DRYDOCK_DATA_DIR: the data folder {home / 'data'} cannot be written to: Permission denied.\n",
    )
    assert [each.name for each in (home / "data").iterdir()] == ["drydock.db"]
    assert (home / "data" / "drydock.db").read_bytes() == before


@pytest.mark.slow
def test_a_damaged_database_is_refused_with_the_newest_backup_named(standby: Standby, home: Path) -> None:
    file = home / "data" / "drydock.db"
    file.write_bytes(b"nonsense" * 1000)
    backup = file.parent / "backups" / "drydock-0004.db"
    backup.parent.mkdir()
    with_database(backup.parent).joinpath("drydock.db").rename(backup)
    code, said = Forked(standby, home).refuse()
    assert (code, said) == (1, f"The database {file} is not a database; the newest backup of it is {backup}.\n")
    assert file.read_bytes() == b"nonsense" * 1000
