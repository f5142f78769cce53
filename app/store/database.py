"""The database as a whole: opened, brought up to date, or refused with one sentence."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, OperationalError

if TYPE_CHECKING:
    from alembic.config import Config

# The folder of backups, beside the database file.
BACKUPS = "backups"
_BUSY_MS = 5000
# So much is looked through in about a second (124 MB, 100,000 trades, in 0.2 s).
_QUICK_BYTES = 500_000_000
_REVISION = re.compile(r"""^(down_)?revision\b[^=\n]*=\s*["'](\w+)["']""", re.MULTILINE)
_SAYINGS = {
    "file is not a database": "is not a database",
    "file is encrypted": "is not a database",
    "malformed": "is damaged",
    "locked": "is locked by another program",
    "readonly": "cannot be written to",
    "unable to open": "cannot be opened for writing",
    "disk is full": "has no room left on its disk",
    "disk I/O": "cannot be read or written: its disk is full, gone or failing",
}
_DAMAGED = ("is damaged", "is not a database")


class StoreRefused(Exception):
    """The database cannot be used; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open database. `name` is how sentences call it. Safe to share between threads; every call blocks."""

    engine: Engine
    name: str

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection that sees one state of the database throughout. Raises StoreRefused."""
        with self._told(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """A connection whose changes are on disk when the block ends, or undone. Raises StoreRefused."""
        with self._told(), self.engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _told(self) -> Generator[None]:
        """The world's failures as one sentence; our own mistakes stay what they are."""
        try:
            yield
        except DatabaseError as error:
            if type(error) not in (DatabaseError, OperationalError):
                raise
            raise StoreRefused(_sentence(self, error)) from error
        except InterfaceError as error:
            raise StoreRefused(_sentence(self, error)) from error


def open_store(url: str, *, busy_ms: int = _BUSY_MS, foreign_keys: bool = True) -> Store:
    """The database at an SQLAlchemy URL, checked to be writable; the folder of a SQLite file is created.

    `busy_ms` is how long to wait for another writer. `foreign_keys` are left unchecked for migrations only: SQLite
    rebuilds a table by dropping the old one. The tables are `migrate`'s concern. Raises StoreRefused.
    """
    parsed = _parsed(url)
    _make_folder(parsed)
    store = _store(parsed, busy_ms, foreign_keys)
    try:
        # An empty write takes the lock without touching the file: it finds out what only a first trade would.
        with store.writing() as connection:
            connection.exec_driver_sql("SELECT 1")
    except StoreRefused:
        store.close()
        raise
    return store


def pending(url: str, *, busy_ms: int = _BUSY_MS) -> bool:
    """Whether `migrate` has something to do. Creates nothing, and leaves alembic unloaded.

    The newest revision is read out of the scripts' text. Raises StoreRefused, also where the database was written
    by a newer Drydock, and where its pages are damaged: after an end without warning they are all looked through.
    """
    parsed = _parsed(url)
    if _is_file(parsed) and not Path(str(parsed.database)).exists():
        return True
    torn = _was_torn_away(parsed)
    store = _store(parsed, busy_ms, foreign_keys=True)
    try:
        with store.reading() as connection:
            if torn:
                _look_through(store, connection)
            stored = _stored_revision(connection)
    finally:
        store.close()
    known, head = _revisions()
    if stored is not None and stored not in known:
        raise StoreRefused(
            f"{store.name} was written by a newer Drydock (its tables are at revision {stored}, "
            f"this one knows them up to {head})."
        )
    return stored != head


def migrate(url: str, *, busy_ms: int = _BUSY_MS) -> bool:
    """Bring the tables up to date, all or nothing, after a copy was made of what there is; whether there was anything
    to do. Raises StoreRefused."""
    if not pending(url, busy_ms=busy_ms):
        return False
    # Loaded here only: its first use costs a start 0.4 s, which most starts need not spend.
    from alembic import command
    from app.store.backups import back_up

    store = open_store(url, busy_ms=busy_ms, foreign_keys=False)
    try:
        with store.reading() as connection:
            stored = _stored_revision(connection)
        if stored is not None:
            back_up(url, stored, busy_ms=busy_ms)
        with store.writing() as connection:
            command.upgrade(alembic_config(connection), "head")
    finally:
        store.close()
    return True


def alembic_config(connection: Connection) -> "Config":
    """What alembic needs to work on an open connection with our scripts; the caller commits."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    return config


def scripts(room: Path = Path(__file__).parent) -> Path:
    """The folder of the migrations: beside `app` in the project, inside this room in a wheel. Raises StoreRefused."""
    for folder in (room.resolve().parents[1] / "alembic", room / "_alembic"):
        # In a wheel the first of them is the library of the same name, which has no such file.
        if (folder / "alembic.ini").is_file():
            return folder
    raise StoreRefused("The folder of the migrations, alembic, is missing from this installation.")


def _revisions() -> tuple[set[str], str]:
    """All revisions that the scripts know, and the newest."""
    known: set[str] = set()
    followed: set[str] = set()
    for script in (scripts() / "versions").glob("*.py"):
        for down, revision in _REVISION.findall(script.read_text(encoding="utf-8")):
            (followed if down else known).add(revision)
    heads = known - followed
    if len(heads) != 1:
        raise StoreRefused(f"The migrations have {len(heads)} newest revisions instead of one.")
    return known, heads.pop()


def _stored_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreRefused("The database URL is not one: it should look like sqlite:///folder/file.db.") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreRefused(f"{parsed.get_backend_name()} is not a kind of database that Drydock uses.")
    if parsed.get_backend_name() == "sqlite" and not _is_file(parsed):
        raise StoreRefused("A SQLite database in memory would be forgotten: the URL must name a file.")
    return parsed


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")


def _make_folder(url: URL) -> None:
    if not _is_file(url):
        return
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreRefused(f"The folder {folder} cannot be created: {error.strerror}.") from error


def _store(url: URL, busy_ms: int, foreign_keys: bool) -> Store:
    try:
        engine = create_engine(url)
    except (ArgumentError, ImportError) as error:
        raise StoreRefused(f"No driver for {url.drivername} is installed{_driver_of(url)}.") from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, busy_ms, foreign_keys)
    return Store(engine, _name(url))


def _driver_of(url: URL) -> str:
    driver = ": postgresql+psycopg works with the package psycopg[binary]"
    return driver if url.get_backend_name() == "postgresql" else ""


def _name(url: URL) -> str:
    # A password can stand in the query as well.
    return f"The database {url.database if _is_file(url) else url.set(query={}).render_as_string(hide_password=True)}"


def _prepare_sqlite(engine: Engine, busy_ms: int, foreign_keys: bool) -> None:
    def connected(driver: Any, _record: object) -> None:
        # The driver would begin by itself, late and without a lock: `begun` does it instead.
        driver.isolation_level = None
        driver.execute(f"PRAGMA busy_timeout = {busy_ms}")
        driver.execute("PRAGMA journal_mode = WAL")
        driver.execute("PRAGMA synchronous = FULL")
        driver.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")

    def begun(connection: Connection) -> None:
        # A reader that turned into a writer halfway would fail at once instead of waiting its turn.
        writes = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def _sentence(store: Store, error: DatabaseError | InterfaceError) -> str:
    said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no reason given"
    for part, saying in _SAYINGS.items():
        if part in said:
            return f"{store.name} {saying}{_way_out(store.engine.url) if saying in _DAMAGED else ''}."
    return f"{store.name} failed: {said.rstrip('.')}."


def _way_out(url: URL) -> str:
    """What helps where a file is damaged: nothing is repaired here."""
    backup = newest_backup(Path(str(url.database))) if _is_file(url) else None
    return f"; the newest backup of it is {backup}" if backup else "; there is no backup of it"


def newest_backup(file: Path) -> Path | None:
    """The newest of the backups that stand in their folder beside a database file; None without any."""
    found = [each for each in (file.parent / BACKUPS).glob("*.db") if each.is_file()]
    return max(found, key=lambda each: (each.stat().st_mtime, each.name), default=None)


def _was_torn_away(url: URL) -> bool:
    """Whether a write-ahead log was left behind, which an orderly end never does, and the whole file is soon read."""
    if not _is_file(url):
        return False
    file = Path(str(url.database))
    log = file.with_name(f"{file.name}-wal")
    try:
        return log.stat().st_size > 0 and file.stat().st_size <= _QUICK_BYTES
    except OSError:
        return False


def _look_through(store: Store, connection: Connection) -> None:
    """Raises StoreRefused where pages are damaged."""
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise StoreRefused(f"{store.name} is damaged{_way_out(store.engine.url)}.")
