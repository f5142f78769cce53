"""DefiLlama coins: prices and charts by contract address, keyless, renewed every five minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.bars import Bar, Interval
from app.domain.prices import Pool, Reading
from app.domain.tokens import Token
from app.market.budget import per_minute
from app.market.candles import flat_bars
from app.market.decode import Json, number, number_price, raise_error, rows, table, unix_time
from app.market.source import Answer, Call, Card, Garbled, batches, read_each

_CHAINS = {1: "ethereum", 10: "optimism", 137: "polygon", 8453: "base", 42161: "arbitrum"}
_COINS_A_CALL = 100
_LEAST_CONFIDENCE = Decimal("0.5")
# How far apart the server may look for a price: by default twelve hours, which is no price to trade on.
_SEARCH_WIDTH = ("searchWidth", "1h")
_CHART_POINTS = 300


@dataclass(frozen=True, slots=True)
class DefiLlama:
    """Partly derived from CoinGecko, so of its group.

    The provider publishes no rate limit; 200 calls a minute is well under what others report to bear. A price
    that it is itself less than half confident of is passed over.
    """

    url: str = ""
    rank: int = 6

    @property
    def card(self) -> Card:
        return Card(
            name="defillama",
            title="DefiLlama",
            group="coingecko",
            rank=self.rank,
            base_urls=(self.url or "https://coins.llama.fi",),
            allowances=(per_minute(200),),
            cached_for=timedelta(seconds=300),
        )

    def covers(self, token: Token) -> bool:
        return token.chain_id in _CHAINS

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        covered = [token for token in tokens if self.covers(token)]
        return [_call(batch) for batch in batches(covered, _COINS_A_CALL)]

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        coins = _coins(payload)

        def read(token: Token) -> Reading | None:
            item = coins.get(_coin(token))
            return None if item is None else _reading(token, item, at)

        return read_each(call.tokens, read)

    def history(self, token: Token, interval: Interval, pool: Pool | None) -> Call | None:
        if not self.covers(token):
            return None
        path = f"/chart/{_coin(token)}"
        width = str(interval.seconds)
        params = (("span", str(_CHART_POINTS)), ("period", interval.value), ("searchWidth", width))
        return Call(path, path, (token,), params)

    def parse_history(self, payload: object, call: Call, interval: Interval) -> list[Bar]:
        coins = _coins(payload)
        item = coins.get(_coin(call.tokens[0])) if call.tokens else None
        if item is None:
            return []
        points: list[tuple[datetime, Decimal]] = []
        for point in rows(table(item, "a chart").get("prices"), "prices"):
            entry = table(point, "a point")
            points.append((unix_time(entry.get("timestamp")), number_price(entry.get("price"))))
        return flat_bars(points, interval, "defillama")


def _coin(token: Token) -> str:
    return f"{_CHAINS.get(token.chain_id, '')}:{token.key.address}"


def _call(tokens: tuple[Token, ...]) -> Call:
    coins = ",".join(_coin(token) for token in tokens)
    return Call(f"/prices/current/{coins}", "/prices/current", tokens, (_SEARCH_WIDTH,))


def _coins(payload: object) -> dict[str, Json]:
    answer = table(payload, "the answer")
    raise_error(answer)
    return {key.lower(): value for key, value in table(answer.get("coins"), "coins").items()}


def _reading(token: Token, item: Json, at: datetime) -> Reading | None:
    """None where no price is stated or confidence is low. Raises Garbled for a price without a time: it may be
    any age within the search width."""
    entry = table(item, "a price entry")
    if entry.get("price") is None:
        return None
    confidence = entry.get("confidence")
    if confidence is not None and number(confidence) < _LEAST_CONFIDENCE:
        return None
    if entry.get("timestamp") is None:
        raise Garbled("a price without a time")
    return Reading(token.key, number_price(entry["price"]), "defillama", at, unix_time(entry["timestamp"]))
