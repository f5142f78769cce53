"""Exits: stops only rise, nothing is sold at a price that the market did not show, and profits are taken in order."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.exits import Exit, Leg, entry_of, jump, opening_stop, step, stop_pct, target_of, tightened, triggers
from app.bot.levels import LEVELS, Level
from app.domain.bots import Holding
from tests.bot.snapshots import ANY_LEVEL, BEGAN, HOUR_S

ENTRY = Decimal(1_000)
PRICES = st.decimals("1", "10000", places=4)
LEVEL = LEVELS[4]
ONE = Decimal(1)


def held(level: Level = LEVEL, entry: Decimal = ENTRY, quantity: Decimal = ONE) -> Holding:
    """A position that has just been opened."""
    stop = opening_stop(entry, stop_pct(level, None, HOUR_S))
    return Holding("0xa", quantity, entry * quantity, BEGAN, stop, entry, level=level.number)


def at(pct: float, of: Decimal = ENTRY) -> Decimal:
    """A price so many percent above, or below."""
    return of * (100 + Decimal(repr(pct))) / 100


def walked(holding: Holding, level: Level, *legs: Leg) -> tuple[Holding, list[tuple[Leg, Exit]]]:
    """What is left, and what was sold on which leg, until all is sold or the way ends."""
    sales = list[tuple[Leg, Exit]]()
    for leg in legs:
        rest = leg
        while True:
            holding, sale = step(holding, level, rest)
            if sale is None:
                break
            sales.append((leg, sale))
            quantity = holding.quantity * (1 - sale.share)
            if not quantity:
                return replace(holding, quantity=quantity), sales
            holding = replace(holding, quantity=quantity, cost=holding.cost * (1 - sale.share))
            rest = Leg(sale.price, rest.end) if leg.begin != leg.end else rest
    return holding, sales


def first_target(level: Level) -> Decimal:
    found = target_of(held(level))
    assert found is not None
    return found


class TestStops:
    def test_a_fall_through_the_stop_sells_everything_at_the_stop(self) -> None:
        holding = held()
        _, sale = step(holding, LEVEL, Leg(ENTRY, ENTRY / 2))
        assert sale == Exit(holding.stop, ONE, "stop")

    def test_a_gap_below_the_stop_sells_at_what_the_market_opens_at_and_never_at_the_stop(self) -> None:
        gap = ENTRY / 2
        assert step(held(), LEVEL, jump(gap))[1] == Exit(gap, ONE, "stop")
        assert step(held(), LEVEL, Leg(gap, ENTRY))[1] == Exit(gap, ONE, "stop")

    def test_a_price_that_only_touches_the_stop_is_sold_and_one_above_it_is_not(self) -> None:
        holding = held()
        assert step(holding, LEVEL, Leg(ENTRY, holding.stop))[1] == Exit(holding.stop, ONE, "stop")
        assert step(holding, LEVEL, Leg(ENTRY, holding.stop + Decimal("1e-9")))[1] is None

    @given(ANY_LEVEL, ANY_LEVEL, PRICES, st.lists(PRICES, min_size=1, max_size=12))
    def test_a_stop_only_rises_whatever_the_price_and_the_slider_do(
        self, one: Level, other: Level, entry: Decimal, ways: list[Decimal]
    ) -> None:
        holding, stops = held(one, entry), list[Decimal]()
        for index, leg in enumerate(pairwise([entry, *ways])):
            holding, _ = step(holding, one if index % 2 else other, Leg(*leg))
            stops.append(holding.stop)
        assert stops == sorted(stops)
        assert stops[0] >= held(one, entry).stop

    @pytest.mark.parametrize("level", [level for level in LEVELS if level.stop_pct], ids=lambda level: level.name)
    def test_a_level_s_stop_is_so_far_below_what_was_paid(self, level: Level) -> None:
        assert level.stop_pct is not None
        assert held(level).stop == at(-level.stop_pct)

    def test_a_tighter_level_tightens_a_stop_that_it_takes_over_and_a_wider_one_leaves_it(self) -> None:
        timid, bold = LEVELS[0], LEVELS[8]
        assert tightened(held(bold), timid, ENTRY).stop == held(timid).stop
        assert tightened(held(timid), bold, ENTRY) == held(timid)

    def test_level_ten_s_stop_follows_the_volatility_within_bounds(self) -> None:
        level = LEVELS[9]
        calm, lively, mad = (stop_pct(level, (96.0, vol, *[0.0] * 8), HOUR_S) for vol in (1e-6, 0.009, 1.0))
        assert calm < lively < mad < 100
        assert calm == stop_pct(level, None, HOUR_S)
        assert calm >= max(each.stop_pct or 0 for each in LEVELS)

    def test_level_ten_s_stop_is_two_and_a_half_deviations_of_a_day_s_move_from_8_to_15_percent(self) -> None:
        # 0.9 % an hour is 0.9 % · √24 = 4.409 % a day; a twelfth of an hour has √12 less of it.
        for vol, interval_s in ((0.009, HOUR_S), (0.009 / 12**0.5, HOUR_S / 12)):
            found = stop_pct(LEVELS[9], (96.0, vol, *[0.0] * 8), interval_s)
            assert found == pytest.approx(11.0227038425243)
        calm, mad = (stop_pct(LEVELS[9], (96.0, vol, *[0.0] * 8), HOUR_S) for vol in (0.0065, 0.0123))
        assert (calm, mad) == (8.0, 15.0)

    def test_every_other_level_s_stop_does_not_look_at_the_volatility(self) -> None:
        for level in LEVELS[:9]:
            assert stop_pct(level, (96.0, 1.0, *[0.0] * 8), HOUR_S) == level.stop_pct


class TestTargets:
    @pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
    def test_a_rise_takes_every_target_in_order_each_at_its_price_and_its_share(self, level: Level) -> None:
        rest, sales = walked(held(level), level, Leg(ENTRY, ENTRY * 2))
        assert [sale.reason for _, sale in sales] == ["target 1", "target 2"]
        for (gain, share), (_, sale) in zip(level.targets, sales, strict=True):
            assert (sale.price, sale.share) == (at(gain), Decimal(repr(share)))
        assert target_of(rest) is None
        assert rest.highest == ENTRY * 2

    def test_a_jump_over_a_target_sells_at_what_the_market_shows(self) -> None:
        high = first_target(LEVEL) + 5
        assert step(held(), LEVEL, jump(high))[1] == Exit(high, Decimal(repr(LEVEL.targets[0][1])), "target 1")

    def test_a_jump_over_both_targets_takes_both(self) -> None:
        _, sales = walked(held(), LEVEL, jump(ENTRY * 2))
        assert [(sale.price, sale.reason) for _, sale in sales] == [(2_000, "target 1"), (2_000, "target 2")]

    def test_a_target_is_reckoned_from_what_was_paid_and_not_from_the_price(self) -> None:
        dear = replace(held(), cost=Decimal(1_100))
        assert entry_of(dear) == 1_100
        assert target_of(dear) == at(LEVEL.targets[0][0], Decimal(1_100))

    def test_what_was_sold_at_a_target_is_not_sold_again_when_the_price_comes_back(self) -> None:
        target = first_target(LEVEL)
        rest, sales = walked(
            held(), LEVEL, Leg(ENTRY, target), Leg(target, at(-1, target)), Leg(at(-1, target), target)
        )
        assert [sale.reason for _, sale in sales] == ["target 1"]
        assert rest.rungs == 1


class TestTrailing:
    @pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
    def test_once_a_profit_was_taken_the_stop_follows_the_highest_price(self, level: Level) -> None:
        top = first_target(level)
        rest, _ = walked(held(level), level, Leg(ENTRY, top))
        assert rest.stop == max(held(level).stop, opening_stop(top, level.trail_pct))
        rest, sale = step(rest, level, Leg(top, ENTRY / 2))
        assert sale == Exit(rest.stop, ONE, "trailing stop")

    def test_before_any_profit_a_new_high_moves_no_stop(self) -> None:
        near = first_target(LEVEL) - Decimal("0.01")
        rest, sale = step(held(), LEVEL, Leg(ENTRY, near))
        assert sale is None
        assert (rest.stop, rest.highest) == (held().stop, near)


class TestSlider:
    """Wherever the slider stands, a position keeps the rules of the level that opened it; its stop may be tightened."""

    TIMID, BOLD = LEVELS[0], LEVELS[8]

    def test_moved_down_at_a_loss_it_sells_nothing_and_tightens_once_the_price_has_risen(self) -> None:
        opened = held(self.BOLD)
        low, stop = at(-4), held(self.TIMID).stop
        assert opened.stop < low < stop
        after, sale = step(opened, self.TIMID, jump(low))
        assert (sale, after.stop) == (None, opened.stop)
        assert step(after, self.TIMID, jump(stop)) == (after, None)
        after, sale = step(after, self.TIMID, Leg(low, at(-2)))
        assert (sale, after.stop) == (None, stop)
        assert step(after, self.TIMID, jump(low))[1] == Exit(low, ONE, "stop")

    def test_moved_down_at_a_gain_it_takes_no_profit_by_the_new_level_s_targets(self) -> None:
        gain = first_target(self.BOLD) - Decimal("0.01")
        assert gain > at(self.TIMID.targets[-1][0])
        opened = held(self.BOLD)
        for leg in (jump(gain), Leg(ENTRY, gain)):
            after, sale = step(opened, self.TIMID, leg)
            assert (sale, after.rungs) == (None, 0)
            assert target_of(after) == first_target(self.BOLD)

    @pytest.mark.parametrize("owner", LEVELS, ids=lambda level: level.name)
    def test_moved_anywhere_the_profits_are_taken_where_the_level_that_opened_it_takes_them(self, owner: Level) -> None:
        for slider in LEVELS:
            _, sales = walked(held(owner), slider, Leg(ENTRY, ENTRY * 2))
            assert [sale.price for _, sale in sales] == [at(gain) for gain, _ in owner.targets]

    def test_the_stop_follows_at_the_lesser_distance_of_the_two_levels(self) -> None:
        top = first_target(self.BOLD)
        for owner, slider in ((self.BOLD, self.TIMID), (self.TIMID, self.BOLD)):
            rest = replace(held(owner), rungs=2, highest=top)
            rest, sale = step(rest, slider, jump(top))
            assert (sale, rest.stop) == (None, opening_stop(top, self.TIMID.trail_pct))
            assert step(rest, slider, jump(ENTRY))[1] == Exit(ENTRY, ONE, "trailing stop")

    def test_a_trailing_stop_that_would_lie_above_the_price_waits_too(self) -> None:
        top = at(20)
        opened, _ = step(replace(held(self.BOLD), rungs=2, highest=top), self.BOLD, jump(top))
        near = at(-self.TIMID.trail_pct - 1, top)
        assert opened.stop < near
        assert step(opened, self.TIMID, jump(near)) == (opened, None)
        assert step(opened, self.TIMID, jump(top))[0].stop == opening_stop(top, self.TIMID.trail_pct)

    @given(ANY_LEVEL, ANY_LEVEL, PRICES, PRICES)
    def test_a_tightened_stop_lies_below_the_price(
        self, owner: Level, slider: Level, entry: Decimal, price: Decimal
    ) -> None:
        opened = held(owner, entry)
        after = tightened(opened, slider, price)
        assert after.stop == opened.stop or opened.stop < after.stop < price
        assert replace(after, stop=opened.stop) == opened


@given(ANY_LEVEL, ANY_LEVEL, PRICES, st.lists(st.tuples(PRICES, st.booleans()), min_size=1, max_size=10))
def test_nothing_is_ever_sold_at_a_price_that_its_leg_did_not_show(
    level: Level, slider: Level, entry: Decimal, ways: list[tuple[Decimal, bool]]
) -> None:
    prices = [entry, *(price for price, _ in ways)]
    legs = [
        jump(now) if jumps else Leg(before, now)
        for (before, now), (_, jumps) in zip(pairwise(prices), ways, strict=True)
    ]
    rest, sales = walked(held(level, entry), slider, *legs)
    assert all(min(leg) <= sale.price <= max(leg) for leg, sale in sales)
    assert all(0 < sale.share <= 1 for _, sale in sales)
    reasons = [sale.reason for _, sale in sales]
    assert [reason for reason in reasons if reason.startswith("target")] == ["target 1", "target 2"][: rest.rungs]
    assert all(not reason.endswith("stop") for reason in reasons[:-1])
    assert (rest.quantity == 0) == (bool(reasons) and reasons[-1].endswith("stop"))


@given(ANY_LEVEL, ANY_LEVEL, PRICES, PRICES, st.integers(0, 2))
def test_while_a_price_stays_between_its_triggers_nothing_happens_wherever_the_slider_is_moved(
    level: Level, slider: Level, entry: Decimal, price: Decimal, rungs: int
) -> None:
    holding = tightened(replace(held(level, entry), rungs=rungs), level, entry)
    low, high = triggers(holding)
    _, sale = step(holding, slider, jump(price))
    touched = price <= low or (high is not None and price >= high)
    assert (sale is not None) == touched
