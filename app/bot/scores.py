"""Scores, 0 to 100 each: risk, opportunity and confidence, from recorded inputs only."""

from math import isnan, sqrt
from typing import NamedTuple

from app.bot.indicators import BEND, EFFICIENCY, FLOW, RSI, VOL, Z_LONG, Z_MIDDLE, Z_SHORT, Row
from app.bot.levels import Level
from app.bot.market import Book, Market
from app.bot.sizes import Sized

DAY_S = 86_400.0
# Below this efficiency a price is said to go sideways; half way between noise and Kaufman's own trend.
RANGE = 0.30
# How much of a full signal's reach is expected to come: a quarter of one standard deviation of the horizon's move.
SKILL = 0.25
# Where each part of the risk counts in full: a daily volatility of 15 %, 2 % of impact, 25 % of drawdown, half of the
# equity in one token, 1 % of the trade for gas, 300 bp between sources.
_FULL_VOL, _FULL_COST, _FULL_DRAWDOWN, _FULL_SHARE, _FULL_GAS, _FULL_APART = 0.15, 0.02, 25.0, 0.5, 0.01, 300.0
_RISK_VOL, _RISK_COST, _RISK_PRICE, _RISK_DRAWDOWN, _RISK_SHARE, _RISK_GAS = 50.0, 15.0, 10.0, 10.0, 10.0, 5.0


class Readings(NamedTuple):
    """What a row of indicators says to any level: a vote each, −1 to 1, `volume` None where it is not known, and how
    far they agree on a rise, 0 to 1."""

    long: float
    middle: float
    short: float
    momentum: float
    back: float
    volume: float | None
    agreement: float


class Signal(NamedTuple):
    """The direction that the indicators see, −1 to 1, and how sure they are of it, 0 to 1."""

    direction: float
    agreement: float


def readings(row: Row) -> Readings:
    """Trends are read by their horizon, momentum by Cutler's RSI; the way back to the average only while a range holds,
    and volume only where it is known, for the direction of the short run."""
    short, middle, long = _vote(row[Z_SHORT]), _vote(row[Z_MIDDLE]), _vote(row[Z_LONG])
    ranging = max(0.0, 1.0 - row[EFFICIENCY] / RANGE)
    back = -_vote(row[BEND] / 2.0) * ranging
    side = 1.0 if short > 0 else -1.0 if short < 0 else 0.0
    volume = None if isnan(row[FLOW]) else _vote(row[FLOW] - 1.0) * side
    trend = (short + middle + long) / 3.0
    return Readings(long, middle, short, (row[RSI] - 50.0) / 50.0, back, volume, max(trend, back, 0.0))


def signal(read: Readings, level: Level) -> Signal:
    """The weighted mean of the readings, through the level's eyes."""
    long, middle, short, momentum, back, volume, agreement = read
    weights = level.weights
    found = weights.long * long + weights.middle * middle + weights.short * short + weights.momentum * momentum
    found += weights.reversion * back
    weight = weights.long + weights.middle + weights.short + weights.momentum + weights.reversion
    if volume is not None:
        found += weights.volume * volume
        weight += weights.volume
    return Signal(found / weight, agreement)


def edge_bps(market: Market, level: Level, direction: float) -> float:
    """The move that is hoped for, in basis points, zero where the signal points down: the signal's share of what
    volatility makes likely over the level's horizon. A rule's reckoning, not a promise."""
    assert market.row is not None
    bars = max(float(_LEAST_BARS), level.horizon_h * 3600.0 / market.interval_s)
    return max(0.0, direction) * SKILL * market.row[VOL] * sqrt(bars) * 10_000.0


def confidence(market: Market, agreement: float, window: int) -> float:
    """How much history there is, how well the horizons agree, and how good the price is."""
    history = min(1.0, market.bars / window)
    quality = 0.9 if market.confirmed is False else 1.0 - 0.1 * min(1.0, market.apart_bp / _FULL_APART)
    return 100.0 * history * quality * agreement


def risk(market: Market, book: Book, level: Level, wanted: Sized) -> float:
    """What could go wrong with the size that is wanted, through the level's lens."""
    assert market.row is not None
    daily = market.row[VOL] * sqrt(DAY_S / market.interval_s)
    held = book.held.value if book.held else 0.0
    share = (held + wanted.usd) / book.equity if book.equity > 0 else 1.0
    way, gas = 0.0, 0.0
    if market.ladder is not None and wanted.usd > 0:
        way, gas = wanted.way, market.ladder.gas_usd * level.gas_factor / wanted.usd
    aged = market.age_s / market.fresh_s if market.fresh_s > 0 else 0.0
    found = _RISK_VOL * min(1.0, daily / _FULL_VOL)
    found += _RISK_COST * min(1.0, way / _FULL_COST)
    found += _RISK_PRICE * min(1.0, 0.5 * aged + 0.5 * market.apart_bp / _FULL_APART)
    found += _RISK_DRAWDOWN * min(1.0, book.drawdown_pct / _FULL_DRAWDOWN)
    found += _RISK_SHARE * min(1.0, share / _FULL_SHARE)
    found += _RISK_GAS * min(1.0, gas / _FULL_GAS)
    return min(100.0, found * level.lens)


def opportunity(direction: float, edge: float, cost: float) -> float:
    """The strength of the signal, and what of the edge the round trip leaves, both in basis points."""
    remains = max(0.0, 1.0 - cost / edge) if edge > 0 else 0.0
    return 75.0 * max(0.0, direction) + 25.0 * remains


_LEAST_BARS = 6


def _vote(reading: float) -> float:
    """One reading's say, −1 to 1."""
    return max(-1.0, min(1.0, reading))
