"""The demo market: the same for ever, plausible, and never outside what can be a price."""

import math
import os
import statistics
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bars import Bar, Interval
from app.domain.money import LARGEST_PRICE, SMALLEST_PRICE
from app.domain.registry import REGISTRY, on_chain
from app.domain.tokens import Token, is_address
from app.market.demo import ASSETS, DEMO_SEED, DemoMarket
from app.market.demo_paths import SECOND, Course, Jumps, brownian, key_of, wander

AT = datetime(2026, 11, 7, 12, 0, 0, 250_000, tzinfo=UTC)
BASE = {token.symbol: token for token in on_chain(8453)}
MARKET = DemoMarket(DEMO_SEED, tuple(BASE.values()))
STABLE = ("USDC", "USDbC", "USDT", "DAI")
STRANGER = Token(8453, "0x00000000000000000000000000000000DeaDBeef", "DEAD", "Of no registry", 18)
MOMENTS = st.integers(0, 20 * 365 * 86_400_000).map(
    lambda millis: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)
)

IN_ANOTHER_PROCESS = """
from datetime import UTC, datetime
from app.domain.registry import on_chain
from app.market.demo import DEMO_SEED, DemoMarket
for reading in DemoMarket(DEMO_SEED, on_chain(8453)).readings(datetime(2026, 11, 7, 12, 0, 0, 250_000, tzinfo=UTC)):
    print(reading.price, reading.pool)
"""


def hourly(symbol: str, days: int = 60) -> list[float]:
    prices = [float(MARKET.price(BASE[symbol], AT - timedelta(hours=hour))) for hour in range(days * 24, -1, -1)]
    return [math.log(later / price) for price, later in pairwise(prices)]


def volatility(symbol: str) -> float:
    return statistics.pstdev(hourly(symbol)) * math.sqrt(365 * 24)


@pytest.mark.parametrize("hash_seed", ["1", "4711"])
def test_the_same_seed_gives_the_same_market_in_another_process(hash_seed: str) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS]
    told = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == [f"{reading.price} {reading.pool}" for reading in MARKET.readings(AT)]


def test_these_are_the_prices_of_the_default_seed() -> None:
    # A change of them would put a step into everybody's running demo session.
    prices = {symbol: str(MARKET.price(BASE[symbol], AT)) for symbol in ("WETH", "USDC", "cbBTC", "DEGEN")}
    assert prices == {"WETH": "3109.0545", "USDC": "1.0002005", "cbBTC": "89173.684", "DEGEN": "0.0026906436"}


def test_another_seed_is_another_market() -> None:
    other = DemoMarket(DEMO_SEED + 1, MARKET.tokens)
    pairs = list(zip(MARKET.readings(AT), other.readings(AT), strict=True))
    assert all(one.price != two.price for one, two in pairs)
    assert all(one.pool and two.pool and one.pool.address != two.pool.address for one, two in pairs)


def test_the_other_tokens_of_a_market_do_not_move_a_price() -> None:
    alone = DemoMarket(DEMO_SEED, (BASE["LINK"],)).readings(AT)[0]
    assert alone in MARKET.readings(AT)


def test_one_asset_has_one_price_on_every_chain() -> None:
    weth = [token for token in REGISTRY.values() if token.symbol == "WETH"]
    assert len(weth) > 2
    assert len({MARKET.price(token, AT) for token in weth}) == 1


def test_a_reading_says_that_it_is_the_demo_market_s_and_when() -> None:
    for token, reading in zip(MARKET.tokens, MARKET.readings(AT), strict=True):
        assert (reading.token, reading.source) == (token.key, "demo")
        assert reading.as_of == reading.fetched_at == AT
        assert reading.price == MARKET.price(token, AT)
        assert reading.pool is not None
        assert is_address(reading.pool.address)
        assert (reading.pool.exchange, reading.pool.fee_bp in (5, 30)) == ("demo pool", True)


