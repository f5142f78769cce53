"""Gates: each has its name and its place, and none is decoration: on recorded prices each is the first to fail."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from app.bot.decide import decide
from app.bot.levels import LEVELS
from app.bot.market import Bounds, Held
from app.bot.words import titles
from app.domain.decisions import Decision, Verdict
from app.market.recording import Recording
from app.trading.terms import Terms
from tests.bot.recorded import crash, hours, later, ledgers, part, played, stage, token
from tests.bot.snapshots import book_of, market_of, rising, snapshot

KEEPS = {"stop", "target", "patience", "strength"}


def plain() -> Iterator[Decision]:
    """The levels as they are, where prices fall hard and rise hard."""
    for first in (4_000, 4_600):
        yield from flat(played(hours("ETH", first, 700)))


def limited(bounds: Bounds) -> Callable[[], Iterator[Decision]]:
    return lambda: with_terms(Terms(bounds), hours("ETH", 4_000, 500))


def with_terms(terms: Terms, of: Recording) -> Iterator[Decision]:
    return flat(played(of, ledgers(of, terms)))


def blocked() -> Iterator[Decision]:
    return with_terms(Terms(block=frozenset({token(1).key.address})), hours("ETH", 4_000, 200))


def shallow() -> Iterator[Decision]:
    """The pool of the crash itself, and a session that wants more than is in it when prices fall."""
    return with_terms(Terms(Bounds(min_liquidity_usd=150e6)), part(crash(), 6_000, 500))


def poor() -> Iterator[Decision]:
    """A ledger of which the largest position is below the smallest trade."""
    of = hours("ETH", 4_000, 500)
    return flat(played(of, ledgers(of, balance=300)))


def dry() -> Iterator[Decision]:
    of = hours("ETH", 4_000, 200)
    return flat(played(replace(of, liquidity=(Decimal(0),) * len(of.bars))))


def torn() -> Iterator[Decision]:
    """Two days are missing."""
    of = hours("ETH", 4_000, 400)
    cut = replace(of, bars=of.bars[:150] + of.bars[200:], liquidity=of.liquidity[50:])
    return flat(list(played(cut))[150:])


def crowded() -> Iterator[Decision]:
    """Three tokens on the same ledgers, where the cautious levels hold two at once."""
    eth, btc = hours("ETH", 4_000, 600), hours("BTC", 4_000, 600)
    shadows = ledgers(eth)
    third = later(hours("ETH", 4_030, 600), -30)
    stages = [stage(of, shadows, number) for number, of in enumerate((eth, btc, third), start=1)]
    return flat(on.play(index) for index in range(600) for on in stages)


def silent() -> Iterator[Decision]:
    """Nobody has shown a price since the bar closed, and then nobody agrees with the one that is shown."""
    of = hours("ETH", 4_000, 300)
    shadows = ledgers(of)
    on = stage(of, shadows)
    for index in range(len(of.bars)):
        on.play(index)
        market, at = on.market(index), of.closes_at(index)
        yield from shadows.opinions(market._replace(live=False, age_s=3 * market.fresh_s), at)
        yield from shadows.opinions(market._replace(confirmed=False), at)


def ticking() -> Iterator[Decision]:
    """What the levels would do at the next bar's low and at its high, before anything has been sold there."""
    of = hours("ETH", 4_000, 600)
    shadows = ledgers(of)
    on = stage(of, shadows)
    for index in range(len(of.bars) - 1):
        on.play(index)
        ahead = of.bars[index + 1]
        for price in (ahead.low, ahead.high):
            yield from shadows.opinions(on.market(index)._replace(price=float(price)), ahead.at)


def flat(decisions: Iterator[list[Decision]] | list[list[Decision]]) -> Iterator[Decision]:
    return (decision for ten in decisions for decision in ten)


SOMEWHERE: dict[str, Callable[[], Iterator[Decision]]] = {
    "price": silent,
    "confirmed": silent,
    "stop": ticking,
    "target": ticking,
    "patience": plain,
    "strength": plain,
    "history": torn,
    "allowed": blocked,
    "liquidity": shallow,
    "daily_loss": limited(Bounds(daily_loss_pct=0.2)),
    "daily_trades": limited(Bounds(max_trades_per_day=1)),
    "rest": plain,
    "positions": crowded,
    "room": plain,
    "quote": dry,
    "risk": plain,
    "confidence": plain,
    "edge": plain,
    "slippage": limited(Bounds(max_slippage_bps=4.0)),
    "size": poor,
}


