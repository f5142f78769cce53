"""JSON-RPC bodies and answers: matched by id, in any order, errors told apart."""

from typing import Any

import pytest

from app.domain.chains import CHAINS
from app.market import rpc
from app.market.source import Fault, Garbled
from tests.market.onchain import rpc_answer


def test_a_batch_numbers_its_calls_from_one() -> None:
    assert rpc.batch([("eth_chainId", []), rpc.eth_call("0xa", "0xb", "0x10")]) == [
        {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []},
        {"jsonrpc": "2.0", "id": 2, "method": "eth_call", "params": [{"to": "0xa", "data": "0xb"}, "0x10"]},
    ]


def test_answers_are_matched_by_id() -> None:
    assert rpc.results(rpc_answer("0x1", "0x2", "0x3")) == {1: "0x1", 2: "0x2", 3: "0x3"}


@pytest.mark.parametrize("item", [None, 5, {}, {"id": "1", "result": "0x9"}, {"id": True, "result": "0x9"}])
def test_an_item_that_answers_nothing_is_passed_over(item: Any) -> None:
    assert rpc.results([item, *rpc_answer("0x1")]) == {1: "0x1"}


@pytest.mark.parametrize(
    ("error", "limited", "reverted"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0x08c379a0"}, False, True),
        ({"code": 3, "message": "x", "data": "0x"}, False, True),
        ({"code": -32000, "message": "execution reverted"}, False, True),
        ({"code": -32000, "message": "header not found"}, False, False),
        ({"code": -32601, "message": "method not found"}, False, False),
        ({"code": -32005, "message": "slow down"}, True, False),
        ({"code": 1, "message": "Too many requests"}, True, False),
        ({"code": -32000, "message": "daily request count exceeded, request rate limited"}, True, False),
        ({"code": -32000, "message": "Too many concurrent calls"}, True, False),
        ({"code": -32602, "message": "too many arguments, want at most 2"}, False, False),
        ({"code": -32000, "message": "query returned too many results"}, False, False),
        ("down", False, False),
        ({"code": "3", "message": 5, "data": 7}, False, False),
    ],
)
def test_a_revert_is_told_from_a_node_that_failed(error: Any, limited: bool, reverted: bool) -> None:
    fault = rpc.results([{"id": 1, "error": error}])[1]
    assert isinstance(fault, rpc.RpcFault)
    assert (fault.rate_limited, fault.reverted) == (limited, reverted)
    with pytest.raises(Garbled) as caught:
        rpc.answered({1: fault}, 1)
    assert caught.value.fault is (Fault.RATE_LIMITED if limited else Fault.REFUSED)


@pytest.mark.parametrize("value", ["", "0", "0x123", "0xgg", "0x 1", 5, None, "0x12 34"])
def test_bytes_are_whole_pairs_of_hex(value: Any) -> None:
    with pytest.raises(Garbled):
        rpc.bytes_of(value)


@pytest.mark.parametrize("value", ["0x", "1", "-0x1", "0x1_0", "0x" + "f" * 65, 5, None])
def test_numbers_are_hex_of_up_to_256_bits(value: Any) -> None:
    with pytest.raises(Garbled):
        rpc.int_of(value)


def test_every_chain_has_public_nodes() -> None:
    assert rpc.PUBLIC_NODES.keys() == CHAINS.keys()
    assert all(url.startswith("https://") for urls in rpc.PUBLIC_NODES.values() for url in urls)
