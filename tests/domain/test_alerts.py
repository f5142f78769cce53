"""Alerts: raised once for as long as it lasts, ended once, and never by what comes and goes."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.domain.alerts import (
    Alert,
    AlertKind,
    Condition,
    Key,
    Patience,
    Sighting,
    counting,
    recalled,
    sighted,
    turn,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WAITS = {AlertKind.FEED_DOWN: Patience(lasting=10, gone=15), AlertKind.BOT_STALLED: Patience(gone=5)}
FEED, BOT, DISK = AlertKind.FEED_DOWN, AlertKind.BOT_STALLED, AlertKind.DISK_NEARLY_FULL


def condition(kind: AlertKind, about: str = "", sentence: str = "It is so.") -> Condition:
    return Condition(kind, about, sentence, "It is over.")


def alert(number: int, told: Condition) -> Alert:
    return Alert(f"a{number}", told, "s1", NOON)


def test_one_that_lasts_is_not_raised_again_though_its_sentence_changes() -> None:
    standing = [alert(1, condition(DISK, sentence="9 MB are left."))]
    change = turn(standing, [condition(DISK, sentence="8 MB are left.")], {(DISK, ""): "It is mended."})
    assert (change.raised, change.recovered) == ((), ())


def test_two_of_one_kind_are_told_apart_by_what_they_are_about() -> None:
    standing = [alert(1, condition(AlertKind.RATE_LIMITED, "kraken"))]
    change = turn(standing, [condition(AlertKind.RATE_LIMITED, "coinbase")], {})
    assert [told.about for told in change.raised] == ["coinbase"]
    assert [ended.id for ended in change.recovered] == ["a1"]


def test_one_that_ends_says_what_is_true_and_where_nothing_else_is_what_was_said_that_it_would() -> None:
    standing = [alert(1, condition(FEED)), alert(2, condition(BOT))]
    change = turn(standing, [], {(BOT, ""): "The bot was stopped.", (DISK, ""): "It has room."})
    said = [(ended.id, ended.condition.sentence, ended.condition.recovery) for ended in change.recovered]
    assert said == [("a1", "It is so.", "It is over."), ("a2", "It is so.", "The bot was stopped.")]


class Desk:
    """Looks every five seconds at what a test says is wrong, and raises and ends alerts of it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.seen: dict[Key, Sighting] = {}
        self.standing: list[Alert] = []
        self.raised: Counter[Key] = Counter()
        self.ended: Counter[Key] = Counter()

    def look(self, kinds: Sequence[AlertKind], unknown: Sequence[AlertKind] = ()) -> None:
        self.now += 5
        told = [condition(kind) for kind in kinds if kind not in unknown]
        self.seen = sighted(self.seen, told, frozenset(unknown), WAITS, self.now)
        change = turn(self.standing, counting(self.seen), {})
        over = {each.condition.key for each in change.recovered}
        assert not over & {told.key for told in change.raised}
        self.standing = [each for each in self.standing if each.condition.key not in over]
        self.standing += [alert(sum(self.raised.values()), told) for told in change.raised]
        self.raised.update(told.key for told in change.raised)
        self.ended.update(over)

    def looks(self, pattern: str, kind: AlertKind = FEED) -> list[int]:
        """How many alerts stand after each look: '!' the condition is there, '.' it is not, '?' nobody knows."""
        stood = list[int]()
        for mark in pattern:
            self.look([kind] if mark == "!" else [], [kind] if mark == "?" else [])
            stood.append(len(self.standing))
        return stood


def test_a_condition_is_raised_once_it_has_lasted_and_ended_once_it_has_been_gone() -> None:
    assert Desk().looks("!!!!....") == [0, 0, 1, 1, 1, 1, 0, 0]


def test_what_comes_and_goes_is_never_raised_and_what_goes_and_comes_is_never_ended() -> None:
    assert Desk().looks("!!.!!.!!.") == [0] * 9
    assert Desk().looks("!!!..!..!") == [0, 0, 1, 1, 1, 1, 1, 1, 1]


def test_without_patience_a_condition_counts_from_the_first_look_to_the_last() -> None:
    assert Desk().looks("!.!", DISK) == [1, 0, 1]


def test_what_nobody_could_look_at_stands_as_it_was() -> None:
    assert Desk().looks("!!!????.!") == [0, 0, 1, 1, 1, 1, 1, 1, 1]
    assert Desk().looks("?????", DISK) == [0] * 5


def test_of_one_kind_what_nobody_can_tell_stands_and_what_is_known_to_be_over_does_not() -> None:
    names, limited = ("kraken", "coinbase"), AlertKind.RATE_LIMITED
    seen = recalled([alert(1, condition(limited, name)) for name in names], 0)
    left = sighted(seen, [], frozenset({(limited, "kraken")}), {}, 5)
    assert [told.about for told in counting(left)] == ["kraken"]


def test_what_stood_before_a_restart_is_not_raised_again_and_ends_once_it_has_been_gone() -> None:
    desk = Desk()
    desk.standing = [alert(7, condition(FEED)), alert(8, condition(BOT))]
    desk.seen = recalled(desk.standing, desk.now)
    assert desk.looks("!!....") == [1, 1, 1, 1, 0, 0]
    assert desk.raised == Counter()
    assert desk.ended == Counter({(FEED, ""): 1, (BOT, ""): 1})


@given(st.lists(st.tuples(*[st.sampled_from("!!.?")] * 3), max_size=60))
def test_whatever_comes_each_alert_is_raised_once_and_ended_at_most_once(marks: list[tuple[str, str, str]]) -> None:
    desk, kinds = Desk(), (FEED, BOT, DISK)
    for marked in marks:
        pairs = list(zip(kinds, marked, strict=True))
        desk.look([kind for kind, mark in pairs if mark == "!"], [kind for kind, mark in pairs if mark == "?"])
        keys = [each.condition.key for each in desk.standing]
        assert len(keys) == len(set(keys))
        for key, times in desk.raised.items():
            assert times - desk.ended[key] == keys.count(key)
