"""What nodes and contracts answer, encoded as they encode it."""

from typing import Any

from eth_abi.abi import encode

# The time that a round states where a test does not choose it: 2026-05-28 04:04:11 UTC.
STAMP = 1779941051


def round_data(price: int, updated_at: int = STAMP) -> bytes:
    """What latestRoundData returns."""
    return encode(["uint80", "int256", "uint256", "uint256", "uint80"], [7, price, updated_at, updated_at, 7])


def rpc_answer(*results: object) -> list[Any]:
    """The answers to a batch, in the order that no client may rely on: the last one first."""
    return [{"jsonrpc": "2.0", "id": i, "result": result} for i, result in enumerate(results, start=1)][::-1]


def aggregated(*rounds: bytes | None) -> str:
    """What Multicall3's aggregate3 returns; None is a call that failed."""
    rows = [(data is not None, data or b"") for data in rounds]
    return "0x" + encode(["(bool,bytes)[]"], [rows]).hex()


DEPLOYED = "0x6080604052"


def text_hex(words: str) -> str:
    return "0x" + encode(["string"], [words]).hex()


def bytes_hex(data: bytes) -> str:
    return "0x" + encode(["bytes"], [data]).hex()


def number_hex(value: int) -> str:
    return "0x" + encode(["uint256"], [value]).hex()


IDENTITY = rpc_answer(hex(8453), DEPLOYED, number_hex(18), text_hex("WETH"), text_hex("Wrapped Ether"))
