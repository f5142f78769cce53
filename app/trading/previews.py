"""Previews: what an order would come to, before anybody is bound to it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.execution import Deal, execute
from app.domain.ledger import Account
from app.domain.orders import Order, Side, Size, SizeUnit, Ticket
from app.domain.prices import Consensus, PriceState
from app.domain.quotes import Contract, Grade, Quote, Rates
from app.domain.refusal import Refusal
from app.domain.sizing import Terms, sized
from app.trading.venue import Venue

# In basis points of what this moves the price by: what a trader should know before the click, the gravest first.
_IMPACTS = (
    (Decimal(500), "This size moves the price by {} %, which is lost at once: most would trade less."),
    (Decimal(300), "This size moves the price by {} %: a smaller one would cost much less."),
    (Decimal(100), "This size moves the price by {} %."),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """An order as it would be filled now. `quote_id` makes it a contract until `expires_at` (the desk's own clock)."""

    quote_id: str
    expires_at: datetime
    quote: Quote
    contract: Contract
    warnings: tuple[str, ...]


def sells_a_share(ticket: Ticket) -> bool:
    """Whether the size depends on what is held when it is quoted: a share, or a stop, which never sells more than there
    is."""
    return ticket.side is Side.SELL and (ticket.size.unit is SizeUnit.SHARE or ticket.type.is_stop)


async def quoted(venue: Venue, account: Account, ticket: Ticket) -> Quote | Refusal:
    """The ticket's size as an exact swap, and the best quote for it. Nothing changes."""
    rates = venue.rates()
    if isinstance(rates, Refusal):
        return rates
    gas = await venue.gas(ticket.token)
    if isinstance(gas, Refusal):
        return gas
    likely = gas.usd(rates.native)
    quote = await _at(venue, account, ticket, rates, likely)
    if isinstance(quote, Refusal) or quote.gas_usd <= likely or not _of_cash(ticket):
        return quote
    return await _at(venue, account, ticket, rates, quote.gas_usd)


def _in_reach(account: Account, ticket: Ticket) -> Size:
    """A stop for more than is left sells what is left."""
    size, held = ticket.size, account.held(ticket.token.key.address)
    if ticket.type.is_stop and size.unit is SizeUnit.QUANTITY and 0 < held < size.amount:
        return Size(SizeUnit.SHARE, Decimal(100))
    return size


def _of_cash(ticket: Ticket) -> bool:
    return ticket.side is Side.BUY and ticket.size.unit is SizeUnit.SHARE


async def _at(venue: Venue, account: Account, ticket: Ticket, rates: Rates, gas_usd: Decimal) -> Quote | Refusal:
    """The quote for the size that the ticket comes to where a swap's gas costs so much."""
    size = _in_reach(account, ticket)
    ask = sized(account, ticket.token, venue.usdc, ticket.side, size, Terms(rates.usdc, gas_usd))
    return ask if isinstance(ask, Refusal) else await venue.quote(ask, rates)


def refusal_of(account: Account, order: Order, quote: Quote, market: Consensus, at: datetime) -> Refusal | None:
    """Why this would be refused if it were placed now; nothing is written."""
    done = execute(account, Deal(order, quote, market, at))
    return done if isinstance(done, Refusal) else None


def warnings_of(quote: Quote, market: Consensus, stands_for: str) -> tuple[str, ...]:
    """What a trader should know before the click, one sentence each."""
    found = [_impact(quote.impact_bps)]
    if market.state is PriceState.DELAYED:
        found.append("The price on the board is delayed.")
    if quote.swap.grade is Grade.B:
        found.append("An aggregator's quote: the chain's own pools gave none.")
    if quote.swap.grade is Grade.C:
        found.append("Reckoned from the pool's reserves and fee, not asked of the chain.")
    if stands_for:
        found.append(stands_for)
    return tuple(sentence for sentence in found if sentence)


def _impact(bps: Decimal) -> str:
    said = next((said for level, said in _IMPACTS if bps >= level), "")
    return said.format(f"{bps / 100:.1f}")
