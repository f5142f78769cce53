"""Backups: a copy of the whole database, made before its tables are changed."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

from app.store.database import BACKUPS, StoreRefused, open_store
from app.store.disk import sync

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
    folder = file.parent / BACKUPS
    draft = folder / f".{file.name}.part"
    copy = _free(file, revision)
    try:
        folder.mkdir(exist_ok=True)
        draft.unlink(missing_ok=True)
        _copied(url, draft, busy_ms)
        draft.rename(copy)
        sync(folder)
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
    """The copies of a database that were made here, the newest first; what somebody else put beside them is theirs."""
    found = [copy for copy, _, _ in _ours(file)]
    return sorted(found, key=lambda copy: (copy.stat().st_mtime_ns, copy.name), reverse=True)


def copies(url: str) -> list[Path]:
    """The same of the database at a URL; none of any but a SQLite file."""
    parsed = make_url(url)
    return backups(Path(str(parsed.database))) if parsed.get_backend_name() == "sqlite" else []


def _ours(file: Path) -> Iterator[tuple[Path, str, int]]:
    """Each copy of a database, the revision that it is at, and its number."""
    name = re.compile(rf"{re.escape(file.stem)}-at-(\w+)-([0-9]+)\.db")
    for path in (file.parent / BACKUPS).glob("*.db"):
        if (match := name.fullmatch(path.name)) is not None:
            yield path, match[1], int(match[2])


def _free(file: Path, revision: str) -> Path:
    """A name after all that are there: an earlier copy at the same revision is not written over."""
    taken = (number for _, at, number in _ours(file) if at == revision)
    return file.parent / BACKUPS / f"{file.stem}-at-{revision}-{max(taken, default=0) + 1}.db"


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
    sync(draft)
