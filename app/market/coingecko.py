"""CoinGecko: curated ids in one call, contract addresses in a second; keyless, demo and pro."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.bars import Bar, Interval
from app.domain.prices import Pool, Reading
from app.domain.tokens import Token, TokenKey
from app.market.budget import per_minute, per_month
from app.market.candles import flat_bars
from app.market.decode import Json, number_price, raise_error, rows, table, unix_millis, unix_time
from app.market.source import Answer, Call, Card, Garbled, batches, batches_by_chain, read_each

_PLATFORMS = {1: "ethereum", 10: "optimistic-ethereum", 137: "polygon-pos", 8453: "base", 42161: "arbitrum-one"}
_IDS_A_CALL = 250
_ADDRESSES_A_CALL = {"keyless": 1, "demo": 515, "pro": 515}


@dataclass(frozen=True, slots=True)
class CoinGecko:
    """`plan_name` is keyless, demo or pro; the key goes into a header and is never part of a URL."""

    key: str = field(default="", repr=False)
    plan_name: str = "keyless"
    url: str = ""
    rank: int = 5

    @property
    def card(self) -> Card:
        pro = self.plan_name == "pro"
        limits = {
            "keyless": (per_minute(5),),
            "demo": (per_minute(30), per_month(10_000)),
            "pro": (per_minute(250), per_month(100_000)),
        }
        host = "https://pro-api.coingecko.com/api/v3" if pro else "https://api.coingecko.com/api/v3"
        header = "x-cg-pro-api-key" if pro else "x-cg-demo-api-key"
        return Card(
            name="coingecko",
            title="CoinGecko",
            group="coingecko",
            rank=self.rank,
            base_urls=(self.url or host,),
            allowances=limits[self.plan_name],
            cached_for=timedelta(seconds=20 if pro else 60),
            headers=((header, self.key),) if self.key else (),
            attribution="Data provided by CoinGecko",
        )

    def covers(self, token: Token) -> bool:
        return bool(token.coingecko_id) or (self.plan_name != "keyless" and token.chain_id in _PLATFORMS)

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        curated = [token for token in tokens if token.coingecko_id]
        others = [token for token in tokens if not token.coingecko_id and self.covers(token)]
        size = _ADDRESSES_A_CALL[self.plan_name]
        by_id = [self._by_id(batch) for batch in batches(curated, _IDS_A_CALL)]
        return by_id + [self._by_address(batch) for batch in batches_by_chain(others, size)]

    def _by_id(self, tokens: tuple[Token, ...]) -> Call:
        ids = ",".join(dict.fromkeys(token.coingecko_id or "" for token in tokens))
        return Call("/simple/price", "/simple/price", tokens, (("ids", ids), *_ASKED))

    def _by_address(self, tokens: tuple[Token, ...]) -> Call:
        addresses = ",".join(token.key.address for token in tokens)
        path = f"/simple/token_price/{_PLATFORMS[tokens[0].chain_id]}"
        return Call(path, path, tokens, (("contract_addresses", addresses), *_ASKED))

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        prices = table(payload, "the answer")
        raise_error(prices)
        found = {key.lower(): value for key, value in prices.items()}
        by_id = call.path == "/simple/price"

        def read(token: Token) -> Reading | None:
            item = found.get((token.coingecko_id or "") if by_id else token.key.address)
            return None if item in (None, {}) else _reading(token.key, item, at)

        return read_each(call.tokens, read)

    def history(self, token: Token, interval: Interval, pool: Pool | None) -> Call | None:
        days = {Interval.M5: "1", Interval.H1: "30", Interval.D1: "365"}.get(interval)
        if not token.coingecko_id or days is None:
            return None
        path = f"/coins/{token.coingecko_id}/market_chart"
        return Call(path, path, (token,), (("vs_currency", "usd"), ("days", days), ("precision", "full")))

    def parse_history(self, payload: object, call: Call, interval: Interval) -> list[Bar]:
        answer = table(payload, "the answer")
        raise_error(answer)
        points: list[tuple[datetime, Decimal]] = []
        for point in rows(answer.get("prices"), "prices"):
            pair = rows(point, "a point")
            if len(pair) != 2:
                raise Garbled("a point is not a pair of time and price")
            points.append((unix_millis(pair[0]), number_price(pair[1])))
        return flat_bars(points, interval, "coingecko")


_ASKED = (("vs_currencies", "usd"), ("include_last_updated_at", "true"), ("precision", "full"))


def _reading(key: TokenKey, item: Json, at: datetime) -> Reading | None:
    entry = table(item, "a price entry")
    if entry.get("usd") is None:
        return None
    stated = entry.get("last_updated_at")
    return Reading(key, number_price(entry["usd"]), "coingecko", at, unix_time(stated) if stated is not None else None)
