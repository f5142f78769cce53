"""A session that was exported is a recording of each of its tokens."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.bars import Interval
from app.market.recording import Recording, Unreadable, read_recording
from app.market.session_bars import NoBars, bars_as_csv

WETH, AERO = "0x4200000000000000000000000000000000000006", "0x940181a94A35A4569E4529A3CDfB74e38FD98631"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def bar(at: datetime, close: str = "2", interval: str = "1m", **other: Any) -> dict[str, Any]:
    figures = {"open": "1", "high": "9", "low": "0.5", "close": close, "volume": "3.25", "origin": "ticks"}
    return {"interval": interval, "at": at.isoformat(), **figures, **other}


def minutes(count: int) -> list[dict[str, Any]]:
    return [bar(NOON + number * MINUTE, str(number + 1)) for number in range(count)]


def token(symbol: str, address: str, bars: object) -> dict[str, Any]:
    return {"symbol": symbol, "token_address": address, "chain_id": 8453, "bars": bars}


def written(folder: Path, prices: object) -> Path:
    path = folder / "session.json"
    path.write_text(json.dumps({"format": "drydock session", "version": 1, "prices": prices}), encoding="utf-8")
    return path


def read(folder: Path, bars: object, symbol: str = "WETH") -> Recording:
    return read_recording(written(folder, [token("WETH", WETH, bars)]), symbol)


@pytest.mark.parametrize("symbol", ["WETH", "weth", WETH, WETH.upper().replace("0X", "0x")])
def test_the_bars_of_the_token_that_is_named_are_the_recording(tmp_path: Path, symbol: str) -> None:
    prices = [token("AERO", AERO, [bar(NOON, "7"), bar(NOON + MINUTE, "8")]), token("WETH", WETH, minutes(3))]
    recording = read_recording(written(tmp_path, prices), symbol)
    assert (recording.name, recording.symbol, recording.interval) == ("session.json", symbol, Interval.M1)
    assert [each.close for each in recording.bars] == [1, 2, 3]
    assert (recording.first_at, recording.bars[0].volume) == (NOON, Decimal("3.25"))
    assert (recording.dropped, recording.gaps) == ({}, 0)


def test_a_longer_bar_is_not_seen_before_it_is_over(tmp_path: Path) -> None:
    bars = [bar(NOON - timedelta(hours=2), "5", "1h"), bar(NOON - timedelta(hours=1), "6", "1h"), *minutes(2)]
    recording = read(tmp_path, bars)
    assert recording.interval is Interval.M1
    assert [recording.closes_at(index) for index in range(4)] == [
        NOON - timedelta(hours=1),
        NOON,
        NOON + MINUTE,
        NOON + 2 * MINUTE,
    ]
    assert [each.close for each in recording.bars] == [5, 6, 1, 2]


def test_the_interval_is_the_shortest_even_where_longer_ones_are_more(tmp_path: Path) -> None:
    hours = [bar(NOON - timedelta(hours=number), "5", "1h") for number in range(9, 0, -1)]
    assert read(tmp_path, [*hours, *minutes(2)]).interval is Interval.M1


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        (bar(NOON, "NaN"), "number"),
        (bar(NOON, "-1"), "not_positive"),
        (bar(NOON, "1,2"), "number"),
        (bar(NOON, "1\n2"), "number"),
        (bar(NOON, high="0.1"), "high_below_low"),
        (bar(NOON) | {"close": 2.5}, "number"),
        (bar(NOON, interval="2m"), "columns"),
        (bar(NOON) | {"at": "soon"}, "columns"),
        (bar(NOON) | {"at": "2026-06-01T12:00:00"}, "columns"),
        (bar(NOON, interval="1d") | {"at": "9999-12-31T23:59:59+00:00"}, "timestamp"),
        ({}, "columns"),
        (None, "columns"),
    ],
)
def test_a_bar_that_is_none_is_dropped_and_counted(tmp_path: Path, spoiled: Any, reason: str) -> None:
    recording = read(tmp_path, [spoiled, *(bar(NOON + number * MINUTE) for number in range(1, 4))])
    assert (len(recording.bars), recording.dropped) == (3, {reason: 1})


@pytest.mark.parametrize(
    ("prices", "why"),
    [
        ([], "has no prices of WETH; it has none at all."),
        ([token("AERO", AERO, minutes(2))], "has no prices of WETH; it has those of AERO."),
        ([token("WETH", WETH, []), token("AERO", AERO, minutes(2))], "has no prices of WETH; it has those of AERO."),
        ([token("WETH", WETH, "bars")], "has no prices of WETH"),
        ([token("WETH", WETH, minutes(2)), token("WETH", AERO, minutes(2))], "has more than one WETH"),
        ([token("WETH", WETH, minutes(1))], "has 1 usable of 1 rows, and 2 are needed"),
        ({}, "is not a session that Drydock exported."),
    ],
)
def test_a_session_without_the_token_says_which_it_has(tmp_path: Path, prices: object, why: str) -> None:
    path = written(tmp_path, prices)
    with pytest.raises(Unreadable) as caught:
        read_recording(path, "WETH")
    assert str(caught.value).startswith(f"{path} {why}")


@pytest.mark.parametrize("text", ["{", '{"prices": [', '{"a":' * 100_000, "{}", '{"prices": 5}'])
def test_json_that_is_no_session_is_no_recording(tmp_path: Path, text: str) -> None:
    path = tmp_path / "session.json"
    path.write_text(text)
    with pytest.raises(Unreadable, match=r"is not JSON that can be read|is not a session that Drydock exported"):
        read_recording(path, "WETH")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["1m", "2026-06-01T12:00:00Z"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(
    bars=JSON
    | st.lists(
        st.dictionaries(st.sampled_from(["interval", "at", "open", "high", "low", "close", "volume"]), JSON), max_size=4
    )
)
def test_no_json_raises_anything_but_that_it_holds_no_bars(bars: object) -> None:
    text = json.dumps({"prices": [{"symbol": "WETH", "bars": bars}]})
    try:
        rows, seconds = bars_as_csv(text, "WETH")
    except NoBars:
        return
    assert isinstance(bars, list) and len(rows.splitlines()) == len(bars) + 1 and seconds >= 60
