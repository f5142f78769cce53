"""The command line. One sentence on stderr and exit code 1 for what fails, 2 for wrong usage."""

import gc
import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from filelock import FileLock, Timeout
from typer.core import TyperGroup

from app.domain.refusal import Refusal
from app.runtime.cli_bot import Level, Minutes, run_bot
from app.runtime.cli_replay import replay
from app.runtime.loglines import escaped
from app.runtime.release import release
from app.runtime.settings import BadSetting, Settings, about_database, load, unknown


class _Plain(TyperGroup):
    """Commands whose wrong usage is told as one plain line, without the usage and a box around it."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _plainly():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _plainly():
            return super().invoke(ctx)


@contextmanager
def _plainly() -> Generator[None]:
    try:
        yield
    except typer.TyperException as error:
        said = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
        print(escaped(f"Error: {said}."), file=sys.stderr)  # noqa: T201 - what a command says
        raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    cls=_Plain,
    help="Drydock: a paper-trading desk for DEX tokens.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
Host = Annotated[str | None, typer.Option(help="Address to serve on; not loopback only with DRYDOCK_PASSWORD.")]
Port = Annotated[int | None, typer.Option(help="Port to serve on; 0 takes a free one.")]

_log = logging.getLogger("drydock")


class What(StrEnum):
    TRADES = "trades"
    DECISIONS = "decisions"
    SESSION = "session"


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"


def main() -> None:
    """The console script."""
    app()


def _fail(sentence: str) -> typer.Exit:
    # A name that it quotes may be of a file that anybody wrote.
    print(escaped(sentence), file=sys.stderr)  # noqa: T201 - what a command says
    return typer.Exit(1)


def _settings(host: str | None = None, port: int | None = None) -> Settings:
    try:
        return load(host=host, port=port)
    except BadSetting as error:
        raise _fail(str(error)) from None


@app.callback(invoke_without_command=True)
def _version(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(release())  # noqa: T201 - what a command says
        raise typer.Exit
    if context.invoked_subcommand is None:
        print("Error: No command is given: `drydock --help` lists them.", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2)


@app.command()
def run(
    host: Host = None,
    port: Port = None,
    dev: Annotated[bool, typer.Option("--dev", help="Hot reload, for working on Drydock itself.")] = False,
) -> None:
    """Serve the dashboard, its websocket and the REST API."""
    settings = _settings(host, port)
    if dev:
        _develop(settings)
    with _alone(settings):
        _serve(settings)


@app.command()
def bot(level: Level, minutes: Minutes = None) -> None:
    """Run the bot with no browser, its decisions on the terminal, in the market's last session."""
    settings = _settings()
    with _alone(settings):
        _told(_migrated(settings))
        _warn_of_unknown()
        try:
            _told(run_bot(settings, level, minutes))
        except BadSetting as error:
            raise _fail(str(error)) from None


@app.command()
def migrate() -> None:
    """Bring the database to this version's form."""
    settings = _settings()
    with _alone(settings):
        _told(_migrated(settings))


@app.command()
def doctor() -> None:
    """Say what works from here: database, every source, every node, the built page."""
    from app.runtime.doctor import examine

    if not examine(_settings()):
        raise typer.Exit(1)


@app.command()
def export(
    what: Annotated[What, typer.Argument(help="What to write out.")],
    form: Annotated[Form | None, typer.Option("--format", help="Trades default to csv; a session is json.")] = None,
    session: Annotated[str | None, typer.Option(help="The session's id; the newest one by itself.")] = None,
    output: Annotated[Path | None, typer.Option(help="A file to write; standard output by itself.")] = None,
) -> None:
    """Write trades, decisions or a whole session to a file that other programs read."""
    from app.runtime.cli_files import export_from

    if what is What.SESSION and form is Form.CSV:
        raise typer.BadParameter("a session is exported as json; its trades can be csv.", param_hint="--format")
    _told(export_from(_settings(), what, form, session, output))


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="A session that was exported as JSON.")]) -> None:
    """Put an exported session into the archive, to be looked at, compared and exported again."""
    from app.runtime.cli_files import import_into

    _told(import_into(_settings(), file))


app.command()(replay)


def _told(outcome: str | Refusal) -> None:
    if isinstance(outcome, Refusal):
        raise _fail(outcome.sentence)
    if outcome:
        print(escaped(outcome))  # noqa: T201 - what a command says


def _alone(settings: Settings) -> FileLock:
    """The data folder's lock, taken: one process leads."""
    _make_folder(settings.data_dir)
    lock = FileLock(settings.data_dir / "drydock.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _fail(f"Another Drydock is using the data folder {settings.data_dir}.") from None
    except OSError as error:
        raise _fail_data(settings.data_dir, "written to", error) from None
    return lock


def _make_folder(folder: Path) -> None:
    try:
        # Accounts and logs are their owner's alone; a folder that is there already is as its owner wants it.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _fail_data(folder, "made", error) from None


def _fail_data(folder: Path, how: str, error: OSError) -> typer.Exit:
    return _fail(f"DRYDOCK_DATA_DIR: the data folder {folder} cannot be {how}: {error.strerror}.")


def _warn_of_unknown() -> None:
    """One line for what is called as settings are, and is none; on standard error while there is no log yet."""
    if names := unknown():
        _log.warning("[SESSION] unknown_settings=%s", ",".join(names))


def _migrated(settings: Settings) -> str:
    """The database in this version's form; a sentence where one was changed to it, and copied before."""
    from app.store.database import StoreRefused, pending

    _make_folder(settings.data_dir)
    try:
        return _brought_up(settings.store_url) if pending(settings.store_url) else ""
    except StoreRefused as error:
        raise _fail(about_database(settings, str(error))) from None


def _brought_up(url: str) -> str:
    from app.store.backups import copies
    from app.store.database import migrate

    before = set(copies(url))
    migrate(url)
    made = next((copy for copy in copies(url) if copy not in before), None)
    return f"The tables were brought up to date; a copy of the database as it was is at {made}." if made else ""


def _serve(settings: Settings) -> None:
    # Nothing that is imported is garbage, and looking for some is a sixth of the start; the opened house looks again.
    gc.disable()
    from app.runtime.logs import set_up
    from app.runtime.opening import recording_of
    from app.runtime.serving import NoPage, listening, serve

    brought_up = _migrated(settings)
    try:
        recording_of(settings)
        bound = listening(settings.host, settings.port)
        # Reflex makes the application anew from its own import: what the command line said reaches it this way.
        os.environ["DRYDOCK_HOST"], os.environ["DRYDOCK_PORT"] = settings.host, str(bound.getsockname()[1])
        set_up(settings)
        _warn_of_unknown()
        if brought_up:
            _log.info("[SESSION] migrated=%r", brought_up)
        serve(bound)
    except (BadSetting, NoPage) as error:
        raise _fail(str(error)) from None
    except OSError as error:
        raise _fail(f"Drydock cannot serve on {settings.host}:{settings.port}: {error.strerror}.") from None


def _develop(settings: Settings) -> NoReturn:
    """Reflex's own development server: page on port 3000, everything else on the given one."""
    _told(_migrated(settings))
    port, front = settings.port or 8000, 3000
    os.environ["DRYDOCK_HOST"], os.environ["DRYDOCK_PORT"] = settings.host, str(port)
    os.environ["REFLEX_USE_NPM"] = "true"
    args = ["run", "--frontend-port", str(front), "--backend-port", str(port), "--backend-host", settings.host]
    os.execv(Path(sys.executable).parent / "reflex", ["reflex", *args])  # noqa: S606 - the environment's own reflex
