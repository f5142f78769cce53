"""Coinbase and Kraken as they answer: prices are text, candles newest or oldest first, own names of pairs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.double.bench import Ask, Stall, grid, iso
from tests.double.wire import GONE, Lens, Reply, plain

_PRODUCTS = {
    "ETH": "weth",
    "BTC": "bitcoin",
    "LINK": "chainlink",
    "UNI": "uniswap",
    "AAVE": "aave",
    "ARB": "arbitrum",
    "OP": "optimism",
    "CRV": "curve-dao-token",
    "LDO": "lido-dao",
    "COMP": "compound-governance-token",
    "PEPE": "pepe",
    "SHIB": "shiba-inu",
    "GRT": "the-graph",
    "ENS": "ethereum-name-service",
    "ONDO": "ondo-finance",
    "POL": "polygon-ecosystem-token",
    "AERO": "aerodrome-finance",
    "USDT": "tether",
    "DAI": "dai",
    "CBETH": "coinbase-wrapped-staked-eth",
    "EURC": "euro-coin",
    "ENA": "ethena",
    "PENDLE": "pendle",
    "MORPHO": "morpho",
    "DEGEN": "degen-base",
    "TOSHI": "toshi",
}
_GRANULARITIES = frozenset({60, 300, 900, 3600, 21_600, 86_400})
_CANDLES = 300
_NOT_FOUND = Reply({"message": "NotFound"}, 404)


def products(ask: Ask) -> Reply:
    return Reply([_product(base) for base in _PRODUCTS if f"{base}-USD" not in ask.floor.delisted])


def _product(base: str) -> dict[str, object]:
    return {
        "id": f"{base}-USD",
        "base_currency": base,
        "quote_currency": "USD",
        "quote_increment": "0.01",
        "base_increment": "0.00000001",
        "display_name": f"{base}-USD",
        "status": "online",
        "status_message": "",
        "trading_disabled": False,
    }


def ticker(ask: Ask) -> Reply:
    asset = _traded(ask)
    if asset is None:
        return _NOT_FOUND
    lens = ask.lens(asset)
    return Reply(
        {
            "trade_id": 843439,
            "price": lens.text(),
            "size": "0.0123",
            "time": iso(lens.at, "microseconds"),
            "bid": plain(_nudged(lens, "0.9999")),
            "ask": plain(_nudged(lens, "1.0001")),
            "volume": plain(ask.floor.tape.volume(asset, lens.seen_at)),
        }
    )


def candles(ask: Ask) -> Reply:
    """Rows of time, low, high, open, close, volume; newest first; at most 300."""
    asset, step = _traded(ask), ask.seconds("granularity") or 60
    if asset is None:
        return _NOT_FOUND
    if step not in _GRANULARITIES:
        return Reply({"message": "Unsupported granularity"}, 400)
    starts = _asked(ask, step)
    if starts is None:
        return Reply({"message": "start or end is not a time, or the range holds over 300 candles"}, 400)
    return Reply([_row(ask, asset, start, step) for start in reversed(starts)])


def _row(ask: Ask, asset: str, start: datetime, step: int) -> list[object]:
    lens = ask.lens(asset)
    first, high, low, last = (lens.number(price) for price in ask.candle(asset, start, step))
    volume = round(ask.floor.tape.volume(asset, start) / lens.true, 8)
    return [int((start + lens.shift).timestamp()), low, high, first, last, volume]


def _asked(ask: Ask, step: int) -> list[datetime] | None:
    now = ask.floor.now()
    if not ask.query.get("start") or not ask.query.get("end"):
        return grid(now, step, _CANDLES)
    try:
        start, end = (_moment(ask.query[name]) for name in ("start", "end"))
    except ValueError:
        return None
    if (end - start) / timedelta(seconds=step) > _CANDLES:
        return None
    return [at for at in grid(min(end, now), step, _CANDLES) if at >= start]


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _traded(ask: Ask) -> str | None:
    base, _, quote = ask.path["id"].partition("-")
    gone = quote != "USD" or ask.path["id"] in ask.floor.delisted
    return None if gone else _PRODUCTS.get(base)


def _nudged(lens: Lens, factor: str) -> Decimal:
    return lens.true * Decimal(factor)


# Kraken's own name, the alternative name, the asset
_PAIRS = (
    ("XETHZUSD", "ETHUSD", "weth"),
    ("XXBTZUSD", "XBTUSD", "bitcoin"),
    ("USDTZUSD", "USDTUSD", "tether"),
    ("USDCUSD", "USDCUSD", "usd-coin"),
    ("DAIUSD", "DAIUSD", "dai"),
    ("LINKUSD", "LINKUSD", "chainlink"),
    ("UNIUSD", "UNIUSD", "uniswap"),
    ("AAVEUSD", "AAVEUSD", "aave"),
    ("ARBUSD", "ARBUSD", "arbitrum"),
    ("OPUSD", "OPUSD", "optimism"),
    ("CRVUSD", "CRVUSD", "curve-dao-token"),
    ("LDOUSD", "LDOUSD", "lido-dao"),
    ("COMPUSD", "COMPUSD", "compound-governance-token"),
    ("PEPEUSD", "PEPEUSD", "pepe"),
    ("SHIBUSD", "SHIBUSD", "shiba-inu"),
    ("GRTUSD", "GRTUSD", "the-graph"),
    ("ENSUSD", "ENSUSD", "ethereum-name-service"),
    ("ENAUSD", "ENAUSD", "ethena"),
    ("ONDOUSD", "ONDOUSD", "ondo-finance"),
    ("PENDLEUSD", "PENDLEUSD", "pendle"),
    ("POLUSD", "POLUSD", "polygon-ecosystem-token"),
    ("MORPHOUSD", "MORPHOUSD", "morpho"),
    ("AEROUSD", "AEROUSD", "aerodrome-finance"),
    ("VIRTUALUSD", "VIRTUALUSD", "virtual-protocol"),
    ("GMXUSD", "GMXUSD", "gmx"),
)
_MINUTES = frozenset({1, 5, 15, 30, 60, 240, 1440, 10_080, 21_600})
_ROWS = 720


def kraken_ticker(ask: Ask) -> Reply:
    """All pairs, or those named; one unknown name fails the whole call, with status 200."""
    listed = _listed(ask)
    wanted = ask.csv(ask.query.get("pair")) or list(listed)
    if any(name not in listed for name in wanted):
        return _kraken_error("EQuery:Unknown asset pair")
    return Reply({"error": [], "result": {listed[name][0]: _kraken_entry(ask, listed[name][1]) for name in wanted}})


def _listed(ask: Ask) -> dict[str, tuple[str, str]]:
    """Kraken's own name and the asset by each name that a pair may be asked for."""
    here = [row for row in _PAIRS if not ask.floor.delisted & {row[0], row[1]}]
    return {name: (own, asset) for own, other, asset in here for name in (own, other)}


