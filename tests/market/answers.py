"""What the providers answer when all is well, written from their documentation, for the tests of every source."""

import copy
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.domain.bars import Interval
from app.domain.prices import Pool
from app.domain.registry import REGISTRY
from app.domain.tokens import Token, TokenKey
from app.market.alchemy import Alchemy
from app.market.chainlink import Chainlink
from app.market.coinbase import Coinbase
from app.market.coingecko import CoinGecko
from app.market.decode import decoded
from app.market.defillama import DefiLlama
from app.market.dexscreener import DexScreener
from app.market.geckoterminal import GeckoTerminal
from app.market.kraken import Kraken
from app.market.source import Call, HistorySource, PriceSource
from tests.market import onchain

AT = datetime(2026, 5, 28, 4, 5, tzinfo=UTC)
STAMP = onchain.STAMP
STATED = datetime.fromtimestamp(STAMP, UTC)
KEY = "k3y/with?odd#signs"

WETH = REGISTRY[TokenKey(8453, "0x4200000000000000000000000000000000000006")]
LINK = REGISTRY[TokenKey(8453, "0x88fb150bdc53a65fe94dea0c9ba0a6daf8c6e196")]
USDC = REGISTRY[TokenKey(8453, "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913")]
USDT = REGISTRY[TokenKey(8453, "0xfde4c96c8593536e31f229ea8f37b2ada2699bb2")]
UNKNOWN = Token(8453, "0x00000000000000000000000000000000000000aA", "NEW", "New", 18)
WETH_ETHEREUM = REGISTRY[TokenKey(1, "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")]

POOL = Pool("0xd0b53D9277642d899DF5C87A3966A349A798F224", "uniswap v3", Decimal(9_000_000))


@dataclass(frozen=True)
class Case:
    """A source, a call of its plan for WETH and LINK, and a good answer to it, decoded."""

    source: PriceSource
    call: Call
    payload: Any


def answer(text: str | dict[str, Any] | list[Any]) -> Any:
    """The value as it comes off the wire: numbers exact."""
    return decoded(text if isinstance(text, str) else json.dumps(text))


def changed(payload: Any, *path: str | int, to: Any) -> Any:
    """A copy with one node replaced."""
    fresh = copy.deepcopy(payload)
    node = fresh
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = to
    return fresh


def without(payload: Any, *path: str | int) -> Any:
    """A copy with one key or item taken out."""
    fresh = copy.deepcopy(payload)
    node = fresh
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]
    return fresh


COINGECKO = answer(
    {
        "weth": {"usd": 2087.84, "usd_24h_change": -1.4093, "last_updated_at": STAMP},
        "chainlink": {"usd": 14.25, "last_updated_at": STAMP},
    }
)
COINGECKO_CHART = answer(
    '{"prices":[[1779027900000,2080.5],[1779028200000,2081.25],[1779028499661,2090.75]],"market_caps":[],"total_volumes":[]}'
)

ALCHEMY = answer(
    {
        "data": [
            {
                "network": "base-mainnet",
                "address": token.address,
                "prices": [{"currency": "usd", "value": value, "lastUpdatedAt": "2026-05-28T04:04:11Z"}],
                "error": None,
            }
            for token, value in ((WETH, "2087.8412345678"), (LINK, "14.2512"))
        ]
    }
)

DEFILLAMA = answer(
    {
        "coins": {
            f"base:{token.address}": {
                "decimals": 18,
                "symbol": token.symbol,
                "price": price,
                "timestamp": STAMP,
                "confidence": 0.99,
            }
            for token, price in ((WETH, 2087.84), (LINK, 14.25))
        }
    }
)
DEFILLAMA_CHART = answer(
    {
        "coins": {
            f"base:{WETH.address}": {
                "symbol": "WETH",
                "confidence": 0.99,
                "prices": [{"timestamp": 1779027910, "price": 2080.5}, {"timestamp": 1779028212, "price": 2081.25}],
            }
        }
    }
)


