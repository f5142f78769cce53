"""Execution: what happens to an order, given a quote. Pure; the desk writes down what comes out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.ledger import Account, Entry, gas_paid, posted, swapped
from app.domain.money import about, apart_bp, minus, plain, product, rounded_down, total
from app.domain.orders import Order, Side
from app.domain.prices import Consensus
from app.domain.quotes import Contract, Quote
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.domain.trades import Trade, TradeStatus, trade_id

SMALLEST_TRADE = Decimal(1)
_BASE_UNIT = Decimal("1e-6")
WORST_IMPACT_BPS = Decimal(1500)
FARTHEST_POOL_BPS = Decimal(200)
OLDEST_BLOCK = timedelta(seconds=60)
# Leaving takes one sell; the second is for the one that reverts.
SELLS_KEPT_BACK = 2


@dataclass(frozen=True, slots=True)
class Deal:
    """All that decides over an order: the quote at the newest block, what the market holds the price to be, the
    contract that an earlier quote became (None where there was none), and the market's time. `held` is what was held
    of the token when a share of it was sized, None for any other size."""

    order: Order
    quote: Quote
    market: Consensus
    at: datetime
    contract: Contract | None = None
    held: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of it: a trade, its entry, and the account after it."""

    account: Account
    entry: Entry
    trade: Trade


def execute(account: Account, deal: Deal) -> Settled | Refusal:
    """Fill the order, let it revert, or refuse it. Refusing changes nothing."""
    refusal = _too_small(account, deal) or _unfit(deal) or _unaffordable(account, deal)
    if refusal:
        return refusal
    if deal.contract and not deal.contract.kept_by(deal.quote.swap):
        return _reverted(account, deal)
    return _filled(account, deal)


def kept_back(account: Account, asset: str, gas_usd: Decimal) -> Decimal:
    """The dollars that a buy of this asset has to leave, so that every position can be sold again, at this gas."""
    held = {position.asset for position in account.open_positions} | {asset}
    return product(gas_usd, Decimal(SELLS_KEPT_BACK * len(held)))


def not_held(account: Account, token: Token, wanted: Decimal) -> Refusal:
    """More is to be sold than there is."""
    held = account.held(token.key.address)
    if not held:
        return Refusal("not_held", f"No {token.symbol} is held.")
    return Refusal("not_held", f"Only {about(held)} {token.symbol} is held; this would sell {about(wanted)}.")


def is_off_market(spot: Decimal, market: Consensus) -> bool:
    """Whether a pool's spot, in US dollars, is too far from the market to be traded at: only a price that somebody
    confirms can say so of a pool."""
    return market.price is not None and market.confirmed and apart_bp(spot, market.price) > FARTHEST_POOL_BPS


def _unfit(deal: Deal) -> Refusal | None:
    """What is wrong with the quote, whoever asks."""
    quote, swap = deal.quote, deal.quote.swap
    if swap.block_number is not None and deal.at - swap.at > OLDEST_BLOCK:
        age = int((deal.at - swap.at).total_seconds())
        return Refusal("node_lagging", f"The node's newest block is {age} s old, so its pools are not quoted.")
    if quote.quantity <= 0:
        return Refusal("too_small", f"The pool gives no {quote.token.symbol} for this size.")
    worst = deal.order.ticket.worst_bps
    if worst is not None and quote.slippage_bps > worst:
        return Refusal(
            "slippage_too_high",
            f"Fee and impact would take {about(quote.slippage_bps, 3)} bp; the bot may pay {about(worst, 3)} bp.",
        )
    held = deal.market.price
    if held is not None and is_off_market(quote.mid_price, deal.market):
        return Refusal(
            "pool_off_market",
            f"The pool's price is {about(quote.mid_price)}, the market's {about(held)}: "
            "more than 2 % apart, so the pool is not trusted.",
        )
    if quote.impact_bps > WORST_IMPACT_BPS and not deal.order.ticket.gets_out:
        return Refusal(
            "impact_too_high",
            f"This size would move the price by {about(quote.impact_bps / 100, 3)} %; above 15 % the desk refuses.",
        )
    return None


def _too_small(account: Account, deal: Deal) -> Refusal | None:
    """Under a dollar, but for the base unit of USDC that rounding takes. Whoever leaves a position may always."""
    quote = deal.quote
    leaves = quote.side is Side.SELL and quote.quantity == account.held(quote.token.key.address)
    if total(quote.value, quote.rates.usdc * _BASE_UNIT) >= SMALLEST_TRADE or leaves or deal.order.ticket.gets_out:
        return None
    return Refusal("too_small", f"The smallest trade is $1; this one comes to ${plain(rounded_down(quote.value, 4))}.")


