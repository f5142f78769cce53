"""Holdings: what a trade does to what a bot holds, on the person's account and on the shadows' alike."""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from app.bot.exits import opening_stop
from app.bot.market import Book, Held, Market, seen
from app.domain.bots import Holding
from app.domain.drawdown import Drawdown
from app.domain.money import added, dollars, minus, product, ratio, rounded_down
from app.domain.trades import Trade
from app.trading.diary import Diary
from app.trading.terms import Terms


def bought(before: Holding | None, trade: Trade, stop_pct: float, level: int) -> Holding:
    """The holding after a buy. A new one's stop is so far below its entry; one that grows keeps its own."""
    if before is None:
        stop = opening_stop(ratio(trade.value, trade.quantity), stop_pct)
        asset = trade.token.key.address
        return Holding(asset, trade.quantity, trade.value, trade.at, stop, trade.mid_price, level=level)
    return replace(before, quantity=added(before.quantity, trade.quantity), cost=added(before.cost, trade.value))


def less(before: Holding, quantity: Decimal) -> Holding | None:
    """The holding after so many tokens have left it, and its cost in proportion; None where nothing is left."""
    left = added(before.quantity, minus(quantity))
    if left <= 0:
        return None
    return replace(before, quantity=left, cost=dollars(ratio(product(before.cost, left), before.quantity)))


def share_of(holding: Holding, share: Decimal, decimals: int) -> Decimal:
    """So large a share of what is held, in tokens of so many decimals; all of it where less would be none."""
    return rounded_down(product(holding.quantity, share), decimals) or holding.quantity


def rungs_of(reason: str, before: int) -> int:
    """How many profits have been taken after a sale for this reason: 'target 2' is the second."""
    name, _, number = reason.partition(" ")
    return int(number) if name == "target" and number.isdecimal() else before


def held_of(
    holding: Holding, price: Decimal | None, triggers: tuple[Decimal, Decimal | None], at: datetime
) -> Held:  # fmt: skip
    """The holding as a decision looks at it now; without a price it is worth what it cost."""
    stop, target = triggers
    value = holding.cost if price is None else product(holding.quantity, price)
    return Held(
        value=seen(value),
        cost=seen(holding.cost),
        stop=seen(stop),
        target=None if target is None else seen(target),
        rungs=holding.rungs,
        hours=(at - holding.opened_at).total_seconds() / 3600.0,
        level=holding.level,
    )


def book_of(
    market: Market, held: Held | None, others: Set[str], waiting: Set[str], worth: tuple[Decimal, Decimal],
    diary: Diary, drawdown: Drawdown, terms: Terms, rested_h: float, kelly_pct: float | None,
) -> Book:  # fmt: skip
    """A ledger as a decision looks at it. `others` are the tokens that it holds, `waiting` those that it has decided to
    buy and has not yet bought: they count as positions and as trades of the day. `worth` is cash and equity in US
    dollars."""
    cash, equity = worth
    return Book(
        cash=seen(cash),
        equity=seen(equity),
        held=held,
        positions=len((others | waiting) - {market.address}),
        drawdown_pct=seen(drawdown.below_pct(equity)),
        trades_today=diary.trades + len(waiting - {market.address}),
        loss_pct=diary.loss_pct,
        rested_h=rested_h,
        allowed=terms.allows(market.address),
        bounds=terms.bounds,
        kelly_pct=kelly_pct,
    )
