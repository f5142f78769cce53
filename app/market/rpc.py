"""JSON-RPC to EVM nodes, the pure part: bodies to send, answers to read, and public nodes to ask."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.market.decode import Json, refusal, rows, said, table_or_none
from app.market.source import Fault, Garbled

# Keyless nodes in order of trust; any may be slow, wrong or gone. Some refuse more than twenty calls in a batch.
PUBLIC_NODES: dict[int, tuple[str, ...]] = {
    1: (
        "https://ethereum.reth.rs/rpc",
        "https://ethereum-rpc.publicnode.com",
        "https://eth.drpc.org",
        "https://public.1rpc.io/eth",
        "https://rpc.mevblocker.io",
        "https://rpc.flashbots.net",
        "https://eth.merkle.io",
    ),
    10: (
        "https://mainnet.optimism.io",
        "https://optimism-rpc.publicnode.com",
        "https://optimism.drpc.org",
        "https://public.1rpc.io/op",
    ),
    137: (
        "https://polygon.drpc.org",
        "https://polygon-bor-rpc.publicnode.com",
        "https://polygon-rpc.com",
        "https://public.1rpc.io/matic",
    ),
    8453: (
        "https://mainnet.base.org",
        "https://base-rpc.publicnode.com",
        "https://base.drpc.org",
        "https://public.1rpc.io/base",
        "https://developer-access-mainnet.base.org",
    ),
    42161: (
        "https://arb1.arbitrum.io/rpc",
        "https://arbitrum-one-rpc.publicnode.com",
        "https://arbitrum.drpc.org",
        "https://public.1rpc.io/arb",
    ),
    84532: (
        "https://sepolia.base.org",
        "https://base-sepolia.drpc.org",
        "https://base-sepolia-public.nodies.app",
        "https://base-sepolia-rpc.publicnode.com",
    ),
    11155111: (
        "https://11155111.rpc.thirdweb.com",
        "https://ethereum-sepolia-rpc.publicnode.com",
        "https://public.1rpc.io/sepolia",
    ),
}

# At the same address on every chain of this desk.
MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"

_RATE_LIMIT_CODES = frozenset({429, -32005, -32016, -32029, -32090})
_REVERT_CODES = frozenset({3, -32015})
# A contract that halted: in words at most nodes, as "EVM error: InvalidFEOpcode" at those built on reth.
_REVERT = re.compile(r"revert|evm error|invalid opcode|invalid jump|out of gas|stack (under|over)flow", re.IGNORECASE)
_BYTES = re.compile(r"0x([0-9a-fA-F]{2})*")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")

Ask = tuple[str, list[object]]


@dataclass(frozen=True, slots=True)
class RpcFault:
    """A node's error for one call. `data` is the revert data in hex, empty where none came."""

    code: int
    message: str
    data: str = ""

    @property
    def rate_limited(self) -> bool:
        return self.code in _RATE_LIMIT_CODES or refusal(self.message).fault is Fault.RATE_LIMITED

    @property
    def reverted(self) -> bool:
        """Whether the contract itself refused, as against a node that did not answer."""
        return self.code in _REVERT_CODES or self.data.startswith("0x") or _REVERT.search(self.message) is not None


Results: TypeAlias = "dict[int, Json | RpcFault]"


def eth_call(to: str, data: str, block: str = "latest") -> Ask:
    """A read of a contract: `data` is selector and arguments in hex, `block` a tag or a hex number."""
    return ("eth_call", [{"to": to, "data": data}, block])


def batch(asks: Sequence[Ask]) -> list[dict[str, object]]:
    """The body that asks all of them at once; the first has id 1."""
    return [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(asks, start=1)
    ]


def results(payload: object) -> Results:
    """What a batch was answered, by id and in whatever order it came.

    Raises Garbled: for one error object in place of the list, and for an error that names no call.
    """
    single = table_or_none(payload)
    if single is not None:
        if single.get("error") is None:
            raise Garbled("one answer to a batch of calls")
        raise _refused(_fault(single["error"]))
    found: Results = {}
    for item in rows(payload, "the answer"):
        if not isinstance(item, dict):
            continue
        error, number = item.get("error"), item.get("id")
        if isinstance(number, int) and not isinstance(number, bool):
            found[number] = item.get("result") if error is None else _fault(error)
        elif error is not None:
            raise _refused(_fault(error))
    return found


def answered(found: Results, number: int) -> Json:
    """The result of the call with that id. Raises Garbled where there is none or it is a fault."""
    if number not in found:
        raise Garbled("a call of the batch has no answer")
    result = found[number]
    if isinstance(result, RpcFault):
        raise _refused(result)
    return result


def bytes_of(value: object) -> bytes:
    """The bytes of a hex string: '0x' is none. Raises Garbled."""
    if not isinstance(value, str) or _BYTES.fullmatch(value) is None:
        raise Garbled("a result is not bytes in hex")
    return bytes.fromhex(value[2:])


def int_of(value: object) -> int:
    """The whole number of a hex quantity of up to 256 bits. Raises Garbled."""
    if not isinstance(value, str) or _QUANTITY.fullmatch(value) is None:
        raise Garbled("a result is not a number in hex")
    return int(value, 16)


def demand_chain(found: Results, number: int, chain_id: int) -> None:
    """Raise Garbled (REFUSED) unless the call with that id, an eth_chainId, says this chain."""
    told = int_of(answered(found, number))
    if told != chain_id:
        raise Garbled(f"the node is on chain {told}, not on {chain_id}", Fault.REFUSED)


def _fault(error: Json) -> RpcFault:
    if not isinstance(error, dict):
        return RpcFault(0, said(error))
    code, data = error.get("code"), error.get("data")
    return RpcFault(
        code if isinstance(code, int) else 0, said(error.get("message")), data if isinstance(data, str) else ""
    )


def _refused(fault: RpcFault) -> Garbled:
    return Garbled(fault.message, Fault.RATE_LIMITED if fault.rate_limited else Fault.REFUSED)
