"""State overrides, the pure part: estimates the gas of a swap by a wallet that has what it needs only for the call.

Where a token keeps its balances is not in any standard. All the usual places are written to at once, each with a
number of its own, and the token is asked: the number it answers tells the place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from eth_abi.abi import encode
from eth_hash.auto import keccak

from app.domain.quotes import Leg
from app.market.rpc import Ask, RpcFault, bytes_of
from app.market.source import Garbled
from app.market.uniswap import Route

# Nobody's wallet: the end of the Keccak-256 of "drydock: the wallet that estimates", so that no key is known of it.
HOLDER = "0x1b9e99E8e4C7A8CDF68fC9C8390708460F748031"

_BALANCE_OF, _ALLOWANCE = "0x70a08231", "0xdd62ed3e"
# Plain tokens, those behind proxies (after their gaps), and OpenZeppelin's namespace of ERC-20 (ERC-7201).
_NAMESPACE = 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00
_SLOTS = (*range(20), 51, 52, 53, 101, 102, 151, 201, 202, _NAMESPACE, _NAMESPACE + 1)
_FIRST_MARK = 0x5EED0000
_ENDLESS = 2**256 - 1
# Some tokens keep a balance in 96 bits, and Circle's uses the highest of 256 for something else.
_PLENTY = 2**95
_SOME = 10**6
_ETHER = hex(10**20)


@dataclass(frozen=True, slots=True)
class Places:
    """The storage keys, in hex, of HOLDER's balance and of what it allows the router."""

    balance: str
    allowance: str


def probes(token: str, router: str, block: str) -> list[Ask]:
    """The two calls that `places` reads."""
    asked = (
        (_BALANCE_OF + encode(["address"], [HOLDER]).hex(), _balance_keys()),
        (_ALLOWANCE + encode(["address", "address"], [HOLDER, router]).hex(), _allowance_keys(router)),
    )
    return [
        ("eth_call", [{"to": token, "data": data}, block, {token: {"stateDiff": _marked(keys)}}])
        for data, keys in asked
    ]


def places(balance: object, allowance: object, router: str) -> Places | None:
    """Where the token keeps both; None where it is not known, or where the node overrides nothing."""
    one, other = _marked_key(balance, _balance_keys()), _marked_key(allowance, _allowance_keys(router))
    return Places(one, other) if one and other else None


def estimate(
    route: Route, exact: Leg, amount: int, data: str, router: str, known: Mapping[str, Places], holds: bool, block: str
) -> Ask | None:
    """The eth_estimateGas of a swap by HOLDER; None where it is not known where the token paid is kept.

    `known` by token address. With `holds`, the wallet already has some of what it receives: a first purchase writes
    a new balance, which costs 17,100 more.
    """
    pays, receives = route.tokens[0].address, route.tokens[-1].address
    paid, got = known.get(pays), known.get(receives)
    if paid is None:
        return None
    plenty = 2 * amount if exact is Leg.PAY else _PLENTY
    state: dict[str, object] = {HOLDER: {"balance": _ETHER}}
    state[pays] = {"stateDiff": {paid.balance: _word(plenty), paid.allowance: _word(_ENDLESS)}}
    if holds and got:
        state[receives] = {"stateDiff": {got.balance: _word(_SOME)}}
    return ("eth_estimateGas", [{"from": HOLDER, "to": router, "data": data}, block, state])


def _marked(keys: Sequence[str]) -> dict[str, str]:
    return {key: _word(_FIRST_MARK + number) for number, key in enumerate(keys)}


def _marked_key(reply: object, keys: Sequence[str]) -> str | None:
    if isinstance(reply, RpcFault):
        return None
    try:
        number = int.from_bytes(bytes_of(reply)[:32], "big") - _FIRST_MARK
    except Garbled:
        return None
    return keys[number] if 0 <= number < len(keys) else None


@cache
def _balance_keys() -> tuple[str, ...]:
    """As Solidity keeps mappings, and as Vyper does."""
    pairs = ((_hashed(_of(HOLDER), _slot(slot)), _hashed(_slot(slot), _of(HOLDER))) for slot in _SLOTS)
    return tuple(key for pair in pairs for key in pair)


@cache
def _allowance_keys(router: str) -> tuple[str, ...]:
    """As Solidity nests mappings, and as Vyper does."""
    pairs = [(_hashed(_of(HOLDER), _slot(slot)), _hashed(_slot(slot), _of(HOLDER))) for slot in _SLOTS]
    return tuple(
        key
        for one, other in pairs
        for key in (_hashed(_of(router), bytes.fromhex(one[2:])), _hashed(bytes.fromhex(other[2:]), _of(router)))
    )


def _hashed(one: bytes, other: bytes) -> str:
    return "0x" + keccak(one + other).hex()


def _of(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


def _slot(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _word(value: int) -> str:
    return f"0x{value:064x}"
