"""The commands that write files and read them: export and import, beside a desk that may be running."""

import gc
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.domain.refusal import Refusal
from app.domain.session import Session
from app.runtime.exporting import session_file, trades_csv, trades_json
from app.runtime.exporting_decisions import decisions_csv, decisions_json
from app.runtime.importing import LARGEST, import_session
from app.runtime.loglines import escaped
from app.runtime.settings import Settings, about_database
from app.store.database import Store, StoreRefused, open_store, pending
from app.store.decisions import ALL, decisions, number_of
from app.store.sessions import session as find_session
from app.store.sessions import sessions
from app.store.trades import count_trades

# The newest sessions, among which the newest open one is looked for.
_LOOKED_AT = 500
_LINES_AT_ONCE = 500


class _Refused(Exception):
    """Something that ends the command with one sentence."""


def export_from(
    settings: Settings, what: str, form: str | None, session_id: str | None, output: Path | None
) -> str | Refusal:
    """Write out trades or decisions (csv, unless json is wanted) or a session (json); what to say at the end."""
    try:
        with _opened(settings) as store:
            session = _session(store, session_id)
            if what == "session":
                length, lines = _whole(store, session)
            elif what == "decisions":
                length, lines = _decisions(store, session, form)
            else:
                written = trades_json if form == "json" else trades_csv
                length, lines = count_trades(store, session.id), written(store, session.id)
            return _written(_watched(lines, length, f"Session {session.id}"), output)
    except (_Refused, StoreRefused) as error:
        return Refusal("export_refused", _why(settings, error))


def import_into(settings: Settings, file: Path) -> str | Refusal:
    """Put the session in a file into the archive; what to say at the end."""
    # Of millions of things that are read none is garbage; looking for some is a third of the work.
    gc.disable()
    try:
        text = _text(file)
        with _opened(settings) as store, _progress() as progress:
            task = progress.add_task(escaped(f"Importing {file.name}"), total=None)
            session = import_session(store, text, lambda done, all_: progress.update(task, completed=done, total=all_))
    except (_Refused, StoreRefused) as error:
        return Refusal("import_refused", _why(settings, error))
    if isinstance(session, Refusal):
        return session
    return f"{session.name} is in the archive as session {session.id}."


@contextmanager
def _opened(settings: Settings) -> Generator[Store]:
    """The database as it is: nothing is created and nothing brought up to date, since a desk may be running on it."""
    if pending(settings.store_url):
        raise _Refused("There is no database here, or one of an older Drydock: run 'drydock migrate' first.")
    store = open_store(settings.store_url)
    try:
        yield store
    finally:
        store.close()


def _session(store: Store, session_id: str | None) -> Session:
    """The session that is named; else the newest that is open, or of all."""
    if session_id is not None:
        found = find_session(store, session_id)
        if found is None:
            raise _Refused(f"There is no session {session_id[:60]!r}.")
        return found
    newest = [session for _, session in sessions(store, _LOOKED_AT)]
    if not newest:
        raise _Refused("There is no session yet: start Drydock once.")
    return next((session for session in newest if session.is_open), newest[0])


def _whole(store: Store, session: Session) -> tuple[int, Iterator[str]]:
    found = session_file(store, session.id)
    if isinstance(found, Refusal):
        raise _Refused(found.sentence)
    return found.length, found.lines


def _decisions(store: Store, session: Session, form: str | None) -> tuple[int, Iterator[str]]:
    """The log, and how many lines it has at most: as many as decisions were ever kept before its newest."""
    newest = decisions(store, session.id, ALL, 1)
    written = decisions_json if form == "json" else decisions_csv
    return sum(number_of(logged.id) or 0 for logged in newest), written(store, session.id)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise _Refused(f"{file} is larger than {LARGEST // 1_000_000} MB.")
        return file.read_text("utf-8-sig")
    except UnicodeError:
        raise _Refused(f"{file} is not UTF-8 text.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a usable path"
        raise _Refused(f"{file} cannot be read: {why}.") from None


def _watched(lines: Iterable[str], length: int, what: str) -> Iterator[bytes]:
    """The lines as they go by, told on standard error where a person looks at it."""
    with _progress() as progress:
        task = progress.add_task(what, total=length)
        for number, line in enumerate(lines, 1):
            yield line.encode()
            if number % _LINES_AT_ONCE == 0:
                progress.update(task, completed=min(number, length))


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _why(settings: Settings, error: Exception) -> str:
    return about_database(settings, str(error)) if isinstance(error, StoreRefused) else str(error)


def _written(parts: Iterator[bytes], output: Path | None) -> str:
    if output is None:
        _to_standard_output(parts)
    else:
        _to_file(parts, output)
    return ""


def _to_standard_output(parts: Iterator[bytes]) -> None:
    try:
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever reads has had enough; nothing more can be said there, at the interpreter's end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise _Refused("Nobody reads what is exported any more.") from None
    except OSError as error:
        raise _Refused(f"What is exported cannot be written: {error.strerror}.") from None


def _to_file(parts: Iterator[bytes], output: Path) -> None:
    """All of it, or the file stays as it was."""
    # What is no file, like /dev/null, is written to and never replaced.
    straight = output.exists() and not output.is_file()
    draft = output if straight else output.resolve().with_name(f".{output.name}.part")
    try:
        with draft.open("wb") as file:
            file.writelines(parts)
        if not straight:
            draft.replace(output.resolve())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a usable path"
        raise _Refused(f"{output} cannot be written: {why}.") from None
    finally:
        if not straight:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
