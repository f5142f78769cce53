"""The books of one account: the account with its open orders, and each way in which they can change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from app.domain.bots import Holding
from app.domain.execution import Deal, execute
from app.domain.ledger import Account, Entry, Position
from app.domain.orders import Order, OrderState, OrderType
from app.domain.refusal import Refusal
from app.domain.trades import Trade, TradeStatus

MOST_OPEN = 200


@dataclass(frozen=True, slots=True)
class Books:
    """An account and its open orders by id."""

    account: Account
    orders: Mapping[str, Order] = field(default_factory=lambda: MappingProxyType[str, Order]({}))

    def exits(self, address: str) -> list[Order]:
        """The open orders that guard the position in a token and cancel each other."""
        return [order for order in self.orders.values() if order.oco_id and _is_of(order, address)]


@dataclass(frozen=True, slots=True)
class Change:
    """What one decision does to the books: the account after it, what is to be written, and the order and the trade
    that it was about. `orders` are all that have changed; `closed` are positions that ended, by their entry.
    `holdings` are the bot's that have changed, `memory` what it is to remember."""

    account: Account
    order: Order | None = None
    trade: Trade | None = None
    entries: tuple[Entry, ...] = ()
    orders: tuple[Order, ...] = ()
    closed: tuple[tuple[int, Position], ...] = ()
    holdings: tuple[Holding, ...] = ()
    memory: str | None = None


def applied(books: Books, change: Change) -> Books:
    """The books after a change."""
    orders = dict(books.orders)
    for order in change.orders:
        if order.state is OrderState.OPEN:
            orders[order.id] = order
        else:
            orders.pop(order.id, None)
    return Books(change.account, MappingProxyType(orders))


def taken(books: Books, orders: Sequence[Order]) -> Change | Refusal:
    """Orders put on the book to rest there. A stop or a target needs something to sell."""
    if len(books.orders) + len(orders) > MOST_OPEN:
        return Refusal("too_many_orders", f"At most {MOST_OPEN} orders can be open; cancel some first.")
    for order in orders:
        ticket = order.ticket
        if guards(order) and not books.account.held(ticket.token.key.address):
            return Refusal("not_held", f"No {ticket.token.symbol} is held that this order could sell.")
    return Change(books.account, order=orders[-1] if orders else None, orders=tuple(orders))


def guarded(books: Books, address: str, orders: Sequence[Order], at: datetime) -> Change | Refusal:
    """The exits of a position set anew: the old ones are cancelled, and these rest in their place."""
    gone = _ended(books.exits(address), OrderState.CANCELLED, "Its position was given other exits.", at)
    others = {name: order for name, order in books.orders.items() if order not in books.exits(address)}
    change = taken(replace(books, orders=others), orders)
    if isinstance(change, Refusal):
        return change
    return replace(change, orders=(*gone, *change.orders))


def settled(books: Books, deal: Deal) -> Change | Refusal:
    """A market order, or a resting one whose price has come, executed. A filled one cancels what it was tied to, and
    a position that is sold out needs no exits any more."""
    if deal.order.ticket.type.rests and deal.order.id not in books.orders:
        return Refusal("order_not_open", "That order is not open any more.")
    done = execute(books.account, deal)
    if isinstance(done, Refusal):
        return done
    filled = done.trade.status is TradeStatus.FILLED
    state = OrderState.FILLED if filled else OrderState.REVERTED
    order = replace(deal.order, state=state, reason=done.trade.reason, trade_id=done.trade.id, ended_at=deal.at)
    position = done.account.positions.get(deal.order.ticket.token.key.address)
    closes = filled and position is not None and not position.is_open
    tied = _tied(books, deal.order, closes=closes) if filled else []
    reason = "Its position was closed." if closes else "The order that it was tied to was filled."
    return Change(
        done.account,
        order,
        done.trade,
        (done.entry,),
        (order, *_ended(tied, OrderState.CANCELLED, reason, deal.at)),
        ((done.entry.number, position),) if closes and position else (),
    )


def ended(books: Books, order_id: str, state: OrderState, reason: str, at: datetime) -> Change | Refusal:
    """An open order that ends without a trade."""
    order = books.orders.get(order_id)
    if order is None:
        return Refusal("order_not_open", "That order is not open any more.")
    over = _ended([order], state, reason, at)
    return Change(books.account, over[0], orders=over)


def seen(books: Books, orders: Iterable[Order]) -> Change:
    """Open orders that remember a new highest price."""
    return Change(books.account, orders=tuple(order for order in orders if order.id in books.orders))


def _tied(books: Books, order: Order, *, closes: bool) -> list[Order]:
    """What goes with a filled order: those of its group, and with the end of the position whatever guarded it, which
    would otherwise lie in wait for the next one."""
    address = order.ticket.token.key.address
    return [
        other
        for other in books.orders.values()
        if other.id != order.id
        and (
            (other.oco_id is not None and other.oco_id == order.oco_id)
            or (closes and _is_of(other, address) and guards(other))
        )
    ]


def guards(order: Order) -> bool:
    """Whether the order waits to sell a position: a stop or a target."""
    return order.ticket.type.is_stop or order.ticket.type is OrderType.TAKE_PROFIT


def _is_of(order: Order, address: str) -> bool:
    return order.ticket.token.key.address == address


def _ended(orders: Iterable[Order], state: OrderState, reason: str, at: datetime) -> tuple[Order, ...]:
    return tuple(replace(order, state=state, reason=reason, ended_at=at) for order in orders)
