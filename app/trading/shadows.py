"""The shadows: the ten levels, each on its own ledger, deciding on the same snapshot at the same costs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from app.bot.bids import bid_of
from app.bot.decide import decide
from app.bot.exits import Leg, stop_pct
from app.bot.levels import level
from app.bot.market import Market
from app.bot.scores import Readings, readings
from app.domain.books import Books
from app.domain.decisions import Decision, Opinion, Verdict
from app.domain.ledger import deposit, folded
from app.domain.session import shadow_id
from app.domain.valuation import Marks
from app.trading.shadow import Intent, Shadow, Stand
from app.trading.terms import Terms, liquidity_of


class Shadows:
    """Ledgers by their level. `marks` values all of them; `terms` are the session's limits; `seen` is the beginning of
    the last bar of each token that they have decided on."""

    def __init__(self, shadows: Iterable[Shadow], marks: Marks, terms: Terms) -> None:
        self.all = tuple(shadows)
        self.marks = marks
        self.terms = terms
        self.seen: dict[str, datetime] = {}

    def tick(self, stand: Stand, price: Decimal, until: datetime, ways: Sequence[tuple[Leg, ...]]) -> None:
        """A price: what waits for it is done at it, and up to `until` it may have gone any of these ways. The worst
        for each ledger counts."""
        along = replace(stand, at=until)
        prices = [price for leg in ways[0] for price in leg]
        low, high = min(prices), max(prices)
        for shadow in self.all:
            shadow.meet(stand, price, self.terms)
            if shadow.minds(stand.asset, low, high):
                shadow.walk_worst(along, ways)
        self.marks.tick(stand.asset, ways[0][-1].end, live=True)

    def close(
        self, market: Market, bar_at: datetime, at: datetime, price: Decimal, fresh_for: timedelta
    ) -> list[Decision]:
        """The bar that began at `bar_at` has closed at this price: every level decides, and what it decides waits for
        the next price, at most `fresh_for`."""
        self.seen[market.address] = bar_at
        found: list[Decision] = []
        read = _read(market)
        for shadow in self.all:
            shadow.written.remembers = True
            shadow.close(market.address, price)
            decision = decide(market, shadow.book(market, self.terms, at, shadow.see(at)), shadow.level, read)
            self._intend(shadow, market, decision, at + fresh_for)
            found.append(decision)
        return found

    def opinions(self, market: Market, at: datetime) -> list[Decision]:
        """What every level would do now; nothing comes of it."""
        read, terms = _read(market), self.terms
        return [decide(market, each.book(market, terms, at, each.equity), each.level, read) for each in self.all]

    def become(self, other: "Shadows") -> None:
        """Take the place of ledgers that somebody else has written to."""
        self.all, self.marks, self.seen = other.all, other.marks, other.seen

    def see(self, at: datetime) -> None:
        """Let every ledger see what it is worth now."""
        for shadow in self.all:
            shadow.see(at)

    def _intend(self, shadow: Shadow, market: Market, decision: Decision, until: datetime) -> None:
        shadow.intents.pop(market.address, None)
        bid = bid_of(shadow.level, market.row)
        if decision.verdict is Verdict.BUY:
            pct, liquidity = stop_pct(shadow.level, market.row, market.interval_s), liquidity_of(market)
            shadow.intents[market.address] = Intent(decision.size_usd, until, "entry", pct, bid, liquidity)
        elif decision.verdict is Verdict.SELL and decision.first_failed != "target":
            shadow.intents[market.address] = Intent(None, until, decision.first_failed or "", bid=bid)


def new_shadows(
    session_id: str, at: datetime, balance: Decimal, terms: Terms, numbers: Iterable[int] = range(1, 11)
) -> Shadows:
    """Ledgers that begin now with the same balance in US dollars."""
    marks = Marks()
    shadows = [
        Shadow(level(number), Books(folded(shadow_id(session_id, number), [deposit(1, at, balance)])), marks)
        for number in numbers
    ]
    return Shadows(shadows, marks, terms)


def _read(market: Market) -> Readings | None:
    """What all ten read alike."""
    return None if market.row is None else readings(market.row)


def opinion_of(decision: Decision) -> Opinion:
    """A level's decision in short."""
    return Opinion(
        decision.level,
        decision.verdict,
        decision.first_failed,
        decision.size_usd,
        decision.confidence,
        decision.risk,
        decision.opportunity,
    )
