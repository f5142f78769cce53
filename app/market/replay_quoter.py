"""A replay's quotes: the last price that the recording has shown, in a pool and at a gas that are declared."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.prices import Pool, Reading
from app.domain.quotes import Ask, Gas, Rates
from app.domain.tokens import Token
from app.market.modelled import ModelledQuoter, Reserves
from app.market.replay import NO_ADDRESS

SOURCE = "Recording"

# The quote unit of a recording is the dollar by declaration, and its gas is declared in dollars.
DECLARED = Rates(usdc=Decimal(1), native=Decimal(1))


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a recording does not say: the worth of both sides of the pool in US dollars, where the file leaves it out;
    the pool's fee in basis points; the gas of a swap in US dollars."""

    depth_usd: Decimal = Decimal(20_000_000)
    fee_bp: Decimal = Decimal(5)
    gas_usd: Decimal = Decimal("0.02")

    def gas(self) -> Gas:
        return Gas(0, 0, basis="declared", declared_usd=self.gas_usd)

    def reserves(self, stated_usd: Decimal | None, price: Decimal, at: datetime) -> Reserves:
        """The pool at a price and a recorded time, as deep as the file says (US dollars, None where it says nothing);
        one that it says is empty stays empty."""
        depth = self.depth_usd if stated_usd is None else stated_usd
        return Reserves(Pool(NO_ADDRESS, SOURCE, depth, self.fee_bp), price, DECLARED.usdc, at, SOURCE)


class ReplayQuoter(ModelledQuoter):
    """Quotes of grade C for the recording's one token. `shown` gives what the recording last showed of it, None before
    its first bar has closed; all times are recorded ones."""

    def __init__(self, token: Token, shown: Callable[[], Reading | None], assumed: Assumptions = Assumptions()) -> None:
        def reserves(ask: Ask) -> Reserves | None:
            reading = shown()
            if reading is None or ask.token.key != token.key:
                return None
            stated = reading.pool.liquidity_usd if reading.pool else None
            return assumed.reserves(stated, reading.price, reading.stands_at)

        async def gas(_token_address: str) -> Gas:
            return assumed.gas()

        super().__init__(reserves, gas)
