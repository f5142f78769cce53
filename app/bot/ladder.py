"""The cost ladder: what trading a token costs at a few sizes, so that ten levels can reckon without asking."""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.domain.ladder import Steps, rungs_of
from app.domain.money import product, ratio
from app.domain.orders import Side
from app.domain.quotes import Swap


class Rung(NamedTuple):
    """One size in US dollars, and what a buy and a sale of it cost, fee and impact together, as fractions of it."""

    size_usd: float
    buy: float
    sell: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs by rising size, `gas_usd` the gas of one swap at the standard bid. `liquidity_usd` is the worth of the
    pools' two sides where it is known. Nothing beyond the top rung is ever reckoned."""

    rungs: tuple[Rung, ...]
    gas_usd: float
    liquidity_usd: float | None = None

    @property
    def top_usd(self) -> float:
        return self.rungs[-1].size_usd if self.rungs else 0.0

    def ways(self, size_usd: float) -> tuple[float, float]:
        """The costs of buying and of selling as fractions of the size, without gas: interpolated between rungs, below
        the first the first's. `size_usd` is at most `top_usd`."""
        rungs = self.rungs
        index = min(bisect_left(rungs, (size_usd,)), len(rungs) - 1)
        size, buy, sell = rungs[index]
        if index == 0:
            return buy, sell
        less, buy_less, sell_less = rungs[index - 1]
        share = min((size_usd - less) / (size - less), 1.0)
        return buy_less + (buy - buy_less) * share, sell_less + (sell - sell_less) * share


def ladder_of(steps: Steps, usdc_price: Decimal, gas_usd: Decimal, liquidity_usd: Decimal | None) -> Ladder:
    """What the swaps cost, as fractions. `usdc_price` is dollars per USDC."""
    rungs = tuple(
        Rung(float(product(buy.pay, usdc_price)), _lost(buy), _lost(sell))
        for buy, sell in zip(steps.buys, steps.sells, strict=True)
    )
    return Ladder(rungs, float(gas_usd), None if liquidity_usd is None else float(liquidity_usd))


def pool_ladder(liquidity_usd: Decimal, fee: Decimal, top_usd: Decimal, gas_usd: Decimal) -> Ladder:
    """The ladder of one constant-product pool whose sides are worth half of `liquidity_usd` each: of a payment x,
    1 − (1 − fee)·R / (R + x·(1 − fee)) is lost, either way (getAmountOut of UniswapV2Library, at the pool's spot)."""
    side, kept = float(liquidity_usd) / 2.0, 1.0 - float(fee)
    sizes = (float(size) for size in rungs_of(top_usd))
    lost = ((size, 1.0 - kept * side / (side + size * kept)) for size in sizes)
    return Ladder(tuple(Rung(size, part, part) for size, part in lost), float(gas_usd), float(liquidity_usd))


def _lost(swap: Swap) -> float:
    """Fee and impact as a fraction of what is paid, at the pool's spot."""
    if swap.ask.side is Side.BUY:
        return float(1 - ratio(product(swap.receive, swap.spot), swap.pay))
    return float(1 - ratio(swap.receive, product(swap.pay, swap.spot)))
