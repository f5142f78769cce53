"""Files to take away: exact, whole, the same bytes for the same content, and no formula in a cell."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.api.answers import TradeShape
from app.domain.bars import Interval
from app.domain.ledger import folded
from app.domain.money import plain
from app.domain.orders import Side
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.market.recording import Unreadable, read_recording
from app.runtime.exporting import session_file, session_json, trades_csv, trades_json
from app.runtime.trade_rows import COLUMNS
from app.store.books import Batch, entries, write
from app.store.database import Store
from app.store.sessions import archive, open_session
from app.store.trades import TradeFilter, each_trade
from tests.runtime.taken import TRADES, document, exported, fresh_store, traded
from tests.store.drawn import a_trade, draft, gas_entry
from tests.store.trading_day import BEGIN, TOKENS


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with fresh_store(tmp_path_factory.mktemp("exporting")) as opened:
        traded(opened)
        yield opened


def rows_of(store: Store, wanted: TradeFilter) -> list[dict[str, str]]:
    return list(csv.DictReader("".join(trades_csv(store, "s1", wanted)).splitlines()))


def test_the_same_content_is_the_same_bytes_wherever_it_is_kept(store: Store, tmp_path: Path) -> None:
    with fresh_store(tmp_path) as other:
        traded(other)
        assert exported(other) == exported(store)


def test_the_account_is_what_its_entries_fold_into(store: Store) -> None:
    found, account = document(store), folded("s1", entries(store, "s1"))
    (told,) = found["accounts"]
    assert (told["id"], told["kind"], told["version"]) == ("s1", "person", TRADES + 1)
    assert [told[name] for name in ("cash", "realized", "gas")] == [
        plain(amount) for amount in (account.cash, account.realized, account.gas)
    ]
    assert {held["asset"] for held in told["positions"]} == set(account.positions)


def test_every_row_is_in_it_and_every_amount_is_exact_text(store: Store) -> None:
    found = document(store)
    assert found["format"] == "drydock session" and found["version"] == 1
    assert [len(found[name]) for name in ("entries", "trades", "orders", "flattens")] == [81, 80, 82, 2]
    trades = list(each_trade(store, "s1"))
    assert [row["quantity"] for row in found["trades"]] == [plain(trade.quantity) for trade in trades]
    assert found["trades"][0]["at"] == "2026-06-01T00:00:07.000Z"
    assert found["session"]["hold"] == {TOKENS[0].key.address: "2500.5"}
    assert not _floats(found)


def _floats(value: object) -> list[object]:
    if isinstance(value, dict | list):
        return [it for each in (value.values() if isinstance(value, dict) else value) for it in _floats(each)]
    return [value] if isinstance(value, float) else []


def test_each_row_has_a_line_of_its_own_and_the_length_is_about_their_number(store: Store) -> None:
    found = session_file(store, "s1")
    assert not isinstance(found, Refusal)
    lines = "".join(found.lines).splitlines()
    assert found.length == 81 + 80 + 82 + 2 + len(document(store)["closed"]) + len(document(store)["equity"])
    assert found.length < len(lines) < found.length + 200
    assert sum(line.startswith('{"id":"s1-') for line in lines) == TRADES


def test_prices_are_the_shortest_bars_of_every_time_while_it_lasted(store: Store) -> None:
    prices = {each["symbol"]: each["bars"] for each in document(store)["prices"]}
    assert set(prices) == {trade.token.symbol for trade in each_trade(store, "s1")}
    bars = prices[TOKENS[0].symbol]
    assert [bar["interval"] for bar in bars] == ["5m"] * 12 + ["1m"] * 60
    assert bars[0]["at"] == "2026-06-01T00:00:00.000Z" and bars[12]["at"] == "2026-06-01T01:00:00.000Z"
    assert bars[0]["volume"] == "1000.25"


def test_bars_after_the_end_of_a_session_are_not_in_it(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        archive(store, traded(store).id, BEGIN + timedelta(minutes=65))
        bars = next(each["bars"] for each in document(store)["prices"] if each["bars"])
        assert bars[-1]["at"] == "2026-06-01T01:04:00.000Z"


def test_an_exported_session_can_be_replayed(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "day.json"
    path.write_text(exported(store), encoding="utf-8")
    recording = read_recording(path, TOKENS[0].symbol)
    assert (recording.interval, len(recording.bars), recording.dropped) == (Interval.M1, 72, {})
    assert (recording.first_at, recording.last_at) == (BEGIN + timedelta(minutes=4), BEGIN + timedelta(hours=2))
    with pytest.raises(Unreadable, match=f"has no prices of {TOKENS[1].symbol}; it has those of {TOKENS[0].symbol}"):
        read_recording(path, TOKENS[1].symbol)


def test_a_session_that_is_not_there_is_refused(store: Store) -> None:
    refusal = session_json(store, "s9")
    assert isinstance(refusal, Refusal) and refusal.code == "unknown_session"


def test_the_columns_are_the_fields_of_a_trade_over_rest() -> None:
    assert tuple(TradeShape.model_fields) == COLUMNS


def test_trades_are_told_alike_as_json_and_as_csv(store: Store) -> None:
    items = json.loads("".join(trades_json(store, "s1")))
    assert [tuple(item) for item in items] == [COLUMNS] * TRADES
    assert [{name: "" if item[name] is None else str(item[name]) for name in COLUMNS} for item in items] == rows_of(
        store, TradeFilter()
    )


def test_only_the_trades_that_are_wanted_are_written(store: Store) -> None:
    sells = rows_of(store, TradeFilter(side=Side.SELL))
    assert {row["side"] for row in sells} == {"sell"}
    assert len(sells) == sum(trade.side is Side.SELL for trade in each_trade(store, "s1"))


def test_no_trades_are_a_header_or_an_empty_list(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        assert "".join(trades_csv(store, "s1")).strip() == ",".join(COLUMNS)
        assert json.loads("".join(trades_json(store, "s1"))) == []


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", " =", "\t", "＝"])
def test_text_that_a_program_for_tables_would_run_is_told_to_be_text(tmp_path: Path, begins: str) -> None:
    formula = f'{begins}HYPERLINK("x")'
    with fresh_store(tmp_path) as store:
        mine = open_session(store, draft(), BEGIN).id
        named = Token(8453, TOKENS[0].address, formula, "A token", 18)
        trade = replace(a_trade(mine, 2), token=named, reason=formula)
        write(store, [Batch(mine, 1, entries=(gas_entry(2),), trades=(trade,))])
        (_, row) = csv.reader(["".join(trades_csv(store, mine)).splitlines()[0], _second(store, mine)])
    assert (row[COLUMNS.index("symbol")], row[COLUMNS.index("reason")]) == (f"'{formula}", f"'{formula}")


def _second(store: Store, account_id: str) -> str:
    """The line of the first trade, without the end of the line."""
    return "".join(trades_csv(store, account_id)).split("\r\n", 1)[1].removesuffix("\r\n")
