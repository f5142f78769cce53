"""A pool's depth by the constant-product rule: what an amount paid gives, and what an amount wanted costs."""

from dataclasses import dataclass
from decimal import Clamped, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from app.domain.money import about, minus, product, ratio, total
from app.domain.orders import Side
from app.domain.quotes import Ask, Leg
from app.domain.refusal import Refusal

# Wide enough for reserves of 60 digits, times amounts of 60, at any token's decimals, without a rounding.
_WIDE = Context(prec=400, traps=[InvalidOperation, Overflow, DivisionByZero, Clamped])


@dataclass(frozen=True, slots=True)
class Depth:
    """A pool that keeps x·y = k, with its fee taken from what is paid: Uniswap V2 (getAmountOut and getAmountIn of its
    UniswapV2Library), for any fee.

    `usdc` and `tokens` are the reserves in whole units, above zero; `fee` is a fraction, 0 ≤ fee < 1.
    """

    usdc: Decimal
    tokens: Decimal
    fee: Decimal

    def __post_init__(self) -> None:
        if not (self.usdc > 0 and self.tokens > 0 and 0 <= self.fee < 1):
            raise ValueError("a pool has reserves on both sides, and a fee below the whole")

    def received(self, side: Side, pay: Decimal, decimals: int) -> Decimal:
        """What `pay` gives, rounded down to the `decimals` of what is received; all in whole units."""
        reserve_in, reserve_out = self._reserves(side)
        kept = product(pay, total(Decimal(1), minus(self.fee)))
        return _divided(product(reserve_out, kept), total(reserve_in, kept), decimals, up=False)

    def paid(self, side: Side, receive: Decimal, decimals: int) -> Decimal | None:
        """What `receive` costs, rounded up to the `decimals` of what is paid; None where the pool does not hold it."""
        reserve_in, reserve_out = self._reserves(side)
        left = total(reserve_out, minus(receive))
        if left <= 0:
            return None
        kept = total(Decimal(1), minus(self.fee))
        return _divided(product(reserve_in, receive), product(left, kept), decimals, up=True)

    def swap(self, ask: Ask) -> tuple[Decimal, Decimal] | Refusal:
        """What is paid and what is received, in whole units. Refused as beyond_liquidity where the pool does not hold
        what is wanted, and as too_small where it would give nothing."""
        if ask.exact is Leg.PAY:
            receive = self.received(ask.side, ask.amount, ask.receives.decimals)
            if not receive:
                return Refusal("too_small", "The amount is so small that the pool would give nothing for it.")
            return ask.amount, receive
        pay = self.paid(ask.side, ask.amount, ask.pays.decimals)
        if pay is None:
            _, held = self._reserves(ask.side)
            wanted = f"{about(ask.amount)} {ask.receives.symbol}"
            return Refusal(
                "beyond_liquidity",
                f"The pool holds about {held:,.2f} {ask.receives.symbol}, so {wanted} cannot come out of it.",
            )
        return pay, ask.amount

    def _reserves(self, side: Side) -> tuple[Decimal, Decimal]:
        """The reserve that is paid into, and the one that is received from."""
        return (self.usdc, self.tokens) if side is Side.BUY else (self.tokens, self.usdc)


def depth_of(liquidity_usd: Decimal, fee: Decimal, spot: Decimal, usdc_price: Decimal) -> Depth:
    """The pool whose two sides are worth `liquidity_usd` dollars together, half each, at `spot` USDC per whole token
    and `usdc_price` dollars per USDC; reserves to 60 digits. All above zero; `fee` is a fraction."""
    usdc = ratio(liquidity_usd, product(usdc_price, Decimal(2)))
    return Depth(usdc, ratio(usdc, spot), fee)


def _divided(part: Decimal, whole: Decimal, decimals: int, *, up: bool) -> Decimal:
    """part / whole in whole units, rounded to so many decimals from the exact quotient."""
    scaled = part.scaleb(decimals, _WIDE)
    units = _WIDE.divide_int(scaled, whole)
    if up and product(units, whole) != scaled:
        units = total(units, Decimal(1))
    return units.scaleb(-decimals, _WIDE)
