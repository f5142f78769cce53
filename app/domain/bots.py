"""The bot's orders from its owner: what it may do, within which limits, and what it holds."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.bars import Interval

DEFAULT_LEVEL = 5
BOT_BARS = (Interval.M1, Interval.M5, Interval.M15, Interval.H1)


class BotState(StrEnum):
    """Running: it trades. Paused: it looks after what it holds and opens nothing. Stopped: it only thinks."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the session allows the bot, at any level; None is no limit.

    `bar` is the interval of the bars it decides on. `max_trade_usd` and `min_liquidity_usd` are US dollars,
    `daily_loss_pct` percent of the equity at 00:00 UTC, `max_slippage_bps` the greatest fee and impact of one way.
    `allow` (empty is every token) and `block` hold token addresses in lower case.
    """

    bar: Interval = Interval.M5
    max_trade_usd: Decimal | None = None
    daily_loss_pct: Decimal | None = Decimal(10)
    max_trades_per_day: int | None = 100
    allow: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    min_liquidity_usd: Decimal | None = Decimal(10_000)
    max_slippage_bps: Decimal | None = Decimal(150)


@dataclass(frozen=True, slots=True)
class BotRecord:
    """The bot of one session as it was left."""

    state: BotState = BotState.STOPPED
    level: int = DEFAULT_LEVEL
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Holding:
    """What a bot bought of one token and still holds; what a person bought of it is not in here.

    `quantity` is whole tokens, `cost` the dollars paid for them (fee and impact in, gas out), `stop` the price under
    which it is sold, which only ever rises, `highest` the highest price since it was opened, both in US dollars per
    token. `rungs` counts the profits already taken, `level` is the level that opened it.
    """

    asset: str
    quantity: Decimal
    cost: Decimal
    opened_at: datetime
    stop: Decimal
    highest: Decimal
    rungs: int = 0
    level: int = DEFAULT_LEVEL

    def seen(self, price: Decimal) -> "Holding":
        """The holding after this price in US dollars."""
        return self if price <= self.highest else replace(self, highest=price)
