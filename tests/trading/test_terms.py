"""Terms at the moment of an entry: what the session does not allow by then is called off, with one sentence."""

from decimal import Decimal

import pytest

from app.bot.levels import level
from app.bot.market import Bounds
from app.domain.bots import Limits
from app.trading.diary import Diary
from app.trading.terms import NO_LIMIT, Entry, Terms, called_off, terms_of
from tests.trading.floor import AERO, WETH

ENTRY = Entry(WETH, Decimal(100), level(1), Decimal(50), 20_000.0)
LOST = Diary("2026-11-02", Decimal(10_000), Decimal(9_400), 3)
HELD = {"0x1", "0x2"}


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (Terms(block=frozenset({WETH.key.address})), "WETH is not allowed"),
        (Terms(allow=frozenset({AERO.key.address})), "WETH is not allowed"),
        (Terms(Bounds(max_trade_usd=99.99)), "the largest trade is $99.99"),
        (Terms(Bounds(daily_loss_pct=5.0)), "the day's loss is above 5 %"),
        (Terms(Bounds(max_trades_per_day=3)), "the trades of the day are used up"),
        (Terms(Bounds(min_liquidity_usd=20_001.0)), "the least liquidity is $20,001"),
        (Terms(worst_bps=Decimal(49)), "less slippage is allowed"),
    ],
)
def test_an_entry_that_a_limit_forbids_by_now_is_called_off(terms: Terms, why: str) -> None:
    refusal = called_off(terms, ENTRY, LOST, set())
    assert refusal and refusal.code == "not_wanted"
    assert refusal.sentence == f"It was called off before it was made: {why}."


@pytest.mark.parametrize(
    "terms",
    [
        Terms(),
        terms_of(Limits(daily_loss_pct=None)),
        Terms(allow=frozenset({WETH.key.address}), block=frozenset({AERO.key.address})),
        Terms(Bounds(100.0, 6.01, 4, 20_000.0, 50.0), worst_bps=Decimal(50)),
    ],
)
def test_an_entry_within_the_limits_is_made(terms: Terms) -> None:
    assert called_off(terms, ENTRY, LOST, set()) is None


def test_no_more_positions_are_opened_than_the_level_has_and_what_is_held_is_none_more() -> None:
    refusal = called_off(Terms(), ENTRY, Diary(), HELD)
    assert refusal and "2 positions are open already" in refusal.sentence
    assert called_off(Terms(), ENTRY, Diary(), {*HELD, WETH.key.address}) is None
    assert called_off(Terms(), ENTRY, Diary(), {"0x1"}) is None


@pytest.mark.parametrize(("liquidity", "forbidden"), [(None, True), (NO_LIMIT, False)])
def test_a_liquidity_that_nobody_states_is_not_enough_and_one_that_nobody_asked_for_is(
    liquidity: float | None, *, forbidden: bool
) -> None:
    entry = Entry(WETH, Decimal(100), level(1), None, liquidity)
    assert bool(called_off(Terms(Bounds(min_liquidity_usd=1.0)), entry, Diary(), set())) is forbidden
    assert called_off(Terms(), entry, Diary(), set()) is None
