"""DexScreener: the price in a token's deepest pool, keyless, without a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.money import ratio, significant
from app.domain.prices import Pool, Reading
from app.domain.tokens import Token
from app.market.budget import per_minute
from app.market.decode import (
    Json,
    amount,
    number,
    number_price,
    raise_error,
    refusal,
    rows,
    table_or_none,
    text_number,
    text_price,
)
from app.market.pools import LEAST_LIQUIDITY, exchange_name, is_pool_id
from app.market.source import Answer, Call, Card, Garbled, batches_by_chain, read_each

_CHAINS = {1: "ethereum", 10: "optimism", 137: "polygon", 8453: "base", 42161: "arbitrum"}
_ADDRESSES_A_CALL = 30


@dataclass(frozen=True, slots=True)
class _Side:
    """A pool that a token is in: as its base, or else as its quote."""

    pair: dict[str, Json]
    liquidity: Decimal
    is_base: bool


@dataclass(frozen=True, slots=True)
class DexScreener:
    """Of all pools of a token on its chain the one with most liquidity speaks; under $10,000 none does."""

    url: str = ""
    rank: int = 0

    @property
    def card(self) -> Card:
        return Card(
            name="dexscreener",
            title="DexScreener",
            group="dex",
            rank=self.rank,
            base_urls=(self.url or "https://api.dexscreener.com",),
            allowances=(per_minute(300),),
        )

    def covers(self, token: Token) -> bool:
        return token.chain_id in _CHAINS

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        covered = [token for token in tokens if self.covers(token)]
        return [_call(batch) for batch in batches_by_chain(covered, _ADDRESSES_A_CALL)]

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        chain = _CHAINS.get(call.tokens[0].chain_id, "") if call.tokens else ""
        deepest = _deepest(_pairs(payload), chain)

        def read(token: Token) -> Reading | None:
            side = deepest.get(token.key.address)
            return None if side is None else _reading(token, side, at)

        return read_each(call.tokens, read)


def _call(tokens: tuple[Token, ...]) -> Call:
    label = f"/tokens/v1/{_CHAINS[tokens[0].chain_id]}"
    return Call(f"{label}/{','.join(token.key.address for token in tokens)}", label, tokens)


def _pairs(payload: object) -> list[Json]:
    """The list of pairs. An object in its place is an error; null is no answer either."""
    error = table_or_none(payload)
    if error is not None:
        raise_error(error)
        raise refusal(error.get("message"))
    return rows(payload, "the answer")


def _deepest(pairs: list[Json], chain: str) -> dict[str, _Side]:
    """By lower-case address the side of the deepest pool on the asked chain; nonsense pairs are passed over."""
    deepest: dict[str, _Side] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or pair.get("chainId") != chain:
            continue
        liquidity = _liquidity(pair)
        if liquidity is None or liquidity < LEAST_LIQUIDITY:
            continue
        for name in ("quoteToken", "baseToken"):
            address = _address(pair.get(name))
            known = deepest.get(address) if address else None
            if address and (known is None or known.liquidity <= liquidity):
                deepest[address] = _Side(pair, liquidity, name == "baseToken")
    return deepest


def _address(token: Json) -> str | None:
    address = token.get("address") if isinstance(token, dict) else None
    return address.lower() if isinstance(address, str) else None


def _liquidity(pair: dict[str, Json]) -> Decimal | None:
    stated = pair.get("liquidity")
    try:
        return amount(number(stated.get("usd"))) if isinstance(stated, dict) else None
    except Garbled:
        return None


def _reading(token: Token, side: _Side, at: datetime) -> Reading | None:
    """`priceUsd` is the base token's, `priceNative` the base token's in quote tokens. Raises Garbled."""
    if side.pair.get("priceUsd") is None:
        return None
    price = text_price(side.pair["priceUsd"])
    if not side.is_base:
        in_quote = text_number(side.pair.get("priceNative"))
        if in_quote <= 0:
            raise Garbled("a pool price that is not above zero")
        price = number_price(significant(ratio(price, in_quote)))
    return Reading(token.key, price, "dexscreener", at, pool=_pool(side))


def _pool(side: _Side) -> Pool | None:
    address = side.pair.get("pairAddress")
    if not is_pool_id(address):
        return None
    labels = side.pair.get("labels")
    version = labels[0] if isinstance(labels, list) and labels else None
    return Pool(address, exchange_name(side.pair.get("dexId"), version), side.liquidity)