def pair(
    base: Token, quote: Token, usd: str, native: str, liquidity: float = 99172790.77, **other: Any
) -> dict[str, Any]:
    """A pair as DexScreener writes it."""
    return {
        "chainId": "base",
        "dexId": "uniswap",
        "pairAddress": POOL.address,
        "labels": ["v3"],
        "baseToken": {"address": base.address, "name": base.name, "symbol": base.symbol},
        "quoteToken": {"address": quote.address, "name": quote.name, "symbol": quote.symbol},
        "priceNative": native,
        "priceUsd": usd,
        "txns": {"h24": {"buys": 2447, "sells": 2405}},
        "volume": {"h24": 126282664.51},
        "priceChange": {"h24": -1.4},
        "liquidity": {"usd": liquidity, "base": 21341.25, "quote": 54447706.14},
        "pairCreatedAt": 1640781314000,
        **other,
    }


DEXSCREENER = answer([pair(WETH, USDC, "2087.84", "2087.9"), pair(LINK, WETH, "14.25", "0.006825", 450000.5)])


def _gecko_token(token: Token, price: str, reserve: str, pool: str) -> dict[str, Any]:
    address = token.address.lower()
    return {
        "id": f"base_{address}",
        "type": "token",
        "attributes": {
            "address": address,
            "name": token.name,
            "symbol": token.symbol,
            "decimals": token.decimals,
            "image_url": None,
            "coingecko_coin_id": token.coingecko_id,
            "price_usd": price,
            "total_reserve_in_usd": reserve,
            "market_cap_usd": None,
        },
        "relationships": {"top_pools": {"data": [{"id": pool, "type": "pool"}]}},
    }


def _gecko_pool(name: str, address: str, reserve: str, fee: str | None) -> dict[str, Any]:
    return {
        "id": name,
        "type": "pool",
        "attributes": {"address": address, "reserve_in_usd": reserve, "pool_fee_percentage": fee},
        "relationships": {"dex": {"data": {"id": "uniswap-v3-base", "type": "dex"}}},
    }


LINK_POOL = "0x" + "5" * 40
GECKOTERMINAL = answer(
    {
        "data": [
            _gecko_token(WETH, "2087.84", "1015673598.89", "base_weth"),
            _gecko_token(LINK, "14.25", "450000.5", "base_link"),
        ],
        "included": [
            _gecko_pool("base_weth", POOL.address.lower(), "9000000.25", "0.05"),
            _gecko_pool("base_link", LINK_POOL, "450000.5", None),
        ],
    }
)
GECKOTERMINAL_CANDLES = answer(
    '{"data":{"id":"x","type":"ohlcv_request_response","attributes":{"ohlcv_list":['
    "[1779028200,2081.1,2096.0,2075.2,2087.8,3481679.7],[1779027900,2070.1,2090.4,2066.0,2081.1,11911669.4]]}},"
    '"meta":{"base":{"address":"0x42"},"quote":{"address":"0x83"}}}'
)

COINBASE = answer(
    '{"trade_id":843439,"price":"2087.84","size":"0.0123","time":"2026-05-28T04:04:11.000000Z",'
    '"bid":"2087.80","ask":"2087.85","volume":"190318.03750000"}'
)
COINBASE_CANDLES = answer("[[1779028200,2075.2,2096.0,2081.1,2087.8,100.5],[1779027900,2066.0,2090.4,2070.1,2081.1,0]]")


def kraken_ticker(last: str) -> dict[str, Any]:
    """A pair's ticker as Kraken writes it."""
    return {
        "a": ["2432.77000", "1", "1.000"],
        "b": ["2431.37000", "2", "2.000"],
        "c": [last, "0.04408910"],
        "o": "2571.56000",
    }


