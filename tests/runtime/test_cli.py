"""The command line in real processes: exit codes, one sentence for what fails, and a clean end."""

import json
import signal
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from app.runtime.cli import app
from app.runtime.frontend import build
from app.runtime.release import release
from tests.browser.server import DRYDOCK, Desk, clean_environment
from tests.double import Double
from tests.runtime.commands import Done, drydock, failed
from tests.store.fresh import with_database
from tests.store.test_upgrades import written_by


def revision(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "drydock.db")) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def typed(*words: str, cwd: Path) -> Done:
    """The command as it is installed, which loads itself."""
    return subprocess.run([DRYDOCK, *words], cwd=cwd, env=clean_environment({}), capture_output=True, text=True)


def test_the_version_is_told(tmp_path: Path) -> None:
    done = typed("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, release(), "")


def test_wrong_usage_is_told_from_a_failure(tmp_path: Path) -> None:
    done = typed("fly", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "No command is given: `drydock --help` lists them."),
        (["fly"], "No such command 'fly'."),
        (["--nonsense"], "No such option: --nonsense."),
        (["bot", "--level", "11"], "Invalid value for '--level': Input should be less than or equal to 10."),
        (["bot"], "Missing option '--level'."),
        (["export"], "Missing argument 'what'. Choose from: trades, decisions, session."),
        (["export", "trades", "--format", "x"], "Invalid value for '--format': 'x' is not one of 'csv', 'json'."),
        (["f\nl\x1b[31my"], "No such command 'f\\nl\\x1b[31my'."),
    ],
)
def test_wrong_usage_is_one_plain_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app(words)
    assert (ended.value.code, *capsys.readouterr()) == (2, "", f"Error: {said}\n")


def test_help_is_no_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["export", "--help"]):
        with pytest.raises(SystemExit) as ended:
            app(words)
        said = capsys.readouterr()
        assert (ended.value.code, said.err) == (0, "") and "Usage: " in said.out


def test_a_new_database_is_made_and_made_again_without_harm(tmp_path: Path) -> None:
    for _ in range(2):
        done = drydock("migrate", cwd=tmp_path, DATA_DIR="some/where")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert revision(tmp_path / "some" / "where")
    assert stat.S_IMODE((tmp_path / "some" / "where").stat().st_mode) == 0o700


def test_a_database_of_an_earlier_release_is_brought_up_to_date_and_where_its_copy_is_told(tmp_path: Path) -> None:
    written_by("bot", tmp_path)
    tmp_path.chmod(0o755)
    done = drydock("migrate", cwd=tmp_path, DATA_DIR=".")
    (copy,) = (tmp_path / "backups").iterdir()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (f"The tables were brought up to date; a copy of the database as it was is at {copy}.\n")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_database_that_a_running_desk_uses_is_not_changed_under_it(tmp_path: Path) -> None:
    with FileLock(tmp_path / "drydock.lock"):
        assert failed(drydock("migrate", cwd=tmp_path, DATA_DIR=".")).startswith("Another Drydock is using ")
    assert not (tmp_path / "drydock.db").exists()


def test_a_database_of_a_newer_drydock_is_refused_and_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(with_database(tmp_path) / "drydock.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    for command in ("migrate", "run"):
        assert "written by a newer Drydock" in failed(drydock(command, cwd=tmp_path, DATA_DIR="."))
    assert revision(tmp_path) == "ffffffffffff"


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "drydock.db").write_text("Dear diary, " * 1000)
    assert " is not a database" in failed(drydock("migrate", cwd=tmp_path, DATA_DIR="."))
    assert (tmp_path / "drydock.db").read_text().startswith("Dear diary")


