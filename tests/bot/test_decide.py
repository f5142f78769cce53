"""The decision: the same bytes for the same snapshot, and every part of the market moves it the way it should."""

import ast
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from math import nan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bot.decide import decide
from app.bot.indicators import FLOW, WINDOW
from app.bot.levels import LEVELS, Level
from app.bot.market import Held, Market
from app.bot.scores import readings, risk, signal
from app.bot.sizes import cost_of, wanted_usd
from app.domain.bots import BOT_BARS
from app.domain.decisions import Verdict
from tests.bot.snapshots import (
    ANY_LEVEL,
    DEPTH,
    SNAPSHOTS,
    Snapshot,
    bars_of,
    book_of,
    canonical,
    market_of,
    rising,
    snapshot,
)

ROOT = Path(__file__).resolve().parents[2]
EQUITIES = [100.0 * 1.3**step for step in range(24)]
ACTS = (Verdict.BUY, Verdict.SELL)


def bought(market: Market) -> dict[tuple[int, float], Decimal]:
    """What every level buys with ledgers of many sizes, by level and equity."""
    decisions = {
        (level.number, equity): decide(market, book_of(equity), level) for level in LEVELS for equity in EQUITIES
    }
    return {key: found.size_usd for key, found in decisions.items() if found.verdict is Verdict.BUY}


class TestTheSame:
    def test_the_same_snapshots_give_the_same_bytes_in_processes_that_hash_differently(self) -> None:
        found = {
            subprocess.run(
                [sys.executable, "-m", "tests.bot.snapshots", "3000"],
                cwd=ROOT,
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                encoding="utf-8",
                check=True,
            ).stdout
            for seed in ("0", "4242")
        }
        assert len(found) == 1
        assert len(found.pop().strip()) == 64

    def test_what_was_decided_before_changes_nothing(self) -> None:
        asked = [(snapshot(seed), level) for seed in range(200) for level in (LEVELS[seed % 10], LEVELS[0])]
        onwards = [canonical(decide(*seen, level)) for seen, level in asked]
        backwards = [canonical(decide(*seen, level)) for seen, level in reversed(asked)]
        assert onwards == backwards[::-1]
        assert len(set(onwards)) > 150

    def test_nothing_in_the_brain_can_tell_the_time_or_throw_dice(self) -> None:
        sources = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "app" / "bot").glob("*.py")]
        imports = {
            name.split(".")[0]
            for tree in sources
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        }
        assert "app" in imports
        assert not imports & {"time", "datetime", "random", "secrets", "uuid", "os", "threading", "asyncio"}


class TestThePath:
    """Only the way that the price went is another: its end, its volumes and the bars' times are the same."""

    def test_a_level_that_buys_a_rise_does_not_buy_the_fall_to_the_same_price(self) -> None:
        up = rising()
        end = float(up[-1].close)
        down = bars_of([2 * end - float(bar.close) for bar in up])
        assert down[-1].close == up[-1].close
        rose, fell = market_of(up), market_of(down)
        assert (rose.price, rose.bars) == (fell.price, fell.bars)
        buyers = [level for level in LEVELS if decide(rose, book_of(), level).verdict is Verdict.BUY]
        assert buyers
        assert all(decide(fell, book_of(), level).verdict is Verdict.SKIP for level in buyers)

    @pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
    def test_every_level_sees_another_path(self, level: Level) -> None:
        closes = [float(bar.close) for bar in rising()]
        other = [*closes[:-30], *(close * 0.99 for close in closes[-30:-1]), closes[-1]]
        one, two = (decide(market_of(bars_of(each)), book_of(), level) for each in (closes, other))
        assert (one.risk, one.opportunity) != (two.risk, two.opportunity)
        assert one.gates != two.gates


