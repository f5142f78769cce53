"""The command replay: one object or one table on standard output, a hash that repeats, one sentence for what fails."""

import csv
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.market.recording import read_recording
from app.market.replay_quoter import Assumptions
from app.runtime.rehearsing import TRADE_COLUMNS, Replayed, Terms, replayed
from tests.recorded import ASSUMED, HEADER, invented_rows
from tests.runtime.commands import Done, drydock

BARS = 520
ALL = tuple(range(1, 11))
NEAR = Decimal("1e-6")
LEVEL = {
    "level", "equity", "return_pct", "max_drawdown_pct", "trades", "exposure_pct", "costs",
    "skill_less_return_pct", "beats_skill_less", "worst_month_pct",
}  # fmt: skip


def written(folder: Path, rows: list[str] | None = None, name: str = "hours.csv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join((header, *(rows or invented_rows(BARS)))) + "\n")
    return path


def played(
    path: Path, assumed: Assumptions = ASSUMED, levels: tuple[int, ...] = (3, 6, 9), usd: int = 10_000
) -> Replayed:
    """The same that the command does, in this process."""
    return replayed(read_recording(path, "WETH"), Terms(levels, Decimal(usd), assumed), lambda _: None)


def sizes(found: Replayed) -> dict[int, list[Decimal]]:
    """The dollars of every entry, by level."""
    return {
        number: [trade.value for of, trade in found.trades if of == number and trade.reason == "entry"]
        for number in found.figures["assumptions"]["levels"]
    }


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
        assert Decimal(whole["hold_return_pct"]) == pytest.approx((closes[-1] / closes[0] - 1) * 100, abs=NEAR)
        assert sum(line["trades"] for line in whole["levels"]) > 0
        for line in whole["levels"]:
            assert Decimal(line["return_pct"]) == pytest.approx(Decimal(line["equity"]) / 100 - 100, abs=NEAR)
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
        assert lines[1].split()[0] == "level"
        assert [line.split()[0] for line in lines[2:13]] == [*map(str, range(1, 11)), "hold"]
        assert max(map(len, lines[:13])) < 80 and "…" not in done.stdout
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
        usual, dear = (sizes(played(hours, Assumptions(gas_usd=Decimal(usd)), ALL)) for usd in ("0.02", "0.2"))
        gone = {number for number in ALL if usual[number] and not dear[number]}
        assert gone == {1, 2}, "the levels that trade least at a time"
        largest_gone = max(size for number in gone for size in usual[number])
        assert all(size > largest_gone for found in dear.values() for size in found)

    def test_a_hundredth_of_the_depth_makes_sizes_shrink(self, hours: Path) -> None:
        deep, shallow = (
            sizes(played(hours, Assumptions(depth_usd=Decimal(usd)), ALL)) for usd in (2 * 10**7, 2 * 10**5)
        )
        assert any(shallow.values())
        for number in ALL:
            assert max(shallow[number], default=Decimal(0)) < max(deep[number])


class TestTrades:
    def test_every_trade_is_a_line_in_order_of_time_and_level(
        self, whole: Mapping[str, Any], hours: Path, tmp_path: Path
    ) -> None:
        done = drydock("replay", str(hours), "--symbol", "WETH", "--json", "--trades", "t.csv", cwd=tmp_path)
        assert done.returncode == 0
        rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
        assert tuple(rows[0]) == TRADE_COLUMNS
        order = [(row["at"], int(row["level"])) for row in rows]
        assert order == sorted(order)
        for line in whole["levels"]:
            mine = [row for row in rows if row["level"] == str(line["level"])]
            assert len(mine) == line["trades"]
            assert sum(Decimal(row["gas_usd"]) for row in mine) == Decimal(line["costs"]["gas"])
            signs = [1 if row["side"] == "sell" else -1 for row in mine]
            values = [Decimal(row["price"]) * Decimal(row["quantity"]) for row in mine]
            cash = sum(sign * value for sign, value in zip(signs, values, strict=True))
            gas = Decimal(line["costs"]["gas"])
            assert 10_000 + cash - gas == pytest.approx(Decimal(line["equity"]), abs=NEAR)
        for row in rows:
            numbers = [row[name] for name in ("quantity", "price", "gas_usd", "fee_usd", "impact_usd")]
            assert all("e" not in number.lower() for number in numbers)
            assert row["at"].endswith("Z") and row["side"] in ("buy", "sell") and row["reason"][0].isalpha()

    def test_without_a_trade_there_is_a_line_with_the_names(self, tmp_path: Path) -> None:
        path = written(tmp_path, invented_rows(20))
        assert drydock("replay", str(path), "--symbol", "WETH", "--trades", "t.csv", cwd=tmp_path).returncode == 0
        assert (tmp_path / "t.csv").read_bytes() == ",".join(TRADE_COLUMNS).encode() + b"\r\n"
