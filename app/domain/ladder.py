"""The steps of a cost ladder: the exact swaps at a few sizes, and what lies between two of them."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import NOTHING, divided_down, minus, product, total
from app.domain.orders import Side
from app.domain.quotes import Ask, Leg, Swap
from app.domain.refusal import Refusal

# Of the largest size: from what the most cautious level trades to what the boldest does.
_SHARES = tuple(Decimal(share) for share in ("0.004", "0.04", "0.2", "0.5", "1"))


@dataclass(frozen=True, slots=True)
class Steps:
    """The exact swaps that a ladder was made of, by rising size, each way. A shadow's fill lies between two of them."""

    buys: tuple[Swap, ...]
    sells: tuple[Swap, ...]

    def swap(self, ask: Ask) -> Swap | Refusal:
        """What is paid and received for an exact amount that is paid, straight between two known swaps, below the first
        in its proportion; rounded down. Never more than the pool would give: the chord lies below its curve.
        Refused as beyond_ladder above the last, where nothing is known, and as too_small."""
        if ask.exact is not Leg.PAY:
            raise ValueError("a shadow says what it pays")
        known = self.buys if ask.side is Side.BUY else self.sells
        above = next((swap for swap in known if swap.pay >= ask.amount), None)
        if above is None:
            return Refusal("beyond_ladder", "The size is larger than any that was quoted for this tick.")
        below = next((swap for swap in reversed(known) if swap.pay <= ask.amount), None)
        pay_low, got_low = (below.pay, below.receive) if below else (NOTHING, NOTHING)
        receive = got_low
        if ask.amount > pay_low:
            rise, run = total(above.receive, minus(got_low)), total(above.pay, minus(pay_low))
            part = product(rise, total(ask.amount, minus(pay_low)))
            receive = total(got_low, divided_down(part, run, ask.receives.decimals))
        if not receive:
            return Refusal("too_small", "The amount is so small that the pool would give nothing for it.")
        return _with(above, ask, receive)


def _with(swap: Swap, ask: Ask, receive: Decimal) -> Swap:
    return Swap(
        ask, ask.amount, receive, swap.spot, swap.fee, swap.grade, swap.source, swap.route, swap.gas, swap.at,
        swap.block_number,
    )  # fmt: skip


def rungs_of(top_usd: Decimal) -> tuple[Decimal, ...]:
    """The sizes in US dollars that are asked for, up to the largest that any level could trade."""
    return tuple(product(top_usd, share) for share in _SHARES)
