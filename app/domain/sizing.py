"""Sizing: from what a person asks for to the exact amount of one leg of a swap."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.execution import kept_back, not_held
from app.domain.ledger import Account
from app.domain.money import NOTHING, digits_of, divided_down, minus, product, rounded_down, total
from app.domain.orders import Side, Size, SizeUnit
from app.domain.quotes import Ask, Leg
from app.domain.refusal import Refusal
from app.domain.tokens import Token

_GAS_HEADROOM = Decimal("1.25")
_USDC_HEADROOM = Decimal("0.9998")


@dataclass(frozen=True, slots=True)
class Terms:
    """What sizes are reckoned with: dollars per USDC, and the dollars of gas that one swap is likely to cost."""

    usdc_price: Decimal
    gas_usd: Decimal


def sized(account: Account, token: Token, usdc: Token, side: Side, size: Size, terms: Terms) -> Ask | Refusal:
    """The swap that a size comes to, or why it comes to none.

    Dollars are the USDC leg, tokens the token's leg, whichever is paid. A share of a position is of its tokens, and
    100 of it is all of them; a share of cash is of what can be spent, gas and what is kept back for leaving apart.
    """
    if size.unit is SizeUnit.QUANTITY:
        leg = Leg.RECEIVE if side is Side.BUY else Leg.PAY
        amount: Decimal | Refusal = quantity_of(token, size.amount)
    elif size.unit is SizeUnit.USD:
        leg = Leg.PAY if side is Side.BUY else Leg.RECEIVE
        amount = divided_down(size.amount, terms.usdc_price, usdc.decimals)
    else:
        leg = Leg.PAY
        amount = _share(account, token, usdc, side, size.amount, terms)
    if isinstance(amount, Refusal):
        return amount
    if amount <= 0:
        return Refusal("too_small", "The smallest trade is $1.")
    if side is Side.SELL and leg is Leg.PAY and amount > account.held(token.key.address):
        return not_held(account, token, amount)
    return Ask(token, usdc, side, leg, amount)


def spendable(account: Account, asset: str, gas_usd: Decimal) -> Decimal:
    """The dollars that a buy of this asset may come to, its own gas and what is kept back left out; never below 0."""
    return max(NOTHING, total(account.cash, minus(gas_usd), minus(kept_back(account, asset, gas_usd))))


def most_of_cash(account: Account, asset: str, gas_usd: Decimal) -> Decimal:
    """The dollars that all of the cash comes to in a buy: some is left for the gas and the price of a USDC to move in
    the seconds between the quote and the click."""
    return product(spendable(account, asset, product(gas_usd, _GAS_HEADROOM)), _USDC_HEADROOM)


def quantity_of(token: Token, quantity: Decimal) -> Decimal | Refusal:
    """The quantity, if the token can express it."""
    if digits_of(quantity) > token.decimals:
        return Refusal("too_many_digits", f"{token.symbol} has {token.decimals} decimals; this quantity has more.")
    return quantity


def _share(account: Account, token: Token, usdc: Token, side: Side, share: Decimal, terms: Terms) -> Decimal | Refusal:
    part = product(share, Decimal("0.01"))
    if side is Side.BUY:
        asset = token.key.address
        wanted = product(spendable(account, asset, terms.gas_usd), part)
        cash = min(wanted, most_of_cash(account, asset, terms.gas_usd))
        return divided_down(cash, terms.usdc_price, usdc.decimals)
    held = account.held(token.key.address)
    if not held:
        return Refusal("not_held", f"No {token.symbol} is held.")
    return rounded_down(product(held, part), token.decimals)
