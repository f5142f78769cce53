"""The decision: a market, a book and a level in; gates, verdict and size out. Pure, and the same every time."""

from decimal import Decimal

from app.bot.gates import (
    history_gate,
    keep_gates,
    level_gates,
    limit_gates,
    live_gate,
    price_gate,
    unconfirmed_gate,
)
from app.bot.indicators import WINDOW
from app.bot.levels import Level
from app.bot.levels import level as level_of
from app.bot.market import Book, Market
from app.bot.scores import Readings, Signal, confidence, edge_bps, opportunity, readings, risk, signal
from app.bot.sizes import cost_of, sized, wanted_usd
from app.domain.decisions import Decision, Gate, Verdict, judged

_BLANK = Signal(0.0, 0.0)
_CENTS = Decimal("0.01")


def decide(market: Market, book: Book, level: Level, read: Readings | None = None) -> Decision:
    """What the level does with the token now. Nothing but the market, the book and the level is looked at; `read` are
    the readings of the market's row, where they were taken before for another level."""
    read = readings(market.row) if read is None and market.row is not None else read
    seen = _BLANK if read is None else signal(read, level)
    edge = edge_bps(market, level, seen.direction) if market.row is not None else 0.0
    # The risk is that of the size that is wanted: dearer costs make a trade smaller, and no safer.
    wanted = cost_of(market, level, wanted_usd(market, book, level))
    size = sized(market, book, level, edge, wanted)
    sure = confidence(market, seen.agreement, WINDOW)
    danger = risk(market, book, level, wanted) if market.row is not None else 100.0
    gates = _gates(market, book, level)
    if book.held is not None:
        owner = level if book.held.level == level.number else level_of(book.held.level)
        gates += keep_gates(market, book.held, owner, None if read is None else signal(read, owner).direction)
    gates.append(history_gate(market))
    gates += limit_gates(market, book)
    gates += level_gates(market, book, level, (danger, sure, edge), size)
    verdict = judged(gates)
    return Decision(
        level=level.number,
        verdict=verdict,
        gates=tuple(gates),
        size_usd=_size(verdict, book, gates, size.usd),
        confidence=sure,
        risk=danger,
        opportunity=opportunity(seen.direction, edge, size.cost_bps),
    )


def _gates(market: Market, book: Book, level: Level) -> list[Gate]:
    """The price comes first: to sell it has to be live, to buy it has to be as good as the level wants."""
    if book.held is None:
        return [price_gate(market, level)]
    return [live_gate(market), *unconfirmed_gate(market, level)]


def _size(verdict: Verdict, book: Book, gates: list[Gate], usd: float) -> Decimal:
    """US dollars to the cent, downwards; what a sale would bring at the present price."""
    if verdict is Verdict.BUY:
        return _dollars(usd)
    if verdict is not Verdict.SELL or book.held is None:
        return Decimal(0)
    reason = next(gate.name for gate in gates if gate.keeps and not gate.passed)
    share = level_of(book.held.level).targets[book.held.rungs][1] if reason == "target" else 1.0
    return _dollars(book.held.value * share)


def _dollars(usd: float) -> Decimal:
    # In floats 0.29 times 100 is a little less than 29: a millionth of a cent is nobody's.
    return Decimal(int(round(usd * 100.0, 6))) * _CENTS
