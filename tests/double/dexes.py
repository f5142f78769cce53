"""DexScreener and GeckoTerminal as they answer: prices are text, sides vary, some fields are absent or null."""

from datetime import UTC, datetime
from decimal import Context, Decimal
from zlib import crc32

from app.domain.tokens import Token
from tests.double.bench import Ask, Stall, grid
from tests.double.floor import asset_of
from tests.double.pools import Pool
from tests.double.wire import GONE, Lens, Reply, plain

_SCREENER = {"ethereum": 1, "optimism": 10, "polygon": 137, "base": 8453, "arbitrum": 42161}
_TERMINAL = {"eth": 1, "optimism": 10, "polygon_pos": 137, "base": 8453, "arbitrum": 42161}
_AT_ONCE = 30
_FINE = Context(prec=24)
_STEPS = {"day": (86_400, (1,)), "hour": (3600, (1, 4, 12)), "minute": (60, (1, 5, 15))}


def pairs(ask: Ask) -> Reply:
    """Every pool that holds one of the addresses on either side, in no useful order."""
    addresses = ask.csv(ask.path["addresses"])
    if len(addresses) > _AT_ONCE:
        return Reply({"message": "at most 30 addresses"}, 400)
    chain_id = _SCREENER.get(ask.path["chain"], 0)
    found = [pool for pool in ask.floor.pools(chain_id) if any(pool.holds(address) for address in addresses)]
    return Reply([_pair(ask, pool, ask.path["chain"]) for pool in found])


def _pair(ask: Ask, pool: Pool, chain: str) -> dict[str, object]:
    base, quote = _sides(ask, pool)
    asset, seen = asset_of(pool.base), base.seen_at
    volume = ask.floor.tape.volume(asset, seen)
    body: dict[str, object] = {
        "chainId": chain,
        "dexId": pool.exchange,
        "url": f"https://dexscreener.com/{chain}/{pool.address.lower()}",
        "pairAddress": pool.address,
        "labels": ["v3"] if pool.exchange == "uniswap" else GONE,
        "baseToken": _identity(pool.base),
        "quoteToken": _identity(pool.quote),
        "priceNative": quote.as_text(_over(base.price * pool.off, quote.price)),
        "priceUsd": base.text(base.true * pool.off) if pool.listed else GONE,
        "txns": {span: {"buys": buys, "sells": buys + 3} for span, buys in (("m5", 6), ("h1", 101), ("h24", 2447))},
        "volume": {"h24": volume * 288, "h6": volume * 72, "h1": volume * 12, "m5": volume},
        "priceChange": {"m5": 0, "h24": ask.floor.tape.day_change_pct(asset)},
        "liquidity": _reserves(pool, base, quote) if pool.listed else GONE,
        "pairCreatedAt": 1640781314000,
    }
    if pool.listed and crc32(pool.address.encode()) % 2:
        body |= {"fdv": 4706853532, "marketCap": 4706853532, "info": {"websites": [], "socials": []}}
    return body


def _sides(ask: Ask, pool: Pool) -> tuple[Lens, Lens]:
    return ask.lens(asset_of(pool.base)), ask.lens(asset_of(pool.quote))


def _identity(token: Token) -> dict[str, object]:
    return {"address": token.address, "name": token.name, "symbol": token.symbol}


def _over(price: Decimal, unit: Decimal) -> Decimal:
    """price / unit to 24 digits; nothing where that is no number."""
    if unit.is_nan() or price.is_nan():
        return Decimal("NaN")
    return _FINE.divide(price, unit) if unit else Decimal(0)


def _reserves(pool: Pool, base: Lens, quote: Lens) -> dict[str, object]:
    half = pool.liquidity_usd / 2
    return {"usd": pool.liquidity_usd, "base": round(half / base.true, 4), "quote": round(half / quote.true, 4)}


def tokens_multi(ask: Ask) -> Reply:
    addresses = ask.csv(ask.path["addresses"])
    if len(addresses) > _AT_ONCE:
        return _refused(400, "Exceeded maximum of 30 addresses")
    network = ask.path["network"]
    if network not in _TERMINAL:
        return _refused(404, "Not Found")
    found = [ask.floor.token(_TERMINAL[network], address) for address in addresses]
    items = [_terminal_token(ask, token, network) for token in found if token]
    return Reply({"data": [item for item in items if item]})


def _terminal_token(ask: Ask, token: Token, network: str) -> dict[str, object] | None:
    pools = _deepest(ask, token)
    if not pools:
        return None
    lens, address = ask.lens(asset_of(token)), token.key.address
    attributes: dict[str, object] = {
        "address": address,
        "name": token.name,
        "symbol": token.symbol,
        "decimals": token.decimals,
        "image_url": None,
        "coingecko_coin_id": token.coingecko_id,
        "total_supply": "1000000000000000000000000.0",
        "normalized_total_supply": "1000000.0",
        "price_usd": lens.text(),
        "fdv_usd": plain(lens.true * 1_000_000),
        "total_reserve_in_usd": plain(sum((pool.liquidity_usd for pool in pools), Decimal(0))),
        "volume_usd": {"h24": plain(ask.floor.tape.volume(asset_of(token), lens.seen_at) * 288)},
        "market_cap_usd": None,
    }
    top = [{"id": f"{network}_{pool.address.lower()}", "type": "pool"} for pool in pools[:3]]
    related = {"top_pools": {"data": top}}
    return {"id": f"{network}_{address}", "type": "token", "attributes": attributes, "relationships": related}


def _deepest(ask: Ask, token: Token) -> list[Pool]:
    holding = [pool for pool in ask.floor.pools(token.chain_id) if pool.holds(token.address)]
    return sorted(holding, key=lambda pool: -pool.liquidity_usd)


