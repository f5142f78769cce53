"""Who a token is: what to ask an address, and what its answers make of it."""

import unicodedata

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from app.domain.chains import CHAINS
from app.domain.refusal import Refusal
from app.domain.tokens import Token, is_address
from app.market import rpc
from app.market.source import Garbled

MOST_DECIMALS = 36
LONGEST_SYMBOL = 20
LONGEST_NAME = 60

_DECIMALS, _SYMBOL, _NAME = "0x313ce567", "0x95d89b41", "0x06fdde03"


def checksummed(address: str) -> str:
    """The address in the mixed case of EIP-55. Raises ValueError where it has not the form of an address."""
    if not is_address(address):
        raise ValueError("not an address")
    digits = address[2:].lower()
    digest = keccak(digits.encode()).hex()
    return "0x" + "".join(d.upper() if int(h, 16) >= 8 else d for d, h in zip(digits, digest, strict=False))


def question(address: str) -> list[dict[str, object]]:
    """The JSON-RPC batch that asks chain, code, decimals, symbol and name, with ids 1 to 5 in that order."""
    reads = [rpc.eth_call(address, selector) for selector in (_DECIMALS, _SYMBOL, _NAME)]
    return rpc.batch([("eth_chainId", []), ("eth_getCode", [address, "latest"]), *reads])


def identity(payload: object, chain_id: int, address: str) -> Token | Refusal:
    """The token that the answers describe, or why there is none.

    Raises Garbled where the node, and not the contract, failed. `address` must have the form of one.
    """
    found = rpc.results(payload)
    rpc.demand_chain(found, 1, chain_id)
    address = checksummed(address)
    if not rpc.bytes_of(rpc.answered(found, 2)):
        chain = CHAINS[chain_id].name if chain_id in CHAINS else f"chain {chain_id}"
        return Refusal("no_contract", f"There is no contract at {address} on {chain}.")
    decimals, symbol, name = (_returned(found, number) for number in (3, 4, 5))
    if len(decimals) < 32 or not symbol:
        return Refusal("not_a_token", f"{address} is not a token.")
    return _token(chain_id, address, int.from_bytes(decimals[:32], "big"), _words(symbol), _words(name))


def _token(chain_id: int, address: str, decimals: int, symbol: str, name: str) -> Token | Refusal:
    if decimals > MOST_DECIMALS:
        why = f"{address} states more than {MOST_DECIMALS} decimals, which no token needs."
        return Refusal("too_many_decimals", why)
    symbol = symbol[:LONGEST_SYMBOL].strip()
    if not symbol:
        return Refusal("no_symbol", f"{address} states no symbol that can be shown.")
    return Token(chain_id, address, symbol, name[:LONGEST_NAME].strip() or symbol, decimals)


def _returned(found: rpc.Results, number: int) -> bytes:
    """What a read returned; nothing where the contract refused it. Raises Garbled where the node failed."""
    result = found.get(number)
    if isinstance(result, rpc.RpcFault) and result.reverted and not result.rate_limited:
        return b""
    return rpc.bytes_of(rpc.answered(found, number))


def _words(data: bytes) -> str:
    """The text of a returned string, or of a bytes32 as older tokens have it, fit to be shown.

    Control and formatting characters are taken out: they can turn or hide what stands beside them.
    """
    try:
        raw = data.split(b"\0")[0] if len(data) == 32 else _string(data)
    except Garbled:
        return ""
    shown = "".join(
        " " if unicodedata.category(char) in ("Zs", "Zl", "Zp") else char
        for char in raw.decode("utf-8", errors="ignore")
        if not unicodedata.category(char).startswith("C")
    )
    return " ".join(shown.split())


def _string(data: bytes) -> bytes:
    try:
        return bytes(decode(["bytes"], data, strict=False)[0])
    except (DecodingError, OverflowError, ValueError) as error:
        raise Garbled("a text cannot be decoded") from error