def _kraken_entry(ask: Ask, asset: str) -> dict[str, object]:
    lens, day = ask.lens(asset), ask.floor.now().replace(hour=0, minute=0, second=0, microsecond=0)
    volume, last = plain(ask.floor.tape.volume(asset, day)), lens.text()
    return {
        "a": [plain(_nudged(lens, "1.0001")), "1", "1.000"],
        "b": [plain(_nudged(lens, "0.9999")), "2", "2.000"],
        "c": last if last is GONE else [last, "0.04408910"],
        "v": [volume, volume],
        "p": [plain(lens.true), plain(lens.true)],
        "t": [3907, 10056],
        "l": [plain(_nudged(lens, "0.98")), plain(_nudged(lens, "0.97"))],
        "h": [plain(_nudged(lens, "1.01")), plain(_nudged(lens, "1.02"))],
        "o": plain(ask.floor.tape.price(asset, day) * lens.skew),
    }


def kraken_ohlc(ask: Ask) -> Reply:
    """At most 720 rows, oldest first, the open one last; `last` is the newest closed one's time."""
    pair, minutes = _listed(ask).get(ask.query.get("pair", "")), ask.seconds("interval") or 1
    if pair is None:
        return _kraken_error("EQuery:Unknown asset pair")
    if minutes not in _MINUTES:
        return _kraken_error("EGeneral:Invalid arguments")
    since = ask.seconds("since") or 0
    starts = [at for at in grid(ask.floor.now(), minutes * 60, _ROWS) if at.timestamp() > since]
    rows = [_kraken_row(ask, pair[1], at, minutes * 60) for at in starts]
    last = int(starts[-2].timestamp()) if len(starts) > 1 else since
    return Reply({"error": [], "result": {pair[0]: rows, "last": last}})


def _kraken_row(ask: Ask, asset: str, start: datetime, seconds: int) -> list[object]:
    lens = ask.lens(asset)
    first, high, low, last = (lens.text(price) for price in ask.candle(asset, start, seconds))
    volume = plain(round(ask.floor.tape.volume(asset, start) / lens.true, 8))
    return [int((start + lens.shift).timestamp()), first, high, low, last, last, volume, 42]


def asset_pairs(ask: Ask) -> Reply:
    listed, named = _listed(ask), ask.csv(ask.query.get("pair"))
    if any(name not in listed for name in named):
        return _kraken_error("EQuery:Unknown asset pair")
    wanted = {listed[name][0] for name in named or listed}
    return Reply({"error": [], "result": {own: _kraken_pair(own, other) for own, other, _ in _PAIRS if own in wanted}})


def _kraken_pair(own: str, other: str) -> dict[str, object]:
    base = other.removesuffix("USD")
    return {
        "altname": other,
        "wsname": f"{base}/USD",
        "aclass_base": "currency",
        "base": {"ETH": "XETH", "XBT": "XXBT"}.get(base, base),
        "aclass_quote": "currency",
        "quote": "ZUSD",
        "pair_decimals": 5,
        "lot_decimals": 8,
        "status": "online",
    }


def _kraken_error(message: str) -> Reply:
    return Reply({"error": [message]})


STALLS = (
    Stall("coinbase", "/products", products),
    Stall("coinbase", "/products/{id}/ticker", ticker),
    Stall("coinbase", "/products/{id}/candles", candles),
    Stall("kraken", "/Ticker", kraken_ticker),
    Stall("kraken", "/OHLC", kraken_ohlc),
    Stall("kraken", "/AssetPairs", asset_pairs),
)
