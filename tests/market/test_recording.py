"""Recordings: dirt is counted, gaps stay gaps, and nothing doubtful is kept in silence."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bars import Bar, Interval
from app.market.recording import Recording, Unreadable, read_recording, recording_of

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
HEADER = "timestamp,open,high,low,close,volume"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
PATH = Path("recorded/weth.csv")


def read(*rows: str, header: str = HEADER) -> Recording:
    return recording_of("\n".join((header, *rows)), PATH, "WETH")


class TestTimes:
    @pytest.mark.parametrize(
        "written",
        [
            "2024-03-01T12:00:00Z",
            "2024-03-01T12:00:00+00:00",
            "2024-03-01 12:00:00+00:00",
            "2024-03-01 12:00:00",
            "2024-03-01T12:00",
            "2024-03-01T14:00:00+02:00",
            "2024-03-01T12:00:00.000000",
            "1709294400",
            "1709294400.0",
            "1709294400000",
            "1709294400000.0",
            '"2024-03-01 12:00:00"',
            " 1709294400 ",
        ],
    )
    def test_one_moment_is_read_however_it_is_written(self, written: str) -> None:
        recording = read(f"{written},1,2,1,2,3", "2024-03-01T12:01:00Z,1,2,1,2,3")
        assert recording.bars[0] == Bar(NOON, Decimal(1), Decimal(2), Decimal(1), Decimal(2), Decimal(3), "weth")
        assert recording.dropped == {}

    def test_a_fraction_of_a_second_is_kept(self) -> None:
        recording = read("1709294400.25,1,2,1,2,3", "1709294460250,1,2,1,2,3")
        assert [bar.at.microsecond for bar in recording.bars] == [250_000, 250_000]

    def test_a_date_alone_is_midnight(self) -> None:
        assert read("2024-03-01,1,2,1,2,3", "2024-03-02,1,2,1,2,3").interval is Interval.D1

    @pytest.mark.parametrize(
        "written",
        [
            "2199-01-01",
            "1969-12-31",
            "2024-13-01",
            "2024-03-01T25:00",
            "0001-01-01T00:00+14:00",
            "2024-W09-5",
            "12:00",
            "soon",
            "-1709294400",
            "1709294400e3",
            "999999999999999999",
            "١٧٠٩٢٩٤٤٠٠",
            "nan",
            "inf",
            "1e999",
            "",
        ],
    )
    def test_what_is_no_time_is_dropped_as_such(self, written: str) -> None:
        recording = read(f"{written},1,2,1,2,3", "1709294400,1,2,1,2,3", "1709294460,1,2,1,2,3")
        assert (len(recording.bars), recording.dropped) == (2, {"timestamp": 1})


class TestRows:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("1709294520,1,2,1", "columns"),
            ("1709294520", "columns"),
            ("1709294520,1,5,2,5,1,5,1,5,3,5", "columns"),
            ("1709294520,one,2,1,2,3", "number"),
            ("1709294520,,2,1,2,3", "number"),
            ("1709294520,1,2,1,NaN,3", "number"),
            ("1709294520,1,Infinity,1,2,3", "number"),
            ("1709294520,1_0,20,10,12,3", "number"),
            ("1709294520,1,2,1,2,much", "number"),
            ("1709294520,1,2,1,2,3,deep", "number"),
            ("1709294520,0,2,0,2,3", "not_positive"),
            ("1709294520,1,2,-1,2,3", "not_positive"),
            ("1709294520,1,2e99,1,2,3", "out_of_range"),
            ("1709294520,1,2,1e-99,2,3", "out_of_range"),
            ("1709294520,2,1,2,2,3", "high_below_low"),
            ("1709294520,1,2,1,2,-3", "negative"),
            ("1709294520,1,2,1,2,3,-4", "negative"),
            ("1709294520,1\0,2,1,2,3", "number"),
            ('1709294520,"' + "1" * 200_000 + '",2,1,2,3', "columns"),
            ("1709294520," + "1" * 200_000 + ",2,1,2,3", "number"),
        ],
    )
    def test_a_bad_row_is_dropped_and_counted_by_reason(self, row: str, reason: str) -> None:
        recording = read("1709294400,1,2,1,2,3", row, "1709294460,1,2,1,2,3", header=f"{HEADER},liquidity_usd")
        assert (len(recording.bars), recording.dropped) == (2, {reason: 1})

    def test_a_quotation_mark_that_never_ends_spoils_one_row_only(self) -> None:
        recording = read('"1709294400,1,2,1,2,3', "1709294460,1,2,1,2,3", "1709294520,1,2,1,2,3")
        assert (len(recording.bars), recording.dropped) == (2, {"columns": 1})

    def test_of_duplicates_the_last_wins_and_the_earlier_are_counted(self) -> None:
        first, second, third = ("1709294400,1,9,1,5,3", "1709294400000,1,9,1,6,3", "2024-03-01 12:00:00,1,9,1,7,3")
        recording = read(first, second, "1709294460,1,9,1,8,3", third)
        assert [bar.close for bar in recording.bars] == [7, 8]
        assert recording.dropped == {"duplicate": 2}

    def test_a_bad_row_replaces_no_good_one(self) -> None:
        recording = read("1709294400,1,9,1,5,3", "1709294460,1,9,1,8,3", "1709294400,1,9,1,oops,3")
        assert recording.bars[0].close == 5
        assert recording.dropped == {"number": 1}

    def test_an_open_outside_high_and_low_is_kept_and_noted(self) -> None:
        recording = read("1709294400,5,4,3,4,1", "1709294460,4,4,3,2,1", "1709294520,4,4,4,4,1")
        assert (len(recording.bars), recording.dropped) == (3, {})
        assert recording.bars[0].open == 5
        assert recording.notes == {"open or close outside [low, high]": 2}

    def test_a_missing_volume_is_zero(self) -> None:
        blank = read("1709294400,1,2,1,2,", "1709294460,1,2,1,2")
        absent = read("1709294400,1,2,1,2", "1709294460,1,2,1,2", header="timestamp,open,high,low,close")
        assert [bar.volume for bar in (*blank.bars, *absent.bars)] == [0, 0, 0, 0]

    def test_liquidity_is_known_row_by_row(self) -> None:
        recording = read(
            "1709294400,1,2,1,2,3,5000000.5", "1709294460,1,2,1,2,3,", "1709294520,1,2,1,2,3",
            header=f"{HEADER},liquidity_usd",
        )  # fmt: skip
        assert recording.liquidity == (Decimal("5000000.5"), None, None)

    def test_numbers_are_exact(self) -> None:
        recording = read("1709294400,0.1,0.30000000000000004,0.1,1.5e-1,3", "1709294460,1,2,1,2,3")
        assert recording.bars[0].high == Decimal("0.30000000000000004")
        assert recording.bars[0].close == Decimal("0.15")


class TestFiles:
    def test_columns_may_stand_in_any_order_and_others_are_ignored(self) -> None:
        header = " Volume ,x,CLOSE,low,high,open,timestamp"
        recording = read("3,y,4,1,5,2,1709294400", "3,y,4,1,5,2,1709294460", header=header)
        assert recording.bars[0] == Bar(NOON, Decimal(2), Decimal(5), Decimal(1), Decimal(4), Decimal(3), "weth")

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_every_kind_of_line_end_is_read(self, tmp_path: Path, newline: str) -> None:
        lines = [HEADER, "", "1709294400,1,2,1,2,3", "  ", "1709294460,1,2,1,2,3", "", ""]
        path = tmp_path / "lines.csv"
        path.write_bytes(newline.join(lines).encode())
        recording = read_recording(path, "WETH")
        assert (len(recording.bars), recording.dropped) == (2, {})
        assert (recording.name, recording.symbol, recording.bars[0].origin) == ("lines.csv", "WETH", "lines")

    def test_a_byte_order_mark_and_bytes_that_are_no_text_do_no_harm(self, tmp_path: Path) -> None:
        path = tmp_path / "marked.csv"
        rows = b"1709294400,1,2,1,2,3\n1709294460,1,2,1,2,3\n\xff\xfe\x80,1,2,1,2,3\n"
        path.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + b"\n" + rows)
        recording = read_recording(path, "WETH")
        assert (len(recording.bars), recording.dropped) == (2, {"timestamp": 1})

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "is empty"),
            ("\n \r\n", "is empty"),
            ("1709294400,1,2,1,2,3\n1709294460,1,2,1,2,3", "no header with the columns timestamp, open"),
            ("timestamp;open;high;low;close;volume\n", "no header"),
            ("timestamp,open,high,low,volume\n", "no header with the columns close"),
            ("timestamp,open,open,high,low,close\n", "more than one column open"),
            (f'"{"x" * 200_000}"\n', "no header that can be read"),
            (HEADER, "0 usable of 0 rows"),
            (f"{HEADER}\n1709294400,1,2,1,2,3\nx,1,2,1,2,3", "1 usable of 2 rows, and 2 are needed (1 timestamp)"),
            (f"{HEADER}\n1709294400.1,1,2,1,2,3\n1709294400.2,1,2,1,2,3", "closer together than one second"),
        ],
    )
    def test_what_is_no_recording_says_which_file_and_why(self, tmp_path: Path, text: str, why: str) -> None:
        path = tmp_path / "weth.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(Unreadable) as caught:
            read_recording(path, "WETH")
        assert str(caught.value).startswith(f"{path} ")
        assert why in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("name", ["absent.csv", ".", "nul\0.csv"])
    def test_a_file_that_cannot_be_opened_is_unreadable(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(Unreadable, match="cannot be read"):
            read_recording(tmp_path / name, "WETH")

    def test_the_interval_is_the_commonest_step_and_gaps_stay_gaps(self) -> None:
        recording = read(*(f"{1709294400 + 60 * n},1,2,1,2,3" for n in range(10) if n not in (3, 6, 7)))
        assert (recording.interval_s, recording.interval, recording.gaps) == (60, Interval.M1, 3)
        assert len(recording.bars) == 7
        assert recording.notes == {}

    def test_an_interval_that_the_desk_does_not_keep_is_read_all_the_same(self) -> None:
        recording = read("1709294400,1,2,1,2,3", "1709294580,1,2,1,2,3", "1709294760,1,2,1,2,3")
        assert (recording.interval_s, recording.interval) == (180, None)

    def test_bars_closer_than_the_interval_are_noted(self) -> None:
        times = (0, 60, 90, 120, 180, 240)
        recording = read(*(f"{1709294400 + second},1,2,1,2,3" for second in times))
        assert (recording.interval_s, recording.gaps) == (60, 0)
        assert recording.notes == {"closer together than the interval": 2}

    def test_the_report_is_one_line_that_tells_everything(self) -> None:
        recording = read("1709294400,5,4,3,4,1", "1709294460,4,4,3,3,1", "1709294640,4,4,3,3,1", "x", "y,1,2,1,2,3")
        assert recording.report() == (
            "weth.csv: 3 bars of 1 min for WETH, 2024-03-01 12:00 to 2024-03-01 12:05 UTC, "
            "rows dropped: 2 (1 columns, 1 timestamp), bars missing in gaps: 2, open or close outside [low, high]: 1"
        )

    @given(text=st.text(max_size=400))
    def test_no_text_raises_anything_but_unreadable(self, text: str) -> None:
        for whole in (text, f"{HEADER}\n{text}"):
            try:
                recording = recording_of(whole, PATH, "WETH")
            except Unreadable:
                continue
            assert len(recording.bars) >= 2

    @given(content=st.binary(max_size=300))
    @settings(max_examples=50)
    def test_no_bytes_raise_anything_but_unreadable(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes
    ) -> None:
        path = tmp_path_factory.getbasetemp() / "bytes.csv"
        path.write_bytes(f"{HEADER}\n1709294400,1,2,1,2,3\n1709294460,1,2,1,2,3\n".encode() + content)
        assert len(read_recording(path, "WETH").bars) >= 2

    @given(
        cells=st.lists(
            st.lists(
                st.sampled_from(["1709294400", "1709294460.5", "2024-03-01", "1", "2", "0.5", "-1", "", "x", '"'])
                | st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=5),
                min_size=1,
                max_size=8,
            ),
            max_size=12,
        )
    )
    def test_every_row_is_either_kept_or_counted(self, cells: list[list[str]]) -> None:
        rows = [line for line in (",".join(row) for row in cells) if line.strip()]
        recording = read("1700000000,1,2,1,2,3", "1700000060,1,2,1,2,3", *rows)
        assert len(recording.bars) + sum(recording.dropped.values()) == len(rows) + 2

    @given(seed=st.integers(), skip=st.sets(st.integers(1, 28), max_size=10))
    def test_the_order_of_the_rows_does_not_matter(self, seed: int, skip: set[int]) -> None:
        rows = [f"{1709294400 + 60 * n},1,{n + 2},1,{n + 1},{n}" for n in range(30) if n not in skip]
        shuffled = random.Random(seed).sample([*rows, "bad", "worse,1"], len(rows) + 2)
        assert read(*shuffled) == read(*rows, "bad", "worse,1")


class TestRealFiles:
    """The recorded market of the years 2023 to 2026."""

    @pytest.fixture(autouse=True)
    def _present(self) -> None:
        if not DATA.is_dir():
            pytest.skip("the recorded data is not beside the project")

    @pytest.mark.parametrize("asset", ["ETH", "BTC"])
    def test_two_years_of_hours_are_read_whole(self, asset: str) -> None:
        recording = read_recording(DATA / f"Binance_{asset}USDT_1h.csv", asset)
        assert (len(recording.bars), recording.interval, recording.gaps) == (17_521, Interval.H1, 0)
        assert (recording.dropped, recording.notes) == ({}, {})
        assert recording.first_at == datetime(2024, 1, 21, 7, tzinfo=UTC)
        assert recording.last_at == datetime(2026, 1, 20, 8, tzinfo=UTC)
        assert set(recording.liquidity) == {None}

    def test_four_days_of_a_pool_s_minutes_are_read_with_their_depth(self) -> None:
        recording = read_recording(DATA / "WETH_USDC_polygon_univ3_1m_2023-08-13_17.csv", "WETH")
        assert (len(recording.bars), recording.interval, recording.gaps) == (7_199, Interval.M1, 1)
        assert recording.last_at - recording.first_at == timedelta(days=5)
        assert recording.dropped == {}
        assert recording.liquidity[0] == 205_624_909
        assert None not in recording.liquidity
