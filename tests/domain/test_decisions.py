"""Decisions: a verdict is what its gates make of it, and the flip is the nearest gate that alone makes another."""

from decimal import Decimal
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.decisions import LEVELS, Decision, Gate, Sense, Verdict, at_least, at_most, below, flip_of, judged, met
from tests.domain.crossings import CONDITIONS, COUNTS, SIGNED, altering, far, nearest, slowly

NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 2.0])
SCALES = dict.fromkeys(COUNTS, st.integers(0, 9).map(float)) | dict.fromkeys(SIGNED, st.floats(-1.0, 1.0))
PRICE, ASKED = st.sampled_from([0.0, 1.0, 2.0]), st.sampled_from([1.0, 2.0])
MADE = {Sense.LEAST: at_least, Sense.MOST: at_most, Sense.BELOW: below}


@st.composite
def gates_of(draw: st.DrawFn, name: str) -> Gate:
    """One that has passed in eight of ten cases; in one its value is not known."""
    scale, sense, luck = SCALES.get(name, NUMBERS), draw(st.sampled_from(Sense)), draw(st.integers(0, 9))
    low, high = sorted((draw(scale), draw(scale)))
    value, threshold = (high, low) if (sense is Sense.LEAST) == (luck > 1) else (low, high)
    made = MADE[sense](name, value if luck else None, threshold)
    return made._replace(keeps=draw(st.booleans()))


GATES = st.sampled_from(["some", *sorted(CONDITIONS | COUNTS | SIGNED)]).flatmap(gates_of)


def in_order(value: float, threshold: float, gates: list[Gate]) -> list[Gate]:
    """The price first, those that keep before those that enter, each by its own name."""
    return [at_least("price", value, threshold), *sorted(gates, key=lambda gate: not gate.keeps)]


NAMES = ["risk", "edge", "size", *sorted((CONDITIONS | COUNTS | SIGNED) - {"price"})]
ORDERED = st.builds(
    in_order, PRICE, ASKED,
    st.lists(st.sampled_from(NAMES), max_size=8, unique=True).flatmap(
        lambda names: st.tuples(*map(gates_of, names)).map(list)
    ),
)  # fmt: skip


@settings(max_examples=300)
@given(ORDERED)
def test_the_verdict_is_what_the_rules_say(gates: list[Gate]) -> None:
    assert judged(gates) is slowly(gates)
    assert judged(iter(gates)) is slowly(gates)


@settings(max_examples=300)
@given(ORDERED)
def test_the_flip_is_the_nearest_gate_whose_crossing_alone_makes_another_verdict(gates: list[Gate]) -> None:
    others = {gate.name: (gate, then) for gate, then in altering(gates)}
    flip = flip_of(gates)
    if flip is None:
        assert not others
        return
    gate, then = others[flip.gate]
    assert (flip.value, flip.sense, flip.threshold) == (gate.value, gate.sense, gate.threshold)
    assert flip.verdict is then
    assert nearest(gate, [each for each, _ in others.values()])


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


@pytest.mark.parametrize("value", [3.0, 4.0, 5.0])
def test_what_has_to_be_below_its_threshold_does_not_pass_at_it(value: float) -> None:
    assert below("positions", value, 4.0).passed is (value < 4.0)
    assert not below("positions", None, 4.0).passed


@given(GATES)
def test_a_value_meets_its_threshold_as_its_gate_says(gate: Gate) -> None:
    assert met(gate.value, gate.sense, gate.threshold) is gate.passed


@given(GATES)
def test_a_distance_is_at_most_one_of_what_is_measured_and_more_of_all_else(gate: Gate) -> None:
    unmeasured, way = far(gate)
    assert isfinite(gate.distance)
    assert gate.distance == (2.0 if unmeasured else pytest.approx(way))
    assert unmeasured or 0.0 <= gate.distance <= 1.0


@given(gates_of("some"), st.sampled_from([-40, -10, 10, 40]))
def test_a_distance_is_the_same_in_any_unit(gate: Gate, power: int) -> None:
    if gate.value is None or 0 < min(abs(gate.value), abs(gate.threshold)) < 1e-200:
        return
    other = gate._replace(value=gate.value * 2.0**power, threshold=gate.threshold * 2.0**power)
    assert other.distance == gate.distance


def test_a_signal_is_as_near_to_zero_as_to_any_other_threshold() -> None:
    for threshold in (-0.25, 0.0, 0.1):
        assert at_least("strength", threshold - 0.05, threshold).distance == pytest.approx(0.025)


def test_what_holds_or_does_not_alters_a_verdict_only_where_nothing_that_is_measured_does() -> None:
    live = at_least("price", 1.0, 1.0)
    weak, waited = at_least("strength", -1.0, 0.0, keeps=True), at_most("patience", 1e9, 1.0, keeps=True)
    alone, both = flip_of([live, weak]), flip_of([live, waited, weak])
    assert alone is not None and both is not None
    assert (alone.gate, both.gate) == ("strength", "price")


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
