"""The doctor: one line for each thing, what does not work marked, and an answer to whether the desk can run."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.runtime import doctor
from app.runtime.frontend import ROOT
from app.runtime.settings import Settings
from tests.double import Double, Mischief, dead_port
from tests.runtime.desk import settings_from, settings_of
from tests.store.fresh import with_database

SOURCES = ("DexScreener", "GeckoTerminal", "Coinbase", "Kraken", "CoinGecko", "DefiLlama", "Chainlink")


@pytest.fixture(scope="module")
def running() -> Iterator[Double]:
    with Double() as running:
        yield running


@pytest.fixture
def double(running: Double) -> Iterator[Double]:
    yield running
    running.behave()


@pytest.fixture(autouse=True)
def beside_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that looks as if the page had been built in it."""
    (tmp_path / ".web" / "build").mkdir(parents=True)
    (tmp_path / ".web" / "build" / "fingerprint").write_text("a fingerprint")
    monkeypatch.chdir(tmp_path)


def settings_on(double: Double, folder: Path, **values: object) -> Settings:
    return settings_of(folder, **(settings_from(double.environment()) | values))


def examined(
    settings: Settings, capsys: pytest.CaptureFixture[str], home: Path = ROOT
) -> tuple[bool, dict[str, tuple[bool, str]]]:
    """Whether the desk can run, and by what was looked at: whether it works and what was said."""
    able = doctor.examine(settings, home)
    lines = capsys.readouterr().out.splitlines()
    assert all(line[:5] in ("ok   ", "NOT  ") for line in lines)
    return able, {line[5:29].strip(): (line.startswith("ok"), line[29:].strip()) for line in lines}


def test_where_all_is_well_every_line_says_so(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str]
) -> None:
    able, found = examined(settings_on(double, with_database(tmp_path), alchemy_api_key="a-key"), capsys)
    assert able
    assert [name for name, (good, _) in found.items() if not good] == []
    assert set(found) == {"database", "page", *SOURCES, "Alchemy", "Base node 1"}
    assert found["database"] == (True, "up to date")
    assert found["Kraken"][1].startswith("answers in ")


def test_a_database_that_is_not_there_yet_is_no_fault_and_is_not_made(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str]
) -> None:
    able, found = examined(settings_on(double, tmp_path / "none"), capsys)
    assert able
    assert found["database"] == (True, "will be migrated at the next start")
    assert not (tmp_path / "none").exists()


def test_a_database_that_is_none_keeps_the_desk_from_running(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "drydock.db").write_text("Dear diary, " * 1000)
    able, found = examined(settings_on(double, tmp_path), capsys)
    assert not able
    assert found["database"][0] is False
    assert " is not a database; there is no backup of it" in found["database"][1]


def test_a_page_that_is_not_built_keeps_the_desk_from_running(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".web" / "build" / "fingerprint").unlink()
    able, found = examined(settings_on(double, tmp_path), capsys, home=tmp_path)
    assert (able, found["page"]) == (False, (False, "not built: run `make setup`"))


def test_a_page_that_is_built_elsewhere_only_is_not_said_to_be_unbuilt(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.chdir(away)
    able, found = examined(settings_on(double, tmp_path), capsys, home=tmp_path)
    said = f"there is none in this folder; it is built in {tmp_path}: run Drydock there"
    assert (able, found["page"]) == (False, (False, said))


def test_what_does_not_answer_is_one_row_and_no_line_beside_it(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str]
) -> None:
    double.misbehave("kraken", Mischief.SERVER_ERROR)
    root = logging.getLogger()
    # As in a terminal, where nobody has said what becomes of the log.
    handlers, root.handlers[:] = list(root.handlers), []
    try:
        doctor.examine(settings_on(double, tmp_path))
    finally:
        root.handlers[:] = handlers
    said = capsys.readouterr()
    assert said.out.count("NOT  Kraken") == 1
    assert said.err == ""


@pytest.mark.parametrize("mischief", [Mischief.SERVER_ERROR, Mischief.HTML, Mischief.RATE_LIMITED, Mischief.REFUSE])
def test_a_source_that_does_not_answer_is_marked_and_keeps_nothing_from_running(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str], mischief: Mischief
) -> None:
    double.misbehave("kraken", mischief)
    able, found = examined(settings_on(double, tmp_path), capsys)
    assert able
    assert [name for name, (good, _) in found.items() if not good] == ["Kraken"]
    assert found["Kraken"][1]


def test_nodes_are_tried_one_by_one_and_one_of_another_chain_is_marked(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str]
) -> None:
    with dead_port() as port:
        nodes = (double.url("rpc/8453"), double.url("rpc/1"), f"http://127.0.0.1:{port}")
        able, found = examined(settings_on(double, tmp_path, rpc_url_8453=nodes), capsys)
    assert able
    assert [found[f"Base node {number}"][0] for number in (1, 2, 3)] == [True, False, False]
    assert found["Base node 2"][1] == "the node is on chain 1, not on 8453"


def test_on_a_testnet_the_nodes_of_both_chains_are_tried(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str]
) -> None:
    able, found = examined(settings_on(double, tmp_path, chain_id=84532), capsys)
    assert able
    assert found["Base Sepolia node 1"][0]
    assert found["Base node 1"][0]


@pytest.mark.parametrize(
    ("content", "able"), [("timestamp,open,high,low,close\n0,1,1,1,1\n60,1,1,1,1\n", True), ("", False)]
)
def test_a_recording_is_looked_into(
    tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str], content: str, able: bool
) -> None:
    # A name that would clear a terminal and begin another line is told as text.
    (tmp_path / "o\x1b[2J\nok ne.csv").write_text(content)
    can_run, found = examined(settings_on(double, tmp_path, market=f"replay:{tmp_path}/o\x1b[2J\nok ne.csv"), capsys)
    assert can_run is able
    assert found["recording"][0] is able
    assert r"o\x1b[2J\nok ne.csv" in found["recording"][1]


def test_no_key_is_ever_said(tmp_path: Path, double: Double, capsys: pytest.CaptureFixture[str]) -> None:
    keys = {"alchemy_api_key": "sesame-1", "coingecko_api_key": "sesame-2"}
    for mischief in (None, Mischief.SERVER_ERROR, Mischief.REFUSE):
        for source in ("alchemy", "coingecko"):
            if mischief:
                double.misbehave(source, mischief)
        doctor.examine(settings_on(double, tmp_path, **keys))
    said = capsys.readouterr()
    assert "sesame" not in said.out + said.err
