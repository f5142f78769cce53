"""The command replay: one object or one table on standard output, a hash that repeats, one sentence for what fails."""

import csv
import json
import os
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.market.recording import read_recording
from app.market.replay_quoter import Assumptions
from app.runtime.rehearsing import TRADE_COLUMNS, Replayed, Terms, replayed
from tests.recorded import HEADER, invented_rows
from tests.runtime.test_cli import Done, drydock

BARS = 520
DOLLARS_TO_CENTS = Decimal("1e-6")
LEVEL = {
    "level", "equity", "return_pct", "max_drawdown_pct", "trades", "exposure_pct", "costs",
    "skill_less_return_pct", "beats_skill_less", "worst_month_pct",
}  # fmt: skip


def written(folder: Path, rows: list[str] | None = None, name: str = "hours.csv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join((header, *(rows or invented_rows(BARS)))) + "\n")
    return path


def played(path: Path, assumed: Assumptions = Assumptions(), levels: tuple[int, ...] = (3, 6, 9), usd: int = 10_000):  # noqa: B008
    """The same that the command does, in this process."""
    return replayed(read_recording(path, "WETH"), Terms(levels, Decimal(usd), assumed), lambda _: None)


def sizes(found: Replayed) -> list[Decimal]:
    """The dollars of every entry."""
    return [trade.value for _, trade in found.trades if trade.reason == "entry"]


def told(done: Done) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def whole(hours: Path) -> Mapping[str, Any]:
    """What the command says with every option at its default."""
    return told(drydock("replay", str(hours), "--symbol", "WETH", "--json", cwd=hours.parent))


class TestResult:
    def test_the_object_has_the_fields_that_are_agreed(self, whole: Mapping[str, Any]) -> None:
        assert {"bars", "dropped", "assumptions", "levels", "hold_return_pct", "hash", "seconds"} <= set(whole)
        assert (whole["bars"], whole["dropped"]) == (BARS, {})
        assert [line["level"] for line in whole["levels"]] == list(range(1, 11))
        for line in whole["levels"]:
            assert set(line) == LEVEL
            assert set(line["costs"]) == {"gas", "fees", "impact"}
            texts = [line[name] for name in LEVEL - {"level", "trades", "costs", "beats_skill_less"}]
            for text in (*texts, *line["costs"].values()):
                assert isinstance(text, str) and Decimal(text).is_finite() and "E" not in text.upper()
        assert whole["assumptions"]["depth_usd"] == "20000000"
        assert len(whole["hash"]) == 64 and whole["seconds"] > 0

    def test_the_figures_agree_with_each_other(self, whole: Mapping[str, Any], hours: Path) -> None:
        closes = [bar.close for bar in read_recording(hours, "WETH").bars]
        assert Decimal(whole["hold_return_pct"]) == pytest.approx((closes[-1] / closes[0] - 1) * 100, abs=DOLLARS_TO_CENTS)
        assert sum(line["trades"] for line in whole["levels"]) > 0
        for line in whole["levels"]:
            assert Decimal(line["return_pct"]) == pytest.approx(Decimal(line["equity"]) / 100 - 100, abs=DOLLARS_TO_CENTS)
            better = Decimal(line["return_pct"]) > Decimal(line["skill_less_return_pct"])
            assert line["beats_skill_less"] is better
            assert Decimal(line["max_drawdown_pct"]) >= 0 and 0 <= Decimal(line["exposure_pct"]) <= 100

    def test_standard_output_is_the_object_and_the_rest_goes_beside(self, hours: Path) -> None:
        done = drydock("replay", str(hours), "--symbol", "WETH", "--levels", "2", "--json", cwd=hours.parent)
        assert json.loads(done.stdout)["levels"][0]["level"] == 2
        assert f"{BARS} bars of 1 h for WETH" in done.stderr and done.stderr.count("\n") == 1

    def test_without_json_people_read_a_table(self, hours: Path, whole: Mapping[str, Any]) -> None:
        done = drydock("replay", str(hours), "--symbol", "WETH", cwd=hours.parent)
        lines = done.stdout.splitlines()
        assert lines[0].split()[0] == "level"
        assert [line.split()[0] for line in lines[1:12]] == [*map(str, range(1, 11)), "hold"]
        assert f"hash {whole['hash']}" in lines

    def test_neither_a_data_folder_nor_a_setting_is_looked_at(self, hours: Path, tmp_path: Path) -> None:
        done = drydock(
            "replay", str(hours), "--symbol", "WETH", "--levels", "1", cwd=tmp_path, CHAIN_ID="5", DATA_DIR="desk"
        )
        assert done.returncode == 0
        assert list(tmp_path.iterdir()) == []

    def test_bad_rows_are_counted_and_told(self, tmp_path: Path) -> None:
        rows = invented_rows(120)
        path = written(tmp_path, [*rows, rows[5], "soon,1,1,1,1,1", "2024-03-01T00:00:00Z,1,1,2,1,1"])
        found = told(drydock("replay", str(path), "--symbol", "WETH", "--levels", "5", "--json", cwd=tmp_path))
        assert (found["bars"], found["dropped"]) == (120, {"duplicate": 1, "high_below_low": 1, "timestamp": 1})

    def test_too_few_bars_are_no_error(self, tmp_path: Path) -> None:
        path = written(tmp_path, invented_rows(2))
        found = told(drydock("replay", str(path), "--symbol", "ABC", "--json", cwd=tmp_path))
        assert [(line["trades"], line["equity"]) for line in found["levels"]] == [(0, "10000")] * 10


class TestHash:
    def test_it_repeats_in_another_process_whatever_is_printed(
        self, whole: Mapping[str, Any], hours: Path, tmp_path: Path
    ) -> None:
        words = ("replay", str(hours), "--symbol", "WETH", "--trades", "t.csv", "--json")
        again = told(drydock(*words, cwd=tmp_path))
        assert {**again, "seconds": 0} == {**whole, "seconds": 0}

    def test_the_order_of_rows_and_the_file_s_name_do_not_matter(self, tmp_path: Path) -> None:
        rows = invented_rows(BARS)
        first = played(written(tmp_path, rows))
        Random(1).shuffle(rows)
        assert played(written(tmp_path, rows, "shuffled.csv")).hash == first.hash

    def test_any_other_input_is_another_hash(self, tmp_path: Path) -> None:
        rows = invented_rows(130)
        path = written(tmp_path, rows)
        nudged = [*rows[:60], rows[60][:-1] + "7", *rows[61:]]
        found = [
            played(path),
            played(written(tmp_path, nudged, "nudged.csv")),
            played(written(tmp_path, rows[1:], "shorter.csv")),
            played(written(tmp_path, [f"{row},20000000" for row in rows], "deep.csv", f"{HEADER},liquidity_usd")),
            played(path, Assumptions(depth_usd=Decimal(20_000_001))),
            played(path, Assumptions(fee_bp=Decimal(6))),
            played(path, Assumptions(gas_usd=Decimal("0.03"))),
            played(path, levels=(3, 6)),
            played(path, usd=10_001),
            replayed(read_recording(path, "AERO"), Terms((3, 6, 9), Decimal(10_000), Assumptions()), lambda _: None),
        ]
        assert len({each.hash for each in found}) == len(found)


class TestCosts:
    def test_ten_times_the_gas_makes_small_trades_vanish_first(self, hours: Path) -> None:
        cheap = played(hours, Assumptions(gas_usd=Decimal("0.2")), (1, 2, 9))
        dear = played(hours, Assumptions(gas_usd=Decimal(2)), (1, 2, 9))
        counts = [[sum(level == number for level, _ in found.trades) for number in (1, 2, 9)] for found in (cheap, dear)]
        assert counts[0][0] > 0 and counts[0][2] > 0
        assert counts[1][:2] == [0, 0] and counts[1][2] > 0
        assert min(sizes(dear)) > min(sizes(cheap))

    def test_a_hundredth_of_the_depth_makes_sizes_shrink(self, hours: Path) -> None:
        deep, shallow = (played(hours, Assumptions(depth_usd=Decimal(usd)), (9,)) for usd in (20_000_000, 200_000))
        assert sizes(shallow)
        assert max(sizes(shallow)) < max(sizes(deep))
        assert sum(sizes(shallow)) / len(sizes(shallow)) < sum(sizes(deep)) / len(sizes(deep))


class TestTrades:
    def test_every_trade_is_a_line_in_order_of_time_and_level(
        self, whole: Mapping[str, Any], hours: Path, tmp_path: Path
    ) -> None:
        done = drydock("replay", str(hours), "--symbol", "WETH", "--json", "--trades", "t.csv", cwd=tmp_path)
        assert done.returncode == 0
        rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
        assert tuple(rows[0]) == TRADE_COLUMNS
        assert [(row["at"], int(row["level"])) for row in rows] == sorted((row["at"], int(row["level"])) for row in rows)
        for line in whole["levels"]:
            mine = [row for row in rows if row["level"] == str(line["level"])]
            assert len(mine) == line["trades"]
            assert sum(Decimal(row["gas_usd"]) for row in mine) == Decimal(line["costs"]["gas"])
            cash = sum((1 if row["side"] == "sell" else -1) * Decimal(row["price"]) * Decimal(row["quantity"]) for row in mine)
            gas = Decimal(line["costs"]["gas"])
            assert 10_000 + cash - gas == pytest.approx(Decimal(line["equity"]), abs=DOLLARS_TO_CENTS)
        for row in rows:
            numbers = [row[name] for name in ("quantity", "price", "gas_usd", "fee_usd", "impact_usd")]
            assert all("e" not in number.lower() for number in numbers)
            assert row["at"].endswith("Z") and row["side"] in ("buy", "sell") and row["reason"][0].isalpha()

    def test_without_a_trade_there_is_a_line_with_the_names(self, tmp_path: Path) -> None:
        path = written(tmp_path, invented_rows(20))
        assert drydock("replay", str(path), "--symbol", "WETH", "--trades", "t.csv", cwd=tmp_path).returncode == 0
        assert (tmp_path / "t.csv").read_bytes() == ",".join(TRADE_COLUMNS).encode() + b"\r\n"


class TestWrongUsage:
    @pytest.mark.parametrize(
        "words",
        [
            *(("--levels", text) for text in ("0", "11", "1-11", "5-3", "1,", ",1", "1-3,7", "all", "", "-1", "1..3", "٣")),
            *(("--balance", text) for text in ("0", "0.99", "-5", "NaN", "inf", "much", "1e400", "1.0000000000001")),
            *(("--depth-usd", text) for text in ("0", "-1", "x")),
            *(("--fee-bps", text) for text in ("10000", "-1", "x")),
            *(("--gas-usd", text) for text in ("-0.01", "x")),
            *(("--symbol", text) for text in ("", " ", "USDC", "usdc", "A" * 21, "A\nB")),
            ("--trades", "hours.csv"),
            ("--speed", "3"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_asked_is_told_from_a_failure(
        self, tmp_path: Path, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, invented_rows(3))
        before = path.read_bytes()
        assert in_process("replay", str(path), "--symbol", "WETH", *_beside(path, words)) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err and "Traceback" not in said.err
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]

    def test_a_file_and_a_symbol_are_needed(self, tmp_path: Path) -> None:
        assert in_process("replay") == in_process("replay", str(written(tmp_path))) == 2


class TestLevels:
    @pytest.mark.parametrize(
        ("text", "levels"), [("3", [3]), ("1-10", [*range(1, 11)]), ("7,1,4", [1, 4, 7]), ("10", [10]), ("9-9", [9])]
    )
    def test_one_a_range_or_a_list(
        self, tmp_path: Path, text: str, levels: list[int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, invented_rows(3))
        assert in_process("replay", str(path), "--symbol", "WETH", "--json", "--levels", text) == 0
        assert [line["level"] for line in json.loads(capsys.readouterr().out)["levels"]] == levels


class TestFailures:
    @pytest.mark.parametrize(
        ("file", "why"),
        [("absent.csv", "cannot be read: No such file"), (".", "Is a directory."), ("empty.csv", "is empty."),
         ("one.csv", "1 usable of 1 rows"), ("names.csv", "no header with the columns")],
    )  # fmt: skip
    def test_what_fails_is_one_sentence(
        self, tmp_path: Path, file: str, why: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "empty.csv").write_text("")
        (tmp_path / "names.csv").write_text("a,b\n1,2\n")
        written(tmp_path, invented_rows(1), "one.csv")
        assert in_process("replay", str(tmp_path / file), "--symbol", "WETH", "--trades", str(tmp_path / "t.csv")) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
        assert why in said.err and said.err.endswith(".\n")
        assert not [path for path in tmp_path.iterdir() if path.name not in ("empty.csv", "names.csv", "one.csv")]

    def test_a_file_for_the_trades_that_cannot_be_written_is_said_before_the_work(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, invented_rows(3))
        assert in_process("replay", str(path), "--symbol", "WETH", "--trades", str(tmp_path / "no" / "t.csv")) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
        assert "cannot be written: No such file" in said.err