class TestCosts:
    def test_gas_that_rises_tenfold_and_again_makes_the_smallest_trades_vanish_first(self) -> None:
        cheap, dear, dearest = (bought(market_of(rising(), gas=Decimal(gas))) for gas in ("0.05", "0.5", "5"))
        assert dearest.keys() < dear.keys() < cheap.keys()
        for fewer, more in ((dear, cheap), (dearest, dear)):
            for level in LEVELS:
                gone = [equity for number, equity in more.keys() - fewer.keys() if number == level.number]
                kept = [equity for number, equity in fewer if number == level.number]
                assert not gone or not kept or max(gone) < min(kept)

    def test_a_pool_a_hundred_times_smaller_lets_no_trade_grow_and_some_shrink_or_vanish(self) -> None:
        shrunk = vanished = 0
        for calm in (0.004, 0.008, 0.012):
            before = bought(market_of(rising(calm=calm)))
            after = bought(market_of(rising(calm=calm), depth=DEPTH / 100))
            assert after.keys() <= before.keys()
            assert all(size <= before[key] for key, size in after.items())
            shrunk += sum(size < before[key] for key, size in after.items())
            vanished += len(before) - len(after)
        assert shrunk
        assert vanished

    @settings(max_examples=300)
    @given(SNAPSHOTS, ANY_LEVEL, st.floats(0.0, 100.0))
    def test_dearer_gas_makes_no_trade_safer(self, seen: Snapshot, level: Level, more: float) -> None:
        ladder = seen.market.ladder
        if ladder is None:
            return
        dear = seen.market._replace(ladder=replace(ladder, gas_usd=ladder.gas_usd + more))
        assert decide(dear, seen.book, level).risk >= decide(*seen, level).risk

    def test_the_risk_is_that_of_the_size_that_is_wanted_and_not_of_the_smaller_one_that_is_bought(self) -> None:
        market, shallow = (market_of(rising(calm=0.008), depth=depth) for depth in (DEPTH, DEPTH / 100))
        smaller = 0
        for level, book in ((level, book_of(equity)) for level in LEVELS for equity in EQUITIES):
            before, after = (decide(each, book, level) for each in (market, shallow))
            assert after.risk >= before.risk
            wanted = cost_of(shallow, level, wanted_usd(shallow, book, level))
            assert after.risk == risk(shallow, book, level, wanted)
            smaller += 0 < float(after.size_usd) < wanted.usd - 0.01
        assert smaller, "no level buys less than it wants here"

    @settings(max_examples=300)
    @given(SNAPSHOTS, ANY_LEVEL)
    def test_a_buy_is_never_larger_than_level_session_and_cash_allow(self, seen: Snapshot, level: Level) -> None:
        decision = decide(*seen, level)
        if decision.verdict is not Verdict.BUY:
            return
        book, ladder = seen.book, seen.market.ladder
        assert ladder is not None
        held = book.held.value if book.held else 0.0
        most = min(book.cash, book.bounds.max_trade_usd, ladder.top_usd)
        assert 0 < float(decision.size_usd) <= most
        assert float(decision.size_usd) + held <= max(level.largest_pct, 22.0) / 100 * book.equity * (1 + 1e-12)


class TestThePrice:
    @settings(max_examples=300)
    @given(SNAPSHOTS, ANY_LEVEL)
    def test_on_a_price_that_is_not_live_nothing_is_bought_or_sold(self, seen: Snapshot, level: Level) -> None:
        decision = decide(seen.market._replace(live=False), seen.book, level)
        assert decision.verdict not in ACTS
        assert (decision.first_failed, decision.size_usd) == ("price", 0)

    @settings(max_examples=200)
    @given(SNAPSHOTS, ANY_LEVEL)
    def test_without_a_price_nothing_is_bought_or_sold(self, seen: Snapshot, level: Level) -> None:
        assert decide(seen.market._replace(price=None), seen.book, level).verdict not in ACTS

    @settings(max_examples=200)
    @given(SNAPSHOTS)
    def test_levels_one_to_five_buy_on_no_price_that_nobody_confirms(self, seen: Snapshot) -> None:
        market = seen.market._replace(confirmed=False)
        assert all(decide(market, seen.book, level).verdict is not Verdict.BUY for level in LEVELS[:5])

    def test_what_nobody_confirms_the_bold_still_buy_and_everybody_may_sell(self) -> None:
        market = market_of(rising())._replace(confirmed=False)
        buys = {level.number for level in LEVELS if decide(market, book_of(), level).verdict is Verdict.BUY}
        assert buys
        assert min(buys) > 5
        sellers = [decide(*_stopped(market), level).verdict for level in LEVELS]
        assert sellers == [Verdict.SELL] * 10

    @settings(max_examples=200)
    @given(SNAPSHOTS, ANY_LEVEL)
    def test_a_market_that_is_its_own_only_source_is_as_good_as_a_confirmed_one(
        self, seen: Snapshot, level: Level
    ) -> None:
        alone, agreed = (decide(seen.market._replace(confirmed=each), seen.book, level) for each in (None, True))
        assert canonical(alone) == canonical(agreed)


