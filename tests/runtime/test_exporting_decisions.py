"""Decisions to take away: exact, in the order of time, nothing infinite, no formula in a cell, by the command too."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.decisions import Logged, Verdict
from app.domain.tokens import Token
from app.runtime.exporting_decisions import COLUMNS, decision_item, decisions_csv, decisions_json, figure
from app.store.database import Store
from app.store.decisions import ALL, DecisionFilter, each_decision, log_decisions
from app.store.sessions import archive, open_session
from tests.runtime.commands import drydock, failed
from tests.runtime.taken import fresh_store
from tests.store.drawn import NOON, SECOND, TOKEN, draft
from tests.store.drawn_decisions import a_decision, drawn_logged

HOSTILE = '=HYPERLINK("http://evil")'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with fresh_store(tmp_path_factory.mktemp("decisions")) as opened:
        yield opened


def session(store: Store, *rows: Logged) -> str:
    """A session of its own with such decisions."""
    opened = open_session(store, draft(), NOON).id
    log_decisions(store, [replace(row, session_id=opened) for row in rows])
    archive(store, opened, NOON)
    return opened


def some() -> list[Logged]:
    """A few of several kinds, not in the order of time."""
    other = Token(8453, "0xABCDEF81A94A35A4569E4529A3CDFB74E38FD986", "OTH", "Other", 6)
    sold = a_decision("", NOON - 2 * SECOND, other, 3, Verdict.SELL, "stop")
    return [
        a_decision("", NOON),
        replace(sold, acted=True, trade_id="s1-2", said="SELL OTH, its price is below its stop."),
        replace(a_decision("", NOON + SECOND, level=9, failed=None), price=None, bar_at=None, source=None, age_s=None),
    ]


def table(store: Store, session_id: str, wanted: DecisionFilter = ALL) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(decisions_csv(store, session_id, wanted)), newline="")))


def document(store: Store, session_id: str, wanted: DecisionFilter = ALL) -> list[dict[str, Any]]:
    return json.loads("".join(decisions_json(store, session_id, wanted)), parse_constant=pytest.fail)


def spelled(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def test_both_forms_say_the_same_in_the_order_of_time(store: Store) -> None:
    mine = session(store, *some())
    items, rows = document(store, mine), table(store, mine)
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    assert len(items) == 3
    assert tuple(rows[0]) == COLUMNS
    for item, row in zip(items, rows, strict=True):
        opinions = {f"level_{each['level']}": each for each in item["verdicts"]}
        assert {name: opinion["verdict"] for name, opinion in opinions.items()} == {
            name: row[name] for name in opinions
        }
        for name, opinion in opinions.items():
            assert row[f"{name}_first_failed"] == (opinion["first_failed"] or "")
        own = [name for name in COLUMNS if not name.startswith("level_")]
        assert [row[name] for name in own] == [spelled(item[name]) for name in own]


def test_the_json_has_what_was_weighed_and_the_ten_levels_in_full(store: Store) -> None:
    (item,) = document(store, session(store, a_decision("")))
    assert item["gates"] == [
        {"name": "price", "value": "1", "sense": ">=", "threshold": "1", "passed": True, "keeps": False},
        {"name": "trend", "value": "0.25", "sense": ">=", "threshold": "0.5", "passed": False, "keeps": False},
    ]
    assert [opinion["level"] for opinion in item["levels"]] == list(range(1, 11))
    assert item["levels"][0] | {"confidence": "55.5", "risk": "20.25", "opportunity": "70.125"} == item["levels"][0]
    assert (item["token_address"], item["symbol"], item["size_usd"]) == (TOKEN.address, "AERO", "0")


def test_the_same_content_is_the_same_bytes(store: Store, tmp_path: Path) -> None:
    with fresh_store(tmp_path) as other:
        there, here = session(other, *some()), session(store, *some())
        ids = {row.id for row in each_decision(store, here)}
        assert len(ids) == 3
        strip = [[{**item, "id": ""} for item in document(at, its)] for at, its in ((store, here), (other, there))]
        assert strip[0] == strip[1]
        assert list(decisions_csv(store, here)) == list(decisions_csv(store, here))


def test_a_filter_keeps_what_fits(store: Store) -> None:
    mine = session(store, *some())
    wanted = DecisionFilter(verdict=Verdict.SELL)
    assert [row["said"] for row in table(store, mine, wanted)] == ["SELL OTH, its price is below its stop."]
    assert [item["level"] for item in document(store, mine, DecisionFilter(level=9))] == [9]


def test_a_log_with_nothing_in_it_has_names_and_no_rows(store: Store) -> None:
    mine = session(store)
    assert "".join(decisions_csv(store, mine)).strip() == ",".join(COLUMNS)
    assert document(store, mine) == []


@pytest.mark.parametrize("text", [HOSTILE, "+1", "-1", "@x", "\t=1", "  =1", "＝1", "|x"])
def test_no_text_is_a_formula_for_a_program_for_tables(store: Store, text: str) -> None:
    decided = replace(a_decision("", failed=text), said=text, source=text, token=replace(TOKEN, symbol=text))
    mine = session(store, decided)
    (row,) = table(store, mine)
    for name in ("symbol", "price_source", "first_failed", "said", "level_1_first_failed"):
        assert row[name] == f"'{text}"
    assert document(store, mine)[0]["said"] == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *[(None, None), (float("inf"), None), (float("-inf"), None), (float("nan"), None)],
        *[(0.0, "0"), (-0.0, "0"), (96.0, "96"), (38.123456, "38.1235"), (0.000012345678, "0.00001235")],
        *[(-0.55554, "-0.5555"), (0.99999, "1"), (123456.789, "123456.789"), (1e22, "10000000000000000000000")],
    ],
)
def test_what_was_reckoned_in_floating_point_is_rounded_and_never_infinite(
    number: float | None, text: str | None
) -> None:
    assert figure(number) == text


@given(st.lists(drawn_logged("s1"), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_whatever_is_in_the_log_is_written_as_json_that_is_read_back(store: Store, drawn: list[Logged]) -> None:
    mine = session(store, *drawn)
    items = document(store, mine)
    assert len(items) == len(drawn) == len(table(store, mine))
    for row, item in zip(each_decision(store, mine), items, strict=True):
        assert {name: item[name] for name in decision_item(row)} == decision_item(row)


def test_the_command_writes_both_forms(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "desk") as store:
        mine = session(store, *some())
        wanted = {"csv": "".join(decisions_csv(store, mine)), "json": "".join(decisions_json(store, mine))}
    for words, form in (((), "csv"), (("--format", "csv"), "csv"), (("--format", "json"), "json")):
        done = drydock("export", "decisions", *words, "--output", "d.out", cwd=tmp_path, DATA_DIR="desk")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (tmp_path / "d.out").read_bytes().decode() == wanted[form]


def test_the_command_says_so_where_there_is_no_such_session(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "desk"):
        pass
    done = drydock("export", "decisions", "--session", "s9", cwd=tmp_path, DATA_DIR="desk")
    assert failed(done) == "There is no session 's9'."
