"""The command bot in processes of its own: its decisions on the terminal, exit codes, and a record left as it was."""

import re
from pathlib import Path

import pytest
from filelock import FileLock

from app.domain.bots import BotRecord, BotState, Limits
from app.store.bots import bot, set_bot
from app.store.database import open_store
from app.store.sessions import last_open
from tests.runtime.commands import drydock, failed

LINE = re.compile(r"\[DECISION\] id=d\d+ token=\w+ price=[\d.]+ source=\w+ age=\d+s state=\w+ level=3 verdict=[A-Z]+")


def record_of(folder: Path) -> BotRecord | None:
    store = open_store(f"sqlite:///{folder / 'drydock.db'}")
    try:
        session = last_open(store, "demo")
        return bot(store, session.id) if session else None
    finally:
        store.close()


def test_it_prints_what_it_decides_and_leaves_the_bot_as_it_was(tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path), "MARKET": "demo", "WATCHLIST": "WETH,LINK", "BOT_TICK_SECONDS": "1"}
    first = drydock("bot", "--level", "3", "--minutes", "0.05", cwd=tmp_path, **settings)
    assert (first.returncode, first.stderr) == (0, "")
    *lines, summary = first.stdout.splitlines()
    told = [line for line in lines if LINE.search(line)]
    assert {token for line in told for token in re.findall(r"token=(\w+)", line)} == {"WETH", "LINK"}
    assert all("bot=running" in line for line in told)
    assert re.fullmatch(r"Level 3: equity \$[\d,.]+; \d+ trades in this session; logged: .*\.", summary)
    assert record_of(tmp_path) == BotRecord()

    left = BotRecord(BotState.PAUSED, 8, Limits(max_trades_per_day=7))
    store = open_store(f"sqlite:///{tmp_path / 'drydock.db'}")
    session = last_open(store, "demo")
    assert session
    set_bot(store, session.id, left)
    store.close()
    assert drydock("bot", "--level", "3", "--minutes", "0.02", cwd=tmp_path, **settings).returncode == 0
    assert record_of(tmp_path) == left


def test_beside_a_running_desk_it_says_so_in_one_sentence(tmp_path: Path) -> None:
    with FileLock(tmp_path / "drydock.lock"):
        done = drydock("bot", "--level", "3", cwd=tmp_path, DATA_DIR=str(tmp_path), MARKET="demo")
    assert "Another Drydock is using the data folder" in failed(done)
    assert not (tmp_path / "drydock.db").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--level", "11"],
        ["--level", "0"],
        ["--level", "three"],
        [],
        ["--level", "3", "--minutes", "0"],
        ["--level", "3", "--minutes", "-1"],
    ],
)
def test_a_level_or_a_time_that_cannot_be_is_wrong_usage(tmp_path: Path, words: list[str]) -> None:
    done = drydock("bot", *words, cwd=tmp_path, DATA_DIR=str(tmp_path), MARKET="demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = drydock("bot", "--level", "3", cwd=tmp_path, DATA_DIR=str(tmp_path), MARKET=f"replay:{tmp_path}/none.csv")
    assert "none.csv" in failed(done)
