"""GeckoTerminal: token prices with their deepest pool, and the candles of a pool; keyless, cached a minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.bars import Bar, Interval
from app.domain.prices import Pool, Reading
from app.domain.tokens import Token
from app.market.budget import per_minute
from app.market.candles import candle, in_order
from app.market.decode import (
    Json,
    amount,
    number,
    number_price,
    raise_error,
    rows,
    table,
    text_number,
    text_price,
    unix_time,
)
from app.market.pools import LEAST_LIQUIDITY, exchange_name, is_pool_id
from app.market.source import Answer, Call, Card, Garbled, batches_by_chain, read_each

_NETWORKS = {1: "eth", 10: "optimism", 137: "polygon_pos", 8453: "base", 42161: "arbitrum"}
_ADDRESSES_A_CALL = 30
_CANDLES = {
    Interval.M1: ("minute", "1"),
    Interval.M5: ("minute", "5"),
    Interval.M15: ("minute", "15"),
    Interval.H1: ("hour", "1"),
    Interval.D1: ("day", "1"),
}


@dataclass(frozen=True, slots=True)
class GeckoTerminal:
    """A token counts from $10,000 of liquidity: of its deepest listed pool, else of all its pools together."""

    url: str = ""
    rank: int = 1

    @property
    def card(self) -> Card:
        return Card(
            name="geckoterminal",
            title="GeckoTerminal",
            group="dex",
            rank=self.rank,
            base_urls=(self.url or "https://api.geckoterminal.com/api/v2",),
            allowances=(per_minute(30),),
            cached_for=timedelta(seconds=60),
            headers=(("Accept", "application/json;version=20230302"),),
        )

    def covers(self, token: Token) -> bool:
        return token.chain_id in _NETWORKS

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        covered = [token for token in tokens if self.covers(token)]
        return [_call(batch) for batch in batches_by_chain(covered, _ADDRESSES_A_CALL)]

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        answer = table(payload, "the answer")
        raise_error(answer)
        items = {
            address.lower(): item
            for item in rows(answer.get("data"), "data")
            if isinstance(item, dict) and isinstance(address := _attributes(item).get("address"), str)
        }
        pools = _pools(answer.get("included"))

        def read(token: Token) -> Reading | None:
            item = items.get(token.key.address)
            return None if item is None else _reading(token, item, pools, at)

        return read_each(call.tokens, read)

    def history(self, token: Token, interval: Interval, pool: Pool | None) -> Call | None:
        if not self.covers(token) or pool is None or not is_pool_id(pool.address):
            return None
        timeframe, aggregate = _CANDLES[interval]
        path = f"/networks/{_NETWORKS[token.chain_id]}/pools/{pool.address.lower()}/ohlcv/{timeframe}"
        asked = (("aggregate", aggregate), ("limit", "1000"), ("currency", "usd"), ("token", token.key.address))
        return Call(path, path, (token,), asked)

    def parse_history(self, payload: object, call: Call, interval: Interval) -> list[Bar]:
        answer = table(payload, "the answer")
        raise_error(answer)
        attributes = _attributes(table(answer.get("data"), "data"))
        return in_order((_bar(row) for row in rows(attributes.get("ohlcv_list"), "ohlcv_list")), interval)


def _call(tokens: tuple[Token, ...]) -> Call:
    label = f"/networks/{_NETWORKS[tokens[0].chain_id]}/tokens/multi"
    path = f"{label}/{','.join(token.key.address for token in tokens)}"
    return Call(path, label, tokens, (("include", "top_pools"),))


def _attributes(item: dict[str, Json]) -> dict[str, Json]:
    attributes = item.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def _bar(row: Json) -> Bar:
    """A row is seconds, open, high, low, close, dollars traded."""
    cells = rows(row, "a candle")
    if len(cells) < 6:
        raise Garbled("a candle has fewer than six numbers")
    first, high, low, last = (number_price(cell) for cell in cells[1:5])
    return candle(unix_time(cells[0]), (first, high, low, last), amount(number(cells[5])), "geckoterminal")


def _reading(token: Token, item: dict[str, Json], pools: dict[str, Pool], at: datetime) -> Reading | None:
    attributes = _attributes(item)
    if attributes.get("price_usd") is None:
        return None
    pool = _deepest(item, pools)
    liquidity = pool.liquidity_usd if pool else _stated(attributes.get("total_reserve_in_usd"))
    if liquidity is None or liquidity < LEAST_LIQUIDITY:
        return None
    return Reading(token.key, text_price(attributes["price_usd"]), "geckoterminal", at, pool=pool)


def _stated(value: Json) -> Decimal | None:
    return None if value is None else amount(text_number(value))


def _linked(item: dict[str, Json], name: str) -> Json:
    """The `data` of one of an item's relationships, None where there is none."""
    relationships = item.get("relationships")
    relation = relationships.get(name) if isinstance(relationships, dict) else None
    return relation.get("data") if isinstance(relation, dict) else None


def _deepest(item: dict[str, Json], pools: dict[str, Pool]) -> Pool | None:
    """The deepest of the token's own top pools that came along with the answer."""
    linked = _linked(item, "top_pools")
    ids = [link.get("id") for link in linked if isinstance(link, dict)] if isinstance(linked, list) else []
    own = [pools[name] for name in ids if isinstance(name, str) and name in pools]
    return max(own, key=lambda pool: pool.liquidity_usd, default=None)


def _pools(included: Json) -> dict[str, Pool]:
    """The included pools by their id; what is no pool or states no reserve is passed over."""
    found: dict[str, Pool] = {}
    for item in included if isinstance(included, list) else []:
        if not isinstance(item, dict) or item.get("type") != "pool":
            continue
        name, address = item.get("id"), _attributes(item).get("address")
        if isinstance(name, str) and is_pool_id(address):
            pool = _pool(item, address)
            if pool is not None:
                found[name] = pool
    return found


def _pool(item: dict[str, Json], address: str) -> Pool | None:
    attributes = _attributes(item)
    dex = _linked(item, "dex")
    try:
        liquidity = _stated(attributes.get("reserve_in_usd"))
        percent = _stated(attributes.get("pool_fee_percentage"))
    except Garbled:
        return None
    if liquidity is None:
        return None
    exchange = exchange_name(dex.get("id") if isinstance(dex, dict) else None)
    return Pool(address, exchange, liquidity, None if percent is None else percent * 100)
