"""Exits on every tick: the stop, the trailing stop and the ladder of targets, along the way that a price has gone."""

from dataclasses import replace
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from app.bot.indicators import VOL, Row
from app.bot.levels import Level
from app.bot.levels import level as level_of
from app.domain.bots import Holding
from app.domain.money import product, ratio, significant

# Level 10's stop: so many standard deviations of a day's move below the entry, within these bounds, in percent.
_DEVIATIONS, _LEAST_PCT, _MOST_PCT = 2.5, 8.0, 15.0
_ALL = Decimal(1)
_HUNDREDTH = Decimal("0.01")


class Leg(NamedTuple):
    """A piece of a price's way: from one price to another through all between. A tick that nobody saw coming begins
    where it ends."""

    begin: Decimal
    end: Decimal


class Exit(NamedTuple):
    """A sale: at what price the pool stood, which share (0 to 1) of what is left, and why."""

    price: Decimal
    share: Decimal
    reason: str


def jump(price: Decimal) -> Leg:
    """A tick: nothing is known of the way to it."""
    return Leg(price, price)


def stop_pct(level: Level, row: Row | None, interval_s: float) -> float:
    """How far below the entry the stop is set, in percent; by the volatility of a day where the level says so."""
    if level.stop_pct is not None:
        return level.stop_pct
    if row is None:
        return _LEAST_PCT
    daily = row[VOL] * sqrt(86_400.0 / interval_s) * 100.0
    return max(_LEAST_PCT, min(_MOST_PCT, _DEVIATIONS * daily))


def opening_stop(entry: Decimal, pct: float) -> Decimal:
    """The price of a stop so far below an entry in US dollars per token."""
    return significant(product(entry, (100 - Decimal(repr(pct))) * _HUNDREDTH))


def entry_of(holding: Holding) -> Decimal:
    """What a token was bought for, all-in of fee and impact, in US dollars."""
    return ratio(holding.cost, holding.quantity)


def target_of(holding: Holding) -> Decimal | None:
    """The price at which the next profit is taken, by the level that opened it; None where all have been."""
    targets = level_of(holding.level).targets
    if holding.rungs >= len(targets):
        return None
    pct = targets[holding.rungs][0]
    return significant(product(entry_of(holding), (100 + Decimal(repr(pct))) * _HUNDREDTH))


def tightened(holding: Holding, level: Level, price: Decimal) -> Holding:
    """The holding with the stop that the present level and its highest price ask for: it rises, or stays. One that
    would lie at or above the price waits until that is higher: to move the slider forces no sale."""
    asked: list[Decimal] = []
    if level.stop_pct is not None:
        asked.append(opening_stop(entry_of(holding), level.stop_pct))
    if holding.rungs:
        asked.append(opening_stop(holding.highest, _trail_pct(holding, level)))
    stop = max((stop for stop in asked if holding.stop < stop < price), default=holding.stop)
    return holding if stop == holding.stop else replace(holding, stop=stop)


def step(holding: Holding, level: Level, leg: Leg) -> tuple[Holding, Exit | None]:
    """The first exit on this leg, if any, and the holding that goes on from there (its quantity is the caller's to
    change once the sale is done). The rest of the leg is then to be walked from the exit's price."""
    holding = tightened(holding, level, leg.begin)
    if leg.end <= holding.stop or leg.begin <= holding.stop:
        price = leg.begin if leg.begin <= holding.stop else holding.stop
        return holding, Exit(price, _ALL, _stopped(holding, level))
    target = target_of(holding)
    if target is not None and leg.end >= target:
        price = max(leg.begin, target)
        share = Decimal(repr(level_of(holding.level).targets[holding.rungs][1]))
        risen = replace(holding.seen(price), rungs=holding.rungs + 1)
        return tightened(risen, level, price), Exit(price, share, f"target {holding.rungs + 1}")
    highest = max(leg.begin, leg.end)
    return tightened(holding.seen(highest), level, highest), None


def triggers(holding: Holding) -> tuple[Decimal, Decimal | None]:
    """The stop and the next target: while a price stays between them nothing happens."""
    return holding.stop, target_of(holding)


def _stopped(holding: Holding, level: Level) -> str:
    trailing = holding.rungs and holding.stop == opening_stop(holding.highest, _trail_pct(holding, level))
    return "trailing stop" if trailing else "stop"


def _trail_pct(holding: Holding, level: Level) -> float:
    return min(level.trail_pct, level_of(holding.level).trail_pct)
