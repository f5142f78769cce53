"""Outcomes in words: what became of an order, as one sentence and how glad to be of it."""

from collections.abc import Sequence

from app.domain.money import NOTHING, total
from app.domain.orders import Order, OrderState, OrderType, Side, Size, SizeUnit
from app.domain.quotes import Grade
from app.domain.refusal import Refusal
from app.domain.trades import Trade, TradeStatus
from app.trading.desk import Placed
from app.ui import format as fmt

# Kind (filled, rests, reverted, refused: what a toast is coloured by) and sentence.
Said = tuple[str, str]

GRADES = {Grade.A: "on-chain quote", Grade.B: "aggregator's quote", Grade.C: "quote reckoned from reserves"}
TYPES = {
    OrderType.MARKET: "market order",
    OrderType.LIMIT: "limit order",
    OrderType.STOP_LOSS: "stop-loss",
    OrderType.TAKE_PROFIT: "take-profit",
    OrderType.TRAILING_STOP: "trailing stop",
}


def said(outcome: Placed | Refusal) -> Said:
    """What to say of an order's outcome."""
    if isinstance(outcome, Refusal):
        return "refused", outcome.sentence
    if outcome.trade is not None:
        return said_of_trade(outcome.trade)
    return said_of_order(outcome.order)


def said_of_trade(trade: Trade) -> Said:
    """'Bought 0.0994 WETH for $250.00: fee $0.125, impact $0.021, gas $0.012, on-chain quote at block 123.'"""
    named = "" if trade.order_type is OrderType.MARKET else f"{TYPES[trade.order_type].capitalize()}: "
    if trade.status is TradeStatus.REVERTED:
        tried = f"{'buying' if trade.side is Side.BUY else 'selling'} {fmt.quantity(trade.quantity)}"
        return (
            "reverted",
            f"{named}Reverted {tried} {trade.token.symbol}. {trade.reason} Gas {fmt.cost(trade.gas_usd)}.",
        )
    did = "Bought" if trade.side is Side.BUY else "Sold"
    costs = (("fee", trade.fee_usd), ("impact", trade.impact_usd), ("gas", trade.gas_usd))
    parts = [f"{word} {fmt.cost(amount)}" for word, amount in costs]
    if trade.realized_pnl is not None:
        parts.insert(0, f"realized {fmt.signed_money(trade.realized_pnl)}")
    at = f" at block {trade.block_number:,}" if trade.block_number is not None else ""
    traded = f"{fmt.quantity(trade.quantity)} {trade.token.symbol} for {fmt.money(trade.value)}"
    return "filled", f"{named}{did} {traded}: {', '.join(parts)}, {GRADES[trade.grade]}{at}."


def said_of_order(order: Order) -> Said:
    """What to say of an order without a trade: that it rests, or why it is over."""
    ticket = order.ticket
    size = size_words(ticket.size, ticket.token.symbol, ticket.side)
    name = f"{TYPES[ticket.type].capitalize()} to {ticket.side} {size}"
    if order.state is OrderState.OPEN:
        return "rests", f"{name} rests{level_words(order)}."
    kind = "rests" if order.state in (OrderState.CANCELLED, OrderState.EXPIRED) else "refused"
    over = "has expired" if order.state is OrderState.EXPIRED else f"was {order.state}"
    return kind, f"{name} {over}: {order.reason}" if order.reason else f"{name} {over}."


def said_of_flattening(parts: Sequence[tuple[str, Placed | Refusal]]) -> Said:
    """What became of selling everything, by symbol: in one sentence, with what was not sold and why."""
    sold = [symbol for symbol, outcome in parts if isinstance(outcome, Placed) and said(outcome)[0] == "filled"]
    kept = [f"{symbol} was not: {said(outcome)[1]}" for symbol, outcome in parts if symbol not in sold]
    if not parts:
        return "rests", "Nothing was held, so nothing was sold."
    if not kept:
        return "filled", f"Flattened: {_listed(sold)} sold{_proceeds([outcome for _, outcome in parts])}."
    return "refused", f"{_listed(sold)} sold; {' '.join(kept)}" if sold else f"Nothing was sold; {' '.join(kept)}"


def _proceeds(outcomes: Sequence[Placed | Refusal]) -> str:
    """' for $800.00: realized −$1.20, costs $0.45'; empty where one of the trades is not known any more."""
    trades = [found.trade for found in outcomes if isinstance(found, Placed) and found.trade is not None]
    if len(trades) < len(outcomes):
        return ""
    realized = total(*(trade.realized_pnl or NOTHING for trade in trades))
    costs = total(*(total(trade.fee_usd, trade.impact_usd, trade.gas_usd) for trade in trades))
    value = total(*(trade.value for trade in trades))
    return f" for {fmt.money(value)}: realized {fmt.signed_money(realized)}, costs {fmt.cost(costs)}"


def size_words(size: Size, symbol: str, side: Side) -> str:
    """'$250.00 of WETH', '0.5 WETH', '25 % of the cash in WETH', '50 % of the WETH held'."""
    if size.unit is SizeUnit.USD:
        return f"{fmt.money(size.amount)} of {symbol}"
    if size.unit is SizeUnit.QUANTITY:
        return f"{fmt.quantity(size.amount)} {symbol}"
    share = f"{fmt.quantity(size.amount)} %"
    return f"{share} of the cash in {symbol}" if side is Side.BUY else f"{share} of the {symbol} held"


def level_words(order: Order) -> str:
    """' at 2,400.00', ' 3 % below the highest price'; empty for a market order."""
    ticket = order.ticket
    level = ticket.limit_price or ticket.stop_price
    if level is not None:
        return f" at {fmt.price(level)}"
    return f" {fmt.quantity(ticket.trail_pct)} % below the highest price" if ticket.trail_pct is not None else ""


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 2 else list(words))
