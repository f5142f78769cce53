"""The blotter: plain counts of what became of orders, which outlive the session they were placed in."""

from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.domain.buckets import Buckets
from app.domain.fields import as_field
from app.domain.orders import Order, OrderState, Origin
from app.domain.prices import Consensus
from app.domain.refusal import Refusal
from app.domain.trades import Trade
from app.trading.repeats import Outcome


@dataclass(slots=True)
class Blotter:
    """`orders` counts by (origin, outcome): every state that an order came to, and what was refused at the door; one
    that rests is counted as open, and again by how it ends. `seconds` are those from asking to the answer. `levels` are
    those that decided the bot's orders, by id, while they are under way."""

    orders: Counter[tuple[Origin, OrderState]] = field(default_factory=Counter[tuple[Origin, OrderState]])
    seconds: Buckets = field(default_factory=Buckets)
    levels: dict[str, int] = field(default_factory=dict[str, int])

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

    @contextmanager
    def behind(self, order_id: str, level: int) -> Generator[None]:
        """For as long as it lasts, this level is known to be behind the order."""
        self.levels[order_id] = level
        try:
            yield
        finally:
            self.levels.pop(order_id, None)


def told(trade: Trade, market: Consensus, level: int | None) -> str:
    """A trade as a line of the log has it, with the price that the market was held to have then, and of the bot's own
    the decision behind it."""
    age = market.age_s(trade.at)
    line = (
        f"id={trade.id} order={as_field(trade.order_id)} token={as_field(trade.token.symbol)} side={trade.side.value} "
        f"quantity={trade.quantity:f} price={trade.price:f} source={trade.quote_source!r} grade={trade.grade.value} "
        f"block={trade.block_number} gas={trade.gas_usd:f} status={trade.status.value} "
        f"price_source={as_field(market.source or '-')} age={'-' if age is None else f'{age:.0f}s'}"
    )
    if trade.decision_id is None:
        return line
    verdict, known = trade.side.value.upper(), "-" if level is None else level
    return f"{line} decision={trade.decision_id} level={known} verdict={verdict} reason={trade.reason!r}"
