"""What nobody knows is said to be not known: no sentence says on which side of a threshold it lies."""

from decimal import Decimal

import pytest

from app.bot.decide import decide
from app.bot.levels import LEVELS
from app.bot.sizes import KELLY_LEAST_PCT, KELLY_MOST_PCT, share_pct
from app.bot.words import flip_said, meaning, said, shown, title
from app.domain.decisions import Decision, Gate, Opinion, Verdict, at_least, at_most
from tests.bot.snapshots import book_of, market_of, rising, snapshot

LIVE = at_least("price", 2.0, 2.0)
ROOM = at_most("room", 6.1, 5.0)


def decision_of(*gates: Gate, verdict: Verdict = Verdict.SKIP) -> Decision:
    return Decision(5, verdict, gates, Decimal(0), 0.0, 0.0, 0.0)


@pytest.mark.parametrize("value", [None, float("inf"), float("nan")])
def test_liquidity_that_nobody_knows_is_not_said_to_be_low(value: float | None) -> None:
    gate = at_least("liquidity", value, 10_000.0)._replace(passed=False)
    assert shown(gate) == "not known"
    assert said(decision_of(LIVE, gate, ROOM), "WETH").startswith("SKIP WETH: its liquidity is not known.")


@pytest.mark.parametrize(
    ("gate", "clause"),
    [
        (at_least("liquidity", None, 10_000.0), "its liquidity were known and $10,000 or more"),
        (at_most("risk", None, 50.0), "its risk were known and 50 or less"),
        (at_least("confidence", None, 65.0), "its confidence were known and 65 or more"),
        (at_least("edge", None, 14.0), "its edge after costs were known and 14 bp or more"),
    ],
)
def test_what_would_have_altered_a_verdict_is_also_that_it_were_known(gate: Gate, clause: str) -> None:
    found = decision_of(LIVE, gate)
    assert said(found, "WETH") == f"SKIP WETH. {flip_said(found)}" == f"SKIP WETH. Would have been BUY if {clause}."


def test_a_level_that_differs_says_the_same_of_it() -> None:
    gates = (LIVE, at_least("stop", 9.0, 10.0, keeps=True), at_least("liquidity", None, 10_000.0))
    other = Opinion(4, Verdict.SKIP, "liquidity", Decimal(0), 0.0, 0.0, 0.0)
    text = said(decision_of(*gates, verdict=Verdict.SELL), "WETH", [other])
    assert text.endswith("Level 4 skips: its liquidity is not known.")
    known = (*gates[:2], at_least("liquidity", 9_000.0, 10_000.0))
    assert said(decision_of(*known, verdict=Verdict.SELL), "WETH", [other]).endswith("liquidity is too low.")


def test_no_decision_says_of_a_gate_that_is_not_known_how_it_compares() -> None:
    seen = set[str]()
    for seed in range(2_000):
        found = decide(*snapshot(seed), LEVELS[seed % 10])
        for gate in found.gates:
            if gate.value is None:
                # As if it were the only gate, and as if it were the first of several.
                lead = (LIVE, gate._replace(keeps=False))
                told = (said(decision_of(*lead, ROOM), "WETH"), flip_said(decision_of(*lead)))
                assert " is not known." in told[0], (gate, told)
                assert " were known and " in told[1], (gate, told)
                seen.add(title(gate.name))
    assert {"Liquidity", "Risk", "Confidence", "Edge after costs"} <= seen


def test_the_last_level_s_meaning_holds_every_share_that_it_can_have() -> None:
    line = meaning(10)
    assert line.startswith(f"{KELLY_LEAST_PCT:g}–{KELLY_MOST_PCT:g} % a position by its record · ")
    for kelly in (None, -5.0, 0.0, 22.5, 90.0):
        book = book_of(kelly_pct=kelly)
        assert KELLY_LEAST_PCT <= share_pct(book, LEVELS[9]) <= KELLY_MOST_PCT
        gates = decide(market_of(rising()), book, LEVELS[9]).gates
        assert next(gate for gate in gates if gate.name == "room").threshold == share_pct(book, LEVELS[9])
