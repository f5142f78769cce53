"""Alchemy Prices as it answers: prices are text, an unknown token is an error of its own item, status 200."""

from datetime import UTC, datetime, timedelta

from app.domain.tokens import Token
from tests.double.bench import Ask, Stall, grid, iso
from tests.double.floor import asset_of
from tests.double.wire import Reply

_NETWORKS = {"eth-mainnet": 1, "opt-mainnet": 10, "polygon-mainnet": 137, "base-mainnet": 8453, "arb-mainnet": 42161}
_ADDRESSES, _NETWORKS_AT_ONCE = 25, 3
# Length of an interval and the longest range that may be asked for, in seconds.
_INTERVALS = {"5m": (300, 7 * 86_400), "1h": (3600, 30 * 86_400), "1d": (86_400, 366 * 86_400)}
BAD_KEY = "bad-key"


def by_address(ask: Ask) -> Reply:
    wanted = ask.body.get("addresses") if isinstance(ask.body, dict) else None
    if not isinstance(wanted, list) or not wanted or not all(_is_item(item) for item in wanted):
        return _error(400, "addresses must be a list of network and address")
    if len(wanted) > _ADDRESSES or len({item["network"] for item in wanted}) > _NETWORKS_AT_ONCE:
        return _error(400, "at most 25 addresses on 3 networks")
    if ask.path["key"] == BAD_KEY:
        return _error(401, "Must be authenticated!")
    return Reply({"data": [_item(ask, item["network"], item["address"]) for item in wanted]})


def _item(ask: Ask, network: str, address: str) -> dict[str, object]:
    head: dict[str, object] = {"network": network, "address": address}
    token = _listed(ask, network, address)
    if token is None:
        return head | {"prices": [], "error": {"message": f"Token not found: {address}"}}
    lens = ask.lens(asset_of(token))
    price = {"currency": "usd", "value": lens.text(), "lastUpdatedAt": iso(lens.at)}
    return head | {"prices": [price], "error": None}


def historical(ask: Ask) -> Reply:
    body = ask.body if isinstance(ask.body, dict) else {}
    token = _listed(ask, str(body.get("network")), str(body.get("address")))
    start, end = _time(body.get("startTime")), _time(body.get("endTime"))
    step, longest = _INTERVALS.get(str(body.get("interval", "1d")), (0, 0))
    if start is None or end is None or not step or end - start > timedelta(seconds=longest):
        return _error(400, "startTime, endTime or interval is missing, wrong or too far apart")
    if token is None:
        return _error(404, "Token not found")
    lens, tape, asset = ask.lens(asset_of(token)), ask.floor.tape, asset_of(token)
    count = int((end - start).total_seconds()) // step + 1
    times = [at for at in grid(min(end, ask.floor.now()), step, count) if at >= start]
    points = [
        {"value": lens.text(tape.price(asset, at) * lens.skew), "timestamp": iso(at + lens.shift)} for at in times
    ]
    return Reply({"network": body["network"], "address": body["address"], "currency": "usd", "data": points})


def _listed(ask: Ask, network: str, address: str) -> Token | None:
    token = ask.floor.token(_NETWORKS.get(network, 0), address)
    return token if token and token.coingecko_id else None


def _is_item(item: object) -> bool:
    return isinstance(item, dict) and all(isinstance(item.get(key), str) for key in ("network", "address"))


def _time(value: object) -> datetime | None:
    """ISO 8601, or whole seconds since 1970 as number or text."""
    text = str(value)
    try:
        at = datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _error(status: int, message: str) -> Reply:
    return Reply({"error": {"message": message}}, status)


STALLS = (
    Stall("alchemy", "/{key}/tokens/by-address", by_address, "POST"),
    Stall("alchemy", "/{key}/tokens/historical", historical, "POST"),
)
