"""Export and import as commands: beside a desk or without one, whole files or none, one sentence for what fails."""

import csv
import json
import subprocess
from pathlib import Path

import pytest

from app.runtime.trade_rows import COLUMNS
from app.store.database import open_store
from app.store.sessions import session
from app.store.trades import count_trades
from tests.browser.server import DRYDOCK, clean_environment
from tests.runtime.commands import drydock, failed
from tests.runtime.taken import exported, fresh_store, traded
from tests.store.trading_day import opened


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a desk with one session that was traded in."""
    folder = tmp_path_factory.mktemp("desk")
    with fresh_store(folder) as store:
        traded(store)
    return folder


def test_a_session_that_was_exported_is_imported_elsewhere(data: Path, tmp_path: Path) -> None:
    done = drydock("export", "session", "--output", "my.json", cwd=tmp_path, DATA_DIR=str(data))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with fresh_store(data) as store:
        assert (tmp_path / "my.json").read_text("utf-8") == exported(store)
    with fresh_store(tmp_path / "other"):
        pass
    done = drydock("import", "my.json", cwd=tmp_path, DATA_DIR="other")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "A long day is in the archive as session s1.\n"
    assert "imported already" in failed(drydock("import", "my.json", cwd=tmp_path, DATA_DIR="other"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my.json", "other"]


def test_what_a_foreign_file_says_is_printed_as_text_and_does_nothing_to_a_terminal(data: Path, tmp_path: Path) -> None:
    hostile = "mine\x1b[2J\x1b]0;gone\x07\nA long day\u202e\x9b1m"
    with fresh_store(data) as store:
        document = json.loads(exported(store))
    document["session"]["name"] = hostile
    (tmp_path / f"{hostile}.json").write_text(json.dumps(document), "utf-8")
    (tmp_path / "wrong.json").write_text(json.dumps(document | {"version": hostile}), "utf-8")
    with fresh_store(tmp_path / "other"):
        pass
    said = r"mine\x1b[2J\x1b]0;gone\x07\nA long day\u202e\x9b1m"
    done = drydock("import", f"{hostile}.json", cwd=tmp_path, DATA_DIR="other")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{said} is in the archive as session s1.\n", "")
    assert failed(drydock("import", f"{hostile}.txt", cwd=tmp_path, DATA_DIR="other")).startswith(f"{said}.txt cannot")
    (tmp_path / f"{hostile}.csv").write_text("")
    again = ("replay", f"{hostile}.csv", "--symbol", "WETH")
    for words in (("import", "wrong.json"), ("export", "session", "--session", hostile), again):
        assert failed(drydock(*words, cwd=tmp_path, DATA_DIR="other")).isprintable()


def test_without_a_format_trades_are_csv_and_a_session_is_json(data: Path, tmp_path: Path) -> None:
    trades = drydock("export", "trades", cwd=tmp_path, DATA_DIR=str(data)).stdout
    rows = list(csv.DictReader(trades.splitlines()))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 80
    assert json.loads(drydock("export", "session", cwd=tmp_path, DATA_DIR=str(data)).stdout)["format"]
    items = json.loads(drydock("export", "trades", "--format", "json", cwd=tmp_path, DATA_DIR=str(data)).stdout)
    assert [item["id"] for item in items] == [row["id"] for row in rows]


def test_the_newest_session_that_is_open_is_meant_where_none_is_named(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "desk") as store:
        opened(store)
        traded(store, 5)
        (tmp_path / "s2.json").write_text(exported(store, "s2"))
    assert "as session s3" in drydock("import", "s2.json", cwd=tmp_path, DATA_DIR="desk").stdout
    for words, wanted in (((), "s2"), (("--session", "s1"), "s1"), (("--session", "s3"), "s3")):
        done = drydock("export", "session", *words, cwd=tmp_path, DATA_DIR="desk")
        assert json.loads(done.stdout)["session"]["id"] == wanted


@pytest.mark.parametrize(
    "words",
    [
        ("export",),
        ("export", "prices"),
        ("export", "session", "--format", "csv"),
        ("export", "trades", "--format", "x"),
    ],
)
def test_what_cannot_be_exported_so_is_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = drydock(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("export", "decisions", "--session", "s9"), "There is no session 's9'."),
        (("export", "session", "--session", "s9"), "There is no session 's9'."),
        (("export", "trades", "--output", "nowhere/t.csv"), "nowhere/t.csv cannot be written: No such file"),
        (("export", "trades", "--output", "."), "cannot be written: Is a directory."),
        (("import", "absent.json"), "absent.json cannot be read: No such file"),
        (("import", "."), "cannot be read: Is a directory."),
        (("import", "bytes.json"), "bytes.json is not UTF-8 text."),
        (("import", "empty.json"), "it is not JSON"),
    ],
)
def test_what_fails_is_one_sentence_and_leaves_nothing_behind(
    data: Path, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    (tmp_path / "empty.json").write_bytes(b"")
    assert why in failed(drydock(*words, cwd=tmp_path, DATA_DIR=str(data)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bytes.json", "empty.json"]


@pytest.mark.parametrize("words", [("export", "trades"), ("export", "session"), ("import", "session.json")])
def test_without_a_database_there_is_nothing_to_do_and_none_is_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "session.json").write_text("{}")
    assert "drydock migrate" in failed(drydock(*words, cwd=tmp_path, DATA_DIR="desk"))
    assert not (tmp_path / "desk").exists()


def test_a_database_in_which_nothing_was_opened_has_no_session(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "desk"):
        pass
    assert "There is no session yet" in failed(drydock("export", "session", cwd=tmp_path, DATA_DIR="desk"))


def test_a_file_that_is_there_stays_as_it_was_when_the_export_fails(data: Path, tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text("kept")
    failed(drydock("export", "session", "--session", "s9", "--output", "kept.json", cwd=tmp_path, DATA_DIR=str(data)))
    assert (tmp_path / "kept.json").read_text() == "kept"


def test_whoever_has_read_enough_may_hang_up(data: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [DRYDOCK, "export", "session"],
        cwd=tmp_path,
        env=clean_environment({"DRYDOCK_DATA_DIR": str(data)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert (process.wait(timeout=60), said) == (1, "Nobody reads what is exported any more.\n")


def test_both_work_while_a_desk_has_the_database_open(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "desk") as store:
        traded(store, 20)
        done = drydock("export", "session", "--output", "s.json", cwd=tmp_path, DATA_DIR="desk")
        assert done.returncode == 0
        assert drydock("import", "s.json", cwd=tmp_path, DATA_DIR="desk").returncode == 0
        copied = session(store, "s2")
        assert copied is not None and not copied.is_open and count_trades(store, "s2") == 20


def test_a_database_that_is_locked_for_good_is_said(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "desk") as store:
        traded(store, 5)
        (tmp_path / "s.json").write_text(exported(store))
        other = open_store(f"sqlite:///{tmp_path / 'desk' / 'drydock.db'}")
        with other.writing():
            assert "is locked by another program" in failed(drydock("import", "s.json", cwd=tmp_path, DATA_DIR="desk"))
        other.close()
