"""The contracts that the doubled chains hold: Multicall3, feeds, ERC-20 identities, the L1 fee oracle."""

from datetime import timedelta
from decimal import Decimal
from typing import cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from app.domain.tokens import Token, TokenKey
from tests.double.bench import Ask
from tests.double.feeds import FEEDS, SEQUENCERS, Feed
from tests.double.mischief import Mischief

MULTICALL3 = "0xca11bde05977b3631167028862be2a173976ca11"
_FEE_ORACLE = "0x420000000000000000000000000000000000000f"
_OP_STACK = frozenset({10, 8453, 84532})
_AGGREGATE3, _LATEST_ROUND, _DESCRIPTION = "82ad56cb", "feaf968c", "7284e416"
_DECIMALS, _SYMBOL, _NAME, _SUPPLY = "313ce567", "95d89b41", "06fdde03", "18160ddd"
_L1_FEE, _L1_FEE_BOUND, _IS_FJORD = "49948e0e", "f1c7a58b", "960e3a23"
_ROUND = 110680464442257320000


class Reverted(Exception):
    """The call failed on chain; `data` is what it left."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__("execution reverted")
        self.data = data


def has_code(ask: Ask, chain_id: int, address: str) -> bool:
    """Whether a contract stands at the address."""
    key = TokenKey(chain_id, address.lower())
    pools = (pool.address.lower() for pool in ask.floor.pools(chain_id))
    return _is_fixed(key) or key in ask.floor.contracts or bool(ask.floor.token(*key)) or key.address in pools


def _is_fixed(key: TokenKey) -> bool:
    oracle = key.address == _FEE_ORACLE and key.chain_id in _OP_STACK
    return key.address == MULTICALL3 or oracle or key in FEEDS or key in SEQUENCERS


def called(ask: Ask, chain_id: int, address: str, data: bytes) -> bytes:
    """What an eth_call answers: empty where no contract stands. Raises Reverted."""
    key, selector = TokenKey(chain_id, address.lower()), data[:4].hex()
    if key.address == MULTICALL3 and selector == _AGGREGATE3:
        return _aggregated(ask, chain_id, data)
    if key in FEEDS:
        return _feed(ask, FEEDS[key], selector)
    if key in SEQUENCERS:
        return _sequencer(ask, chain_id, selector)
    if key.address == _FEE_ORACLE and chain_id in _OP_STACK:
        return _fee_oracle(selector)
    token = ask.floor.token(*key)
    if token:
        return _identity(ask, token, selector)
    if has_code(ask, chain_id, address):
        raise Reverted
    return b""


def _aggregated(ask: Ask, chain_id: int, data: bytes) -> bytes:
    try:
        (calls,) = decode(["(address,bool,bytes)[]"], data[4:])
    except DecodingError as error:
        raise Reverted from error
    results: list[tuple[bool, bytes]] = []
    for target, may_fail, inner in cast(tuple[tuple[str, bool, bytes], ...], calls):
        try:
            results.append((True, called(ask, chain_id, target, inner)))
        except Reverted as failure:
            if not may_fail:
                raise Reverted(_reason("Multicall3: call failed")) from failure
            results.append((False, failure.data))
    return encode(["(bool,bytes)[]"], [results])


def _feed(ask: Ask, feed: Feed, selector: str) -> bytes:
    if selector == _DECIMALS:
        return encode(["uint8"], [8])
    if selector == _DESCRIPTION:
        return encode(["string"], [feed.description])
    if selector != _LATEST_ROUND:
        raise Reverted
    lens = ask.lens(feed.asset)
    if lens.mischief is Mischief.MISSING:
        raise Reverted
    if lens.mischief is Mischief.NULL:
        return b""
    price = Decimal(0) if lens.price.is_nan() else lens.price
    per = ask.lens(feed.per).true if feed.per else Decimal(1)
    return _round(_answer(price / per), lens.stamp, lens.stamp)


def _answer(price: Decimal) -> int:
    """The price in the feed's units; a price too small for them is one unit."""
    units = int(price.scaleb(8).to_integral_value())
    return units if units or not price else 1


def _round(answer: int, started_at: int, updated_at: int) -> bytes:
    words = [_ROUND, answer, started_at, updated_at, _ROUND]
    return encode(["uint80", "int256", "uint256", "uint256", "uint80"], words)


def _sequencer(ask: Ask, chain_id: int, selector: str) -> bytes:
    if selector == _DECIMALS:
        return encode(["uint8"], [0])
    if selector != _LATEST_ROUND:
        raise Reverted
    long_ago = (False, ask.floor.tape.opened - timedelta(days=30))
    down, since = ask.floor.sequencers.get(chain_id, long_ago)
    return _round(int(down), int(since.timestamp()), int(since.timestamp()))


def _fee_oracle(selector: str) -> bytes:
    known = {_L1_FEE: ("uint256", 2_000_000_000), _L1_FEE_BOUND: ("uint256", 2_500_000_000), _IS_FJORD: ("bool", True)}
    if selector not in known:
        raise Reverted
    kind, value = known[selector]
    return encode([kind], [value])


def _identity(ask: Ask, token: Token, selector: str) -> bytes:
    if selector == _DECIMALS:
        return encode(["uint8"], [token.decimals])
    if selector == _SUPPLY:
        return encode(["uint256"], [10 ** (token.decimals + 6)])
    if selector not in (_SYMBOL, _NAME):
        raise Reverted
    text = token.symbol if selector == _SYMBOL else token.name
    deployed = ask.floor.deployed.get(token.key)
    if deployed and deployed.old_text:
        return text.encode()[:32].ljust(32, b"\0")
    return encode(["string"], [text])


def _reason(text: str) -> bytes:
    return bytes.fromhex("08c379a0") + encode(["string"], [text])
