"""A trade taken apart: what it cost, what its result is made of, and the quote that stood behind it."""

from collections.abc import Mapping
from decimal import Decimal

from app.domain.money import minus, product, ratio, significant, total
from app.domain.orders import Side
from app.domain.trades import Trade, TradeStatus
from app.ui import figures
from app.ui import format as fmt
from app.ui.outcomes import GRADES, TYPES

# Label, value, and what is to be said of it.
Line = list[str]


def taken_apart(trade: Trade) -> Mapping[str, list[Line]]:
    """`prices`, `costs`, `result` and `quote`, each as lines."""
    return {"prices": _prices(trade), "costs": _costs(trade), "result": _result(trade), "quote": _quote(trade)}


def _prices(trade: Trade) -> list[Line]:
    did = "paid" if trade.side is Side.BUY else "received"
    word = f"Would have been {did}" if trade.status is TradeStatus.REVERTED else did.capitalize()
    return [
        ["Mid price", fmt.price(trade.mid_price), "of the pool, before the trade"],
        ["Price, all-in", fmt.price(trade.price), "fee and impact in, gas out"],
        ["Quantity", f"{fmt.quantity(trade.quantity)} {trade.token.symbol}", ""],
        [word, fmt.money(trade.value), "without gas"],
        ["Slippage", figures.bp(trade.slippage_bps), "worse than mid: fee and impact together"],
    ]


def _costs(trade: Trade) -> list[Line]:
    notional = product(trade.quantity, trade.mid_price)
    reverted = trade.status is TradeStatus.REVERTED
    swap = (("Pool fee", trade.fee_usd), ("Price impact", trade.impact_usd))
    lines = [[word, fmt.cost(part), "not charged" if reverted else _share(part, notional)] for word, part in swap]
    charged = trade.gas_usd if reverted else total(trade.fee_usd, trade.impact_usd, trade.gas_usd)
    lines.append(["Gas", fmt.cost(trade.gas_usd), _share(trade.gas_usd, notional)])
    return [*lines, ["Total cost", fmt.cost(charged), _share(charged, notional)]]


def _share(part: Decimal, notional: Decimal) -> str:
    return figures.bp(significant(ratio(part, notional) * 10_000, 9)) if notional else ""


def _result(trade: Trade) -> list[Line]:
    """A sale's gain, step by step. The entries' own fees and impact are in the entry price, and so in the move."""
    if trade.status is TradeStatus.REVERTED:
        return [["Gas lost", fmt.cost(minus(trade.gas_usd)), "no tokens moved"]]
    if trade.realized_pnl is None:
        return [["Realized", fmt.NOTHING, "a purchase: fee and impact are in the entry price"]]
    moved = total(trade.realized_pnl, trade.fee_usd, trade.impact_usd)
    return [
        ["Price move", fmt.signed_money(moved), "mid price against the all-in entry"],
        ["Pool fee", fmt.cost(minus(trade.fee_usd)), ""],
        ["Price impact", fmt.cost(minus(trade.impact_usd)), ""],
        ["Realized", fmt.signed_money(trade.realized_pnl), ""],
        ["Gas", fmt.cost(minus(trade.gas_usd)), ""],
        ["After gas", fmt.signed_money(total(trade.realized_pnl, minus(trade.gas_usd))), "of this sale"],
    ]


def _quote(trade: Trade) -> list[Line]:
    block = f"{trade.block_number:,}" if trade.block_number is not None else "none"
    lines = [
        ["Grade", f"{trade.grade.value} · {GRADES[trade.grade]}", ""],
        ["Source", trade.quote_source, ""],
        ["Route", trade.route or fmt.NOTHING, ""],
        ["Block", block, "" if trade.block_number is not None else "this quote was not pinned to one"],
        ["Fill error, next block", _error(trade.fill_error_bps), ""],
        ["Fill error, after 30 s", _error(trade.fill_error_30s_bps), ""],
        ["Order", f"{TYPES[trade.order_type]}, by {WHO[trade.origin.value]}", trade.order_id],
    ]
    return [*lines, ["Reason", trade.reason, ""]] if trade.reason else lines


def _error(error: Decimal | None) -> str:
    return "not measured" if error is None else f"{figures.bp(error)} {'worse' if error > 0 else 'better'}"


WHO: Mapping[str, str] = {"hand": "hand", "api": "a program", "bot": "the bot"}