@pytest.mark.parametrize(
    ("command", "variable", "value"),
    [
        *(("run", "PORT", "eighty"), ("run", "HOST", "0.0.0.0"), ("migrate", "MARKET", "moon")),
        *(("doctor", "CHAIN_ID", "5"), ("migrate", "STARTING_BALANCE", "0.5")),
        *(("run", "DATA_DIR", "/proc/nope"), ("export", "DATABASE_URL", "junk")),
    ],
)
def test_a_bad_setting_is_named(tmp_path: Path, command: str, variable: str, value: str) -> None:
    words = (command, *(("session",) if command == "export" else ()))
    assert failed(drydock(*words, cwd=tmp_path, **{variable: value})).startswith(f"DRYDOCK_{variable}: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql+nodriver://me:sesame@x/y", "no driver for postgresql+nodriver is installed"),
        ("sqlite:////proc/nope/desk.db", "the folder /proc/nope cannot be created"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_by_its_variable(tmp_path: Path, url: str, why: str) -> None:
    sentence = failed(drydock("run", cwd=tmp_path, DATABASE_URL=url))
    assert sentence.startswith(f"DRYDOCK_DATABASE_URL: {why}")
    assert "sesame" not in sentence


def test_a_variable_that_is_no_setting_is_told_by_one_line_without_its_value(tmp_path: Path) -> None:
    done = drydock(
        *("bot", "--level", "3", "--minutes", "0.01"), cwd=tmp_path, MARKET="demo", PORTT="sesame", RPC_URL_5="sesame"
    )
    assert (done.returncode, done.stderr) == (0, "[SESSION] unknown_settings=DRYDOCK_PORTT,DRYDOCK_RPC_URL_5\n")
    assert "sesame" not in done.stdout


def test_a_host_on_the_command_line_needs_a_password_too(tmp_path: Path) -> None:
    sentence = failed(drydock("run", "--host", "0.0.0.0", cwd=tmp_path))
    assert "DRYDOCK_HOST" in sentence
    assert "DRYDOCK_PASSWORD" in sentence


def test_no_secret_is_in_what_a_bad_setting_says(tmp_path: Path) -> None:
    sentence = failed(drydock("run", cwd=tmp_path, ALCHEMY_API_KEY="sesame", PASSWORD="sesame", CHAIN_ID="5"))
    assert "sesame" not in sentence


@pytest.mark.parametrize(
    ("content", "said"), [(b"DRYDOCK_PORT=abc\n", "DRYDOCK_PORT"), (b"DRYDOCK_PORT=\xff\n", ".env")]
)
def test_a_bad_env_file_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / ".env").write_bytes(content)
    assert said in failed(drydock("migrate", cwd=tmp_path))


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    sentence = failed(drydock("migrate", cwd=tmp_path, DATA_DIR="file/data"))
    assert sentence.startswith("DRYDOCK_DATA_DIR: the data folder file/data cannot be made")


@pytest.mark.parametrize("content", [None, "timestamp,open,high,low,close\n1,1,1,1,1\n"])
def test_a_recording_that_is_none_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "hours.csv").write_text(content)
    sentence = failed(drydock("run", cwd=tmp_path, MARKET="replay:hours.csv"))
    assert sentence.startswith("DRYDOCK_MARKET: hours.csv ")


def test_a_page_that_was_not_built_is_said_with_what_to_do(tmp_path: Path) -> None:
    assert "make setup" in failed(drydock("run", "--port", "0", cwd=tmp_path, MARKET="demo"))


def test_the_doctor_says_one_line_for_each_thing_and_whether_the_desk_can_run(tmp_path: Path) -> None:
    with Double() as double:
        settings = {name.removeprefix("DRYDOCK_"): value for name, value in double.environment().items()}
        done = drydock("doctor", cwd=tmp_path, **settings)
    assert (done.returncode, done.stderr) == (1, "")
    lines = [(line[:4].strip(), line[5:29].strip()) for line in done.stdout.splitlines()]
    assert lines == [
        ("ok", "database"),
        ("NOT", "page"),
        *(("ok", name) for name in ("DexScreener", "GeckoTerminal", "Coinbase", "Kraken", "CoinGecko", "DefiLlama")),
        ("ok", "Chainlink"),
        ("ok", "Base node 1"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["text", "json"])
def test_a_desk_that_is_told_to_end_does_so_in_time_and_has_written_everything_down(tmp_path: Path, how: str) -> None:
    build()
    desk = Desk(tmp_path / "data", {"DRYDOCK_MARKET": "demo", "DRYDOCK_LOG_FORMAT": how})
    desk.start()
    try:
        assert desk.get("/api/prices").status_code == 200
        process = desk._process  # pyright: ignore[reportPrivateUsage] # to be timed more strictly than it does itself
        assert process
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    finally:
        desk.stop()
    log = (desk.data / "drydock.log").read_text()
    assert "Traceback" not in desk.said + log
    assert ("[SESSION] market=demo chain=Base" if how == "text" else '"message": "market=demo chain=Base"') in log
    if how == "json":
        assert {json.loads(line)["level"] for line in log.splitlines()} <= {"info", "warning"}
    with closing(sqlite3.connect(desk.data / "drydock.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM bars WHERE origin != 'demo'").fetchone()[0] > 0


@pytest.mark.slow
def test_a_desk_that_runs_says_where_and_nothing_else_on_its_output(tmp_path: Path) -> None:
    build()
    settings = {"DRYDOCK_MARKET": "demo", "DRYDOCK_API_TOKEN": "sesame-token", "DRYDOCK_API_TOKN": "sesame"}
    with Desk(tmp_path / "data", settings) as desk:
        assert desk.get("/api/prices").status_code == 401
        assert desk.get("/api/health").json()["version"] == release()
        assert f"Drydock is on {desk.url}" in desk.said
        assert "[SESSION] unknown_settings=DRYDOCK_API_TOKN\n" in desk.said
    assert "sesame" not in desk.said
