"""The cost ladder: between its rungs it is never better than the pool, at them it is the pool, above them nothing."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.bot.ladder import ladder_of
from app.domain.depth import Depth
from app.domain.ladder import Steps, rungs_of
from app.domain.money import divided_down, ratio, rounded_down, total
from app.domain.orders import Side
from app.domain.quotes import Ask, Gas, Grade, Leg, Swap
from app.domain.refusal import Refusal
from tests.domain.deals import NOW, USDC, token

GAS = Gas(150_000, 10**7, basis="declared")
FEES = st.sampled_from([Decimal(fee) for fee in ("0", "0.0001", "0.0005", "0.003", "0.01")])
POOLS = st.builds(Depth, st.decimals(100, "1e10", places=6), st.decimals("0.01", "1e12", places=6), FEES)
TOPS = st.decimals("0.01", "1e8", places=6)
DECIMALS = st.sampled_from([0, 2, 6, 8, 18])
SHARES = st.fractions(0, 1, max_denominator=10**9)
SIDES = st.sampled_from(Side)
# 100,000 USDC against 40 tokens: 2,500 each.
POOL = Depth(Decimal(100_000), Decimal(40), Decimal("0.003"))


def ask(side: Side, amount: Decimal, decimals: int = 18) -> Ask:
    return Ask(token(decimals), USDC, side, Leg.PAY, amount)


def rung(pool: Depth, question: Ask) -> Swap | None:
    legs = pool.swap(question) if question.amount else Refusal("too_small", "")
    if isinstance(legs, Refusal):
        return None
    spot = ratio(pool.usdc, pool.tokens)
    return Swap(question, *legs, spot, pool.fee, Grade.C, "Pool", "0.3 %", GAS, NOW)


def steps_of(pool: Depth, top: Decimal, decimals: int = 18) -> Steps:
    """What the pool gives for the sizes of a ladder; a USDC is a dollar."""
    spot = ratio(pool.usdc, pool.tokens)
    buys = (rung(pool, ask(Side.BUY, rounded_down(size, 6), decimals)) for size in rungs_of(top))
    sells = (rung(pool, ask(Side.SELL, divided_down(size, spot, decimals), decimals)) for size in rungs_of(top))
    pairs = [(buy, sell) for buy, sell in zip(buys, sells, strict=True) if buy and sell]
    return Steps(tuple(buy for buy, _ in pairs), tuple(sell for _, sell in pairs))


def of_side(steps: Steps, side: Side) -> tuple[Swap, ...]:
    return steps.buys if side is Side.BUY else steps.sells


def within(known: tuple[Swap, ...], share: Fraction) -> Decimal:
    """A part of the largest payment, in whole base units, at least one."""
    top = known[-1].pay
    decimals = known[-1].ask.pays.decimals
    units = max(int(Fraction(top) * 10**decimals * share), 1)
    return Decimal(f"{units}e-{decimals}")


def received(steps: Steps, question: Ask) -> Decimal:
    found = steps.swap(question)
    if isinstance(found, Refusal):
        assert found.code == "too_small"
        return Decimal(0)
    assert (found.ask, found.pay) == (question, question.amount)
    assert found.receive > 0
    return found.receive


@given(POOLS, TOPS, DECIMALS, SIDES, SHARES)
def test_between_two_rungs_it_never_gives_more_than_the_pool_does(
    pool: Depth, top: Decimal, decimals: int, side: Side, share: Fraction
) -> None:
    steps = steps_of(pool, top, decimals)
    known = of_side(steps, side)
    assume(known)
    question = ask(side, within(known, share), decimals)
    assert received(steps, question) <= pool.received(side, question.amount, question.receives.decimals)


@given(POOLS, TOPS, DECIMALS, SIDES)
def test_at_a_rung_it_gives_what_the_pool_does_to_the_base_unit(
    pool: Depth, top: Decimal, decimals: int, side: Side
) -> None:
    steps = steps_of(pool, top, decimals)
    for known in of_side(steps, side):
        assert steps.swap(known.ask) == known


@given(POOLS, TOPS, DECIMALS, SIDES, st.tuples(SHARES, SHARES))
def test_who_pays_more_never_receives_less(
    pool: Depth, top: Decimal, decimals: int, side: Side, shares: tuple[Fraction, Fraction]
) -> None:
    steps = steps_of(pool, top, decimals)
    known = of_side(steps, side)
    assume(known)
    less, more = (within(known, share) for share in sorted(shares))
    assert received(steps, ask(side, less, decimals)) <= received(steps, ask(side, more, decimals))


@given(POOLS, TOPS, DECIMALS, SIDES)
def test_above_the_last_rung_nothing_is_known(pool: Depth, top: Decimal, decimals: int, side: Side) -> None:
    steps = steps_of(pool, top, decimals)
    known = of_side(steps, side)
    assume(known)
    unit = Decimal(f"1e-{known[-1].ask.pays.decimals}")
    found = steps.swap(ask(side, total(known[-1].pay, unit), decimals))
    assert isinstance(found, Refusal)
    assert found.code == "beyond_ladder"


def test_below_the_first_rung_it_gives_in_proportion() -> None:
    steps = steps_of(POOL, Decimal(10_000))
    first = steps.buys[0]
    assert first.pay == 40
    assert received(steps, ask(Side.BUY, Decimal(10))) == divided_down(first.receive, Decimal(4), 18)
    tiny = steps.swap(ask(Side.SELL, Decimal("1e-18")))
    assert isinstance(tiny, Refusal)
    assert tiny.code == "too_small"


def test_halfway_between_two_rungs_it_gives_half_of_what_is_between_them() -> None:
    steps = steps_of(POOL, Decimal(10_000))
    low, high = steps.buys[1:3]
    assert (low.pay, high.pay) == (400, 2_000)
    middle = received(steps, ask(Side.BUY, Decimal(1_200)))
    assert middle == divided_down(low.receive + high.receive, Decimal(2), 18)
    assert middle < POOL.received(Side.BUY, Decimal(1_200), 18)


def test_what_is_wanted_exactly_is_not_asked_of_a_ladder() -> None:
    steps = steps_of(POOL, Decimal(10_000))
    with pytest.raises(ValueError, match="what it pays"):
        steps.swap(Ask(token(18), USDC, Side.BUY, Leg.RECEIVE, Decimal(1)))


@given(st.decimals("0.01", "1e12", places=6))
def test_the_sizes_rise_to_the_largest_and_each_is_at_least_twice_the_one_before(top: Decimal) -> None:
    sizes = rungs_of(top)
    assert len(sizes) == 5
    assert sizes[-1] == top
    # So that two of them are never the same in base units, however few decimals a token has.
    assert all(2 * low <= high for low, high in pairwise(sizes))


def test_a_rung_costs_the_pool_s_fee_and_its_impact_and_more_the_larger_it_is() -> None:
    ladder = ladder_of(steps_of(POOL, Decimal(10_000)), Decimal("0.5"), Decimal("0.25"), Decimal(100_000))
    assert [rung.size_usd for rung in ladder.rungs] == [20, 200, 1_000, 2_500, 5_000]
    assert (ladder.top_usd, ladder.gas_usd, ladder.liquidity_usd) == (5_000, 0.25, 100_000)
    # Of a tenth of the reserve: 0.3 %, and 9.97 / 109.97 of the rest.
    for cost in ladder.rungs[-1][1:]:
        assert cost == pytest.approx(1 - 0.997 / 1.0997, rel=1e-9)
    for side in (1, 2):
        costs = [rung[side] for rung in ladder.rungs]
        assert 0.003 < costs[0] < 0.0035
        assert costs == sorted(costs)


@given(POOLS, TOPS, SIDES, SHARES)
def test_what_a_way_costs_is_never_less_than_at_the_rung_below_nor_more_than_at_the_one_above(
    pool: Depth, top: Decimal, side: Side, share: Fraction
) -> None:
    steps = steps_of(pool, top)
    assume(len(steps.buys) == 5)
    ladder = ladder_of(steps, Decimal(1), Decimal(0), None)
    size = ladder.top_usd * float(share)
    cost = ladder.ways(size)[0 if side is Side.BUY else 1]
    place = 1 if side is Side.BUY else 2
    above = next(rung for rung in ladder.rungs if rung.size_usd >= size)
    below = next((rung for rung in reversed(ladder.rungs) if rung.size_usd <= size), ladder.rungs[0])
    low, high = sorted((below[place], above[place]))
    assert low - 1e-15 <= cost <= high + 1e-15
