"""What a decision looks at: the market, frozen and shared by all ten levels, and the book of one ledger."""

from decimal import Decimal
from typing import NamedTuple

from app.bot.indicators import Row
from app.bot.ladder import Ladder


def seen(amount: Decimal) -> float:
    """What scores see of an exact number. There is no way back: no float is ever made into money."""
    return float(amount)


class Market(NamedTuple):
    """One token at a moment. Prices in US dollars, times in seconds.

    `price` is the present one, None without any; `live` whether it may be traded on. `confirmed` says whether sources
    of two groups agree, None in a market that is its own only source, a recording or the demo, where there is nobody to
    ask. `apart_bp` is how far the sources are apart. `bars` counts the closed bars that stand behind `row`, the
    indicators of the last, None with too few. `ladder` is None where nobody quoted. `allowed` and the rest of the
    session's limits are in the book.
    """

    address: str
    price: float | None
    live: bool
    confirmed: bool | None
    age_s: float
    fresh_s: float
    apart_bp: float
    bars: int
    row: Row | None
    ladder: Ladder | None
    interval_s: float


def blank_market(address: str) -> Market:
    """A token of which nothing is known yet."""
    return Market(
        address, price=None, live=False, confirmed=None, age_s=0.0, fresh_s=0.0, apart_bp=0.0, bars=0, row=None,
        ladder=None, interval_s=60.0,
    )  # fmt: skip


class Held(NamedTuple):
    """What the bot holds of the token: `value` at the present price and `cost`, in US dollars, `stop` the price it is
    sold under, `target` the price of the next profit, None after the last, `hours` since it was opened. `level` is the
    number of the level that opened it: its rules hold for what it bought, wherever the slider stands."""

    value: float
    cost: float
    stop: float
    target: float | None
    rungs: int
    hours: float
    level: int


class Bounds(NamedTuple):
    """The session's limits as a decision needs them: infinite, or zero, where there is none."""

    max_trade_usd: float = float("inf")
    daily_loss_pct: float = float("inf")
    max_trades_per_day: float = float("inf")
    min_liquidity_usd: float = 0.0
    max_slippage_bps: float = float("inf")


class Book(NamedTuple):
    """One ledger. US dollars; percentages are positive.

    `held` is None where the bot holds none of the token; what the person holds is not looked at. `positions` counts the
    bot's open ones in other tokens, `loss_pct` how far the equity has been below that of the day's beginning,
    `rested_h` the hours since the bot last sold the token, infinite if never. `kelly_pct` is the share of equity that
    level 10's own record suggests, None until it has enough.
    """

    cash: float
    equity: float
    held: Held | None
    positions: int
    drawdown_pct: float
    trades_today: int
    loss_pct: float
    rested_h: float
    allowed: bool
    bounds: Bounds
    kelly_pct: float | None = None