def _unaffordable(account: Account, deal: Deal) -> Refusal | None:
    """What the account lacks."""
    return _unpayable(account, deal.quote) if deal.quote.side is Side.BUY else _unsellable(account, deal)


def _unsellable(account: Account, deal: Deal) -> Refusal | None:
    quote = deal.quote
    held = account.held(quote.token.key.address)
    if deal.held is not None and deal.held != held:
        return Refusal("position_changed", "The position changed while this was quoted; try again.")
    if quote.quantity > held:
        return not_held(account, quote.token, quote.quantity)
    short = total(quote.gas_usd, minus(account.cash), minus(quote.value))
    if short > 0:
        return Refusal("gas_short", f"The gas costs ${_cents(short)} more than the cash and the proceeds come to.")
    return None


def _unpayable(account: Account, quote: Quote) -> Refusal | None:
    left = total(account.cash, minus(quote.value), minus(quote.gas_usd))
    if left < 0:
        return Refusal(
            "not_enough_cash",
            f"With its gas this costs ${_cents(minus(left))} more than the cash, ${_cents(account.cash)}.",
        )
    reserve = kept_back(account, quote.token.key.address, quote.gas_usd)
    if left < reserve:
        return Refusal(
            "gas_kept_back",
            f"${_cents(reserve)} is kept back for the gas of selling again; this would leave ${_cents(left)} of cash.",
        )
    return None


def _filled(account: Account, deal: Deal) -> Settled:
    quote, way = deal.quote, Decimal(deal.quote.side.sign)
    moved = swapped(quote.token.key.address, product(quote.quantity, way), product(quote.value, way))
    entry = Entry(account.version + 1, deal.at, moved + gas_paid(quote.gas_usd), quote.fee_usd, quote.impact_usd)
    after = posted(account, entry)
    realized = total(after.realized, minus(account.realized)) if way < 0 else None
    return Settled(
        after, entry, _trade(account, deal, TradeStatus.FILLED, quote.gas_usd, realized, deal.order.ticket.why)
    )


def _reverted(account: Account, deal: Deal) -> Settled | Refusal:
    """No tokens move; the gas is paid as far as the cash goes."""
    quote = deal.quote
    gas = min(quote.gas_usd, account.cash)
    short = total(quote.gas_usd, minus(gas))
    if not quote.gas_usd:
        return Refusal("reverted", "The pool gives less than the minimum, so nothing was swapped; there was no gas.")
    why = "The pool gave less than the minimum, so the swap reverted; only its gas was paid."
    if short:
        why += f" The cash fell ${_cents(short)} short of it."
    if not gas:
        return Refusal("gas_short", "The swap would revert, and there is no cash to pay its gas.")
    entry = Entry(account.version + 1, deal.at, gas_paid(gas))
    return Settled(posted(account, entry), entry, _trade(account, deal, TradeStatus.REVERTED, gas, None, why))


def _trade(
    account: Account, deal: Deal, status: TradeStatus, gas: Decimal, realized: Decimal | None, reason: str
) -> Trade:
    quote, ticket, swap = deal.quote, deal.order.ticket, deal.quote.swap
    number = account.version + 1
    return Trade(
        id=trade_id(account.id, number),
        account_id=account.id,
        number=number,
        order_id=ticket.order_id,
        at=deal.at,
        side=quote.side,
        token=ticket.token,
        quantity=quote.quantity,
        price=quote.price,
        mid_price=quote.mid_price,
        value=quote.value,
        gas_usd=gas,
        fee_usd=quote.fee_usd,
        impact_usd=quote.impact_usd,
        slippage_bps=quote.slippage_bps,
        grade=swap.grade,
        quote_source=swap.source,
        route=swap.route,
        block_number=swap.block_number,
        status=status,
        reason=reason,
        origin=ticket.origin,
        order_type=ticket.type,
        realized_pnl=realized,
        pay=swap.pay,
        receive=swap.receive,
        rate=quote.rates.usdc,
        decision_id=ticket.decision_id,
    )


def _cents(amount: Decimal) -> str:
    """Dollars for a sentence: to the cent, or as far as it takes to see anything."""
    return f"{amount:,.2f}" if amount >= Decimal("0.01") or not amount else about(amount, 2)
