"""Quotes of grade C: reckoned by the constant-product rule from a pool's known reserves and fee."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.domain.depth import depth_of
from app.domain.money import plain, ratio, significant
from app.domain.prices import Consensus, Pool
from app.domain.quotes import Ask, Gas, Grade, Swap
from app.domain.refusal import Refusal
from app.market.quoting import Quoter, of_one_token

# What a swap through one pool and a router takes, observed: 110,000 to 185,000.
TYPICAL_UNITS = 150_000
# Where nobody states a pool's fee it is taken to be Uniswap's dearest: a model may be too dear, never too cheap.
DEAREST_FEE_BP = Decimal(100)

GasOf = Callable[[str], Awaitable[Gas | Refusal]]


@dataclass(frozen=True, slots=True)
class Reserves:
    """A pool as it stood `at`: `price` is the token's in it and `usdc` a USDC's, in US dollars; `source` names, for
    people, where the reserves come from."""

    pool: Pool
    price: Decimal
    usdc: Decimal
    at: datetime
    source: str


class ModelledQuoter:
    """Quotes from reserves. `reserves` finds those of an ask's token, None where no pool of it is known; `gas` is
    asked with a token's address.

    The model is one pool of the token against USDC. What a real way there costs beyond that pool is not in it.
    """

    def __init__(self, reserves: Callable[[Ask], Reserves | None], gas: GasOf) -> None:
        self._reserves = reserves
        self._gas = gas

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        """What the reserves give now: a model has no blocks, so `block` changes nothing."""
        found = await self.several([ask])
        return found if isinstance(found, Refusal) else found[0]

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        """What the reserves, as they stand when it is asked, give each of them."""
        of_one_token(asks)
        if not asks:
            return []
        token = asks[0].token
        known = self._reserves(asks[0])
        if known is None or not known.pool.liquidity_usd:
            return Refusal("no_pool", f"No pool of {token.symbol} is known.")
        gas = await self._gas(token.address)
        return gas if isinstance(gas, Refusal) else [modelled(ask, known, gas) for ask in asks]

    async def gas(self, token_address: str) -> Gas | Refusal:
        return await self._gas(token_address)

    async def head(self) -> int | None:
        return None


def modelled(ask: Ask, known: Reserves, gas: Gas) -> Swap | Refusal:
    """The swap that a constant-product pool with these reserves makes; refused as beyond_liquidity or too_small."""
    stated = known.pool.fee_bp
    fee = ratio(DEAREST_FEE_BP if stated is None else stated, Decimal(10_000))
    spot = significant(ratio(known.price, known.usdc))
    legs = depth_of(known.pool.liquidity_usd, fee, spot, known.usdc).swap(ask)
    if isinstance(legs, Refusal):
        return legs
    pay, receive = legs
    percent = f"{plain(fee * 100)} %"
    return Swap(
        ask=ask,
        pay=pay,
        receive=receive,
        spot=spot,
        fee=fee,
        grade=Grade.C,
        source=known.source,
        route=f"{percent} assumed" if stated is None else percent,
        gas=gas,
        at=known.at,
    )


def typical_gas(chain: Quoter) -> GasOf:
    """Gas for a swap that nobody has estimated: TYPICAL_UNITS at the fees that the chain asks now."""

    async def gas(token_address: str) -> Gas | Refusal:
        now = await chain.gas(token_address)
        return now if isinstance(now, Refusal) else replace(now, units=TYPICAL_UNITS, basis="declared")

    return gas


def reserves_of(held: Consensus, usdc: Decimal | None, title: Callable[[str], str]) -> Reserves | None:
    """The reserves that the board knows of a token: the pool of the first reading that counts and names one, at the
    price that this reading saw there. Its fee is any reading's that names the same pool.

    `usdc` is a USDC's price in dollars; `title` gives a source's name for people. None where there is no such reading,
    no price of a USDC, or no price of the token.
    """
    counted = (reading for reading in held.readings if reading.source in held.counted and reading.pool)
    reading = next(counted, None)
    if held.price is None or usdc is None or reading is None or reading.pool is None:
        return None
    address = reading.pool.address.lower()
    pools = [other.pool for other in held.readings if other.pool and other.pool.address.lower() == address]
    fee = next((pool.fee_bp for pool in (reading.pool, *pools) if pool.fee_bp is not None), None)
    source = f"{title(reading.source)} reserves"
    return Reserves(replace(reading.pool, fee_bp=fee), reading.price, usdc, reading.stands_at, source)
