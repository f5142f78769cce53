"""KyberSwap and Velora as they answer: the amount that comes out at the tape's prices, five basis points less."""

from decimal import Decimal

from app.domain.tokens import Token
from tests.double.bench import Ask, Stall
from tests.double.floor import asset_of
from tests.double.wire import Reply, plain

_KYBER = {"ethereum": 1, "optimism": 10, "polygon": 137, "base": 8453, "arbitrum": 42161}
_MAINNETS = frozenset(_KYBER.values())
_KEPT = Decimal("0.9995")
_ROUTER = "0x6131B5fae19EA4f9D964eAc0408E4408b66337b5"


def kyber(ask: Ask) -> Reply:
    query = ask.query
    sides = _sides(ask, _KYBER.get(ask.path["chain"], 0), query.get("tokenIn", ""), query.get("tokenOut", ""))
    amount = ask.seconds("amountIn") or 0
    if sides is None or amount <= 0:
        return Reply({"code": 4008, "message": "route not found", "details": None, "requestId": "0"}, 400)
    out, spent_usd, got_usd = _swap(ask, *sides, amount)
    route = {
        "tokenIn": sides[0].key.address,
        "amountIn": str(amount),
        "amountInUsd": plain(spent_usd),
        "tokenOut": sides[1].key.address,
        "amountOut": _base_units(ask, sides, out),
        "amountOutUsd": plain(got_usd),
        "gas": "195000",
        "gasPrice": "1012345",
        "gasUsd": "0.0012",
        "l1FeeUsd": "0.0003",
        "extraFee": {"feeAmount": "", "chargeFeeBy": "", "isInBps": False, "feeReceiver": ""},
        "route": [[]],
        "routeID": "0",
        "checksum": "0",
        "timestamp": str(int(ask.floor.now().timestamp())),
    }
    data = {"routeSummary": route, "routerAddress": _ROUTER}
    return Reply({"code": 0, "message": "successfully", "data": data, "requestId": "0"})


def velora(ask: Ask) -> Reply:
    network, amount = ask.seconds("network") or 0, ask.seconds("amount") or 0
    chain_id = network if network in _MAINNETS else 0
    sides = _sides(ask, chain_id, ask.query.get("srcToken", ""), ask.query.get("destToken", ""))
    if sides is None or amount <= 0:
        return Reply({"error": "No routes found with enough liquidity"}, 404)
    out, spent_usd, got_usd = _swap(ask, *sides, amount)
    route = {
        "blockNumber": 1,
        "network": network,
        "srcToken": sides[0].key.address,
        "srcDecimals": sides[0].decimals,
        "srcAmount": str(amount),
        "srcUSD": plain(spent_usd),
        "destToken": sides[1].key.address,
        "destDecimals": sides[1].decimals,
        "destAmount": _base_units(ask, sides, out),
        "destUSD": plain(got_usd),
        "bestRoute": [],
        "gasCost": "180000",
        "gasCostUSD": "0.0021",
        "side": "SELL",
        "contractMethod": "swapExactAmountIn",
        "partnerFee": 0,
        "maxImpactReached": False,
        "version": "6.2",
    }
    return Reply({"priceRoute": route})


def _sides(ask: Ask, chain_id: int, pay: str, receive: str) -> tuple[Token, Token] | None:
    one, other = ask.floor.token(chain_id, pay), ask.floor.token(chain_id, receive)
    return (one, other) if one and other and one.key != other.key else None


def _swap(ask: Ask, pay: Token, receive: Token, amount: int) -> tuple[Decimal, Decimal, Decimal]:
    """Base units that come out, and the worth of both sides in dollars."""
    spent_usd = ask.lens(asset_of(pay)).true * Decimal(amount).scaleb(-pay.decimals)
    got_usd = spent_usd * _KEPT
    out = (got_usd / ask.lens(asset_of(receive)).true).scaleb(receive.decimals).to_integral_value()
    return out, round(spent_usd, 6), round(got_usd, 6)


def _base_units(ask: Ask, sides: tuple[Token, Token], out: Decimal) -> object:
    """The amount as text; mischief with either token spoils it."""
    spoiled = [ask.lens(asset_of(token)) for token in sides]
    return next((lens for lens in spoiled if lens.mischief), spoiled[0]).text(out)


STALLS = (
    Stall("kyberswap", "/{chain}/api/v1/routes", kyber),
    Stall("velora", "/prices", velora),
)