def test_every_pool_has_its_own_address_and_keeps_it() -> None:
    now, later = MARKET.readings(AT), MARKET.readings(AT + timedelta(days=100))
    assert len({reading.pool.address for reading in now if reading.pool}) == len(now)
    assert [r.pool.address for r in now if r.pool] == [r.pool.address for r in later if r.pool]


def test_the_liquidity_of_a_pool_wanders_within_bounds() -> None:
    days = [MARKET.readings(AT + timedelta(days=day))[0].pool for day in range(60)]
    worth = [pool.liquidity_usd for pool in days if pool]
    assert len(set(worth)) == 60
    assert max(worth) / min(worth) < Decimal("2.3")


def test_prices_move_from_second_to_second_and_those_of_stablecoins_mostly() -> None:
    for token in MARKET.tokens:
        seen = [MARKET.price(token, AT + timedelta(seconds=second)) for second in range(61)]
        moves = sum(one != two for one, two in pairwise(seen))
        assert moves >= (40 if token.symbol in STABLE else 58), token.symbol


def test_a_price_has_no_more_than_eight_digits() -> None:
    assert all(len(reading.price.as_tuple().digits) <= 8 for reading in MARKET.readings(AT))


def test_every_curated_asset_has_its_place_in_the_market() -> None:
    assert {token.coingecko_id for token in REGISTRY.values()} <= set(ASSETS)


def test_an_asset_stays_about_its_base() -> None:
    for token in MARKET.tokens:
        base = ASSETS[token.coingecko_id or ""].base
        for quarter in range(16):
            price = float(MARKET.price(token, AT + timedelta(days=91 * quarter)))
            assert base / 3.5 < price < base * 3.5, token.symbol


def test_a_token_of_no_registry_trades_too() -> None:
    stranger = DemoMarket(DEMO_SEED, (STRANGER,))
    reading = stranger.readings(AT)[0]
    assert reading.pool is not None
    assert reading.pool.liquidity_usd > 50_000
    assert reading.price != DemoMarket(DEMO_SEED + 1, (STRANGER,)).readings(AT)[0].price


@pytest.mark.parametrize("symbol", ["cbBTC", "LINK", "AERO", "DEGEN", "VIRTUAL"])
def test_tokens_fall_and_rise_together(symbol: str) -> None:
    assert 0.4 < statistics.correlation(hourly("WETH"), hourly(symbol)) < 0.8


@pytest.mark.parametrize(
    ("symbol", "least", "most"),
    [
        ("WETH", 0.45, 0.75),
        ("cbBTC", 0.35, 0.6),
        ("LINK", 0.55, 0.9),
        ("DEGEN", 0.95, 1.45),
        ("EURC", 0.04, 0.1),
        ("USDC", 0.0, 0.05),
    ],
)
def test_volatility_over_sixty_days_is_plausible(symbol: str, least: float, most: float) -> None:
    assert least <= volatility(symbol) <= most


def test_a_wrapped_asset_keeps_its_ratio_to_the_asset_within_ten_basis_points() -> None:
    for day in range(60):
        at = AT + timedelta(days=day)
        ratio = MARKET.price(BASE["cbETH"], at) / MARKET.price(BASE["WETH"], at)
        assert abs(float(ratio) / (3540 / 3200) - 1) < 0.001


def test_a_token_jumps_a_few_times_in_a_month() -> None:
    seen = [float(MARKET.price(BASE["WETH"], AT + timedelta(minutes=5 * step))) for step in range(60 * 288)]
    jumps = [step for step, (one, two) in enumerate(pairwise(seen)) if abs(math.log(two / one)) > 0.025]
    assert 2 <= len(jumps) <= 12


