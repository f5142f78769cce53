"""The gates: every condition of a decision by name, in the order in which it is asked."""

from math import nextafter

from app.bot.indicators import WINDOW
from app.bot.levels import Level
from app.bot.market import Book, Held, Market
from app.bot.sizes import Sized, share_pct
from app.domain.decisions import Gate, at_least, at_most, below

# Levels up to this one want a price that sources of two groups agree on.
WANTS_CONFIRMED = 5
# More is bought of what is held only while less than this share of the largest position is, and only before any profit
# has been taken: otherwise the same position would be sold and bought again and again.
ADDS_BELOW = 0.5
# A position that has gained less than this, in percent, has gone nowhere.
NOWHERE_PCT = 1.0
_INF = float("inf")


def price_gate(market: Market, level: Level) -> Gate:
    """Whether there is a price to trade on: 2 where it is live and confirmed, 1 where it is live, 0 where it is not."""
    standing = 0.0
    if market.live and market.price is not None:
        standing = 1.0 if market.confirmed is False else 2.0
    return at_least("price", standing, 2.0 if level.number <= WANTS_CONFIRMED else 1.0)


def live_gate(market: Market) -> Gate:
    """Whether there is a price to sell on: nobody is made to stay because one source has fallen silent."""
    return at_least("price", 1.0 if market.live and market.price is not None else 0.0, 1.0)


def unconfirmed_gate(market: Market, level: Level) -> tuple[Gate, ...]:
    """To buy more of what is held, a cautious level wants the price confirmed; there only where it is not."""
    wanted = level.number <= WANTS_CONFIRMED and market.confirmed is False
    return (at_least("confirmed", 0.0, 1.0),) if wanted else ()


def keep_gates(market: Market, held: Held, level: Level, direction: float | None) -> tuple[Gate, ...]:
    """What has to hold for a position to be kept, by the level that opened it: `stop` and `target` in US dollars per
    token, `patience` in hours for which a position has gone nowhere, `strength` the signal, −1 to 1."""
    price = market.price
    # A price that touches an exit has crossed it.
    gates = [at_least("stop", price, nextafter(held.stop, _INF), keeps=True)]
    if held.target is not None:
        gates.append(at_most("target", price, nextafter(held.target, 0.0), keeps=True))
    gain_pct = (held.value / held.cost - 1.0) * 100.0 if held.cost > 0 else 0.0
    idle_h = held.hours if gain_pct < NOWHERE_PCT else 0.0
    gates.append(at_most("patience", idle_h, patience_h(level, market.interval_s), keeps=True))
    if direction is not None:
        gates.append(at_least("strength", direction, level.weak, keeps=True))
    return tuple(gates)


def limit_gates(market: Market, book: Book) -> list[Gate]:
    """What the session allows, whatever the level: only the limits that there are."""
    bounds, found = book.bounds, [at_least("allowed", 1.0 if book.allowed else 0.0, 1.0)]
    liquidity = market.ladder.liquidity_usd if market.ladder else None
    if bounds.min_liquidity_usd > 0 and market.ladder is not None:
        found.append(at_least("liquidity", liquidity, bounds.min_liquidity_usd))
    if bounds.daily_loss_pct < _INF:
        found.append(at_most("daily_loss", book.loss_pct, bounds.daily_loss_pct))
    if bounds.max_trades_per_day < _INF:
        found.append(below("daily_trades", float(book.trades_today), bounds.max_trades_per_day))
    return found


def level_gates(
    market: Market, book: Book, level: Level, scores: tuple[float, float, float], size: Sized
) -> list[Gate]:
    """What the level asks for. `scores` are risk, confidence and the edge in basis points; without a row of indicators
    or a quote nothing of them is known."""
    known, quoted = market.row is not None, market.ladder is not None
    risk, confidence, edge = scores
    found: list[Gate] = []
    if book.rested_h < _INF:
        found.append(at_least("rest", book.rested_h, level.rest_h))
    if book.held is None:
        found.append(below("positions", float(book.positions), float(level.positions)))
    found.append(_room(book, level))
    found.append(at_least("quote", 1.0 if quoted else 0.0, 1.0))
    found.append(at_most("risk", risk if known else None, level.risk))
    found.append(at_least("confidence", confidence if known else None, level.confidence))
    found.append(at_least("edge", edge if known and quoted else None, _needed(size, level)))
    if size.way < _INF and book.bounds.max_slippage_bps < _INF:
        found.append(at_most("slippage", size.way * 10_000.0, book.bounds.max_slippage_bps))
    found.append(at_least("size", size.usd, level.smallest_usd))
    return found


def history_gate(market: Market) -> Gate:
    """Closed bars that stand behind the indicators, without too many gaps."""
    return at_least("history", float(market.bars), float(WINDOW))


def patience_h(level: Level, interval_s: float) -> float:
    """The level's patience in hours; never less than a dozen bars."""
    return max(level.patience_h, 12.0 * interval_s / 3600.0)


def _needed(size: Sized, level: Level) -> float:
    """The edge in basis points of which the costs are the share that they may be; zero where they are not known."""
    return size.cost_bps / level.edge_share if size.cost_bps < _INF else 0.0


def _room(book: Book, level: Level) -> Gate:
    """How much of the equity is in the token already, in percent, and how much may be for more to be bought."""
    held = book.held
    if held is None or book.equity <= 0:
        return at_most("room", 0.0, share_pct(book, level))
    most = ADDS_BELOW * share_pct(book, level) if not held.rungs else 0.0
    return at_most("room", held.value / book.equity * 100.0, most)
