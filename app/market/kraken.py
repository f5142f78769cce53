"""Kraken: the last trades of all pairs against the dollar in one call, and candles; keyless, without a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.bars import Bar, Interval
from app.domain.prices import Pool, Reading
from app.domain.tokens import Token
from app.market.budget import per_minute, per_second
from app.market.candles import candle, in_order
from app.market.decode import Json, amount, refusal, rows, table, text_number, text_price, unix_time
from app.market.source import Answer, Call, Card, Fault, Garbled, read_each

# Wrapped natives are their coin; staked and bridged assets are not what they stand for. Pairs that trade rarely
# are left out, because the answer does not say when the last trade was.
_ASSETS = {
    "weth": "ETH",
    "wmatic": "POL",
    "polygon-ecosystem-token": "POL",
    "chainlink": "LINK",
    "uniswap": "UNI",
    "aave": "AAVE",
    "arbitrum": "ARB",
    "optimism": "OP",
    "curve-dao-token": "CRV",
    "lido-dao": "LDO",
    "compound-governance-token": "COMP",
    "pepe": "PEPE",
    "shiba-inu": "SHIB",
    "tether": "USDT",
    "usd-coin": "USDC",
    "dai": "DAI",
    "the-graph": "GRT",
    "ethereum-name-service": "ENS",
    "ethena": "ENA",
    "ondo-finance": "ONDO",
    "pendle": "PENDLE",
    "morpho": "MORPHO",
    "aerodrome-finance": "AERO",
    "virtual-protocol": "VIRTUAL",
    "gmx": "GMX",
}
_MINUTES = {Interval.M1: 1, Interval.M5: 5, Interval.M15: 15, Interval.H1: 60, Interval.D1: 1440}


@dataclass(frozen=True, slots=True)
class Kraken:
    """One call for all tokens. A pair that Kraken has dropped fails it whole; then all its pairs are asked for."""

    url: str = ""
    rank: int = 3

    @property
    def card(self) -> Card:
        return Card(
            name="kraken",
            title="Kraken",
            group="kraken",
            rank=self.rank,
            base_urls=(self.url or "https://api.kraken.com/0/public",),
            allowances=(per_second(1), per_minute(60)),
        )

    def covers(self, token: Token) -> bool:
        return token.coingecko_id in _ASSETS

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        covered = tuple(token for token in tokens if self.covers(token))
        if not covered:
            return []
        pairs = ",".join(dict.fromkeys(f"{_asset(token)}USD" for token in covered))
        everything = Call("/Ticker", "/Ticker (all pairs)", covered)
        return [Call("/Ticker", "/Ticker", covered, (("pair", pairs),), otherwise=everything)]

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        tickers = _result(payload, call)

        def read(token: Token) -> Reading | None:
            ticker = _of(token, tickers)
            return None if ticker is None else _reading(token, ticker, at)

        return read_each(call.tokens, read)

    def history(self, token: Token, interval: Interval, pool: Pool | None) -> Call | None:
        if not self.covers(token):
            return None
        asked = (("pair", f"{_asset(token)}USD"), ("interval", str(_MINUTES[interval])))
        return Call("/OHLC", "/OHLC", (token,), asked)

    def parse_history(self, payload: object, call: Call, interval: Interval) -> list[Bar]:
        """`last` is the time of the last closed candle: the one after it is still open and is left out."""
        result = _result(payload, call)
        found = _of(call.tokens[0], result) if call.tokens else None
        if found is None:
            return []
        bars = in_order((_bar(row) for row in rows(found, "candles")), interval)
        if result.get("LAST") is None:
            return bars[:-1]
        last = unix_time(result["LAST"])
        return [bar for bar in bars if bar.at <= last]


def _asset(token: Token) -> str:
    return _ASSETS.get(token.coingecko_id or "", "")


def _of(token: Token, result: dict[str, Json]) -> Json:
    """What is said of the token's pair, under whichever of its names: ETHUSD is XETHZUSD, USDTUSD is USDTZUSD."""
    asset = _asset(token)
    names = (f"{asset}USD", f"{asset}ZUSD", f"X{asset}ZUSD", f"{asset}/USD")
    return next((result[name] for name in names if result.get(name) is not None), None)


def _result(payload: object, call: Call) -> dict[str, Json]:
    """The result of an answer, its names in upper case.

    Raises Garbled for an error, which Kraken puts beside it with status 200; those that begin with W are warnings.
    """
    answer = table(payload, "the answer")
    for error in rows(answer.get("error", []), "error"):
        words = error if isinstance(error, str) else ""
        if words.startswith("EQuery:Unknown asset pair"):
            raise Garbled("an unknown asset pair", Fault.NOT_HERE if call.otherwise else Fault.ABSENT)
        if not words.startswith("W"):
            raise refusal(words)
    return {name.upper(): value for name, value in table(answer.get("result"), "result").items()}


def _reading(token: Token, ticker: Json, at: datetime) -> Reading | None:
    """`c` is the last trade: price and coins."""
    last = table(ticker, "a ticker").get("c")
    if last is None:
        return None
    cells = rows(last, "a last trade")
    if not cells:
        raise Garbled("a last trade without a price")
    return Reading(token.key, text_price(cells[0]), "kraken", at)


def _bar(row: Json) -> Bar:
    """A row is seconds, open, high, low, close, mean price by volume, coins, trades."""
    cells = rows(row, "a candle")
    if len(cells) < 7:
        raise Garbled("a candle has fewer than seven numbers")
    first, high, low, last = (text_price(cell) for cell in cells[1:5])
    traded = amount(text_number(cells[5])) * amount(text_number(cells[6]))
    return candle(unix_time(cells[0]), (first, high, low, last), traded, "kraken")
