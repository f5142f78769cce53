"""CoinGecko and DefiLlama as they answer: JSON numbers, lower-case or echoed keys, unknown tokens absent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.domain.registry import REGISTRY
from app.domain.tokens import Token
from tests.double.bench import Ask, Stall
from tests.double.floor import asset_of
from tests.double.tape import ALIASES, OPENING, asset_name
from tests.double.wire import Lens, Reply

_PLATFORMS = {"ethereum": 1, "optimistic-ethereum": 10, "polygon-pos": 137, "base": 8453, "arbitrum-one": 42161}
_CHAINS = {"ethereum": 1, "optimism": 10, "polygon": 137, "base": 8453, "arbitrum": 42161}
_ADDRESSES_KEYLESS, _ADDRESSES = 1, 515
_NATIVE = "0x" + "0" * 40


def ping(ask: Ask) -> Reply:
    return Reply({"gecko_says": "(V3) To the Moon!"})


def simple_price(ask: Ask) -> Reply:
    if not ask.query.get("vs_currencies"):
        return Reply({"error": "Missing parameter vs_currencies"}, 422)
    ids = [name for name in ask.csv(ask.query.get("ids")) if name in OPENING or name in ALIASES]
    return Reply({name: _gecko_entry(ask, name) for name in ids})


def token_price(ask: Ask) -> Reply:
    addresses = ask.csv(ask.query.get("contract_addresses"))
    chain_id = _PLATFORMS.get(ask.path["platform"])
    if not ask.query.get("vs_currencies") or not addresses:
        return Reply({"error": "Missing parameter contract_addresses or vs_currencies"}, 422)
    if chain_id is None:
        return Reply({"error": "asset platform not found"}, 404)
    if len(addresses) > (_ADDRESSES if _keyed(ask) else _ADDRESSES_KEYLESS):
        return Reply(_too_much("Number of contract addresses exceeds the allowed limit", ask.floor.now()), 400)
    found = [token for token in (ask.floor.token(chain_id, address) for address in addresses) if token]
    listed = [token for token in found if token.coingecko_id]
    return Reply({token.key.address: _gecko_entry(ask, asset_of(token)) for token in listed})


def market_chart(ask: Ask) -> Reply:
    name = ask.path["id"]
    if name not in OPENING and name not in ALIASES:
        return Reply({"error": "coin not found"}, 404)
    days = 9999 if ask.query.get("days") == "max" else ask.seconds("days")
    if days is None or days < 1 or not ask.query.get("vs_currency"):
        return Reply({"error": "Invalid parameter days or vs_currency"}, 422)
    if days > 365 and not _keyed(ask):
        return Reply({"error": {"status": _too_much("History beyond 365 days", ask.floor.now())["status"]}}, 401)
    return Reply(_gecko_chart(ask, name, min(days, 1000)))


def _gecko_entry(ask: Ask, asset: str) -> dict[str, object]:
    lens, tape, wanted = ask.lens(asset), ask.floor.tape, ask.query
    entry: dict[str, object] = {"usd": lens.number(_precise(lens.true, wanted.get("precision")))}
    if wanted.get("include_market_cap") == "true":
        entry["usd_market_cap"] = lens.true * 1_000_000
    if wanted.get("include_24hr_vol") == "true":
        entry["usd_24h_vol"] = tape.volume(asset, lens.seen_at) * 100
    if wanted.get("include_24hr_change") == "true":
        entry["usd_24h_change"] = tape.day_change_pct(asset)
    if wanted.get("include_last_updated_at") == "true":
        entry["last_updated_at"] = lens.stamp
    return entry


def _gecko_chart(ask: Ask, asset: str, days: int) -> dict[str, object]:
    """Five minutes apart for one day, hours up to 90, days beyond; the last point is now and off the grid."""
    step = 300 if days == 1 else 3600 if days <= 90 else 86_400
    now, lens, tape = ask.floor.now(), ask.lens(asset), ask.floor.tape
    first = int((now - timedelta(days=days)).timestamp()) // step * step + step
    times = [datetime.fromtimestamp(s, UTC) for s in range(first, int(now.timestamp()), step)] + [now]

    def points(value: list[object]) -> list[list[object]]:
        stamps = [int((at + lens.shift).timestamp() * 1000) for at in times]
        return [[stamp, one] for stamp, one in zip(stamps, value, strict=True)]

    prices = [lens.number(tape.price(asset, at) * lens.skew) for at in times]
    caps: list[object] = [tape.price(asset, at) * 1_000_000 for at in times]
    volumes: list[object] = [tape.volume(asset, at) * 100 for at in times]
    return {"prices": points(prices), "market_caps": points(caps), "total_volumes": points(volumes)}


def _precise(price: Decimal, precision: str | None) -> Decimal:
    """Without `precision` the dollar prices above 1 come in cents, as they do there."""
    if precision == "full":
        return price
    if precision and precision.isdigit():
        return round(price, int(precision))
    return round(price, 2) if price >= 1 else price


def _keyed(ask: Ask) -> bool:
    return "x-cg-demo-api-key" in ask.headers or "x-cg-pro-api-key" in ask.headers


def _too_much(why: str, at: datetime) -> dict[str, object]:
    status = {"error_code": 10012, "error_message": why}
    return {"timestamp": at.isoformat(timespec="milliseconds"), "error_code": 10012, "status": status}


def current(ask: Ask) -> Reply:
    """DefiLlama's present prices; keys are echoed as they were sent."""
    coins: dict[str, object] = {}
    for coin in ask.csv(ask.path["coins"]):
        found = _llama(ask, coin)
        if found:
            asset, token = found
            lens = ask.lens(asset)
            coins[coin] = _llama_head(asset, token) | {"price": lens.number(), "timestamp": lens.stamp} | _SURE
    boundary = int(ask.floor.now().timestamp()) // 300 * 300 + 320
    return Reply({"coins": coins}, headers={"Expires": f"{datetime.fromtimestamp(boundary, UTC):%a, %d %b %Y %X GMT}"})


