"""Words: what is said of a decision is true of it, in figures that never contradict it and in plain sentences."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bot.decide import decide
from app.bot.figures import many, short, usd
from app.bot.indicators import WINDOW
from app.bot.levels import LEVELS, Level
from app.bot.market import Bounds
from app.bot.words import flip_said, meaning, said, shown, title, titles
from app.domain.decisions import Decision, Gate, Opinion, Verdict, at_least, at_most, below
from tests.bot.snapshots import ANY_LEVEL, LIKELY, SNAPSHOTS, Snapshot, book_of, market_of, rising, snapshot

COMPARED = ("risk", "confidence", "edge", "slippage", "size", "liquidity", "rest", "daily_loss", "stop", "target")
FIGURES = st.floats(-1e11, 1e11) | st.floats(-2.0, 2.0) | st.floats(0.0, 1e-6)
JARGON = re.compile(r"_|\bNone\b|\bnan\b|\binf\b|\{|\}|e[+-]\d|\bgate\b|  ")


def decision_of(*gates: Gate, verdict: Verdict = Verdict.SKIP, size: str = "0", level: int = 5) -> Decision:
    return Decision(level, verdict, gates, Decimal(size), 0.0, 0.0, 0.0)


def opinion(level: int, verdict: Verdict, first_failed: str | None = None, size: str = "0") -> Opinion:
    return Opinion(level, verdict, first_failed, Decimal(size), 0.0, 0.0, 0.0)


LIVE = at_least("price", 2.0, 2.0)


class TestRows:
    @pytest.mark.parametrize(
        ("gate", "name", "figures"),
        [
            (at_least("price", 2.0, 2.0), "Price is live", "live"),
            (at_least("price", 1.0, 1.0), "Price is live", "live"),
            (at_least("price", 1.0, 2.0), "Price is live", "live, but not confirmed"),
            (at_least("price", 0.0, 1.0), "Price is live", "not live"),
            (at_least("confirmed", 0.0, 1.0), "Price is confirmed", "no second source agrees"),
            (at_least("history", 96.0, 96.0), "History", "96 of 96 bars"),
            (at_least("history", 12.0, 96.0), "History", "12 of 96 bars"),
            (at_least("allowed", 0.0, 1.0), "Token is allowed", "not allowed"),
            (at_least("allowed", 1.0, 1.0), "Token is allowed", "yes"),
            (at_least("liquidity", 20e6, 50_000.0), "Liquidity", "$20,000,000 ≥ $50,000"),
            (at_most("daily_loss", 1.234, 10.0), "Loss today", "1.2 % ≤ 10 %"),
            (below("daily_trades", 2.0, 100.0), "Trades today", "2 of 100 used"),
            (below("daily_trades", 100.0, 100.0), "Trades today", "100 of 100 used"),
            (at_least("rest", 3.5, 10.0), "Rest after a sale", "3.5 h < 10 h"),
            (below("positions", 4.0, 4.0), "Positions open", "4 of 4 open"),
            (at_most("room", 6.1, 10.0), "Room for it", "6.1 % of 10 % held"),
            (at_most("room", 6.1, 5.0), "Room for it", "6.1 % > 5 % held"),
            (at_least("quote", 0.0, 1.0), "Quote", "nobody quoted"),
            (at_most("risk", 38.0, 50.0), "Risk", "38 ≤ 50"),
            (at_most("risk", 61.7, 50.0), "Risk", "62 > 50"),
            (at_least("confidence", 71.0, 65.0), "Confidence", "71 ≥ 65"),
            (at_least("confidence", 64.96, 65.0), "Confidence", "64.96 < 65"),
            (at_least("confidence", 65.0 - 1e-12, 65.0), "Confidence", "just below 65"),
            (at_least("confidence", 65.0, 65.0), "Confidence", "65 ≥ 65"),
            (at_least("edge", 42.0, 14.0), "Edge after costs", "42 bp > 14 bp"),
            (at_least("edge", 9.25, 14.0), "Edge after costs", "9.2 bp < 14 bp"),
            (at_most("slippage", 6.0, 150.0), "Slippage", "6 bp ≤ 150 bp"),
            (at_most("slippage", float("inf"), 150.0), "Slippage", "not known"),
            (at_least("size", 1_234.4, 50.0), "Size", "$1,234 ≥ $50"),
            (at_least("stop", 2_512.4, 2_386.78, keeps=True), "Above its stop", "$2,512.40 ≥ $2,386.78"),
            (at_least("stop", 0.003184, 0.0031, keeps=True), "Above its stop", "$0.003184 ≥ $0.003100"),
            (at_most("target", 2_600.0, 2_500.0, keeps=True), "Below its target", "$2,600.00 > $2,500.00"),
            (at_most("patience", 12.0, 36.0, keeps=True), "Patience", "12 h ≤ 36 h"),
            (at_least("strength", -0.213, -0.05, keeps=True), "Strength", "−0.21 < −0.05"),
            (at_most("risk", None, 50.0), "Risk", "not known"),
        ],
    )
    def test_a_gate_is_shown_by_its_title_and_its_figures(self, gate: Gate, name: str, figures: str) -> None:
        assert (title(gate.name), shown(gate)) == (name, figures)

    @given(st.sampled_from(COMPARED), FIGURES, FIGURES, st.sampled_from([at_least, at_most, below]))
    def test_figures_never_contradict_what_came_of_them(
        self, name: str, value: float, threshold: float, made: Callable[[str, float, float], Gate]
    ) -> None:
        made = at_least if name == "edge" else made
        gate = made(name, value, threshold)
        text = shown(gate)
        if text.startswith("just "):
            assert text.startswith("just above" if value > threshold else "just below")
            return
        left, sign, right = re.fullmatch(r"(\S+).* ([≤≥<>]) (\S+).*", text).groups()  # type: ignore[union-attr]
        one, other = (float(each.translate({ord("−"): "-", ord("$"): None, ord(","): None})) for each in (left, right))
        assert {"≤": one <= other, "≥": one >= other, "<": one < other, ">": one > other}[sign]
        met = {at_least: "≥", at_most: "≤", below: "<"}[made]
        assert gate.passed == (sign in ("≥", ">") if name == "edge" else sign == met)

    def test_a_count_of_an_older_log_has_the_one_to_come_in_it(self) -> None:
        assert shown(at_most("daily_trades", 3.0, 100.0)) == "2 of 100 used"
        assert shown(at_most("positions", 5.0, 4.0)) == "4 of 4 open"

    def test_a_count_is_shown_as_it_is_valued_and_passes_below_its_limit(self) -> None:
        bounds = Bounds(max_trades_per_day=5.0)
        for count in range(8):
            book = book_of(positions=count, trades_today=count, bounds=bounds)
            gates = {gate.name: gate for gate in decide(market_of(rising()), book, LEVELS[4]).gates}
            for name, limit, unit in (("positions", 4, "open"), ("daily_trades", 5, "used")):
                assert (gates[name].value, gates[name].threshold) == (count, limit)
                assert gates[name].passed is (count < limit)
                assert shown(gates[name]) == f"{count} of {limit} {unit}"

    def test_what_nobody_is_called_has_no_title(self) -> None:
        with pytest.raises(KeyError):
            title("mood")

    def test_titles_are_short_and_no_two_are_alike(self) -> None:
        assert len(set(titles().values())) == len(titles())
        assert all(name[0].isupper() and len(name) <= 20 for name in titles().values())


class TestFlip:
    def test_a_buy_says_what_would_have_kept_it_out(self) -> None:
        gates = (replace_distance(LIVE), at_least("confidence", 71.0, 65.0))
        assert flip_said(decision_of(*gates, verdict=Verdict.BUY)) == (
            "Would have been SKIP if confidence were below 65."
        )

    @pytest.mark.parametrize(
        ("gate", "sentence"),
        [
            (at_least("confidence", 58.0, 65.0), "confidence were 65 or more"),
            (at_most("risk", 58.0, 50.0), "risk were 50 or less"),
            (at_least("price", 0.0, 1.0), "its price were live"),
            (at_least("price", 0.0, 2.0), "its price were live and confirmed"),
            (at_least("price", 1.0, 2.0), "its price were confirmed by a second source"),
            (at_least("history", 12.0, 96.0), "there were 96 bars of history"),
            (at_least("edge", 9.0, 14.0), "the edge were 14 bp or more"),
            (below("daily_trades", 1.0, 1.0), "the limit of 1 trade a day were not reached"),
            (below("positions", 4.0, 4.0), "fewer than 4 positions were open"),
            (at_most("room", 6.1, 5.0), "at most 5 % of the equity were in it"),
            (at_most("room", 6.1, 0.0), "none of it were held"),
            (at_least("rest", 3.0, 10.0), "the time since its last sale were 10 h or more"),
            (at_least("quote", 0.0, 1.0), "there were a quote"),
        ],
    )
    def test_a_skip_for_one_reason_says_what_would_have_made_it_buy(self, gate: Gate, sentence: str) -> None:
        gates = (gate,) if gate.name == "price" else (LIVE, gate)
        assert flip_said(decision_of(*gates)) == f"Would have been BUY if {sentence}."

    @pytest.mark.parametrize(
        ("gate", "sentence"),
        [
            (at_least("stop", 2_400.0, 2_386.78, keeps=True), "the price were below $2,386.78"),
            (at_most("target", 2_600.0, 2_610.0, keeps=True), "the price were above $2,610.00"),
            (at_most("patience", 35.0, 36.0, keeps=True), "its time without a gain were above 36 h"),
            (at_least("strength", -0.049, -0.05, keeps=True), "the signal were below −0.05"),
        ],
    )
    def test_what_is_held_says_what_would_have_sold_it(self, gate: Gate, sentence: str) -> None:
        found = decision_of(LIVE, gate, at_most("room", 9.0, 5.0), at_most("risk", 90.0, 50.0), verdict=Verdict.HOLD)
        assert flip_said(found) == f"Would have been SELL if {sentence}."

    def test_for_several_reasons_no_single_change_would_do(self) -> None:
        skip = decision_of(LIVE, at_most("risk", 60.0, 50.0), at_least("confidence", 1.0, 65.0))
        assert flip_said(skip) == "No single change would make it buy."
        hold = decision_of(at_least("price", 0.0, 1.0), at_least("stop", 9.0, 8.0, keeps=True), *skip.gates[1:])
        assert flip_said(replace(hold, verdict=Verdict.HOLD)) == "No single change would make it buy or sell."


def replace_distance(gate: Gate) -> Gate:
    """The same gate far from its threshold, so that another one is nearer."""
    return gate._replace(value=1e9)


class TestSaid:
    def test_a_buy_says_how_much_and_what_the_nearest_other_level_does(self) -> None:
        found = decision_of(
            replace_distance(LIVE), at_least("confidence", 71.0, 65.0), verdict=Verdict.BUY, size="233.41"
        )
        others = [
            opinion(5, Verdict.SKIP, "risk"),
            opinion(4, Verdict.HOLD, "confidence"),
            opinion(6, Verdict.SELL, "stop"),
        ]
        assert said(found, "WETH", others) == (
            "BUY $233 of WETH. Would have been SKIP if confidence were below 65. "
            f"Level 4 holds: it wants confidence {LEVELS[3].confidence}."
        )

    def test_a_skip_for_several_reasons_gives_the_first(self) -> None:
        found = decision_of(LIVE, at_most("risk", 62.0, 50.0), at_least("edge", 9.0, 14.0))
        assert said(found, "WETH") == "SKIP WETH: risk is above 50. No single change would make it buy."

    def test_a_skip_for_one_reason_gives_it_once(self) -> None:
        found = decision_of(LIVE, at_most("risk", 62.0, 50.0))
        assert said(found, "WETH") == "SKIP WETH. Would have been BUY if risk were 50 or less."

    def test_a_sale_says_what_it_brings_and_why(self) -> None:
        gates = (LIVE, at_least("stop", 2_300.0, 2_386.78, keeps=True), at_most("room", 9.0, 5.0))
        found = decision_of(*gates, verdict=Verdict.SELL, size="120.5")
        assert said(found, "WETH").startswith("SELL $120 of WETH: the price is below $2,386.78.")

    @pytest.mark.parametrize(
        ("others", "sentence"),
        [
            ([opinion(6, Verdict.BUY, None, "250")], "Level 6 buys $250."),
            ([opinion(1, Verdict.BUY, None, "4.2"), opinion(9, Verdict.SELL, "stop")], "Level 1 buys $4.20."),
            ([opinion(9, Verdict.SELL, "stop")], "Level 9 sells: its stop is reached."),
            ([opinion(6, Verdict.HOLD, "room")], "Level 6 holds: it has its full position."),
        ],
    )
    def test_the_nearest_level_that_differs_has_the_last_word(self, others: list[Opinion], sentence: str) -> None:
        assert said(decision_of(LIVE, at_most("risk", 62.0, 50.0)), "WETH", others).endswith(sentence)

    def test_levels_that_agree_and_its_own_shadow_are_not_mentioned(self) -> None:
        found = decision_of(LIVE, at_most("risk", 62.0, 50.0))
        assert said(found, "WETH", [opinion(4, Verdict.SKIP, "risk"), opinion(5, Verdict.BUY)]) == said(found, "WETH")

    @settings(max_examples=300)
    @given(SNAPSHOTS, ANY_LEVEL)
    def test_every_decision_can_be_said_in_a_few_plain_sentences(self, seen: Snapshot, level: Level) -> None:
        found = decide(*seen, level)
        rows = [f"{title(gate.name)}: {shown(gate)}" for gate in found.gates]
        text = said(found, "WETH")
        assert text.startswith(f"{found.verdict} ")
        assert text.endswith(f"{flip_said(found)}")
        assert text.count(". ") == 1
        assert len(text) <= 200
        assert not any(JARGON.search(each) for each in (text, *rows))
        assert all(
            row.endswith(": not known") for row, gate in zip(rows, found.gates, strict=True) if gate.value is None
        )

    @settings(max_examples=300)
    @given(LIKELY, ANY_LEVEL, ANY_LEVEL)
    def test_every_opinion_can_be_said_too(self, seen: Snapshot, level: Level, other: Level) -> None:
        found, theirs = decide(*seen, level), decide(*seen, other)
        view = opinion(other.number, theirs.verdict, theirs.first_failed, str(theirs.size_usd))
        text = said(found, "WETH", [view])
        assert (f"Level {other.number} " in text) == (theirs.verdict is not found.verdict)
        assert text.endswith(".")
        assert not JARGON.search(text)

    def test_the_flip_that_is_said_is_the_decision_s_own(self) -> None:
        for seed in range(500):
            found = decide(*snapshot(seed), LEVELS[seed % 10])
            flip = found.flip
            assert flip_said(found).startswith("No single" if flip is None else f"Would have been {flip.verdict} if ")

    def test_too_little_history_is_said(self) -> None:
        found = decide(market_of(rising(40)), book_of(), LEVELS[4])
        assert said(found, "WETH").startswith(f"SKIP WETH: there are fewer than {WINDOW} bars of history.")


class TestLevels:
    def test_the_default_level_s_meaning_is_as_in_the_picture(self) -> None:
        level = LEVELS[4]
        assert (
            meaning(level)
            == meaning(5)
            == (f"up to {level.largest_pct} % a position · stop {level.stop_pct} % · confidence ≥ {level.confidence}")
        )

    def test_a_level_without_a_stop_of_its_own_says_where_it_comes_from(self) -> None:
        assert "stop by volatility" in meaning(10)

    @pytest.mark.parametrize("number", [-1, 0, 11])
    def test_there_is_no_meaning_of_what_is_no_level(self, number: int) -> None:
        with pytest.raises(IndexError, match="no level"):
            meaning(number)


class TestFigures:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [("0", "$0.00"), ("4.2", "$4.20"), ("9.999", "$10.00"), ("233.4", "$233"), ("1250", "$1,250")],
    )
    def test_dollars_have_cents_below_ten(self, amount: str, text: str) -> None:
        assert usd(Decimal(amount)) == text

    @pytest.mark.parametrize(
        ("number", "text"),
        [(10.0, "10"), (2.5, "2.5"), (-0.05, "−0.05"), (-0.0, "0"), (-0.001, "0"), (2e12, "1,000,000,000,000 or more")],
    )
    def test_numbers_have_few_digits_and_a_true_minus_sign(self, number: float, text: str) -> None:
        assert short(number) == text

    def test_one_is_no_plural(self) -> None:
        assert (many(1, "trade"), many(0, "trade"), many(1_200, "trade")) == ("1 trade", "0 trades", "1,200 trades")

    def test_two_prices_have_the_decimals_of_the_one_that_needs_fewer(self) -> None:
        """A price of 100 dollars and more has two decimals, and one below has four."""
        assert shown(at_least("stop", 100.02, 99.9912, keeps=True)) == "$100.02 ≥ $99.99"
        assert shown(at_least("stop", 99.9912, 100.02, keeps=True)) == "$99.99 < $100.02"
