"""What can be asked of the command replay, and what it says to anything else."""

import json
from pathlib import Path

import pytest

from app.runtime.cli import app
from tests.recorded import invented_rows
from tests.runtime.test_replay_command import written


def in_process(*words: str) -> int:
    """The command's exit code."""
    with pytest.raises(SystemExit) as ended:
        app(list(words))
    assert isinstance(ended.value.code, int)
    return ended.value.code


class TestWrongUsage:
    @pytest.mark.parametrize(
        "words",
        [
            *(("--levels", text) for text in ("0", "11", "1-11", "5-3", "1,", ",1", "1-3,7", "all", "", "-1", "٣")),
            *(("--balance", text) for text in ("0", "0.99", "-5", "NaN", "inf", "much", "1e400", "1.0000000000001")),
            *(("--depth-usd", text) for text in ("0", "-1", "x")),
            *(("--fee-bps", text) for text in ("10000", "-1", "x")),
            *(("--gas-usd", text) for text in ("-0.01", "x")),
            *(("--symbol", text) for text in ("", " ", "USDC", "usdc", "A" * 21, "A\nB")),
            ("--speed", "3"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_asked_is_told_from_a_failure(
        self, tmp_path: Path, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, invented_rows(3))
        before = path.read_bytes()
        assert in_process("replay", str(path), "--symbol", "WETH", *words) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.startswith("Error: ") and said.err.count("\n") == 1
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]

    def test_trades_are_not_written_over_the_recording(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        before = path.read_bytes()
        assert in_process("replay", str(path), "--symbol", "WETH", "--trades", str(tmp_path / "." / path.name)) == 2
        assert path.read_bytes() == before

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
        path = str(written(tmp_path, invented_rows(3)))
        for name, why in (("no/t.csv", "No such file"), ("a" * 300, "File name too long"), (".", "Is a directory")):
            assert in_process("replay", path, "--symbol", "WETH", "--trades", str(tmp_path / name)) == 1
            said = capsys.readouterr()
            assert (said.out, said.err.count("\n")) == ("", 1)
            assert f"cannot be written: {why}" in said.err