def test_a_jump_is_of_its_stated_size_and_fades_away() -> None:
    jumps = Jumps(key_of("a test"), per_month=10)
    minutes = [jumps.at(minute * 60 * SECOND) for minute in range(300 * 1440)]
    begun = [(one, two) for one, two in pairwise(minutes) if abs(two) > abs(one) + 0.02]
    assert 90 <= len(begun) <= 101
    sizes = [math.exp(two - one) - 1 for one, two in begun if one == 0]
    assert all(0.029 < abs(size) < 0.12 for size in sizes)
    assert {size > 0 for size in sizes} == {True, False}
    # Between two beginnings nothing grows, and some time is free of all of them.
    grown = [(one, two) for one, two in pairwise(minutes) if abs(two) > abs(one)]
    assert len(grown) <= 101
    assert 0.0 in minutes


def test_stablecoins_hold_their_peg_but_for_brief_and_rare_falls() -> None:
    for symbol in ("USDC", "USDT", "DAI"):
        hours = [float(MARKET.price(BASE[symbol], AT + timedelta(hours=hour))) for hour in range(3 * 365 * 24)]
        off = [price for price in hours if abs(price - 1) > 0.0006]
        assert 0 < len(off) < len(hours) / 50, symbol
        assert min(off) > 0.94, symbol
        assert max(hours) < 1.0006, symbol


@given(
    at=MOMENTS,
    seed=st.integers(0, 2**64),
)
@settings(deadline=None, max_examples=200)
def test_a_price_is_always_within_what_can_trade(at: datetime, seed: int) -> None:
    tokens = (*on_chain(1), *on_chain(8453), STRANGER)
    for reading in DemoMarket(seed, tokens).readings(at):
        assert SMALLEST_PRICE <= reading.price <= LARGEST_PRICE
        assert reading.pool is not None
        assert 10_000 < reading.pool.liquidity_usd < 10**9


@pytest.mark.parametrize("interval", list(Interval))
def test_bars_begin_and_end_at_the_price_of_that_moment(interval: Interval) -> None:
    token = BASE["AERO"]
    bars = MARKET.bars(token, interval, AT, 50)
    for bar in bars:
        assert bar.at == interval.start_of(bar.at)
        assert bar.open == MARKET.price(token, bar.at)
        assert bar.close == MARKET.price(token, min(bar.at + interval.length, AT))
    assert [later.at - bar.at for bar, later in pairwise(bars)] == [interval.length] * 49
    assert bars[-1].at == interval.start_of(AT)


@given(
    until=MOMENTS,
    interval=st.sampled_from(Interval),
    token=st.sampled_from([*BASE.values(), STRANGER]),
)
@settings(deadline=None, max_examples=100)
def test_no_bar_contradicts_itself(until: datetime, interval: Interval, token: Token) -> None:
    bars = MARKET.bars(token, interval, until, 3)
    assert len(bars) == 3
    for bar in bars:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.volume >= 0
        assert bar.origin == "demo"


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 2**52), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_many_moments_at_once_are_to_the_bit_what_each_is_by_itself(key: int, moments: list[int]) -> None:
    jumps = Jumps(key, 9.0), Jumps(key + 1, 9.0, falls_only=True)
    course = Course(3.5, (brownian(key, 0.8), wander(key_of(key), 0.4, 86400), *jumps))
    assert course.over(np.array(moments, dtype=np.int64)) == [course.at(moment) for moment in moments]


def test_a_bar_that_has_closed_never_changes() -> None:
    closed: list[Bar] = MARKET.bars(BASE["WETH"], Interval.M5, AT, 10)[:-1]
    later = MARKET.bars(BASE["WETH"], Interval.M5, AT + timedelta(minutes=10), 12)
    assert later[:9] == closed


def test_a_closed_bar_has_volume_and_one_that_just_opened_has_none() -> None:
    bars = MARKET.bars(BASE["WETH"], Interval.H1, AT.replace(microsecond=0), 3)
    assert all(bar.volume > 0 for bar in bars[:-1])
    price = bars[-2].close
    assert bars[-1] == Bar(AT.replace(microsecond=0), price, price, price, price, Decimal(0), "demo")
