"""One plain question for every source, and what the answer says the price of WETH on Base is: for the tests."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
from eth_abi.abi import decode, encode

from tests.double.contracts import MULTICALL3
from tests.double.server import Double

WETH = "0x4200000000000000000000000000000000000006"
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
LINK = "0x88Fb150BDc53A65fe94Dea0c9BA0a6dAf8C6e196"
ETH_FEED = "0x71041dddad3595F9CEd3DcCFBe3D1F4b0a16Bb70"
LINK_FEED = "0x17CAb8FE31E32f08326e5E27412894e49B0f9D65"
LATEST_ROUND = "0xfeaf968c"
DEEP_POOL = "0xd0b53D9277642d899DF5C87A3966A349A798F224"


def rpc_body(method: str, *params: object, number: int = 1) -> dict[str, object]:
    """A JSON-RPC question."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def multicall(*calls: tuple[str, str], may_fail: bool = True) -> dict[str, object]:
    """An eth_call of aggregate3 over pairs of address and data."""
    items = [(target, may_fail, bytes.fromhex(data[2:])) for target, data in calls]
    data = "0x82ad56cb" + encode(["(address,bool,bytes)[]"], [items]).hex()
    return rpc_body("eth_call", {"to": MULTICALL3, "data": data}, "latest")


def results_of(answer: Any) -> list[tuple[bool, bytes]]:
    """What aggregate3 answered: success and data of each call."""
    (results,) = decode(["(bool,bytes)[]"], bytes.fromhex(answer["result"][2:]))
    return list(results)


def round_of(data: bytes) -> tuple[int, int, int, int, int]:
    """The five words of latestRoundData."""
    words = decode(["uint80", "int256", "uint256", "uint256", "uint80"], data)
    return words[0], words[1], words[2], words[3], words[4]


_QUESTIONS: dict[str, tuple[str, object]] = {
    "coingecko": (
        "/simple/price?ids=weth,chainlink&vs_currencies=usd&include_last_updated_at=true&precision=full",
        None,
    ),
    "defillama": (f"/prices/current/base:{WETH},base:{LINK}", None),
    "dexscreener": (f"/tokens/v1/base/{WETH}", None),
    "geckoterminal": (f"/networks/base/tokens/multi/{WETH},{LINK}", None),
    "coinbase": ("/products/ETH-USD/ticker", None),
    "kraken": ("/Ticker?pair=ETHUSD,LINKUSD", None),
    "alchemy": (
        "/any-key/tokens/by-address",
        {"addresses": [{"network": "base-mainnet", "address": address} for address in (WETH, LINK)]},
    ),
    "chainlink": ("", multicall((ETH_FEED, LATEST_ROUND), (LINK_FEED, LATEST_ROUND))),
    "kyberswap": (f"/base/api/v1/routes?tokenIn={WETH}&tokenOut={USDC}&amountIn={10**18}", None),
    "velora": (f"/prices?srcToken={WETH}&destToken={USDC}&amount={10**18}&side=SELL&network=8453&version=6.2", None),
}
SOURCES = tuple(_QUESTIONS)


def asked(double: Double, source: str, timeout_s: float = 10) -> httpx.Response:
    """The answer to the source's plain question."""
    path, body = _QUESTIONS[source]
    url = double.url("rpc/8453" if source == "chainlink" else source) + path
    return fetched(url, body, timeout_s)


def fetched(url: str, body: object = None, timeout_s: float = 10) -> httpx.Response:
    """What a URL on loopback answers to a GET, or to a POST of JSON where there is a body."""
    # Loading the certificates of the world for each plain call would take longer than the call.
    with httpx.Client(trust_env=False, verify=False, timeout=timeout_s) as client:
        return client.post(url, json=body) if body else client.get(url)


def exact(text: str) -> Any:
    """JSON with every number a Decimal or an int."""
    return json.loads(text, parse_float=Decimal)


def _screener_price(pairs: Any) -> Decimal:
    mine = [pair for pair in pairs if pair["baseToken"]["address"] == WETH and "priceUsd" in pair]
    return Decimal(max(mine, key=lambda pair: pair["liquidity"]["usd"])["priceUsd"])


_PRICE_IN: dict[str, Callable[[Any], Any]] = {
    "coingecko": lambda body: body["weth"]["usd"],
    "defillama": lambda body: body["coins"][f"base:{WETH}"]["price"],
    "dexscreener": _screener_price,
    "geckoterminal": lambda body: Decimal(body["data"][0]["attributes"]["price_usd"]),
    "coinbase": lambda body: Decimal(body["price"]),
    "kraken": lambda body: Decimal(body["result"]["XETHZUSD"]["c"][0]),
    "alchemy": lambda body: Decimal(body["data"][0]["prices"][0]["value"]),
    "chainlink": lambda body: Decimal(round_of(results_of(body)[0][1])[1]).scaleb(-8),
}
PRICED = tuple(_PRICE_IN)


def price_in(source: str, response: httpx.Response) -> Decimal:
    """The price of WETH in the answer to the plain question."""
    return _PRICE_IN[source](exact(response.text))