def token_pools(ask: Ask) -> Reply:
    """A token's pools, deepest first, 20 a page."""
    network, page = ask.path["network"], ask.seconds("page") or 1
    token = ask.floor.token(_TERMINAL.get(network, 0), ask.path["address"])
    if token is None or not _deepest(ask, token):
        return _refused(404, "Not Found")
    listed = [pool for pool in _deepest(ask, token) if pool.listed][20 * (page - 1) : 20 * page]
    return Reply({"data": [_terminal_pool(ask, pool, network) for pool in listed]})


def _terminal_pool(ask: Ask, pool: Pool, network: str) -> dict[str, object]:
    base, quote = _sides(ask, pool)
    volume = ask.floor.tape.volume(asset_of(pool.base), base.seen_at)
    change = plain(ask.floor.tape.day_change_pct(asset_of(pool.base)))
    attributes: dict[str, object] = {
        "address": pool.address.lower(),
        "name": f"{pool.base.symbol} / {pool.quote.symbol} {pool.fee_pct}%",
        "base_token_price_usd": base.text(base.true * pool.off),
        "quote_token_price_usd": quote.text(),
        "base_token_price_quote_token": quote.as_text(_over(base.price * pool.off, quote.price)),
        "reserve_in_usd": plain(pool.liquidity_usd),
        "pool_fee_percentage": pool.fee_pct,
        "pool_created_at": "2022-01-01T00:00:00Z",
        "fdv_usd": plain(base.true * 1_000_000),
        "market_cap_usd": None,
        "volume_usd": {"m5": plain(volume), "h1": plain(volume * 12), "h24": plain(volume * 288)},
        "price_change_percentage": {"m5": "0", "h1": "0.1", "h24": change},
        "transactions": {"h24": {"buys": 2447, "sells": 2405, "buyers": 801, "sellers": 790}},
    }
    sides = {
        "base_token": {"data": {"id": f"{network}_{pool.base.key.address}", "type": "token"}},
        "quote_token": {"data": {"id": f"{network}_{pool.quote.key.address}", "type": "token"}},
        "dex": {"data": {"id": pool.exchange, "type": "dex"}},
    }
    name = f"{network}_{pool.address.lower()}"
    return {"id": name, "type": "pool", "attributes": attributes, "relationships": sides}


def ohlcv(ask: Ask) -> Reply:
    """A pool's candles, newest first; minutes in which nothing traded are left out."""
    wanted = ask.path["pool"].lower()
    pools = ask.floor.pools(_TERMINAL.get(ask.path["network"], 0))
    pool = next((pool for pool in pools if pool.address.lower() == wanted), None)
    if pool is None or ask.path["timeframe"] not in _STEPS:
        return _refused(404, "Not Found")
    unit, allowed = _STEPS[ask.path["timeframe"]]
    aggregate, limit = ask.seconds("aggregate") or 1, ask.seconds("limit") or 100
    if aggregate not in allowed or not 1 <= limit <= 1000:
        return _refused(400, "Invalid aggregate or limit")
    base = _priced_side(pool, ask.query.get("token", "base"))
    if base is None:
        return _refused(400, "Invalid token")
    rows = _candles(ask, pool, base, unit * aggregate, limit)
    attributes = {"ohlcv_list": rows}
    data = {"id": f"{crc32(wanted.encode()):08x}", "type": "ohlcv_request_response", "attributes": attributes}
    return Reply({"data": data, "meta": {"base": _meta(pool.base), "quote": _meta(pool.quote)}})


def _candles(ask: Ask, pool: Pool, base: bool, seconds: int, limit: int) -> list[list[object]]:
    before = ask.seconds("before_timestamp")
    token, unit = (pool.base, pool.quote) if base else (pool.quote, pool.base)
    lens, asset = ask.lens(asset_of(token)), asset_of(token)
    rows: list[list[object]] = []
    end = ask.floor.now() if before is None else datetime.fromtimestamp(before - 1, UTC)
    for start in reversed(grid(min(end, ask.floor.now()), seconds, limit * 2)):
        over = start.timestamp() + seconds <= ask.floor.now().timestamp()
        if over and _quiet(pool, start, seconds) and ask.query.get("include_empty_intervals") != "true":
            continue
        per = ask.lens(asset_of(unit)).true if ask.query.get("currency") == "token" else Decimal(1)
        off = pool.off if base else Decimal(1)
        prices = [lens.number(_FINE.divide(price * off, per)) for price in ask.candle(asset, start, seconds)]
        stamp = int((start + lens.shift).timestamp())
        rows.append([stamp, *prices, ask.floor.tape.volume(asset, start)])
    return rows[:limit]


def _quiet(pool: Pool, start: datetime, seconds: int) -> bool:
    return seconds <= 300 and crc32(f"{pool.address}{int(start.timestamp())}".encode()) % 23 == 0


def _priced_side(pool: Pool, wanted: str) -> bool | None:
    names = {"base": True, "quote": False, pool.base.key.address: True, pool.quote.key.address: False}
    return names.get(wanted.lower())


def _meta(token: Token) -> dict[str, object]:
    return {"address": token.key.address, "symbol": token.symbol, "coingecko_coin_id": token.coingecko_id}


def _refused(status: int, title: str) -> Reply:
    return Reply({"errors": [{"status": str(status), "title": title}]}, status)


STALLS = (
    Stall("dexscreener", "/tokens/v1/{chain}/{addresses}", pairs),
    Stall("geckoterminal", "/networks/{network}/tokens/multi/{addresses}", tokens_multi),
    Stall("geckoterminal", "/networks/{network}/tokens/{address}/pools", token_pools),
    Stall("geckoterminal", "/networks/{network}/pools/{pool}/ohlcv/{timeframe}", ohlcv),
)
