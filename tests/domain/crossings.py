"""Gates put across their thresholds, one alone, and how far that is: by the rules as they are told to people."""

from collections.abc import Sequence
from math import inf, nextafter

from app.domain.decisions import Gate, Sense, Verdict

# What holds or does not, what is counted in whole ones, and what is read from −1 to 1.
CONDITIONS = {"price", "confirmed", "history", "allowed", "quote"}
COUNTS = {"positions", "daily_trades"}
SIGNED = {"strength"}


def crossed(gate: Gate) -> Gate:
    """The same gate with its value just on the other side of its threshold."""
    beyond = {Sense.LEAST: -inf, Sense.MOST: inf, Sense.BELOW: -inf}[gate.sense]
    # A threshold passes itself, but for what has to be below it.
    stands = gate.passed is (gate.sense is Sense.BELOW)
    value = gate.threshold if stands else nextafter(gate.threshold, beyond)
    return gate._replace(value=value, passed=not gate.passed)


def slowly(gates: Sequence[Gate]) -> Verdict:
    """The verdict."""
    held = [gate for gate in gates if gate.keeps]
    if not gates[0].passed:
        return Verdict.HOLD if held else Verdict.SKIP
    if any(not gate.passed for gate in held):
        return Verdict.SELL
    if all(gate.passed for gate in gates if not gate.keeps):
        return Verdict.BUY
    return Verdict.HOLD if held else Verdict.SKIP


def altering(gates: Sequence[Gate]) -> list[tuple[Gate, Verdict]]:
    """The gates that make another verdict when they alone are crossed, each with that verdict."""
    now, found = slowly(gates), list[tuple[Gate, Verdict]]()
    for index, gate in enumerate(gates):
        then = slowly([*gates[:index], crossed(gate), *gates[index + 1 :]])
        if then is not now:
            found.append((gate, then))
    return found


def far(gate: Gate) -> tuple[bool, float]:
    """What sorts the nearest first: all that is measured, by the share of its scale that the reading would have to
    move (a signal's scale is 2 wide; any other's reaches from zero to the larger of the reading and the threshold),
    before what holds or does not and what nobody knows."""
    if gate.value is None or gate.name in CONDITIONS:
        return True, 0.0
    if gate.name in SIGNED:
        return False, abs(gate.value - gate.threshold) / 2.0
    way = _whole_ones(gate) if gate.name in COUNTS else abs(gate.value - gate.threshold)
    scale = max(abs(gate.value), abs(gate.threshold), way)
    return False, way / scale if scale else 0.0


def nearest(gate: Gate, others: Sequence[Gate]) -> bool:
    """Whether none of the others is nearer, by more than rounding."""
    unmeasured, way = far(gate)
    least = min(map(far, others))
    return unmeasured is least[0] and way <= least[1] * (1.0 + 1e-12)


def _whole_ones(gate: Gate) -> float:
    """How many more or fewer would have to be counted."""
    assert gate.value is not None
    across = {
        (Sense.BELOW, True): gate.threshold,
        (Sense.BELOW, False): gate.threshold - 1.0,
        (Sense.MOST, True): gate.threshold + 1.0,
        (Sense.MOST, False): gate.threshold,
        (Sense.LEAST, True): gate.threshold - 1.0,
        (Sense.LEAST, False): gate.threshold,
    }
    return abs(gate.value - across[gate.sense, gate.passed])
