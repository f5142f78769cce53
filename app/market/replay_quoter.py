"""A replay's quotes: the last price that the recording has shown, in a pool and at a gas that are declared."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from app.domain.prices import Pool, Reading
from app.domain.quotes import Ask, Gas
from app.domain.tokens import Token
from app.market.modelled import ModelledQuoter, Reserves

SOURCE = "Recording"

# A file does not name its pool.
_NO_ADDRESS = "0x" + "0" * 40
# The quote unit of a recording is the dollar, by declaration.
_DOLLAR = Decimal(1)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a recording does not say: the worth of both sides of the pool in US dollars, where the file leaves it out;
    the pool's fee in basis points; the gas of a swap in US dollars."""

    depth_usd: Decimal = Decimal(20_000_000)
    fee_bp: Decimal = Decimal(5)
    gas_usd: Decimal = Decimal("0.02")


class ReplayQuoter(ModelledQuoter):
    """Quotes of grade C for the recording's one token. `shown` gives what the recording last showed of it, None before
    its first bar has closed; all times are recorded ones."""

    def __init__(self, token: Token, shown: Callable[[], Reading | None], assumed: Assumptions = Assumptions()) -> None:
        declared = Gas(0, 0, basis="declared", declared_usd=assumed.gas_usd)

        def reserves(ask: Ask) -> Reserves | None:
            reading = shown()
            if reading is None or ask.token.key != token.key:
                return None
            return Reserves(_pool(reading, assumed), reading.price, _DOLLAR, reading.stands_at, SOURCE)

        async def gas(_token_address: str) -> Gas:
            return declared

        super().__init__(reserves, gas)


def _pool(reading: Reading, assumed: Assumptions) -> Pool:
    """The pool as deep as the file says; one that it says is empty stays empty."""
    stated = reading.pool.liquidity_usd if reading.pool else assumed.depth_usd
    return Pool(_NO_ADDRESS, SOURCE, stated, assumed.fee_bp)
