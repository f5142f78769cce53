"""Previews: what an order would come to, before anybody is bound to it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.execution import Deal, execute
from app.domain.ledger import Account
from app.domain.orders import Order, Side, SizeUnit, Ticket
from app.domain.prices import Consensus, PriceState
from app.domain.quotes import Contract, Grade, Quote, Rates
from app.domain.refusal import Refusal
from app.domain.sizing import Terms, sized
from app.trading.venue import Venue

# Where the gas of the real quote is dearer than was likely, a share of the cash is sized again, with this to spare.
_SPARE = Decimal("1.2")
_WARNED_AT = (Decimal(500), Decimal(300), Decimal(100))


@dataclass(frozen=True, slots=True)
class Preview:
    """An order as it would be filled now. `quote_id` makes it a contract until `expires_at` (the desk's own clock)."""

    quote_id: str
    expires_at: datetime
    quote: Quote
    contract: Contract
    warnings: tuple[str, ...]


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
    return await _at(venue, account, ticket, rates, quote.gas_usd * _SPARE)


def _of_cash(ticket: Ticket) -> bool:
    return ticket.side is Side.BUY and ticket.size.unit is SizeUnit.SHARE


async def _at(venue: Venue, account: Account, ticket: Ticket, rates: Rates, gas_usd: Decimal) -> Quote | Refusal:
    """The quote for the size that the ticket comes to where a swap's gas costs so much."""
    ask = sized(account, ticket.token, venue.usdc, ticket.side, ticket.size, Terms(rates.usdc, gas_usd))
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
        found.append("An aggregator's quote: no pool of this token was found on the chain itself.")
    if quote.swap.grade is Grade.C:
        found.append("Reckoned from the pool's reserves and fee, not asked of the chain.")
    if stands_for:
        found.append(stands_for)
    return tuple(sentence for sentence in found if sentence)


def _impact(bps: Decimal) -> str:
    reached = next((level for level in _WARNED_AT if bps >= level), None)
    return f"This size moves the price by {bps / 100:.1f} %." if reached is not None else ""
