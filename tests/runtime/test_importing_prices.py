"""The prices that come with a session: kept with it, and apart from every market's own."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.bars import Interval
from app.market.recording import read_recording
from app.store.bars import SeriesKey, prune, read_bars, write_bars
from app.store.database import Store
from tests.runtime.taken import TOKEN, bars, document, exported, fresh_store, traded
from tests.runtime.test_importing import Spoil, imported, refused
from tests.store.trading_day import BEGIN

MARKET = SeriesKey("demo", *TOKEN.key)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a desk elsewhere exported."""
    with fresh_store(tmp_path_factory.mktemp("elsewhere")) as store:
        traded(store, 20)
        return exported(store)


@pytest.fixture
def found(text: str) -> dict[str, Any]:
    return json.loads(text)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A desk whose market has bars of its own at the same times."""
    with fresh_store(tmp_path_factory.mktemp("here")) as store:
        write_bars(store, [(MARKET, length, replace(bar, close=Decimal(7))) for length, bar in bars()[::2]])
        yield store


def own(desk: Store) -> list[Any]:
    return [read_bars(desk, MARKET, length, 500) for length in (Interval.M5, Interval.M1)]


def prices(desk: Store, found: dict[str, Any]) -> Any:
    """Those of the session in a file, after it was imported and exported again."""
    return document(desk, imported(desk, json.dumps(found)).id)["prices"]


def first_bars(found: dict[str, Any]) -> list[dict[str, Any]]:
    return next(each["bars"] for each in found["prices"] if each["bars"])


def test_a_session_that_was_imported_can_be_replayed_as_it_could_be_before(
    text: str, desk: Store, tmp_path: Path
) -> None:
    mine = imported(desk, text)
    path, recordings = tmp_path / "day.json", []
    for told in (text, exported(desk, mine.id)):
        path.write_text(told, encoding="utf-8")
        recordings.append(read_recording(path, TOKEN.symbol))
    assert len(recordings[0].bars) == 72 and recordings[0] == recordings[1]


def test_the_market_s_own_prices_and_those_that_came_with_a_session_never_stand_for_each_other(
    found: dict[str, Any], desk: Store
) -> None:
    before = own(desk)
    first_bars(found).pop()
    assert prices(desk, found) == found["prices"]
    assert own(desk) == before and all(before)
    for each in found["prices"]:
        each["bars"].clear()
    assert prices(desk, found) == found["prices"]


def test_as_time_goes_by_they_are_kept(found: dict[str, Any], tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        mine = imported(store, json.dumps(found))
        assert prune(store, BEGIN + timedelta(days=4000)) == 0
        assert document(store, mine.id)["prices"] == found["prices"]


def test_a_file_without_prices_is_imported_without_them(found: dict[str, Any], desk: Store) -> None:
    del found["prices"]
    assert not any(each["bars"] for each in prices(desk, found))


def test_prices_of_two_tokens_that_are_priced_as_one_are_kept_once(found: dict[str, Any], desk: Store) -> None:
    wanted = copy.deepcopy(found["prices"])
    found["prices"] += copy.deepcopy(wanted)
    assert prices(desk, found) == wanted


def first_bar(**values: Any) -> Spoil:
    return lambda found: first_bars(found)[0].update(values)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda found: found.update(prices={}), "no list of prices"),
        (lambda found: found["prices"].append(7), "a price in it is not an object"),
        (lambda found: found["prices"][0].update(symbol="X"), "of a token that it does not describe"),
        (lambda found: found["prices"][0].update(bars=None), "no list of bars"),
        (lambda found: first_bars(found).append({}), "the at of a bar in it is not a time"),
        (first_bar(interval="2m"), "the interval of a bar in it is none of 1m, 5m, 15m, 1h, 1d"),
        (first_bar(open=2500.5), "the open of a bar in it is not a number"),
        (first_bar(at="2026-06-01T00:00:30.000Z"), "a bar in it begins at no whole 5m"),
        (first_bar(close="0"), "a bar in it has prices that cannot be"),
        (first_bar(volume="-1"), "a bar in it has prices that cannot be"),
        (first_bar(low="9000"), "a bar in it has prices that cannot be"),
    ],
)
def test_prices_that_cannot_be_are_refused_with_the_file(
    desk: Store, found: dict[str, Any], spoil: Spoil, why: str
) -> None:
    spoil(found)
    assert why in refused(desk, json.dumps(found))
