"""What the trades of an account from elsewhere have to prove, and the orders and flattenings that led to them."""

from collections.abc import Iterable, Set
from decimal import Decimal

from app.domain.ledger import Book, Entry, gas_paid, swapped
from app.domain.money import NOTHING, added, dollars, minus, product, significant, total
from app.domain.orders import Order, OrderState, Side
from app.domain.quotes import Ask, Gas, Leg, Quote, Rates, Swap
from app.domain.trades import Trade, TradeStatus
from app.runtime.spelling import Misspelled
from app.store.archives import Holdings
from app.store.flattens import Flatten

_MOST_DECIMALS = 36
_TRADED = (OrderState.FILLED, OrderState.REVERTED)
# Nobody can be given less than nothing for what was paid: that is so much worse than the fill.
_WORST_BPS = 10_000
_ERROR_DIGITS = 9


def prove_trade(trade: Trade, entry: Entry, gained: Decimal) -> None:
    """It is what its entry says, and its figures follow from each other as the desk reckons them; `gained` is what its
    entry realized. Raises Misspelled."""
    amounts = (trade.quantity, trade.value, trade.gas_usd, trade.pay, trade.receive)
    above = (trade.quantity, trade.mid_price, trade.rate)
    if trade.token.decimals > _MOST_DECIMALS or min(amounts) < 0 or min(above) <= 0:
        raise Misspelled(f"trade {trade.number} cannot have been")
    noted, moved = (NOTHING, NOTHING), gas_paid(trade.gas_usd)
    if trade.status is TradeStatus.FILLED:
        way = Decimal(trade.side.sign)
        moved += swapped(trade.token.key.address, product(trade.quantity, way), product(trade.value, way))
        noted = trade.fee_usd, trade.impact_usd
    sold = trade.status is TradeStatus.FILLED and trade.side is Side.SELL
    agrees = (
        trade.at == entry.at,
        noted == (entry.fee_usd, entry.impact_usd),
        trade.realized_pnl == (gained if sold else None),
        sums(moved) == sums(entry.postings),
    )
    if not all(agrees):
        raise Misspelled(f"trade {trade.number} is not what its entry says")
    try:
        _prove_figures(trade)
    except ArithmeticError as error:
        raise Misspelled(f"trade {trade.number} cannot have been") from error


def prove_orders(each: Holdings) -> None:
    """Every trade has its order, which says the same of it, and no order claims a trade that is another's. Raises
    Misspelled."""
    orders = {order.id: order for order in each.orders}
    made = {trade.id: trade for trade in each.trades}
    for trade in each.trades:
        if trade.order_id not in orders:
            raise Misspelled(f"trade {trade.number} of {each.holder.id} has no order that led to it")
    for order in each.orders:
        trade = made.get(order.trade_id) if order.trade_id is not None else None
        if order.trade_id is not None and (trade is None or trade.order_id != order.id):
            raise Misspelled(f"the order {order.id[:40]!r} claims a trade that is not its own")
        if not _is_told_by(order, trade):
            raise Misspelled(f"the order {order.id[:40]!r} is not what its trade says")
    for trade in each.trades:
        if orders[trade.order_id].trade_id != trade.id:
            raise Misspelled(f"trade {trade.number} of {each.holder.id} is not the one of its order")


def prove_flattens(each: Holdings, assets: Set[str]) -> None:
    """They sell what was held; `assets` is all that ever was. Raises Misspelled."""
    orders = {order.id: order for order in each.orders}
    for flatten in each.flattens:
        if not _is_known(flatten, orders, assets):
            raise Misspelled(f"the flattening {flatten.order_id[:40]!r} names what there is not")


def _prove_figures(trade: Trade) -> None:
    """Of a reverted one they are what the pool would have given. Raises Misspelled, ArithmeticError."""
    quote = _quote_of(trade)
    way, cash = (Decimal(1), trade.pay) if trade.side is Side.BUY else (Decimal(-1), trade.receive)
    paid_over = total(trade.value, minus(dollars(quote.notional)))
    follows = (
        trade.quantity == quote.quantity,
        trade.value == dollars(product(cash, trade.rate)),
        trade.price == quote.price,
        total(trade.fee_usd, trade.impact_usd) == product(paid_over, way),
        trade.slippage_bps == quote.slippage_bps,
    )
    if not all(follows):
        raise Misspelled(f"the figures of trade {trade.number} do not follow from each other")
    errors = [error for error in (trade.fill_error_bps, trade.fill_error_30s_bps) if error is not None]
    if errors and trade.status is not TradeStatus.FILLED:
        raise Misspelled(f"trade {trade.number} was never filled, so its fill has no error")
    if any(error > _WORST_BPS or error != significant(error, _ERROR_DIGITS) for error in errors):
        raise Misspelled(f"the fill error of trade {trade.number} cannot be")


def _quote_of(trade: Trade) -> Quote:
    """The quote that it was made at, as far as it remembers it."""
    ask = Ask(trade.token, trade.token, trade.side, Leg.PAY, trade.pay)
    kind = (trade.grade, trade.quote_source, trade.route)
    swap = Swap(ask, trade.pay, trade.receive, NOTHING, NOTHING, *kind, Gas(0, 0), trade.at, trade.block_number)
    rates = Rates(trade.rate, NOTHING)
    return Quote(swap, rates, trade.value, trade.mid_price, trade.fee_usd, trade.impact_usd, trade.gas_usd)


def sums(postings: Iterable[tuple[Book, str, Decimal]]) -> dict[tuple[Book, str], Decimal]:
    """What postings come to in each book and asset, where that is anything."""
    found: dict[tuple[Book, str], Decimal] = {}
    for book, asset, amount in postings:
        found[book, asset] = added(found.get((book, asset), NOTHING), amount)
    return {place: amount for place, amount in found.items() if amount}


def _is_told_by(order: Order, trade: Trade | None) -> bool:
    """Whether an order says what its trade does; without one it has come to none."""
    if trade is None:
        return order.state not in _TRADED
    ticket = order.ticket
    said = (order.state.value, ticket.side, ticket.token.key, ticket.type, ticket.origin)
    return said == (trade.status.value, trade.side, trade.token.key, trade.order_type, trade.origin)


def _is_known(flatten: Flatten, orders: dict[str, Order], assets: Set[str]) -> bool:
    """Whether each of its sells is of something that was held, and became an order that sells it or was refused; one
    that was never finished may have come to neither."""
    refused = flatten.refusals
    if refused and not refused.keys() <= {child for child, _ in flatten.orders}:
        return False
    for child, asset in flatten.orders:
        order = orders.get(child)
        if asset not in assets or (order is None and refused is not None and child not in refused):
            return False
        if order is not None and (order.ticket.side, order.ticket.token.key.address) != (Side.SELL, asset):
            return False
    return True
