"""The blotter: plain counts of what became of orders, which outlive the session they were placed in."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.domain.buckets import Buckets
from app.domain.orders import Order, OrderState, Origin
from app.domain.refusal import Refusal
from app.domain.trades import Trade
from app.trading.repeats import Outcome


@dataclass(slots=True)
class Blotter:
    """`orders` counts by (origin, outcome): every state that an order came to, and what was refused at the door; one
    that rests is counted as open, and again by how it ends. `seconds` are those from asking to the answer."""

    orders: Counter[tuple[Origin, OrderState]] = field(default_factory=Counter[tuple[Origin, OrderState]])
    seconds: Buckets = field(default_factory=Buckets)

    def moved(self, orders: Iterable[Order]) -> None:
        """Orders have come to the state that they are in, on disk."""
        for order in orders:
            self.orders[order.ticket.origin, order.state] += 1

    def answered(self, origin: Origin, outcome: Outcome, seconds: float) -> None:
        """An order was asked for, and this was said. What had been taken before is told again, and is no other."""
        if isinstance(outcome, Refusal):
            self.orders[origin, OrderState.REFUSED] += 1
        elif outcome.repeated:
            return
        self.seconds.see(seconds)


def told(trade: Trade) -> str:
    """A trade as a line of the log has it."""
    return (
        f"id={trade.id} order={trade.order_id} token={trade.token.symbol} side={trade.side.value} "
        f"quantity={trade.quantity:f} price={trade.price:f} source={trade.quote_source!r} grade={trade.grade.value} "
        f"block={trade.block_number} gas={trade.gas_usd:f} status={trade.status.value}"
    )