def chart(ask: Ask) -> Reply:
    """DefiLlama's past prices: points from `start` on, or up to `end`."""
    start, end = ask.seconds("start"), ask.seconds("end")
    step, span = _period_s(ask.query.get("period", "24h")), ask.seconds("span") or 0
    if step is None or (start is not None and end is not None):
        return Reply({"message": "use start or end, and a period such as 1h"}, 400)
    now = int(ask.floor.now().timestamp())
    first = start if start is not None else (end or now) - step * max(0, span - 1)
    times = [at for at in range(first, first + step * span, step) if at <= now]
    coins: dict[str, object] = {}
    for coin in ask.csv(ask.path["coins"]):
        found = _llama(ask, coin)
        if found:
            lens = ask.lens(found[0])
            prices = [_llama_point(ask, lens, found[0], at) for at in times]
            coins[coin] = _llama_head(*found) | _SURE | {"prices": prices}
    return Reply({"coins": coins})


_SURE = {"confidence": Decimal("0.99")}
_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def _llama_point(ask: Ask, lens: Lens, asset: str, at: int) -> dict[str, object]:
    true = ask.floor.tape.price(asset, datetime.fromtimestamp(at, UTC)) * lens.skew
    return {"timestamp": at + int(lens.shift.total_seconds()), "price": lens.number(true)}


def _llama(ask: Ask, coin: str) -> tuple[str, Token | None] | None:
    chain, _, name = coin.partition(":")
    if chain.lower() == "coingecko":
        return (asset_name(name), None) if name in OPENING or name in ALIASES else None
    chain_id = _CHAINS.get(chain.lower())
    if chain_id is not None and name == _NATIVE:
        return ("polygon-ecosystem-token" if chain_id == 137 else "weth"), None
    token = ask.floor.token(chain_id, name) if chain_id else None
    return (asset_of(token), token) if token and token.coingecko_id else None


def _llama_head(asset: str, token: Token | None) -> dict[str, object]:
    if token:
        return {"decimals": token.decimals, "symbol": token.symbol}
    first = next((one.symbol for one in REGISTRY.values() if asset_of(one) == asset), asset)
    return {"symbol": {"weth": "ETH", "bitcoin": "BTC"}.get(asset, first.upper())}


def _period_s(text: str) -> int | None:
    number, unit = text[:-1], text[-1:].lower()
    return int(number) * _UNITS[unit] if number.isdigit() and unit in _UNITS and int(number) else None


STALLS = (
    Stall("coingecko", "/ping", ping),
    Stall("coingecko", "/simple/price", simple_price),
    Stall("coingecko", "/simple/token_price/{platform}", token_price),
    Stall("coingecko", "/coins/{id}/market_chart", market_chart),
    Stall("defillama", "/prices/current/{coins}", current),
    Stall("defillama", "/chart/{coins}", chart),
)
