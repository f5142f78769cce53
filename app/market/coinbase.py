"""Coinbase Exchange: the last trade of a product against the dollar, and its candles; keyless."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.bars import Bar, Interval
from app.domain.prices import Pool, Reading
from app.domain.tokens import Token
from app.market.budget import per_minute, per_second
from app.market.candles import candle, in_order
from app.market.decode import (
    Json,
    amount,
    iso_time,
    number,
    number_price,
    refusal,
    rows,
    table,
    table_or_none,
    text_price,
    unix_time,
)
from app.market.source import Answer, Call, Card, Fault, Garbled, read_each

# Wrapped natives are their coin; staked and bridged assets are not what they stand for and have their own product
# or none. USDC has no product against the dollar there.
_PRODUCTS = {
    "weth": "ETH-USD",
    "wmatic": "POL-USD",
    "polygon-ecosystem-token": "POL-USD",
    "chainlink": "LINK-USD",
    "uniswap": "UNI-USD",
    "aave": "AAVE-USD",
    "arbitrum": "ARB-USD",
    "optimism": "OP-USD",
    "curve-dao-token": "CRV-USD",
    "lido-dao": "LDO-USD",
    "compound-governance-token": "COMP-USD",
    "pepe": "PEPE-USD",
    "shiba-inu": "SHIB-USD",
    "tether": "USDT-USD",
    "dai": "DAI-USD",
    "euro-coin": "EURC-USD",
    "the-graph": "GRT-USD",
    "ethereum-name-service": "ENS-USD",
    "ethena": "ENA-USD",
    "ondo-finance": "ONDO-USD",
    "pendle": "PENDLE-USD",
    "morpho": "MORPHO-USD",
    "aerodrome-finance": "AERO-USD",
    "coinbase-wrapped-staked-eth": "CBETH-USD",
    "degen-base": "DEGEN-USD",
    "toshi": "TOSHI-USD",
}


@dataclass(frozen=True, slots=True)
class Coinbase:
    """One product a call: as many calls as products."""

    url: str = ""
    rank: int = 2

    @property
    def card(self) -> Card:
        return Card(
            name="coinbase",
            title="Coinbase",
            group="coinbase",
            rank=self.rank,
            base_urls=(self.url or "https://api.exchange.coinbase.com",),
            allowances=(per_second(5), per_minute(300)),
        )

    def covers(self, token: Token) -> bool:
        return token.coingecko_id in _PRODUCTS

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        by_product: dict[str, list[Token]] = {}
        for token in tokens:
            if self.covers(token):
                by_product.setdefault(_product(token), []).append(token)
        paths = {f"/products/{product}/ticker": tuple(asked) for product, asked in by_product.items()}
        return [Call(path, path, asked) for path, asked in paths.items()]

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        ticker = table(payload, "the answer")
        _raise_message(ticker)

        def read(token: Token) -> Reading | None:
            if ticker.get("price") is None:
                return None
            stated = ticker.get("time")
            as_of = iso_time(stated) if stated is not None else None
            return Reading(token.key, text_price(ticker["price"]), "coinbase", at, as_of)

        return read_each(call.tokens, read)

    def history(self, token: Token, interval: Interval, pool: Pool | None) -> Call | None:
        """The newest 300 candles, which is what the exchange gives where no span is named."""
        if not self.covers(token):
            return None
        path = f"/products/{_product(token)}/candles"
        return Call(path, path, (token,), (("granularity", str(interval.seconds)),))

    def parse_history(self, payload: object, call: Call, interval: Interval) -> list[Bar]:
        error = table_or_none(payload)
        if error is not None:
            _raise_message(error)
        return in_order((_bar(row) for row in rows(payload, "the answer")), interval)


def _product(token: Token) -> str:
    return _PRODUCTS[token.coingecko_id or ""]


def _raise_message(answer: dict[str, Json]) -> None:
    """An object with a message and no price is an error, whatever its status."""
    if "price" in answer or "message" not in answer:
        return
    if answer["message"] == "NotFound":
        raise Garbled("no such product", Fault.ABSENT)
    raise refusal(answer["message"])


def _bar(row: Json) -> Bar:
    """A row is seconds, low, high, open, close, coins traded; the coins are valued at the close."""
    cells = rows(row, "a candle")
    if len(cells) < 6:
        raise Garbled("a candle has fewer than six numbers")
    low, high, first, last = (number_price(cell) for cell in cells[1:5])
    return candle(unix_time(cells[0]), (first, high, low, last), amount(number(cells[5])) * last, "coinbase")
