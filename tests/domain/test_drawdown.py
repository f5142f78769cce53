"""Drawdown: how far below its highest point an equity has been, and is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.drawdown import Drawdown

EQUITIES = st.lists(st.decimals("0", "1e9", places=4), max_size=30)


def seen(*equities: Decimal | int | str) -> Drawdown:
    found = Drawdown()
    for equity in equities:
        found.see(Decimal(equity))
    return found


@pytest.mark.parametrize(
    ("equities", "deepest"),
    [
        ((), "0"),
        ((100,), "0"),
        ((100, 101, 102), "0"),
        ((100, 90), "10"),
        ((100, 90, 95, 90), "10"),
        ((100, 90, 200, 190), "10"),
        ((100, 90, 200, 150), "25"),
        ((100, 50, 100, 99), "50"),
        ((100, 0), "100"),
        ((0, 0), "0"),
    ],
)
def test_it_is_the_deepest_fall_from_the_highest_point_before_it(equities: tuple[int, ...], deepest: str) -> None:
    assert seen(*equities).deepest_pct == Decimal(deepest)


@given(EQUITIES)
def test_it_is_what_comparing_every_equity_with_every_earlier_one_finds(equities: list[Decimal]) -> None:
    falls = [
        (1 - low / high) * 100
        for index, low in enumerate(equities)
        for high in equities[:index]
        if high > 0
    ]  # fmt: skip
    found = seen(*equities)
    assert found.deepest_pct == pytest.approx(max([*falls, Decimal(0)]), abs=Decimal("1e-20"))
    assert 0 <= found.deepest_pct <= 100
    assert found.highest == max(equities, default=0)


@given(EQUITIES)
def test_it_never_becomes_smaller(equities: list[Decimal]) -> None:
    found, so_far = Drawdown(), list[Decimal]()
    for equity in equities:
        found.see(equity)
        so_far.append(found.deepest_pct)
    assert so_far == sorted(so_far)


@given(EQUITIES, st.decimals("0", "1e9", places=4))
def test_how_far_below_the_highest_an_equity_is_is_asked_without_seeing_it(
    equities: list[Decimal], equity: Decimal
) -> None:
    found, untouched = seen(*equities), seen(*equities)
    below = found.below_pct(equity)
    assert found == untouched
    assert 0 <= below <= 100
    assert (below == 0) == (equity >= found.highest)
    found.see(equity)
    assert found.deepest_pct == max(untouched.deepest_pct, below)


def test_the_lowest_since_the_highest_is_forgotten_at_a_new_highest() -> None:
    assert seen(100, 80, 90).lowest == 80
    assert seen(100, 80, 100).lowest is None
    assert seen(100).lowest is None
