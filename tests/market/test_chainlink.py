"""Chainlink over JSON-RPC: one batch through Multicall3, or one by one; the chain and its sequencer come first."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.market import rpc
from app.market.chainlink import Chainlink
from app.market.feeds import FEEDS, SEQUENCERS
from app.market.source import Fault, Garbled
from tests.market import answers as a
from tests.market import onchain

SOURCE = Chainlink(8453, ("https://one", "https://two"))
CALL = SOURCE.plan([a.WETH, a.LINK])[0]
UP = onchain.round_data(0)
ETH, LINK = onchain.round_data(208784000000), onchain.round_data(1425000000)


def fault(payload: Any, source: Chainlink = SOURCE) -> Fault:
    with pytest.raises(Garbled) as caught:
        source.parse(payload, source.plan([a.WETH, a.LINK])[0], a.AT)
    return caught.value.fault


def together(*rounds: bytes | None, chain: int = 8453) -> list[Any]:
    return onchain.rpc_answer(hex(chain), onchain.aggregated(*rounds))


def test_prices_have_eight_decimals_and_the_time_of_their_round() -> None:
    readings = SOURCE.parse(a.CHAINLINK, CALL, a.AT).readings
    assert [(r.price, r.as_of) for r in readings] == [(Decimal("2087.84"), a.STATED), (Decimal("14.25"), a.STATED)]


def test_it_confirms_and_never_leads() -> None:
    card = SOURCE.card
    assert (card.leads, card.deviation_bp, card.fresh_for) == (False, Decimal(50), timedelta(seconds=3960))
    assert (card.base_urls, CALL.path) == (("https://one", "https://two"), "")


def test_one_batch_asks_chain_sequencer_and_each_feed_once() -> None:
    bridged = a.Token(8453, a.UNKNOWN.address, "USDbC", "x", 6, "usd-coin")
    (call,) = SOURCE.plan([a.USDC, bridged, a.UNKNOWN])
    assert call.tokens == (a.USDC, bridged)
    body: Any = call.body
    assert [(entry["id"], entry["method"]) for entry in body] == [(1, "eth_chainId"), (2, "eth_call")]
    target = body[1]["params"][0]
    assert (target["to"], target["data"][:10]) == (rpc.MULTICALL3, "0x82ad56cb")
    data = target["data"].lower()
    assert all(data.count(feed[2:].lower()) == 1 for feed in (SEQUENCERS[8453], FEEDS[8453]["usd-coin"]))
    assert data.count("feaf968c") == 2


def test_a_chain_without_a_sequencer_asks_for_none() -> None:
    source = Chainlink(1, ("https://node",))
    (call,) = source.plan([a.WETH_ETHEREUM])
    assert source.parse(onchain.rpc_answer("0x1", onchain.aggregated(ETH)), call, a.AT).readings[0].price == Decimal(
        "2087.84"
    )


def test_a_node_on_another_chain_is_refused() -> None:
    assert fault(together(UP, ETH, LINK, chain=1)) is Fault.REFUSED


def test_without_multicall3_each_feed_is_asked_by_itself() -> None:
    assert fault(onchain.rpc_answer(hex(8453), "0x")) is Fault.NOT_HERE
    single = CALL.otherwise
    assert single is not None
    body: Any = single.body
    assert [entry["method"] for entry in body] == ["eth_chainId"] + ["eth_call"] * 3
    assert body[1]["params"] == [{"to": SEQUENCERS[8453], "data": "0xfeaf968c"}, "latest"]
    payload = onchain.rpc_answer(hex(8453), *("0x" + data.hex() for data in (UP, ETH, LINK)))
    assert SOURCE.parse(payload, single, a.AT) == SOURCE.parse(a.CHAINLINK, CALL, a.AT)
    assert fault(onchain.rpc_answer("0x1", "0x")) is Fault.REFUSED


def test_one_by_one_a_feed_that_reverts_leaves_the_others() -> None:
    single = CALL.otherwise
    assert single is not None
    payload = onchain.rpc_answer(hex(8453), "0x" + UP.hex(), None, "0x" + LINK.hex())
    payload[1] = {"jsonrpc": "2.0", "id": 3, "error": {"code": 3, "message": "execution reverted", "data": "0x"}}
    answer = SOURCE.parse(payload, single, a.AT)
    assert ([str(r.price) for r in answer.readings], answer.rejected) == (
        ["14.25000000"],
        ("WETH: a feed gave no answer",),
    )
    payload[1]["error"] = {"code": -32016, "message": "over rate limit"}
    with pytest.raises(Garbled) as caught:
        SOURCE.parse(payload, single, a.AT)
    assert caught.value.fault is Fault.RATE_LIMITED


@pytest.mark.parametrize(
    "data",
    [
        onchain.round_data(0),
        onchain.round_data(-1),
        onchain.round_data(1425000000, 0),
        onchain.round_data(1425000000, 2**200),
        onchain.round_data(10**30 * 10**8),
        onchain.round_data(2**255 - 1),
        b"",
        b"\x00" * 31,
        b"\xff" * 160,
        None,
    ],
    ids=["zero", "negative", "no time", "no such time", "1e30", "largest", "empty", "short", "padding", "failed"],
)
def test_a_bad_round_is_rejected_and_the_others_stay(data: bytes | None) -> None:
    assert a.only_link_stands(SOURCE, together(UP, data, LINK))


@pytest.mark.parametrize("sequencer", [onchain.round_data(1), onchain.round_data(2), b"", None])
def test_nothing_is_read_while_the_sequencer_is_not_known_to_work(sequencer: bytes | None) -> None:
    assert fault(together(sequencer, ETH, LINK)) in (Fault.REFUSED, Fault.GARBLED)
    assert fault(together(onchain.round_data(1), ETH, LINK)) is Fault.REFUSED


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (together(UP, ETH), Fault.GARBLED),
        (onchain.rpc_answer(hex(8453), "0x1234"), Fault.GARBLED),
        (onchain.rpc_answer(hex(8453), "0xzz"), Fault.GARBLED),
        (onchain.rpc_answer(hex(8453), None), Fault.GARBLED),
        (onchain.rpc_answer(hex(8453)), Fault.GARBLED),
        (onchain.rpc_answer(8453, onchain.aggregated(UP, ETH, LINK)), Fault.GARBLED),
        ([], Fault.GARBLED),
        (None, Fault.GARBLED),
        ({"jsonrpc": "2.0", "id": 1, "result": "0x1"}, Fault.GARBLED),
        ({"jsonrpc": "2.0", "id": None, "error": {"code": -32016, "message": "over rate limit"}}, Fault.RATE_LIMITED),
        ({"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": "header not found"}}, Fault.REFUSED),
        ([{"jsonrpc": "2.0", "id": None, "error": {"code": 429, "message": "slow"}}], Fault.RATE_LIMITED),
    ],
)
def test_an_answer_that_is_none_raises(payload: Any, expected: Fault) -> None:
    assert fault(payload) is expected


def test_urls_do_not_show() -> None:
    assert "secret" not in repr(Chainlink(1, ("https://node/secret",)))
