"""The live market's quotes, best grade first: the chain's own, else an aggregator's, else a model of the pool."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.domain.execution import FARTHEST_POOL_BPS
from app.domain.fields import as_field
from app.domain.money import NOTHING, product, total
from app.domain.orders import Side
from app.domain.quotes import Ask, Gas, Grade, Swap
from app.domain.refusal import Refusal
from app.market.aggregators import Aggregator, Offer
from app.market.kyberswap import KyberSwap
from app.market.line import Client, Clock, Line, NoAnswer
from app.market.quoting import WAYLESS, Quoter
from app.market.source import Garbled
from app.market.velora import Velora

BEYOND = "beyond_liquidity"

_log = logging.getLogger("drydock.quote")


@dataclass(frozen=True, slots=True)
class Broker:
    """An aggregator and the line to it."""

    aggregator: Aggregator
    line: Line


class GradedQuoter:
    """Asks the chain; where it has no way, the aggregators in their order; then the model.

    `mid` is the consensus price of an ask's token in USDC, None where there is none: an aggregator states no spot, so
    this stands in for it, its fee is 0, and all that it takes shows as impact. What the chain says is beyond its pools
    is never left to the model.
    """

    def __init__(
        self, chain: Quoter, brokers: Sequence[Broker], model: Quoter, mid: Callable[[Ask], Decimal | None]
    ) -> None:
        self._chain = chain
        self._brokers = tuple(brokers)
        self._model = model
        self._mid = mid

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        """The best grade that can be had. At a given `block` only the chain can say, so that nothing else is asked."""
        own = await self._chain.quote(ask, block=block)
        if isinstance(own, Swap) or block is not None or own.code not in WAYLESS:
            return own
        _log.info("[QUOTE] token=%s chain=%s why=%r", as_field(ask.token.symbol), own.code, own.sentence)
        offered = await self._offered(ask)
        if offered is not None:
            return offered
        if own.code == BEYOND:
            return own
        reckoned = await self._model.quote(ask)
        no_pool_either = isinstance(reckoned, Refusal) and reckoned.code == "no_pool"
        return own if no_pool_either else reckoned

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        """The chain's; the model's for all of them where the chain has no pool, or gave no usable answer. Aggregators
        are not asked: a ladder is ten questions at every tick, and their budgets are small and kept for orders."""
        own = await self._chain.several(asks)
        if not _poolless(own):
            return own
        reckoned = await self._model.several(asks)
        return own if isinstance(reckoned, Refusal) else reckoned

    async def gas(self, token_address: str) -> Gas | Refusal:
        return await self._chain.gas(token_address)

    async def head(self) -> int | None:
        return await self._chain.head()

    async def _offered(self, ask: Ask) -> Swap | Refusal | None:
        """The first aggregator's offer that can be had; a refusal where the chain states no gas price."""
        mid = self._mid(ask)
        able = [broker for broker in self._brokers if broker.aggregator.covers(ask)]
        if mid is None or not able:
            return None
        gas = await self._chain.gas(ask.token.address)
        if isinstance(gas, Refusal):
            return gas
        for broker in able:
            swap = await _asked(broker, ask, mid, gas)
            if swap is not None:
                return swap
        return None


def brokers(urls: Mapping[str, str], client: Client, clock: Clock) -> tuple[Broker, ...]:
    """KyberSwap, then Velora, each with a line of its own; `urls` replaces base URLs by name."""
    made: tuple[Aggregator, ...] = (KyberSwap(urls.get("kyberswap", "")), Velora(urls.get("velora", "")))
    return tuple(Broker(aggregator, Line(aggregator.card, client, clock)) for aggregator in made)


def _poolless(found: list[Swap | Refusal] | Refusal) -> bool:
    """Whether the model may stand in: the chain is there, and does not say of any size that it has a pool for it, or
    that this is beyond its pools. Without a node there is no gas price, and nothing is reckoned."""
    codes = [one.code if isinstance(one, Refusal) else "" for one in ([found] if isinstance(found, Refusal) else found)]
    return bool(codes) and all(code in WAYLESS and code != BEYOND for code in codes)


async def _asked(broker: Broker, ask: Ask, mid: Decimal, gas: Gas) -> Swap | None:
    """What the aggregator offers, None where it offers nothing; its line counts and logs why."""

    def read(payload: object, _call: object, at: datetime) -> Swap:
        offer = broker.aggregator.parse(payload, ask)
        if _too_good(ask, offer, mid):
            raise Garbled("an offer more than 2 % better than the market")
        return _swap(broker, ask, offer, mid, gas, at)

    try:
        return await broker.line.ask(broker.aggregator.call(ask), read)
    except NoAnswer:
        return None


def _swap(broker: Broker, ask: Ask, offer: Offer, mid: Decimal, gas: Gas, at: datetime) -> Swap:
    return Swap(
        ask=ask,
        pay=offer.pay,
        receive=offer.receive,
        spot=mid,
        fee=NOTHING,
        grade=Grade.B,
        source=broker.aggregator.card.title,
        route=offer.route,
        gas=replace(gas, units=offer.gas_units, basis="aggregator"),
        at=at,
    )


def _too_good(ask: Ask, offer: Offer, mid: Decimal) -> bool:
    """Whether the offer beats the mid price by more than a pool may be off the market."""
    cash, quantity = (offer.pay, offer.receive) if ask.side is Side.BUY else (offer.receive, offer.pay)
    worth = product(quantity, mid)
    better, worse = (worth, cash) if ask.side is Side.BUY else (cash, worth)
    return product(better, Decimal(10_000)) > product(worse, total(Decimal(10_000), FARTHEST_POOL_BPS))
