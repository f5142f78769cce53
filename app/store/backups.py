"""Backups: a copy of the whole database, made before its tables are changed."""

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

from app.store.database import StoreRefused, open_store

FOLDER = "backups"
# As many as are kept; each is as large as the database was.
KEPT = 3


def back_up(url: str, revision: str, *, busy_ms: int = 5000) -> Path | None:
    """Copy a SQLite database, as it stands at a revision, to the folder `backups` beside it; where that is.

    None for any other database, whose owner makes copies of it. Whole and on disk when this returns, or not there at
    all; older copies beyond the newest few are let go. Raises StoreRefused, as where there is no room.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    file = Path(str(parsed.database))
    folder = file.parent / FOLDER
    draft = folder / f".{file.name}.part"
    copy = _free(folder, f"{file.stem}-at-{revision}")
    try:
        folder.mkdir(exist_ok=True)
        draft.unlink(missing_ok=True)
        _copied(url, draft, busy_ms)
        draft.rename(copy)
        _synced(folder)
    except (OSError, StoreRefused) as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StoreRefused(
            f"The database {file} is not brought up to date, because it could not be copied to {folder} before: {error}"
        ) from error
    for old in backups(file)[KEPT:]:
        with suppress(OSError):
            old.unlink()
    return copy


def backups(file: Path) -> list[Path]:
    """The copies of a database, the newest first."""
    found = (file.parent / FOLDER).glob(f"{file.stem}-at-*.db")
    return sorted(found, key=lambda copy: (copy.stat().st_mtime_ns, copy.name), reverse=True)


def _free(folder: Path, name: str) -> Path:
    """A name after all that are there: an earlier copy at the same revision is not written over."""
    taken = [int(copy.stem.removeprefix(f"{name}-") or 0) for copy in folder.glob(f"{name}-*.db")]
    return folder / f"{name}-{max(taken, default=0) + 1}.db"


def _copied(url: str, draft: Path, busy_ms: int) -> None:
    """A transaction's view of the whole, without its write-ahead log and its gaps."""
    store = open_store(url, busy_ms=busy_ms)
    try:
        with store.reading() as connection:
            # It may not run in a transaction; the one just begun has read nothing yet.
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("VACUUM INTO ?", (str(draft),))
            connection.exec_driver_sql("BEGIN")
    finally:
        store.close()
    _synced(draft)


def _synced(path: Path) -> None:
    """On the disk, not only on its way there."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