_KRAKEN_LAST = {"XETHZUSD": "2087.84", "LINKUSD": "14.25", "USDTZUSD": "0.9991"}
KRAKEN = answer({"error": [], "result": {name: kraken_ticker(last) for name, last in _KRAKEN_LAST.items()}})
KRAKEN_CANDLES = answer(
    '{"error":[],"result":{"XETHZUSD":[[1779027900,"2070.1","2090.4","2066.0","2081.1","2080.0","10.5",12],'
    '[1779028200,"2081.1","2096.0","2075.2","2087.8","2085.0","3.5",7],'
    '[1779028500,"2087.8","2088.0","2087.0","2087.1","2087.2","0.1",1]],"last":1779028200}}'
)


_ROUNDS = (onchain.round_data(answer) for answer in (0, 208784000000, 1425000000))
CHAINLINK = onchain.rpc_answer(hex(8453), onchain.aggregated(*_ROUNDS))

_PAYLOADS: tuple[tuple[PriceSource, Any], ...] = (
    (CoinGecko(), COINGECKO),
    (Alchemy(KEY), ALCHEMY),
    (DefiLlama(), DEFILLAMA),
    (DexScreener(), DEXSCREENER),
    (GeckoTerminal(), GECKOTERMINAL),
    (Coinbase(), COINBASE),
    (Kraken(), KRAKEN),
    (Chainlink(8453, ("https://node",)), CHAINLINK),
)
CASES = [Case(source, source.plan([WETH, LINK])[0], payload) for source, payload in _PAYLOADS]
HISTORIES: list[tuple[HistorySource, Any]] = [
    (CoinGecko(), COINGECKO_CHART),
    (DefiLlama(), DEFILLAMA_CHART),
    (GeckoTerminal(), GECKOTERMINAL_CANDLES),
    (Coinbase(), COINBASE_CANDLES),
    (Kraken(), KRAKEN_CANDLES),
]


def prices(source: PriceSource, payload: Any, tokens: tuple[Token, ...] = (WETH, LINK)) -> dict[str, Decimal]:
    """The prices a source reads out of an answer to its first call, by symbol."""
    call = source.plan(tokens)[0]
    return {_symbol(reading.token): reading.price for reading in source.parse(payload, call, AT).readings}


def rejected(source: PriceSource, payload: Any, tokens: tuple[Token, ...] = (WETH, LINK)) -> list[str]:
    """The sentences about what a source could not read."""
    return list(source.parse(payload, source.plan(tokens)[0], AT).rejected)


def history(
    source: HistorySource, payload: Any, interval: Interval = Interval.M5
) -> list[tuple[int, str, str, str, str]]:
    """The bars that a source reads, as Unix seconds and open, high, low, close."""
    call = source.history(WETH, interval, POOL)
    assert call is not None
    bars = source.parse_history(payload, call, interval)
    return [(int(b.at.timestamp()), str(b.open), str(b.high), str(b.low), str(b.close)) for b in bars]


def _symbol(key: TokenKey) -> str:
    return REGISTRY[key].symbol if key in REGISTRY else "NEW"


# Prices that are none, in the type that the source documents, and the other type.
BAD_TEXTS: tuple[Any, ...] = (
    "-1",
    "0",
    "NaN",
    "Infinity",
    "1e-18",
    "1e30",
    "",
    "12,5",
    " 1",
    Decimal("2087.84"),
    2087,
    True,
)
BAD_NUMBERS: tuple[Any, ...] = (-1, 0, Decimal("1e-18"), Decimal("1e30"), "2087.84", "NaN", True, [], {"usd": 1})


def only_link_stands(source: PriceSource, payload: Any) -> bool:
    """Whether WETH alone was rejected, in a sentence, and LINK was read."""
    refused = rejected(source, payload)
    return len(refused) == 1 and refused[0].startswith("WETH: ") and set(prices(source, payload)) == {"LINK"}


def only_link_is_known(source: PriceSource, payload: Any) -> bool:
    """Whether WETH is simply absent: not read and not rejected."""
    return rejected(source, payload) == [] and set(prices(source, payload)) == {"LINK"}