@pytest.mark.parametrize("name", SOMEWHERE)
def test_no_gate_is_decoration(name: str) -> None:
    verdicts = (Verdict.SELL,) if name in KEEPS else (Verdict.SKIP, Verdict.HOLD)
    assert any(decision.first_failed == name and decision.verdict in verdicts for decision in SOMEWHERE[name]())


def test_every_gate_that_a_decision_asks_is_one_of_these_and_has_a_title() -> None:
    asked = {gate.name for seed in range(2_000) for gate in decide(*snapshot(seed), LEVELS[seed % 10]).gates}
    assert asked == set(SOMEWHERE) == set(titles())


def test_gates_are_always_asked_in_the_same_order_the_price_first_and_those_that_keep_before_those_that_enter() -> None:
    order = list(titles())
    for seed in range(2_000):
        seen = snapshot(seed)
        names = [gate.name for gate in decide(*seen, LEVELS[seed % 10]).gates]
        assert names == sorted(names, key=order.index)
        assert names[0] == "price"
        assert len(names) == len(set(names))
        assert bool(KEEPS & set(names)) == (seen.book.held is not None)


def test_a_limit_that_the_session_does_not_set_is_not_asked() -> None:
    for seed in range(500):
        market, book = snapshot(seed)
        names = {gate.name for gate in decide(market, book._replace(bounds=Bounds()), LEVELS[seed % 10]).gates}
        assert not names & {"liquidity", "daily_loss", "daily_trades", "slippage"}


def test_a_liquidity_that_nobody_states_is_not_enough_where_the_session_wants_any() -> None:
    market = market_of(rising())
    assert market.ladder is not None
    silent = market._replace(ladder=replace(market.ladder, liquidity_usd=None))
    unlimited, limited = book_of(), book_of(bounds=Bounds(min_liquidity_usd=1.0))
    for seen, book in ((silent, unlimited), (market, limited)):
        assert any(decide(seen, book, level).verdict is Verdict.BUY for level in LEVELS)
    for level in LEVELS:
        decision = decide(silent, limited, level)
        gate = next(gate for gate in decision.gates if gate.name == "liquidity")
        assert (gate.value, gate.threshold, gate.passed) == (None, 1.0, False)
        assert decision.verdict is Verdict.SKIP


def test_where_nobody_quoted_it_is_the_quote_that_is_missing_and_not_the_liquidity() -> None:
    unquoted = market_of(rising())._replace(ladder=None)
    decision = decide(unquoted, book_of(bounds=Bounds(min_liquidity_usd=1.0)), LEVELS[4])
    assert "liquidity" not in {gate.name for gate in decision.gates}
    assert "quote" in {gate.name for gate in decision.gates if not gate.passed}


def test_a_liquidity_that_nobody_states_keeps_nobody_in() -> None:
    market, limited = market_of(rising()), Bounds(min_liquidity_usd=1.0)
    assert market.ladder is not None and market.price is not None
    silent = market._replace(ladder=replace(market.ladder, liquidity_usd=None))
    fallen = Held(500.0, 520.0, market.price * 1.01, None, 2, hours=5.0, level=5)
    assert decide(silent, book_of(held=fallen, bounds=limited), LEVELS[4]).verdict is Verdict.SELL


def test_what_is_taken_in_one_level_s_ledger_is_no_other_s_business() -> None:
    """A position that level 10 holds does not fill level 1's book."""
    shadows_of = ledgers(hours("ETH", 4_000, 500))
    on = stage(hours("ETH", 4_000, 500), shadows_of)
    for index in range(500):
        on.play(index)
        market, at = on.market(index), on.ground.recording.closes_at(index)
        books = [shadow.book(market, shadows_of.terms, at, shadow.equity) for shadow in shadows_of.all]
        if books[0].held is None and books[9].held is not None:
            assert books[0].cash == books[0].equity
            return
    pytest.fail("level 10 never held anything alone")
