"""The demo market's quotes: its invented pools as they stand now, and gas that is invented in the same way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import exp
from typing import NamedTuple

from app.domain.chains import CHAINS
from app.domain.quotes import Ask, Gas
from app.market.demo import DemoMarket
from app.market.demo_paths import Path, key_of, wander
from app.market.modelled import TYPICAL_UNITS, ModelledQuoter, Reserves

SOURCE = "Simulated pool"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REACH, _LONGEST_S = 0.7, 6 * 3600


class Fees(NamedTuple):
    """What a chain asks, about: wei for a unit of gas, and wei for a swap's data on a chain that keeps it elsewhere."""

    unit_wei: int
    l1_wei: int = 0


# Every figure is invented, of the size that the chain is known for.
FEES: dict[int, Fees] = {
    1: Fees(1_200_000_000),
    10: Fees(1_500_000, 60_000_000_000),
    137: Fees(38_000_000_000),
    8453: Fees(7_000_000, 80_000_000_000),
    42161: Fees(15_000_000),
}


def demo_gas(seed: int, chain_id: int, at: datetime) -> Gas:
    """The gas of a swap on a chain at an aware moment: a function of these three, within half and twice of FEES. A
    testnet costs what the chain costs that it stands for. Declared, in the native coin."""
    known = CHAINS[chain_id].reference_id
    course, fees = _course(seed, known), FEES[known]
    factor = exp(course.at((at - _EPOCH) // timedelta(microseconds=1)))
    return Gas(TYPICAL_UNITS, round(fees.unit_wei * factor), round(fees.l1_wei * factor), "declared")


class DemoQuoter(ModelledQuoter):
    """Quotes of grade C from the invented pools of `market`, at the moment that `now` gives (aware)."""

    def __init__(self, market: DemoMarket, chain_id: int, now: Callable[[], datetime]) -> None:
        def reserves(ask: Ask) -> Reserves:
            at = now()
            price, usdc = market.price(ask.token, at), market.price(ask.usdc, at)
            return Reserves(market.pool(ask.token, at), price, usdc, at, SOURCE)

        async def gas(_token_address: str) -> Gas:
            return demo_gas(market.seed, chain_id, now())

        super().__init__(reserves, gas)


@lru_cache(maxsize=32)
def _course(seed: int, chain_id: int) -> Path:
    return wander(key_of(seed, "gas", chain_id), _REACH, _LONGEST_S)
