"""How the last run ended is found out at the start, and told in one sentence that claims nothing it does not know."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.alerts import AlertKind
from app.domain.books import Books
from app.domain.ledger import Account
from app.market.budget import Instant
from app.runtime.aftermath import FILE, Aftermath, Findings, Gap, span, stepped, told
from app.runtime.lifespan import open_house
from app.store.database import Store, open_store
from app.store.health import reached
from tests.clock import START
from tests.runtime.desk import settings_of
from tests.store.fresh import with_database
from tests.trading.floor import trading_floor

EARLIER = START - timedelta(minutes=5)
ENDED = "Drydock was ended without warning"
NOW = Instant(100.0, START)
A_SECOND_LATER = Instant(101.0, START + timedelta(seconds=1))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{with_database(tmp_path) / 'drydock.db'}")
    yield store
    store.close()


def begun(folder: Path, store: Store, now: Instant = NOW) -> Aftermath:
    aftermath = Aftermath(folder, store)
    aftermath.look(now.utc)
    aftermath.begin(now.utc)
    return aftermath


def books_at(version: int) -> Books:
    return Books(Account("s1", version=version))


def test_a_first_start_and_one_after_an_orderly_end_have_nothing_to_tell(tmp_path: Path, store: Store) -> None:
    first = begun(tmp_path, store)
    first.end(START)
    assert (first.said, begun(tmp_path, store, A_SECOND_LATER).said) == ("", "")


def test_after_an_end_without_warning_the_last_sign_of_life_is_told_and_that_nothing_is_missing(
    tmp_path: Path, store: Store
) -> None:
    first = begun(tmp_path, store, Instant(0.0, EARLIER - timedelta(days=1)))
    first.note([books_at(0)], EARLIER)
    first.beat(Instant(1.0, EARLIER))
    said = begun(tmp_path, store).said
    assert said.startswith(f"{ENDED} at about {EARLIER:%H:%M} UTC")
    assert said.endswith("(its last sign of life); nothing that is known to have been shown is missing.")


def test_without_a_witness_nothing_is_vouched_for(tmp_path: Path, store: Store) -> None:
    begun(tmp_path, store, Instant(0.0, EARLIER))
    assert begun(tmp_path, store).said.endswith("what is on disk is there, and no record tells whether more was.")


def test_a_witness_of_another_database_is_not_heard(tmp_path: Path, store: Store) -> None:
    (tmp_path / "other").mkdir()
    other = open_store(f"sqlite:///{with_database(tmp_path / 'other') / 'drydock.db'}")
    begun(tmp_path, other).note([books_at(7)], START)
    other.close()
    assert "no record tells" in begun(tmp_path, store).said


def test_a_database_that_holds_none_of_the_accounts_is_told_of(tmp_path: Path, store: Store) -> None:
    first = begun(tmp_path, store)
    first.note([books_at(7)], START)
    first.end(START)
    assert begun(tmp_path, store).said.startswith("The database is not as Drydock left it; ")


@pytest.mark.parametrize("has_witness", [True, False])
def test_of_a_database_that_cannot_be_read_no_loss_is_told(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture, *, has_witness: bool
) -> None:
    first = begun(tmp_path, store, Instant(0.0, EARLIER))
    if has_witness:
        first.note([books_at(7)], EARLIER)
    with closing(sqlite3.connect(tmp_path / "drydock.db")) as other:
        other.execute("ALTER TABLE accounts RENAME TO gone")
    said = begun(tmp_path, store).said
    assert said.startswith(f"{ENDED} at about {EARLIER:%H:%M} UTC")
    assert said.endswith("; the database could not be read, so nobody knows whether anything is missing.")
    assert caplog.text.count("[SESSION] aftermath=unread") == 1


def test_a_run_that_failed_before_it_began_has_not_ended_without_warning(tmp_path: Path, store: Store) -> None:
    Aftermath(tmp_path, store).look(START)
    assert begun(tmp_path, store).said == ""


def test_half_of_a_marker_and_half_of_a_witness_are_none(tmp_path: Path, store: Store) -> None:
    begun(tmp_path, store).note([books_at(7)], START)
    for name in (FILE, "acknowledged"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    assert begun(tmp_path, store).said == ""


def test_the_marker_says_who_runs_and_an_orderly_end_replaces_it(tmp_path: Path, store: Store) -> None:
    aftermath = begun(tmp_path, store)
    running = json.loads((tmp_path / FILE).read_text("utf-8"))
    aftermath.end(START)
    ended = json.loads((tmp_path / FILE).read_text("utf-8"))
    assert (running["state"], running["pid"], ended["state"]) == ("running", os.getpid(), "ended")


def test_a_folder_that_takes_no_file_disturbs_nothing(tmp_path: Path, store: Store) -> None:
    aftermath = begun(tmp_path / "nowhere", store)
    aftermath.note([books_at(1)], START)
    assert aftermath.beat(A_SECOND_LATER) == timedelta(0)
    aftermath.end(START)
    assert aftermath.said == ""


LOST = Gap("s1", 11, 14)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Findings(), ""),
        (Findings(ahead=timedelta(seconds=30)), ""),
        (Findings(ahead=timedelta(hours=1)), "The clock went back by 1 hour while Drydock was away."),
        (Findings(unclean=True), f"{ENDED}; nothing that is known to have been shown is missing."),
        (
            Findings(unclean=True, ahead=timedelta(days=2)),
            f"{ENDED}; nothing that is known to have been shown is missing; the clock went back by 2 days while "
            "Drydock was away.",
        ),
        (
            Findings(unclean=True, gaps=(LOST,), orders=("l1", "l2")),
            f"{ENDED}; the end of the write-ahead log was damaged, or an older database was put in place of it: "
            "the last 3 trades (s1-12 to s1-14) and 2 orders that waited (l1, l2) that had been shown are gone, and "
            "the books are as of s1-11.",
        ),
        (
            Findings(gaps=(Gap("s1", 11, 12), Gap("s1.5", 3, 5))),
            "The database is not as Drydock left it; an "
            "older database was put in place of it: the last 3 trades (s1-12, s1.5-4 to s1.5-5) that had been shown "
            "are gone, and the books are as of s1-11, s1.5-3.",
        ),
    ],
)
def test_what_is_found_is_told_in_one_sentence(found: Findings, sentence: str) -> None:
    assert told(found, START) == sentence


def test_what_was_left_behind_by_a_later_clock_tells_that_it_was_set_back(tmp_path: Path, store: Store) -> None:
    begun(tmp_path, store, Instant(0.0, START + timedelta(hours=1))).end(START + timedelta(hours=1))
    assert begun(tmp_path, store).said == "The clock went back by 1 hour while Drydock was away."


@pytest.mark.parametrize(("has_marker", "said"), [(True, ""), (False, "The clock went back by 5 hours")])
async def test_an_entry_from_a_time_when_the_clock_was_ahead_says_nothing_where_a_marker_knows_better(
    tmp_path: Path, has_marker: bool, said: str
) -> None:
    with trading_floor(tmp_path) as floor:
        newest = max(each.at for each in reached(floor.desk.store).values())
        now = newest - timedelta(hours=5)
        if has_marker:
            begun(tmp_path, floor.desk.store, Instant(0.0, now)).end(now)
        assert begun(tmp_path, floor.desk.store, Instant(1.0, now)).said.startswith(said)
        assert bool(said) or begun(tmp_path, floor.desk.store, Instant(2.0, now)).said.startswith(ENDED)


def test_a_clock_that_is_set_while_time_goes_on_is_noticed_by_how_much(tmp_path: Path, store: Store) -> None:
    aftermath = begun(tmp_path, store)
    later = [
        Instant(mono, START + timedelta(seconds=mono) + set_by)
        for mono, set_by in ((1, timedelta(0)), (2, timedelta(0)), (3, -timedelta(hours=1)), (4, -timedelta(hours=1)))
    ]
    assert [aftermath.beat(now) for now in later] == [timedelta(0), timedelta(0), -timedelta(hours=1), timedelta(0)]


def test_a_clock_that_was_set_is_told_in_one_sentence_and_forward_may_have_been_sleep() -> None:
    assert stepped(-timedelta(hours=1), START).startswith("The clock went back by 1 hour to ")
    assert stepped(timedelta(days=1), START).endswith(
        "while Drydock was running, or this machine was asleep for as long."
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(61, "1 minute"), (3599.9, "1 hour"), (86400, "1 day"), (7200, "2 hours"), (5, "5 seconds")]
)
def test_a_span_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


async def test_a_house_that_opens_after_an_end_without_warning_raises_an_alert_once(tmp_path: Path) -> None:
    with_database(tmp_path)
    settings = settings_of(tmp_path, market="demo", watchlist="WETH")
    (tmp_path / FILE).write_text(json.dumps({"state": "running", "pid": 1, "at": START.isoformat()}), "utf-8")
    async with open_house(settings) as house:
        await house.opened()
        await house.alarms.look()
        said = [each.condition.sentence for each in house.alarms.standing if each.condition.kind is AlertKind.RESTARTED]
        assert len(said) == 1 and said[0].startswith(ENDED)
    async with open_house(settings) as house:
        await house.opened()
        await house.alarms.look()
        assert house.alarms.counts[AlertKind.RESTARTED] == 0
