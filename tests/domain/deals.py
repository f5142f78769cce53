"""Tokens, quotes, orders and deals for the tests of the domain, and a pool that keeps a constant product."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.domain.execution import Deal
from app.domain.ledger import Account, deposit, folded
from app.domain.money import product
from app.domain.orders import Order, OrderType, Origin, Side, Size, SizeUnit, Ticket
from app.domain.prices import Consensus, PriceState
from app.domain.quotes import Ask, Contract, Gas, Grade, Leg, Quote, Rates, Swap, priced
from app.domain.tokens import Token
from app.domain.trades import Trade, TradeStatus

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
USDC = Token(8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USDC", "USD Coin", 6)
WETH = Token(8453, "0x4200000000000000000000000000000000000006", "WETH", "Wrapped Ether", 18)
ADDRESS = WETH.key.address
PAR = Rates(Decimal(1), Decimal(2500))
FREE = Gas(0, 0, declared_usd=Decimal(0))
D = Decimal


def token(decimals: int, number: int = 1) -> Token:
    return Token(8453, f"0x{number:040x}", f"T{number}", f"Token {number}", decimals)


def gas_of(usd: str | Decimal) -> Gas:
    return Gas(150_000, 10**7, basis="declared", declared_usd=Decimal(usd))


def swap(
    side: Side,
    quantity: str | Decimal,
    cash: str | Decimal,
    *,
    of: Token = WETH,
    spot: str | Decimal = "2500",
    fee: str | Decimal = "0.0005",
    gas: Gas = FREE,
    block: int | None = None,
    at: datetime = NOW,
    exact: Leg = Leg.PAY,
) -> Swap:
    """A swap of so many tokens for so much USDC."""
    pay, receive = (D(cash), D(quantity)) if side is Side.BUY else (D(quantity), D(cash))
    ask = Ask(of, USDC, side, exact, pay if exact is Leg.PAY else receive)
    return Swap(ask, pay, receive, D(spot), D(fee), Grade.A, "test", "0.05 %", gas, at, block)


def order(
    of: Token = WETH,
    side: Side = Side.BUY,
    *,
    type_: OrderType = OrderType.MARKET,
    gets_out: bool = False,
    limit: str | None = None,
    stop: str | None = None,
    trail: str | None = None,
    expires_at: datetime | None = None,
) -> Order:
    ticket = Ticket(
        "order-1",
        of,
        side,
        Size(SizeUnit.USD, D(100)),
        type_,
        limit_price=None if limit is None else D(limit),
        stop_price=None if stop is None else D(stop),
        trail_pct=None if trail is None else D(trail),
        expires_at=expires_at,
        gets_out=gets_out,
        why="because",
    )
    return Order(ticket, "acc", NOW, "digest")


def deal(
    quote: Quote,
    *,
    contract: Contract | None = None,
    market: str | Decimal | None = None,
    confirmed: bool = True,
    gets_out: bool = False,
    at: datetime = NOW,
) -> Deal:
    """A market order for this quote, where the market agrees with the pool unless another price is given."""
    held = quote.mid_price if market is None else D(market)
    consensus = Consensus(
        quote.token.key, PriceState.LIVE, held, "kraken", at, confirmed_by=("coinbase",) if confirmed else ()
    )
    return Deal(order(quote.token, quote.side, gets_out=gets_out), quote, consensus, at, contract)


def bought(quantity: str, cash: str, **kw: Any) -> Quote:
    return priced(swap(Side.BUY, quantity, cash, **kw), PAR)


def sold(quantity: str, cash: str, **kw: Any) -> Quote:
    return priced(swap(Side.SELL, quantity, cash, **kw), PAR)


def funded(amount: str | Decimal = "10000") -> Account:
    return folded("acc", [deposit(1, NOW, D(amount))])


def trade(
    number: int,
    side: Side,
    quantity: str,
    value: str,
    *,
    at: datetime = NOW,
    of: Token = WETH,
    gas: str = "0",
    fee: str = "0",
    impact: str = "0",
    status: TradeStatus = TradeStatus.FILLED,
    error: str | None = None,
) -> Trade:
    return Trade(
        id=f"acc-{number}",
        account_id="acc",
        number=number,
        order_id=f"order-{number}",
        at=at,
        side=side,
        token=of,
        quantity=D(quantity),
        price=D(1),
        mid_price=D(1),
        value=D(value),
        gas_usd=D(gas),
        fee_usd=D(fee),
        impact_usd=D(impact),
        slippage_bps=D(0),
        grade=Grade.A,
        quote_source="test",
        route="0.05 %",
        block_number=None,
        status=status,
        reason="",
        origin=Origin.HAND,
        order_type=OrderType.MARKET,
        realized_pnl=None,
        pay=D(1),
        receive=D(1),
        rate=D(1),
        fill_error_bps=None if error is None else D(error),
    )


@dataclass(frozen=True)
class Basin:
    """A pool of x·y = k around a spot price, in fractions so that its own arithmetic errs nowhere."""

    spot: Decimal
    depth: Decimal
    fee: Decimal
    gas: Gas

    def swap(self, ask: Ask) -> Swap | None:
        """None beyond its liquidity. The paid leg is rounded up to base units and the received one down."""
        usdc, tokens = Fraction(self.depth), Fraction(self.depth) / Fraction(self.spot)
        inside, outside = (usdc, tokens) if ask.side is Side.BUY else (tokens, usdc)
        keeps, amount = 1 - Fraction(self.fee), Fraction(ask.amount)
        if ask.exact is Leg.RECEIVE:
            if amount >= outside:
                return None
            pay, receive = units(inside * amount / (outside - amount) / keeps, ask.pays, up=True), ask.amount
        else:
            pay, receive = ask.amount, units(outside * amount * keeps / (inside + amount * keeps), ask.receives)
        return Swap(ask, pay, receive, self.spot, self.fee, Grade.C, "basin", "x·y", self.gas, NOW)


def units(amount: Fraction, of: Token, *, up: bool = False) -> Decimal:
    """To what the token can express."""
    scaled = amount * 10**of.decimals
    whole = math.ceil(scaled) if up else math.floor(scaled)
    return product(Decimal(whole), Decimal(1).scaleb(-of.decimals))