class TestTheLevelThatOpenedIt:
    @settings(max_examples=200)
    @given(SNAPSHOTS)
    def test_where_the_slider_stands_makes_no_difference_to_whether_and_how_much_is_sold(self, seen: Snapshot) -> None:
        found = [decide(*seen, level) for level in LEVELS]
        assert len({repr([gate for gate in each.gates if gate.keeps]) for each in found}) == 1
        assert len({each.verdict is Verdict.SELL for each in found}) == 1
        assert len({each.size_usd for each in found if each.verdict is Verdict.SELL}) <= 1

    @pytest.mark.parametrize("slider", [1, 10])
    @pytest.mark.parametrize("owner", [1, 5, 9, 10])
    def test_patience_and_strength_are_those_of_the_level_that_opened_it(self, owner: int, slider: int) -> None:
        gates = {gate.name: gate for gate in decide(*_idle(owner, 1.0), LEVELS[slider - 1]).gates}
        rules = LEVELS[owner - 1]
        assert (gates["patience"].threshold, gates["strength"].threshold) == (rules.patience_h, rules.weak)
        row = market_of(rising()).row
        assert row is not None
        assert gates["strength"].value == signal(readings(row), rules).direction

    def test_a_stop_sells_the_whole_value_and_the_first_target_its_half_to_the_cent(self) -> None:
        # A float of 1024.09 times 100 is less than 102409.
        for value, price, dollars in (
            *((1_234.567, 90.0, "1234.56"), (1_234.567, 105.0, "617.28")),
            (1_024.09, 90.0, "1024.09"),
        ):
            held = Held(value, 1_200.0, stop=90.0, target=105.0, rungs=0, hours=1.0, level=5)
            found = decide(market_of(rising())._replace(price=price), book_of(held=held), LEVELS[4])
            assert (found.verdict, found.size_usd) == (Verdict.SELL, Decimal(dollars))

    @pytest.mark.parametrize("interval_s", [bar.seconds for bar in BOT_BARS])
    def test_patience_counts_hours_whatever_the_bars_are(self, interval_s: float) -> None:
        for level in LEVELS:
            for hours, verdict in ((level.patience_h, Verdict.HOLD), (level.patience_h + 0.25, Verdict.SELL)):
                market, book = _idle(level.number, hours)
                decision = decide(market._replace(interval_s=1.0 * interval_s, row=None), book, LEVELS[4])
                gate = next(gate for gate in decision.gates if gate.name == "patience")
                assert (gate.value, gate.threshold) == (hours, level.patience_h)
                assert decision.verdict is verdict


class TestHistory:
    @settings(max_examples=200)
    @given(SNAPSHOTS, ANY_LEVEL)
    def test_too_little_history_is_a_gate_that_fails_and_nothing_is_bought(self, seen: Snapshot, level: Level) -> None:
        decision = decide(seen.market._replace(row=None, bars=WINDOW - 1), seen.book, level)
        gate = next(gate for gate in decision.gates if gate.name == "history")
        assert (gate.passed, gate.value, gate.threshold) == (False, WINDOW - 1, WINDOW)
        assert decision.verdict is not Verdict.BUY

    def test_without_history_the_scores_are_not_known_rather_than_guessed(self) -> None:
        decision = decide(market_of(rising(40)), book_of(), LEVELS[4])
        values = {gate.name: gate.value for gate in decision.gates}
        assert (decision.first_failed, values["history"]) == ("history", 40)
        assert (values["risk"], values["confidence"], values["edge"]) == (None, None, None)

    @settings(max_examples=200)
    @given(SNAPSHOTS, ANY_LEVEL)
    def test_volume_that_is_not_known_counts_as_little_as_volume_that_is_not_asked(
        self, seen: Snapshot, level: Level
    ) -> None:
        row = seen.market.row
        if row is None:
            return
        held = seen.book.held
        # What is held is judged by the weights of the level that opened it: here this one.
        book = seen.book._replace(held=None if held is None else held._replace(level=level.number))
        silent = seen.market._replace(row=(*row[:FLOW], nan, *row[FLOW + 1 :]))
        loud = seen.market._replace(row=(*row[:FLOW], 2.5, *row[FLOW + 1 :]))
        deaf = replace(level, weights=replace(level.weights, volume=0.0))
        assert canonical(decide(silent, book, level)) == canonical(decide(loud, book, deaf))

    def test_bars_without_any_volume_are_decided_on_like_any_other(self) -> None:
        closes = [float(bar.close) for bar in rising()]
        silent = market_of(bars_of(closes, [0.0] * len(closes)))
        assert any(decide(silent, book_of(), level).verdict is Verdict.BUY for level in LEVELS)


@settings(max_examples=200)
@given(SNAPSHOTS, ANY_LEVEL)
def test_scores_are_zero_to_a_hundred_and_only_a_trade_has_a_size(seen: Snapshot, level: Level) -> None:
    decision = decide(*seen, level)
    assert all(0 <= score <= 100 for score in (decision.confidence, decision.risk, decision.opportunity))
    assert decision.size_usd >= 0
    assert decision.verdict in ACTS or not decision.size_usd
    failed = {gate.name for gate in decision.gates if not gate.passed}
    assert decision.first_failed in ({None} if decision.verdict is Verdict.BUY else failed)


def _idle(level: int, hours: float) -> Snapshot:
    """A position that this level opened so many hours ago and that has gone nowhere."""
    market = market_of(rising())
    assert market.price is not None
    return Snapshot(market, book_of(held=Held(500.0, 500.0, market.price / 2, None, 2, hours, level)))


def _stopped(market: Market) -> Snapshot:
    """A position whose stop the price has fallen through."""
    assert market.price is not None
    held = Held(500.0, 520.0, market.price * 1.01, None, 2, hours=5.0, level=5)
    return Snapshot(market, book_of(held=held))
