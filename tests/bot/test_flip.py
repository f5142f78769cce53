"""The flip is true: put that one gate across its threshold and the verdict is the one it names. And it is the smallest
change: no other gate that alters the verdict has less far to go."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf, isfinite, nextafter

import pytest
from hypothesis import given, settings

from app.bot.decide import decide
from app.bot.levels import LEVELS, Level
from app.bot.market import Held
from app.bot.words import said
from app.domain.decisions import Decision, Sense, Verdict, at_most, below, judged, met
from tests.bot.recorded import hours, played
from tests.bot.snapshots import ANY_LEVEL, LIKELY, WILD, Snapshot, book_of, market_of, snapshot, walk
from tests.domain.crossings import CONDITIONS, SIGNED, altering, crossed, nearest

Asked = tuple[Snapshot, Level]


def is_true(decision: Decision, *, held: bool) -> None:
    gates, flip = decision.gates, decision.flip
    assert judged(gates) is decision.verdict
    assert decision.verdict in ((Verdict.BUY, Verdict.SELL, Verdict.HOLD) if held else (Verdict.BUY, Verdict.SKIP))
    others = {gate.name: (gate, then) for gate, then in altering(gates)}
    if flip is None:
        assert not others
        return
    gate, then = others[flip.gate]
    assert flip == (gate.name, gate.value, gate.sense, gate.threshold, then)
    assert nearest(gate, [each for each, _ in others.values()])


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
        seen |= {(decision.verdict, then) for _, then in altering(decision.gates)}
        seen.add((decision.verdict, decision.flip and decision.flip.verdict))
    wanted = {
        (Verdict.BUY, Verdict.SKIP), (Verdict.BUY, Verdict.HOLD), (Verdict.BUY, Verdict.SELL),
        (Verdict.SELL, Verdict.HOLD), (Verdict.SELL, Verdict.BUY), (Verdict.HOLD, Verdict.SELL),
        (Verdict.HOLD, Verdict.BUY), (Verdict.SKIP, Verdict.BUY), (Verdict.SKIP, None), (Verdict.HOLD, None),
    }  # fmt: skip
    assert wanted <= seen


# -- what is asked for in the world, and not only at the gate


def with_held(asked: Asked, **changes: object) -> Asked:
    (market, book), level = asked
    assert book.held is not None
    return Snapshot(market, book._replace(held=book.held._replace(**changes))), level


def with_book(asked: Asked, **changes: object) -> Asked:
    (market, book), level = asked
    return Snapshot(market, book._replace(**changes)), level


def with_level(asked: Asked, **changes: float) -> Asked:
    return asked[0], replace(asked[1], **changes)


# What puts one gate across, and changes nothing else that a decision asks: the reading itself where it can be had
# alone, else the threshold. `to` is a value just across, `beside` a threshold that the present value is just across of.
CHANGES: dict[str, Callable[[Asked, float, float], Asked]] = {
    "price": lambda asked, *_: (
        Snapshot(asked[0].market._replace(live=not asked[0].market.live), asked[0].book), asked[1]
    ),
    "stop": lambda asked, _, beside: with_held(asked, stop=nextafter(beside, -inf)),
    "target": lambda asked, _, beside: with_held(asked, target=nextafter(beside, inf)),
    "patience": lambda asked, to, _: with_held(asked, hours=to),
    "allowed": lambda asked, to, _: with_book(asked, allowed=to >= 1.0),
    "daily_loss": lambda asked, to, _: with_book(asked, loss_pct=to),
    "daily_trades": lambda asked, to, _: with_book(asked, trades_today=int(to)),
    "rest": lambda asked, to, _: with_book(asked, rested_h=to),
    "positions": lambda asked, to, _: with_book(asked, positions=int(to)),
    "risk": lambda asked, _, beside: with_level(asked, risk=beside),
    "confidence": lambda asked, _, beside: with_level(asked, confidence=beside),
}  # fmt: skip


def came_true(asked: Asked, decision: Decision) -> Asked | None:
    """The world in which the flip has come true; None where that takes more than one change, or is none."""
    (market, book), flip = asked[0], decision.flip
    if flip is None or flip.value is None or flip.gate not in CHANGES:
        return None
    # A price that has gained waits for nothing, a price that nobody confirms is no matter of being live, and nobody
    # trades less than never.
    gained = book.held is not None and book.held.value >= book.held.cost * 1.01
    unlike = {"patience": gained, "price": market.confirmed is False, "daily_trades": flip.threshold == 0.0}
    if unlike.get(flip.gate, False) or market.price is None:
        return None
    to = next(crossed(gate).value for gate in decision.gates if gate.name == flip.gate)
    assert to is not None
    out = met(flip.value, flip.sense, flip.threshold)
    beside = nextafter(flip.value, inf if flip.sense is Sense.LEAST else -inf) if out else flip.value
    return CHANGES[flip.gate](asked, to, beside)


def test_a_world_in_which_the_flip_has_come_true_makes_the_verdict_that_it_names() -> None:
    proven = set[str]()
    for seed in range(6_000):
        asked = snapshot(seed), LEVELS[seed % 10]
        decision = decide(*asked[0], asked[1])
        changed = came_true(asked, decision)
        if changed is not None:
            assert decision.flip is not None
            assert decide(*changed[0], changed[1]).verdict is decision.flip.verdict
            proven.add(decision.flip.gate)
    assert proven == set(CHANGES)


# -- sales


def signal_sales() -> Iterator[tuple[Decision, str]]:
    """What every level makes of a position that nothing but its signal could sell, along a price that turns."""
    bars = walk(11, 1_500)
    for end in range(120, len(bars), 15):
        market = market_of(bars[end - 120 : end])
        for level in LEVELS:
            held = Held(500.0, 400.0, 1e-6, 1e9, 0, hours=1.0, level=level.number)
            decision = decide(market, book_of(held=held), level)
            if decision.first_failed == "strength":
                yield decision, said(decision, "WETH")


def test_a_sale_for_its_signal_names_the_signal_at_every_level() -> None:
    sold = set[int]()
    for decision, text in signal_sales():
        assert decision.flip is not None
        assert (decision.verdict, decision.flip.gate) == (Verdict.SELL, "strength")
        assert " if the signal were " in text
        sold.add(decision.level)
    assert sold == set(range(1, 11))


def test_on_recorded_prices_a_sale_for_one_reason_would_not_have_been_without_that_reason() -> None:
    seen = set[tuple[str, int]]()
    for decision in (one for ten in played(hours("ETH", 4_000, 700)) for one in ten):
        failed = [gate.name for gate in decision.gates if gate.keeps and not gate.passed]
        if decision.verdict is Verdict.SELL and len(failed) == 1:
            assert decision.flip is not None and [decision.flip.gate] == failed
            seen.add((failed[0], decision.level))
    assert {("strength", level) for level in range(1, 11)} <= seen
    assert "patience" in {name for name, _ in seen}


def test_where_the_signal_is_what_would_sell_a_position_first_it_is_the_flip_at_every_level() -> None:
    market = market_of(walk(11, 120))
    assert market.price is not None and market.row is not None
    for level in LEVELS:
        held = Held(500.0, 400.0, market.price * 0.5, market.price * 2.0, 1, hours=1.0, level=level.number)
        gates = {gate.name: gate for gate in decide(market, book_of(held=held), level).gates}
        near = gates["strength"]._replace(value=level.weak + 0.01, passed=True)
        put = replace(decide(market, book_of(held=held), level), gates=tuple((gates | {"strength": near}).values()))
        assert put.flip is not None
        assert (put.flip.gate, put.flip.verdict) == ("strength", Verdict.SELL)


# -- distances


def test_every_distance_is_finite_and_at_most_one_of_what_is_measured() -> None:
    seen = set[tuple[str, bool]]()
    for seed in range(1_000):
        for gate in decide(*snapshot(seed), LEVELS[seed % 10]).gates:
            assert isfinite(gate.distance)
            if gate.name in CONDITIONS:
                seen.add((gate.name, gate.passed))
            measured = gate.name not in CONDITIONS and gate.value is not None
            assert (0.0 <= gate.distance <= 1.0) if measured else gate.distance == 2.0
            # Only what has a scale of its own may go through zero: to all else zero is none at all.
            assert gate.name in SIGNED or gate.threshold >= 0.0 <= (gate.value or 0.0)
    assert seen == {(name, passed) for name in CONDITIONS for passed in (True, False)} - {("confirmed", True)}


@pytest.mark.parametrize("name", ["positions", "daily_trades"])
@pytest.mark.parametrize(
    ("value", "distance"), [(5.0, 2 / 5), (4.0, 1 / 4), (3.0, 1 / 4), (2.0, 2 / 4), (1.0, 3 / 4), (0.0, 4 / 4)]
)
def test_a_count_is_as_near_as_the_whole_ones_that_it_takes_to_cross(name: str, value: float, distance: float) -> None:
    assert below(name, value, 4.0).distance == pytest.approx(distance)


@pytest.mark.parametrize(("value", "distance"), [(5.0, 1 / 5), (4.0, 1 / 4), (3.0, 2 / 4), (1.0, 4 / 4)])
def test_a_count_of_an_older_log_with_the_one_to_come_is_as_near(value: float, distance: float) -> None:
    assert at_most("positions", value, 4.0).distance == pytest.approx(distance)


def test_what_is_measured_may_stand_on_its_threshold() -> None:
    assert at_most("risk", 4.0, 4.0).distance == 0.0
