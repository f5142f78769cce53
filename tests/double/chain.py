"""The doubled nodes: JSON-RPC of every chain, one call at a time or in batches that answer out of order."""

import random
from dataclasses import replace
from typing import Any

from app.domain.chains import CHAINS
from tests.double.bench import Ask, Stall, is_json
from tests.double.contracts import Reverted, called, has_code
from tests.double.mischief import WRONG_TYPE, Mischief
from tests.double.wire import GONE, Reply

_BLOCK_S = {1: 12, 10: 2, 137: 2, 8453: 2, 42161: 1, 84532: 2, 11155111: 12}
_FIRST_BLOCK, _GENESIS = 20_000_000, 1_700_000_000
_BASE_FEE_WEI = {1: 800_000_000, 137: 30_000_000_000, 42161: 10_000_000, 11155111: 1_000_000}
_TIP_WEI = 1_000_000
_IN_A_BATCH = 100
_CODE = "0x60806040"


class _Refused(Exception):
    """The node says no: a JSON-RPC error of this code."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.error: dict[str, object] = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


def node(ask: Ask) -> Reply:
    """One object or a batch; a batch too large is one error, and never in the order of the questions."""
    if ask.path["chain"] not in {str(chain_id) for chain_id in CHAINS}:
        return Reply({"error": "no such chain"}, 404)
    if not is_json(ask.body):
        return Reply(_failed(None, -32700, "parse error"))
    if not isinstance(ask.body, list):
        return Reply(_item(ask, ask.body))
    if not 0 < len(ask.body) <= _IN_A_BATCH:
        return Reply(_failed(None, -32600, "batch empty or too large"))
    answers = [_item(ask, item) for item in ask.body]
    random.Random(len(answers)).shuffle(answers)
    in_order = [answer.get("id") for answer in answers] == [item.get("id") for item in ask.body]
    return Reply(answers[::-1] if in_order else answers)


def _failed(number: object, code: int, message: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


def _item(ask: Ask, item: object) -> dict[str, object]:
    if not isinstance(item, dict) or not isinstance(item.get("method"), str):
        return _failed(None, -32600, "invalid request")
    chain_id, number = int(ask.path["chain"]), item.get("id")
    # Each item has its own touched assets, so that mischief with one token spoils only what is about it.
    inner = replace(ask, sources=("chainlink", *ask.sources), touched=set())
    try:
        result = _result(inner, chain_id, item["method"], item.get("params") or [])
    except _Refused as refusal:
        return {"jsonrpc": "2.0", "id": number, "error": refusal.error}
    except (IndexError, KeyError, ValueError, AttributeError, TypeError):
        return _failed(number, -32602, "invalid params")
    finally:
        ask.touched |= inner.touched
        ask.also |= {"chainlink"} if inner.touched else set()
    names = inner.sources if inner.touched else ask.sources
    return {"jsonrpc": "2.0", "id": number, "result": _spoiled(inner, names, result)}


def _spoiled(inner: Ask, names: tuple[str, ...], result: object) -> object:
    """A feed's answer without data or without success was made by the contract; the rest is made here."""
    for kind in inner.floor.afoot(names, inner.touched):
        if kind in WRONG_TYPE:
            return 12345
        if kind is Mischief.NAN:
            return "0xNaN"
        if kind is Mischief.WRONG_TYPES:
            return {"hex": result}
        if not inner.touched and kind in (Mischief.NULL, Mischief.MISSING):
            return None if kind is Mischief.NULL else GONE
    return result


def _result(ask: Ask, chain_id: int, method: str, params: list[Any]) -> object:
    if method == "eth_call":
        return _called(ask, chain_id, params[0])
    if method == "eth_getCode":
        return _CODE if has_code(ask, chain_id, str(params[0])) else "0x"
    if method == "eth_feeHistory":
        return _fee_history(ask, chain_id, int(params[0], 16), params[2] if len(params) > 2 else [])
    plain = {
        "eth_chainId": lambda: hex(chain_id),
        "net_version": lambda: str(chain_id),
        "eth_blockNumber": lambda: hex(head(ask, chain_id)),
        "eth_gasPrice": lambda: hex(_base_fee(chain_id) + _TIP_WEI),
        "eth_maxPriorityFeePerGas": lambda: hex(_TIP_WEI),
        "eth_getBlockByNumber": lambda: _block(ask, chain_id, str(params[0])),
    }
    if method not in plain:
        raise _Refused(-32601, f"the method {method} does not exist/is not available")
    return plain[method]()


def _called(ask: Ask, chain_id: int, call: dict[str, str]) -> str:
    data = bytes.fromhex((call.get("data") or call.get("input") or "0x")[2:])
    try:
        return "0x" + called(ask, chain_id, call["to"], data).hex()
    except Reverted as failure:
        raise _Refused(3, "execution reverted", "0x" + failure.data.hex()) from failure


def head(ask: Ask, chain_id: int) -> int:
    """The newest block: it grows with the clock."""
    return _FIRST_BLOCK + (int(ask.floor.now().timestamp()) - _GENESIS) // _BLOCK_S[chain_id]


def _base_fee(chain_id: int) -> int:
    return _BASE_FEE_WEI.get(chain_id, 5_000_000)


def _block(ask: Ask, chain_id: int, wanted: str) -> dict[str, object] | None:
    newest = head(ask, chain_id)
    number = int(wanted, 16) if wanted.startswith("0x") else newest
    if number > newest:
        return None
    stamp = _GENESIS + (number - _FIRST_BLOCK) * _BLOCK_S[chain_id]
    fee = hex(_base_fee(chain_id))
    block_hash = f"0x{chain_id:032x}{number:032x}"
    return {
        "number": hex(number),
        "timestamp": hex(stamp),
        "hash": block_hash,
        "baseFeePerGas": fee,
        "transactions": [],
    }


def _fee_history(ask: Ask, chain_id: int, count: int, percentiles: list[float]) -> dict[str, object]:
    history: dict[str, object] = {
        "oldestBlock": hex(head(ask, chain_id) - count + 1),
        "baseFeePerGas": [hex(_base_fee(chain_id))] * (count + 1),
        "gasUsedRatio": [0.5] * count,
    }
    if percentiles:
        tips = [hex(int(_TIP_WEI * percentile / 50)) for percentile in percentiles]
        history["reward"] = [tips] * count
    return history


STALLS = (Stall("rpc", "/{chain}", node, "POST"),)
