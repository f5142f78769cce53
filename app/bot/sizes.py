"""How much: the largest trade that the level, the session and the costs allow."""

from typing import NamedTuple

from app.bot.levels import Level
from app.bot.market import Book, Market

# Of the cash, what a buy may take: the rest pays for gas, and for a price that moves between the decision and the fill.
_OF_CASH = 0.98
# The sizes that are tried, as shares of what is wanted: costs are not proportional, so a smaller trade may be worth it.
_TRIES = (0.75, 0.55, 0.4, 0.3, 0.22, 0.16, 0.12, 0.08, 0.05)
# Level 10's share of equity stays within these, whatever its record says: a level is never blocked for ever.
KELLY_LEAST_PCT, KELLY_MOST_PCT = 20.0, 25.0
UNTIL_KELLY_PCT = 22.0


class Sized(NamedTuple):
    """A size in US dollars, zero for none; `way` is what one way of it costs as a fraction, fee and impact; `cost_bps`
    the whole way in and out, gas included. Costs are infinite where nobody quoted."""

    usd: float
    way: float
    cost_bps: float


NO_SIZE = Sized(0.0, float("inf"), float("inf"))


def share_pct(book: Book, level: Level) -> float:
    """The largest position as percent of equity. Level 10 follows its own record: Kelly's fraction, capped; level 9's
    rule until there is one."""
    if level.stop_pct is not None:
        return level.largest_pct
    if book.kelly_pct is None:
        return UNTIL_KELLY_PCT
    return max(KELLY_LEAST_PCT, min(KELLY_MOST_PCT, book.kelly_pct))


def wanted_usd(market: Market, book: Book, level: Level) -> float:
    """What the level would trade if it cost nothing: up to its largest position, the cash, the session's largest trade
    and the top of the ladder; never below zero."""
    held = book.held.value if book.held else 0.0
    room = share_pct(book, level) / 100.0 * book.equity - held
    top = market.ladder.top_usd if market.ladder else 0.0
    return max(0.0, min(room, book.cash * _OF_CASH, book.bounds.max_trade_usd, top))


def cost_of(market: Market, level: Level, size_usd: float) -> Sized:
    """What going in and out with this size costs."""
    ladder = market.ladder
    if ladder is None or size_usd <= 0:
        return NO_SIZE
    there, back = ladder.ways(size_usd)
    gas = 2.0 * ladder.gas_usd * level.gas_factor / size_usd
    return Sized(size_usd, max(there, back), (there + back + gas) * 10_000.0)


def sized(market: Market, book: Book, level: Level, edge_bps: float, wanted: Sized) -> Sized:
    """The largest of the tried sizes, from what is wanted downwards, whose cost its edge can bear and whose slippage is
    allowed. Where none is, the one that costs least, so that the gates can say by how much it was too dear."""
    if wanted.usd <= 0 or _fits(wanted, book, level, edge_bps) or not _bearable(market, level, edge_bps):
        return wanted
    cheapest = wanted
    for share in _TRIES:
        usd = wanted.usd * share
        if usd < level.smallest_usd:
            break
        found = cost_of(market, level, usd)
        if _fits(found, book, level, edge_bps):
            return found
        cheapest = found if found.cost_bps < cheapest.cost_bps else cheapest
    return cheapest


def _bearable(market: Market, level: Level, edge_bps: float) -> bool:
    """Whether the edge could bear the least that any size costs."""
    rung = market.ladder.rungs[0] if market.ladder else None
    return rung is not None and (rung.buy + rung.sell) * 10_000.0 <= level.edge_share * edge_bps


def _fits(size: Sized, book: Book, level: Level, edge_bps: float) -> bool:
    return size.cost_bps <= level.edge_share * edge_bps and size.way * 10_000.0 <= book.bounds.max_slippage_bps
