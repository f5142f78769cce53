"""Decisions: a verdict is what its gates make of it, and the flip is the nearest gate that alone makes another."""

from decimal import Decimal
from math import inf, nextafter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.decisions import LEVELS, Decision, Gate, Sense, Verdict, at_least, at_most, flip_of, judged

NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 2.0])
PRICE, ASKED = st.sampled_from([0.0, 1.0, 2.0]), st.sampled_from([1.0, 2.0])


def gate_of(least: bool, numbers: tuple[float, float], luck: int, keeps: bool) -> Gate:
    """One that has passed in eight of ten cases; in one its value is not known."""
    low, high = sorted(numbers)
    value, threshold = (high, low) if least == (luck > 1) else (low, high)
    return (at_least if least else at_most)("some", value if luck else None, threshold, keeps=keeps)


GATES = st.builds(gate_of, st.booleans(), st.tuples(NUMBERS, NUMBERS), st.integers(0, 9), st.booleans())


def in_order(value: float, threshold: float, gates: list[Gate]) -> list[Gate]:
    """The price first, those that keep before those that enter, each by its own name."""
    ordered = [at_least("price", value, threshold), *sorted(gates, key=lambda gate: not gate.keeps)]
    return [gate._replace(name=f"{gate.name} {index}") for index, gate in enumerate(ordered)]


ORDERED = st.builds(in_order, PRICE, ASKED, st.lists(GATES, max_size=8))


def slowly(gates: list[Gate]) -> Verdict:
    """The rules as they are told to people."""
    held = [gate for gate in gates if gate.keeps]
    if not gates[0].passed:
        return Verdict.HOLD if held else Verdict.SKIP
    if any(not gate.passed for gate in held):
        return Verdict.SELL
    if all(gate.passed for gate in gates if not gate.keeps):
        return Verdict.BUY
    return Verdict.HOLD if held else Verdict.SKIP


def crossed(gate: Gate) -> Gate:
    make, away = (at_least, -inf) if gate.sense is Sense.LEAST else (at_most, inf)
    value = nextafter(gate.threshold, away) if gate.passed else gate.threshold
    return make(gate.name, value, gate.threshold, keeps=gate.keeps)


@settings(max_examples=300)
@given(ORDERED)
def test_the_verdict_is_what_the_rules_say(gates: list[Gate]) -> None:
    assert judged(gates) is slowly(gates)
    assert judged(iter(gates)) is slowly(gates)


@settings(max_examples=300)
@given(ORDERED)
def test_the_flip_is_the_nearest_gate_whose_crossing_alone_makes_another_verdict(gates: list[Gate]) -> None:
    now, altering = slowly(gates), dict[str, tuple[Gate, Verdict]]()
    for index, gate in enumerate(gates):
        then = slowly([*gates[:index], crossed(gate), *gates[index + 1 :]])
        if then is not now:
            altering[gate.name] = gate, then
    flip = flip_of(gates)
    if flip is None:
        assert not altering
        return
    gate, then = altering[flip.gate]
    assert (flip.value, flip.sense, flip.threshold) == (gate.value, gate.sense, gate.threshold)
    assert flip.verdict is then
    assert gate.distance == min(each.distance for each, _ in altering.values())


def test_of_two_gates_that_are_equally_near_the_first_that_is_asked_is_the_flip() -> None:
    gates = [at_least("price", 9.0, 1.0), at_least("one", 3.0, 2.0), at_most("two", 2.0, 3.0)]
    flip = flip_of(gates)
    assert flip is not None
    assert (flip.gate, flip.verdict) == ("one", Verdict.SKIP)


@pytest.mark.parametrize(
    ("value", "least", "most"), [(64.9, False, True), (65.0, True, True), (65.1, True, False), (None, False, False)]
)
def test_a_threshold_is_met_at_itself_and_never_by_what_is_not_known(
    value: float | None, *, least: bool, most: bool
) -> None:
    assert at_least("confidence", value, 65.0).passed is least
    assert at_most("risk", value, 65.0).passed is most


@given(GATES)
def test_a_distance_is_relative_and_the_same_in_any_unit(gate: Gate) -> None:
    assert gate.distance >= 0
    if gate.value is None or max(abs(gate.value), abs(gate.threshold)) < 1e-3:
        return
    assert gate.distance <= 2
    other = gate._replace(value=gate.value * 1024, threshold=gate.threshold * 1024)
    assert other.distance == gate.distance


def decision(*gates: Gate) -> Decision:
    return Decision(5, judged(gates), gates, Decimal(0), 0.0, 0.0, 0.0)


class TestTheFirstReason:
    LIVE, DEAD = at_least("price", 1.0, 1.0), at_least("price", 0.0, 1.0)
    STOP, KEPT = at_least("stop", 1.0, 2.0, keeps=True), at_least("strength", 1.0, 0.0, keeps=True)
    RISK, EDGE = at_most("risk", 60.0, 50.0), at_least("edge", None, 10.0)

    def test_a_buy_has_none(self) -> None:
        found = decision(self.LIVE, at_most("risk", 1.0, 50.0))
        assert (found.verdict, found.first_failed) == (Verdict.BUY, None)

    def test_a_skip_is_for_the_first_gate_that_failed(self) -> None:
        found = decision(self.LIVE, self.RISK, self.EDGE)
        assert (found.verdict, found.first_failed) == (Verdict.SKIP, "risk")

    def test_a_sale_is_for_what_does_not_keep_and_not_for_what_would_not_be_bought(self) -> None:
        found = decision(self.LIVE, self.KEPT, self.STOP, self.RISK)
        assert (found.verdict, found.first_failed) == (Verdict.SELL, "stop")

    def test_what_is_kept_is_kept_for_want_of_a_reason_to_buy_more(self) -> None:
        found = decision(self.LIVE, self.KEPT, self.EDGE)
        assert (found.verdict, found.first_failed) == (Verdict.HOLD, "edge")

    def test_without_a_live_price_nothing_else_counts(self) -> None:
        found = decision(self.DEAD, self.STOP, self.RISK)
        assert (found.verdict, found.first_failed) == (Verdict.HOLD, "price")


def test_there_are_ten_levels() -> None:
    assert list(LEVELS) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
