"""Glances: one token's market as the bot looks at it, made of the board, its window of bars and its ladder. Pure."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from app.bot.indicators import Row
from app.bot.ladder import Ladder
from app.bot.market import Market, blank_market, seen
from app.domain.bars import Interval
from app.domain.execution import is_off_market
from app.domain.ladder import Steps
from app.domain.money import NOTHING, apart_bp, product
from app.domain.prices import Consensus, PriceState, SourceRule
from app.domain.quotes import Rates
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.runtime.windows import Window
from app.trading.shadow import Stand


class Glance(NamedTuple):
    """A token at a tick: its price, its closed bars, whether one of them is new, and what trading it costs (None where
    nobody was asked, or nobody answered)."""

    token: Token
    price: Consensus
    window: Window
    closed: bool
    costs: tuple[Steps, Ladder] | None

    @property
    def live(self) -> bool:
        return self.price.state is PriceState.LIVE and self.price.price is not None


def market_of(
    glance: Glance, row: Row | None, now: datetime, interval: Interval, rules: Mapping[str, SourceRule], *, alone: bool
) -> Market:
    """What a decision looks at. `alone` says that the market is its own only source, so that nobody can confirm it."""
    held = glance.price
    rule = rules.get(held.source or "")
    return Market(
        address=glance.token.key.address,
        price=None if held.price is None else seen(held.price),
        live=glance.live,
        confirmed=None if alone else held.confirmed,
        age_s=held.age_s(now) or 0.0,
        fresh_s=rule.fresh_for.total_seconds() if rule else 0.0,
        apart_bp=seen(_apart(held)),
        bars=len(glance.window.bars),
        row=row,
        ladder=glance.costs[1] if glance.costs else None,
        interval_s=1.0 * interval.seconds,
    )


def touched(known: Market | None, asset: str, held: Consensus) -> Market:
    """The market as it was seen last, at the price that has touched something."""
    price = None if held.price is None else seen(held.price)
    return (known or blank_market(asset))._replace(price=price, live=held.state is PriceState.LIVE)


def stand_of(glance: Glance, usdc: Token, rates: Rates | Refusal, now: datetime) -> Stand | None:
    """Where the shadows trade the token at this tick: between the swaps that were quoted; None where none were, or
    where a pool is so far from the market that the desk would not trade there either."""
    if glance.costs is None or isinstance(rates, Refusal):
        return None
    steps = glance.costs[0]
    if _is_off_market(steps, glance.price, rates):
        return None
    return Stand(glance.token, usdc, glance.token.key.address, now, rates, lambda ask, _price: steps.swap(ask))


def _is_off_market(steps: Steps, held: Consensus, rates: Rates) -> bool:
    spots = {swap.spot for swap in (*steps.buys, *steps.sells)}
    return any(is_off_market(product(spot, rates.usdc), held) for spot in spots)


def _apart(held: Consensus) -> Decimal:
    """How far the sources that count are from the leading one, in basis points."""
    counted = (reading.price for reading in held.readings if reading.source in held.counted)
    return max((apart_bp(price, held.price) for price in counted if held.price is not None), default=NOTHING)
