"""Uptime: what is folded from looks is in order, never overlaps, is bounded, and says what the looks said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.decisions import Decision, Gate, Verdict, at_least, at_most
from app.domain.happened import did, lasted, what, when
from app.domain.uptime import (
    GRACE,
    MOST_FAIL_OVERS,
    MOST_OUTAGES,
    MOST_RESTS,
    SET_BACK,
    History,
    Missed,
    Snapshot,
    SourceSeen,
    Span,
    TokenSeen,
    begun,
    missed,
    seen,
)
from tests.domain.deals import token

NOW = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)
ONE, TWO = token(18, 1), token(18, 2)
SOURCES = ("best", "second", "third")


@dataclass(frozen=True)
class Look:
    """One look as a test draws it."""

    step: int
    breakers: tuple[str, ...]
    leaders: tuple[str | None, ...]
    watched: int
    down: bool
    held_up: bool
    missed: bool


looks = st.lists(
    st.builds(
        Look,
        st.integers(-40, 40),
        st.tuples(*[st.sampled_from(["closed", "open", "half_open"])] * 3),
        st.tuples(*[st.sampled_from([None, *SOURCES])] * 2),
        st.integers(0, 2),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=60,
)


def snapshot(at: datetime, look: Look) -> Snapshot:
    tokens = [TokenSeen(it, leader is not None, leader) for it, leader in zip((ONE, TWO), look.leaders, strict=True)]
    return Snapshot(
        at=at,
        sources=tuple(SourceSeen(name, it, 3, "status 500") for name, it in zip(SOURCES, look.breakers, strict=True)),
        tokens=tuple(tokens[: look.watched]),
        down=look.down,
        running=look.held_up,
        held_up=look.held_up,
        missed=(Missed(ONE, Verdict.BUY),) if look.missed else (),
    )


def folded(drawn: Sequence[Look]) -> History:
    history, at = begun(NOW), NOW
    for look in drawn:
        at += timedelta(seconds=look.step)
        history = seen(history, snapshot(at, look))
    return history


def in_order(spans: Iterable[Span], until: datetime) -> bool:
    """Each ends before the next begins, and only the last may last."""
    all_spans = list(spans)
    ended = all(one.until is not None and one.until <= other.since for one, other in pairwise(all_spans))
    return ended and all(it.since <= (it.until or until) <= until for it in all_spans)


@settings(max_examples=150, deadline=None)
@given(looks)
def test_spans_are_in_order_and_never_overlap_whatever_the_clock_does(drawn: list[Look]) -> None:
    history = folded(drawn)
    for rests in history.rests.values():
        assert in_order(rests, history.seen_at)
    for watched in (ONE, TWO):
        assert in_order((it for it in history.fail_overs if it.token == watched), history.seen_at)
    assert in_order(history.outages, history.seen_at)
    for outage in history.outages:
        assert in_order(outage.pauses, outage.until or history.seen_at)
        assert in_order(outage.total, outage.until or history.seen_at)
        assert (outage.tokens or outage.total) and set(outage.throughout) <= {ONE, TWO}
        assert all(span.since >= outage.since for span in (*outage.pauses, *outage.total))
        assert outage.until is None or all(span.until for span in (*outage.pauses, *outage.total))


@settings(max_examples=100, deadline=None)
@given(looks)
def test_what_lasts_is_what_the_last_look_saw(drawn: list[Look]) -> None:
    history = folded(drawn)
    if drawn:
        last = dict(zip(SOURCES, drawn[-1].breakers, strict=True))
        assert {name for name, rests in history.rests.items() if rests[-1].until is None} == {
            name for name, breaker in last.items() if breaker != "closed"
        }
    for it in history.fail_overs:
        if it.until is None:
            assert history.leads[it.token.key] == it.to
            assert SOURCES.index(it.to) > SOURCES.index(it.source)


def test_weeks_of_trouble_are_bounded() -> None:
    history, at = begun(NOW), NOW
    for number in range(1200):
        at += timedelta(seconds=1)
        bad = number % 2 == 0
        breakers = ("open" if bad else "closed",) * 3
        leaders = (None, SOURCES[number % 4 // 2]) if number % 4 else ("best", "best")
        history = seen(history, snapshot(at, Look(1, breakers, leaders, 2, down=False, held_up=False, missed=False)))
    assert {len(rests) for rests in history.rests.values()} == {MOST_RESTS}
    assert len(history.fail_overs) == MOST_FAIL_OVERS
    assert len(history.outages) == MOST_OUTAGES
    assert history.outages[-1].since > at - timedelta(seconds=4)


def test_after_a_clock_that_was_a_day_ahead_history_goes_on_and_does_not_stand_still_for_a_day() -> None:
    bad = Look(0, ("open",) * 3, ("second", None), 1, down=False, held_up=False, missed=False)
    ahead = seen(begun(NOW), snapshot(NOW + timedelta(days=1), bad))
    history = seen(ahead, snapshot(NOW + timedelta(seconds=5), bad))
    assert (history.since, history.seen_at) == (NOW + timedelta(seconds=5),) * 2
    assert history.rests["best"][0].since == history.since
    well = Look(0, ("closed",) * 3, ("best", None), 1, down=False, held_up=False, missed=False)
    later = seen(history, snapshot(NOW + timedelta(seconds=9), well))
    assert later.rests["best"][0].until == later.seen_at == NOW + timedelta(seconds=9)


def test_a_clock_that_was_set_right_by_the_network_loses_no_history() -> None:
    bad = Look(0, ("open",) * 3, (None, None), 1, down=False, held_up=False, missed=False)
    history = seen(begun(NOW), snapshot(NOW + SET_BACK, bad))
    assert seen(history, snapshot(NOW, bad)) == history


class TestRests:
    def at(self, history: History, second: int, breaker: str, faults: int = 0, why: str = "") -> History:
        return seen(history, Snapshot(NOW + timedelta(seconds=second), (SourceSeen("best", breaker, faults, why),)))

    def test_a_breaker_that_opens_tries_and_closes_is_one_rest_with_its_first_reason(self) -> None:
        history = self.at(begun(NOW), 1, "closed")
        history = self.at(history, 2, "open", 3, "status 500")
        history = self.at(history, 32, "half_open", 3, "status 500")
        history = self.at(history, 33, "open", 4, "no answer in time")
        history = self.at(history, 64, "closed")
        (rest,) = history.rests["best"]
        assert (rest.since, rest.until) == (NOW + timedelta(seconds=2), NOW + timedelta(seconds=64))
        assert (rest.why, rest.faults) == ("status 500", 4)


class TestFailOvers:
    def led(self, *leaders: str | None) -> History:
        history = begun(NOW)
        for second, leader in enumerate(leaders):
            look = Look(0, ("closed",) * 3, (leader, None), 1, down=False, held_up=False, missed=False)
            history = seen(history, snapshot(NOW + timedelta(seconds=second), look))
        return history

    def paths(self, *leaders: str | None) -> list[tuple[str, str, bool]]:
        return [(it.source, it.to, it.until is None) for it in self.led(*leaders).fail_overs]

    def test_a_better_source_that_answers_later_takes_the_lead_and_nothing_failed(self) -> None:
        assert self.paths("third", "second", "best") == []

    def test_a_lead_that_goes_down_lasts_until_it_is_back(self) -> None:
        assert self.paths("best", "second", "second") == [("best", "second", True)]
        assert self.paths("best", "second", "best") == [("best", "second", False)]

    def test_a_lead_that_goes_on_to_a_third_still_belongs_to_the_first(self) -> None:
        assert self.paths("best", "second", "third", "best") == [("best", "second", False), ("best", "third", False)]

    def test_a_time_without_a_live_price_changes_no_lead(self) -> None:
        assert self.paths("best", None, "best") == []
        assert self.paths("best", None, "second") == [("best", "second", True)]

    def test_a_token_that_is_not_watched_any_more_is_nobodys_to_lead(self) -> None:
        history = seen(self.led("best", "second"), Snapshot(NOW + timedelta(seconds=9)))
        assert history.fail_overs[0].until == NOW + timedelta(seconds=9)
        assert history.leads == {}


class TestOutages:
    def look(self, history: History, second: int, *live: bool, **more: bool) -> History:
        leaders = tuple("best" if it else None for it in (*live, False)[:2])
        flags = {"down": False, "held_up": False, "missed": False} | more
        look = Look(0, ("closed",) * 3, leaders, len(live), **flags)
        return seen(history, snapshot(NOW + timedelta(seconds=second), look))

    def test_an_outage_names_all_that_were_away_and_says_when_that_was_all_there_is(self) -> None:
        history = self.look(begun(NOW), 0, True, True)
        history = self.look(history, 1, False, True)
        history = self.look(history, 2, True, False)
        (outage,) = history.outages
        assert (outage.tokens, outage.throughout, outage.total, outage.until) == ((ONE, TWO), (), (), None)
        none = self.look(history, 3, False, False)
        assert none.outages[0].total == (Span(NOW + timedelta(seconds=3)),)
        after = self.look(self.look(none, 4, False, True), 5, True, True).outages[0]
        assert after.total == (Span(NOW + timedelta(seconds=3), NOW + timedelta(seconds=4)),)
        assert after.until == NOW + timedelta(seconds=5)

    def test_a_token_that_never_had_a_live_price_is_no_outage_while_others_have_one(self) -> None:
        history = self.look(self.look(begun(NOW), 0, True, False), 100, True, False)
        assert history.outages == ()

    def test_a_start_without_any_source_is_an_outage_once_the_first_answers_are_overdue(self) -> None:
        history = self.look(begun(NOW), 1, False, False, down=True)
        assert history.outages == ()
        late = int(GRACE.total_seconds())
        assert self.look(history, late, False, False, down=True).outages[0].total

    def test_what_the_bot_would_have_done_counts_for_the_outage_even_just_after_it(self) -> None:
        history = self.look(self.look(begun(NOW), 0, True), 1, False, held_up=True, missed=True)
        history = self.look(history, 2, True, missed=True)
        assert history.outages[0].skipped == 2
        assert self.look(history, 60, True, missed=True).outages[0].skipped == 2

    def test_in_words_it_says_when_which_tokens_and_what_the_bot_did(self) -> None:
        history = self.look(begun(NOW), 0, True, True)
        history = self.look(history, 120, False, False, held_up=True, missed=True)
        (lasting,), now = history.outages, NOW + timedelta(minutes=9)
        (over,) = self.look(history, 540, True, True).outages
        assert when(lasting, lasting.since) == "since 14:02:00"
        assert (when(over, now), lasted(over, now)) == ("14:02–14:09", "7 min")
        assert what(over, now) == what(lasting, now) == "No token had a live price."
        assert did(over, now) == "The bot paused entries 14:02–14:09; 1 signal skipped."

    def test_where_only_some_were_away_the_bot_went_on_with_the_rest(self) -> None:
        history = self.look(self.look(begun(NOW), 0, True, True), 1, False, True)
        outage = history.outages[0]
        assert what(outage, NOW) == f"{ONE.symbol} had no live price."
        assert did(outage, NOW) == "The bot is not running."

    def test_that_no_token_had_a_live_price_is_only_said_of_the_time_in_which_none_had_one(self) -> None:
        history = self.look(self.look(begun(NOW), 0, True, True), 60, False, True)
        history = self.look(history, 7200, False, False)
        now = NOW + timedelta(hours=3)
        assert what(history.outages[0], now) == "T1 had no live price, and no token had one since 16:00."
        history = self.look(history, 7440, True, False)
        (over,) = self.look(history, 7500, True, True).outages
        assert (over.throughout, over.tokens) == ((), (ONE, TWO))
        assert what(over, now) == "T1 and T2 had no live price for a part of it, and no token had one 16:00–16:04."

    def test_a_token_that_was_away_for_a_part_is_not_said_to_have_been_away_all_the_time(self) -> None:
        history = self.look(self.look(begun(NOW), 0, True, True), 1, False, True)
        at = NOW + timedelta(seconds=2)
        both = [TokenSeen(ONE, False, None), TokenSeen(TWO, False, None), TokenSeen(token(18, 3), True, "best")]
        history = seen(history, Snapshot(at, tokens=tuple(both)))
        assert what(history.outages[0], at) == "T1 had no live price, and T2 had none for a part of it."


class TestMissed:
    def decided(self, *gates: Gate, opportunity: float = 10.0) -> Decision:
        return Decision(5, Verdict.SKIP, gates, Decimal(0), 80.0, 20.0, opportunity)

    unquoted = (at_least("quote", 0.0, 1.0), at_least("edge", None, 0.0), at_least("size", 0.0, 10.0))
    no_price = at_least("price", 0.0, 1.0)
    risk = at_most("risk", 20.0, 50.0)

    def test_a_purchase_is_missed_where_all_that_is_known_was_for_it(self) -> None:
        assert missed(self.decided(self.no_price, self.risk, *self.unquoted)) is Verdict.BUY

    @pytest.mark.parametrize(
        "gates",
        [
            (no_price, at_most("risk", 60.0, 50.0), *unquoted),
            (at_least("price", 1.0, 1.0), risk, *unquoted),
            (),
        ],
        ids=["another gate failed too", "the price was live", "nothing was asked"],
    )
    def test_nothing_is_missed_where_the_price_was_not_the_reason(self, gates: tuple[Gate, ...]) -> None:
        assert missed(self.decided(*gates)) is None

    def test_a_signal_that_points_down_is_no_purchase_whatever_a_quote_would_say(self) -> None:
        assert missed(self.decided(self.no_price, self.risk, *self.unquoted, opportunity=0.0)) is None

    def test_a_sale_is_missed_where_what_is_held_should_be_sold(self) -> None:
        stop = at_least("stop", 90.0, 95.0, keeps=True)
        assert missed(self.decided(self.no_price, stop, self.risk, opportunity=0.0)) is Verdict.SELL
