"""Sources for tests without a network: a client that has every provider's answer ready, and counts by the test's
clock."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from eth_abi.abi import decode, encode

from app.market.feeds import SEQUENCERS
from tests.clock import FakeClock

PRICE = "1.25"
_LATER = 1_900_000_000
_NO_SUCH = httpx.Response(404, json={"message": "NotFound"})


class PreparedClient(httpx.AsyncClient):
    """Answers every source with one price for all, and histories with 404. Answers are made once for each question.

    `calls` holds the source and the moment (mono) of every call; `spoil` may answer instead.
    """

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(trust_env=False)
        self.calls: list[tuple[str, float]] = []
        self.asked: Counter[str] = Counter()
        self.spoil: Callable[[str], httpx.Response | None] = lambda _url: None
        self._clock = clock
        self._ready: dict[str, httpx.Response] = {}

    @asynccontextmanager
    async def stream(
        self, method: str, url: Any, *, params: Any = None, json: Any = None, **_: Any
    ) -> AsyncIterator[httpx.Response]:
        made = self._answer(str(url), dict(params or ()), json)
        yield httpx.Response(made.status_code, headers=made.headers, stream=httpx.ByteStream(made.content))

    def _answer(self, url: str, params: dict[str, str], body: Any) -> httpx.Response:
        source, _, path = url.removeprefix("http://").partition("/")
        self.calls.append((source, self._clock.mono))
        self.asked[f"{source}/{path}"] += 1
        spoiled = self.spoil(url)
        if spoiled is not None:
            return spoiled
        question = f"{url} {params} {body}"
        if question not in self._ready:
            made = _MADE[source](f"/{path}", params, body)
            self._ready[question] = _NO_SUCH if made is None else httpx.Response(200, json=made)
        return self._ready[question]


def urls() -> dict[str, Any]:
    """The settings that send every source's calls to a PreparedClient."""
    sources = {f"{name}_url": f"http://{name}" for name in _MADE if name != "rpc"}
    return sources | {"rpc_url_8453": ("http://rpc/8453",)}


def _screener(path: str, _params: dict[str, str], _body: Any) -> Any:
    return [
        {
            "chainId": "base",
            "dexId": "uniswap",
            "pairAddress": "0x" + "5" * 40,
            "baseToken": {"address": address},
            "quoteToken": {"address": "0x" + "6" * 40},
            "priceNative": "1",
            "priceUsd": PRICE,
            "liquidity": {"usd": 5_000_000},
        }
        for address in path.rpartition("/")[2].split(",")
    ]


def _terminal(path: str, _params: dict[str, str], _body: Any) -> Any:
    if "/multi/" not in path:
        return None
    addresses = path.rpartition("/")[2].split(",")
    items = [{"address": address, "price_usd": PRICE, "total_reserve_in_usd": "5000000"} for address in addresses]
    return {"data": [{"attributes": item} for item in items]}


def _coinbase(path: str, _params: dict[str, str], _body: Any) -> Any:
    return {"price": PRICE, "time": "2026-11-02T12:00:00Z"} if path.endswith("/ticker") else None


def _kraken(path: str, params: dict[str, str], _body: Any) -> Any:
    if path != "/Ticker":
        return None
    return {"error": [], "result": {pair: {"c": [PRICE, "1"]} for pair in params["pair"].split(",")}}


def _alchemy(_path: str, _params: dict[str, str], body: Any) -> Any:
    price = {"currency": "usd", "value": PRICE, "lastUpdatedAt": "2026-11-02T12:00:00Z"}
    return {"data": [asked | {"prices": [price]} for asked in body["addresses"]]}


def _gecko(path: str, params: dict[str, str], _body: Any) -> Any:
    if not path.startswith("/simple"):
        return None
    names = params.get("ids", params.get("contract_addresses", "")).split(",")
    return {name: {"usd": float(PRICE), "last_updated_at": _LATER} for name in names}


def _llama(path: str, _params: dict[str, str], _body: Any) -> Any:
    if not path.startswith("/prices"):
        return None
    coins = path.rpartition("/")[2].split(",")
    return {"coins": {coin: {"price": float(PRICE), "timestamp": _LATER, "confidence": 0.99} for coin in coins}}


def _node(_path: str, _params: dict[str, str], body: Any) -> Any:
    (asked,) = decode(["(address,bool,bytes)[]"], bytes.fromhex(body[1]["params"][0]["data"][10:]))
    rounds = [(True, _round(0 if address == SEQUENCERS[8453].lower() else 125_000_000)) for address, _, _ in asked]
    answers = "0x" + encode(["(bool,bytes)[]"], [rounds]).hex()
    return [{"id": 1, "result": hex(8453)}, {"id": 2, "result": answers}]


def _round(answer: int) -> bytes:
    at = int(datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp())
    return encode(["uint80", "int256", "uint256", "uint256", "uint80"], [1, answer, at, at, 1])


_MADE: dict[str, Callable[[str, dict[str, str], Any], Any]] = {
    "dexscreener": _screener,
    "geckoterminal": _terminal,
    "coinbase": _coinbase,
    "kraken": _kraken,
    "alchemy": _alchemy,
    "coingecko": _gecko,
    "defillama": _llama,
    "rpc": _node,
}
