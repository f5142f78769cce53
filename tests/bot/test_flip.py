"""The flip is true: put that one gate across its threshold and the verdict is the one it names."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from app.bot.decide import decide
from app.bot.levels import LEVELS, Level
from app.domain.decisions import Decision, Gate, Sense, Verdict, at_least, at_most, judged
from tests.bot.snapshots import ANY_LEVEL, LIKELY, WILD, Snapshot, snapshot

CONDITIONS = {"price", "confirmed", "history", "allowed", "quote"}


def crossed(gate: Gate) -> Gate:
    """The same gate with its value just on the other side of its threshold."""
    make, away = (at_least, -math.inf) if gate.sense is Sense.LEAST else (at_most, math.inf)
    value = math.nextafter(gate.threshold, away) if gate.passed else gate.threshold
    return make(gate.name, value, gate.threshold, keeps=gate.keeps)


def without(gates: Sequence[Gate], index: int) -> Verdict:
    """The verdict with the gate at `index` crossed and all others as they are."""
    return judged([crossed(gate) if place == index else gate for place, gate in enumerate(gates)])


def is_true(decision: Decision, *, held: bool) -> None:
    gates, flip = decision.gates, decision.flip
    assert judged(gates) is decision.verdict
    assert decision.verdict in ((Verdict.BUY, Verdict.SELL, Verdict.HOLD) if held else (Verdict.BUY, Verdict.SKIP))
    assert all(crossed(gate).passed is not gate.passed for gate in gates)
    verdicts = [without(gates, index) for index in range(len(gates))]
    altering = [index for index, verdict in enumerate(verdicts) if verdict is not decision.verdict]
    if flip is None:
        assert altering == []
        return
    places = [index for index in altering if gates[index].name == flip.gate]
    assert verdicts[places[0]] is flip.verdict
    gate = gates[places[0]]
    assert (flip.value, flip.sense, flip.threshold) == (gate.value, gate.sense, gate.threshold)
    assert gate.distance == min(gates[index].distance for index in altering)


@settings(max_examples=2_000)
@given(LIKELY, ANY_LEVEL)
def test_the_flip_of_a_likely_snapshot_is_true_and_nearest(seen: Snapshot, level: Level) -> None:
    is_true(decide(*seen, level), held=seen.book.held is not None)


@settings(max_examples=400)
@given(WILD, ANY_LEVEL)
def test_the_flip_of_a_wild_snapshot_is_true_and_nearest(seen: Snapshot, level: Level) -> None:
    is_true(decide(*seen, level), held=seen.book.held is not None)


def test_every_verdict_has_been_altered_into_every_other_that_one_gate_can_make_of_it() -> None:
    """The property above was not tried on one kind of snapshot only."""
    seen = set[tuple[Verdict, Verdict | None]]()
    for seed in range(4_000):
        decision = decide(*snapshot(seed), LEVELS[seed % 10])
        for index in range(len(decision.gates)):
            seen.add((decision.verdict, without(decision.gates, index)))
        seen.add((decision.verdict, decision.flip and decision.flip.verdict))
    wanted = {
        (Verdict.BUY, Verdict.SKIP), (Verdict.BUY, Verdict.HOLD), (Verdict.BUY, Verdict.SELL),
        (Verdict.SELL, Verdict.HOLD), (Verdict.SELL, Verdict.BUY), (Verdict.HOLD, Verdict.SELL),
        (Verdict.HOLD, Verdict.BUY), (Verdict.SKIP, Verdict.BUY), (Verdict.SKIP, None), (Verdict.HOLD, None),
    }  # fmt: skip
    assert wanted <= seen


def test_nothing_is_near_to_a_condition_that_holds_or_does_not() -> None:
    seen = set[tuple[str, bool]]()
    for seed in range(1_000):
        for gate in decide(*snapshot(seed), LEVELS[seed % 10]).gates:
            if gate.name in CONDITIONS:
                assert gate.distance == 1.0
                seen.add((gate.name, gate.passed))
    never = {("confirmed", True)}
    assert seen == {(name, passed) for name in CONDITIONS for passed in (True, False)} - never


@pytest.mark.parametrize("name", ["positions", "daily_trades"])
@pytest.mark.parametrize(("value", "distance"), [(5.0, 1 / 5), (4.0, 1 / 4), (3.0, 2 / 4), (1.0, 4 / 4)])
def test_a_count_is_as_near_as_the_whole_ones_that_it_takes_to_cross(name: str, value: float, distance: float) -> None:
    assert at_most(name, value, 4.0).distance == pytest.approx(distance)


def test_what_is_measured_may_stand_on_its_threshold() -> None:
    assert at_most("risk", 4.0, 4.0).distance == 0.0
