"""Round trips: each position from opened to closed, and what is left of it after its gas."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.money import NOTHING, added, minus, total
from app.domain.orders import Side
from app.domain.tokens import Token, TokenKey
from app.domain.trades import Trade, TradeStatus


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A position that was opened and sold out, US dollars throughout.

    `paid` and `received` are all-in of fee and impact, without gas. `gas` is that of all its swaps, the reverted ones
    that were sent while it was open with them. `trades` counts the filled ones.
    """

    token: Token
    opened_at: datetime
    closed_at: datetime
    paid: Decimal
    received: Decimal
    gas: Decimal
    trades: int

    @property
    def pnl(self) -> Decimal:
        """Before gas: what the ledger realized from this position."""
        return added(self.received, minus(self.paid))

    @property
    def pnl_after_gas(self) -> Decimal:
        return total(self.received, minus(self.paid), minus(self.gas))

    @property
    def wins(self) -> bool:
        """Whether anything is left after gas; coming out even is no win."""
        return self.pnl_after_gas > 0


@dataclass(slots=True)
class _Open:
    """A position on its way."""

    opened_at: datetime
    quantity: Decimal = NOTHING
    paid: Decimal = NOTHING
    received: Decimal = NOTHING
    gas: Decimal = NOTHING
    trades: int = 0

    def fill(self, trade: Trade) -> None:
        if trade.side is Side.BUY:
            self.quantity, self.paid = added(self.quantity, trade.quantity), added(self.paid, trade.value)
        else:
            self.quantity, self.received = (
                added(self.quantity, minus(trade.quantity)),
                added(self.received, trade.value),
            )
        self.trades += 1


class RoundTrips:
    """Round trips as they come out of one account's trades, one after the other."""

    def __init__(self) -> None:
        self._open: dict[TokenKey, _Open] = {}

    def take(self, trade: Trade) -> RoundTrip | None:
        """The next trade, and the round trip that it has closed. Raises ValueError where more is sold than the trades
        have bought."""
        trip = self._open.get(trade.token.key)
        if trade.status is TradeStatus.FILLED:
            trip = trip or self._open.setdefault(trade.token.key, _Open(trade.at))
            trip.fill(trade)
        if trip is None:
            return None
        trip.gas = added(trip.gas, trade.gas_usd)
        if trip.quantity < 0:
            raise ValueError(f"trade {trade.id} sells more than was bought")
        if trip.quantity:
            return None
        del self._open[trade.token.key]
        return RoundTrip(trade.token, trip.opened_at, trade.at, trip.paid, trip.received, trip.gas, trip.trades)


def round_trips(trades: Iterable[Trade]) -> list[RoundTrip]:
    """The round trips that one account's trades, oldest first, have closed; in the order of their closing.

    A position still open is none yet. Over a whole position average cost needs no reckoning: all that was received
    less all that was paid. Raises ValueError where more is sold than the trades have bought.
    """
    taken = RoundTrips()
    return [trip for trade in trades if (trip := taken.take(trade))]
