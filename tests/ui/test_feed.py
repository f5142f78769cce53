"""The feed's page: its promises as tiles, what happened in words, breakers as strips; every value as text."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.targets import BOARD_READS, FILL_MEDIAN, PRICE_AGE, TARGETS, TICK_TO_SCREEN, Score, Target
from app.domain.uptime import FailOver, Outage, Rest, Span
from app.runtime.house import House
from app.runtime.uptime import Report, SourceUptime
from app.ui.state import feed, promises
from app.ui.state.feed import FeedState
from tests.clock import FakeClock
from tests.domain.deals import token
from tests.ui.tabs import Tab

in_its_house = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 2, 15, 0, 30, tzinfo=UTC)
BEGAN = NOW - timedelta(hours=5)
ONE = token(18, 1)


def minutes_ago(number: float) -> datetime:
    return NOW - timedelta(minutes=number)


def source(**values: object) -> SourceUptime:
    known: dict[str, object] = {
        "name": "kraken", "title": "Kraken", "state": "live", "breaker": "closed", "error_share": 0.0, "rests": (),
        "fail_overs": 0, "stood_in": 0,
    }  # fmt: skip
    return SourceUptime(**(known | values))  # pyright: ignore[reportArgumentType] # the names are its own


REPORT = Report("live", BEGAN, NOW, (), (source(),), (), ())


@in_its_house
async def test_every_promise_has_a_tile_that_says_it_is_too_early_and_why(house: House) -> None:
    state = await Tab().get(FeedState)
    await feed.show(state)
    assert [tile["name"] for tile in state.targets] == [target.name for target in TARGETS]
    early = {tile["name"]: tile for tile in state.targets}["fill_error_p95"]
    assert (early["value"], early["word"], early["wanted"]) == ("–", "too early", "target: at most 25 bp")
    assert early["reason"] == "This needs 20 measured fills; there are 0."
    assert (state.outages, state.fail_overs, len(state.breakers)) == ([], [], 1)


@in_its_house
async def test_what_is_measured_while_the_page_is_looked_at_reaches_it(house: House, clock: FakeClock) -> None:
    tab = Tab()
    state = await tab.get(FeedState)
    for _ in range(40):
        clock.advance(1)
        house.ring()
        house.uptime.look()
    await feed.show(state)
    tiles = {tile["name"]: tile for tile in state.targets}
    assert (tiles["price_age_p95"]["word"], tiles["price_age_p95"]["value"]) == ("✓ met", "≤ 1 s")
    assert tab.sent()["since"].startswith("since ")


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (Score(PRICE_AGE, Decimal(20), True, bound=True), ("≤ 20 s", "✓ met", "target: at most 30 s")),
        (Score(PRICE_AGE, Decimal(600), False, bound=True, beyond=True), ("over 600 s", "✗ missed", None)),
        (Score(BOARD_READS, Decimal("98.99"), False), ("98.99 %", "✗ missed", "target: at least 99 %")),
        (Score(TICK_TO_SCREEN, Decimal("25.0"), True, bound=True), ("≤ 25 ms", "✓ met", "target: at most 100 ms")),
        (Score(FILL_MEDIAN, Decimal("-3.14"), True), ("−3.1 bp", "✓ met", "target: at most 5 bp")),
    ],
)
def test_a_tile_says_what_was_measured_and_whether_that_keeps_the_promise_in_words(
    score: Score, said: tuple[str, str, str | None]
) -> None:
    (tile,) = promises.targets([score])
    assert (tile["value"], tile["word"]) == said[:2]
    assert said[2] is None or tile["wanted"] == said[2]


def test_the_count_of_kept_promises_leaves_out_those_that_are_not_known_yet() -> None:
    scores = [Score(PRICE_AGE, Decimal(1), True), Score(BOARD_READS, Decimal(1), False), Score(FILL_MEDIAN)]
    assert promises.together(scores) == "1 of 2 met, 1 too early to say"
    assert promises.together(scores[:2]) == "1 of 2 met"
    assert promises.together(scores[2:]) == "nothing measured yet"


def test_outages_are_told_newest_first_with_what_the_bot_did() -> None:
    pause = Span(minutes_ago(58), minutes_ago(51))
    first = Outage(minutes_ago(58), minutes_ago(51), total=(pause,), running=True, pauses=(pause,), skipped=3)
    lasting = Outage(minutes_ago(1), None, (ONE,), running=True, held_back=1)
    rows = promises.happened([first, lasting], NOW)
    assert [row["kind"] for row in rows] == ["lasting", "total"]
    assert rows[1] == {
        "when": "14:02–14:09",
        "lasted": "7 min",
        "what": "No token had a live price.",
        "did": "The bot paused entries 14:02–14:09; 3 signals skipped.",
        "kind": "total",
    }
    assert rows[0]["did"] == "The bot opened nothing in T1 meanwhile; no signals skipped, 1 sale held back."
    assert len(promises.happened([first] * 50, NOW)) == promises.MOST_SHOWN


def test_a_breaker_tells_its_newest_openings_and_counts_the_earlier_ones() -> None:
    rests = tuple(Rest(minutes_ago(at), minutes_ago(at - 2), "status 500", 4) for at in (200, 150, 40, 30, 20))
    (row,) = promises.breakers(replace(REPORT, sources=(source(rests=rests, fail_overs=2),)))
    assert row["said"].splitlines()[0] == "14:40:30–14:42:30, 4 faults in a row: status 500"
    assert (len(row["said"].splitlines()), row["earlier"], row["leads"]) == (3, "and 2 earlier", "lead lost 2×")
    assert promises.breakers(REPORT)[0]["said"] == "Never opened."


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("not reachable (RemoteProtocolError)", "not reachable: it hung up before it had answered"),
        ("not reachable (SomethingNew)", "not reachable: the connection failed"),
        ("status 500", "status 500"),
        ("", ""),
    ],
)
def test_a_fault_is_told_in_words_and_not_by_the_names_of_the_program(fault: str, said: str) -> None:
    assert promises.in_words(fault) == said
    rest = Rest(minutes_ago(5), minutes_ago(4), fault, 3)
    (row,) = promises.breakers(replace(REPORT, sources=(source(rests=(rest,)),)))
    assert row["said"].endswith(said)


def test_a_strip_is_the_last_hour_with_a_part_for_each_opening_in_it() -> None:
    rests = [Rest(minutes_ago(200), minutes_ago(100)), Rest(minutes_ago(30), minutes_ago(24)), Rest(NOW)]
    looked, opened = promises.strip(rests, BEGAN, NOW)
    assert (looked, opened) == ("M0.0 5H100", "M49.2 5H59.2M99.2 5H100.2")
    assert promises.strip([], minutes_ago(15), NOW) == ("M74.2 5H100", "")


def test_a_fail_over_names_both_sources_as_people_do() -> None:
    over = FailOver(minutes_ago(5), minutes_ago(4), token=ONE, source="kraken", to="gone")
    assert promises.passed([over], REPORT) == [
        {"when": "14:55:30–14:56:30", "token": "T1", "source": "Kraken", "to": "gone", "lasted": "60 s"}
    ]


def test_the_share_of_failed_calls_is_left_out_where_none_were_made() -> None:
    assert [promises.share(it) for it in (None, source(error_share=None), source(error_share=0.0084))] == [
        "", "", "0.8 % of calls",
    ]  # fmt: skip


def test_a_target_with_its_limit_the_other_way_says_so() -> None:
    target = Target("any", "Any", Decimal("99.5"), "%", 1, "reads", least=True)
    assert promises.targets([Score(target)])[0]["wanted"] == "target: at least 99.5 %"
