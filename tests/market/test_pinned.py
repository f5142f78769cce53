"""The batch of one quote, read from good answers and from damaged ones."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.orders import Side
from app.domain.quotes import Ask, Leg, Swap
from app.domain.registry import named, usdc_of
from app.market import gas
from app.market.overrides import Places
from app.market.pinned import Block, Moved, Pinned, Priced
from app.market.rpc import RpcFault
from app.market.source import Garbled
from app.market.uniswap import Route
from tests.market.garbage import GARBAGE, mutations
from tests.market.test_gas import HISTORY

USDC, WETH = usdc_of(8453), named(8453, "WETH")
assert WETH
BLOCK = Block(102, "0x" + "ab" * 32, datetime(2026, 11, 2, 12, 0, tzinfo=UTC))
ASK = Ask(WETH, USDC, Side.BUY, Leg.PAY, Decimal(2100))
ROUTE = Route((USDC, WETH), (500,))
PLACES = {USDC.address: Places("0x" + "01" * 32, "0x" + "02" * 32)}
PINNED = Pinned(ASK, 2_100_000_000, ROUTE, BLOCK, "Uniswap V3", None, PLACES, holds=True)


def hexed(kinds: list[str], *values: object) -> str:
    return "0x" + encode(kinds, values).hex()


REPLIES: list[Any] = [
    {"number": "0x66", "hash": BLOCK.hash, "timestamp": hex(int(BLOCK.at.timestamp()))},
    hexed(["uint256", "uint160", "uint32", "uint256"], 10**18, 2**96, 1, 90_000),
    hexed(
        ["uint160", "int24", "uint16", "uint16", "uint16", "uint8", "bool"],
        3620163544262845532635117,
        0,
        0,
        1,
        1,
        0,
        True,
    ),
    HISTORY,
    hexed(["uint256"], 70_000),
    RpcFault(3, "execution reverted", "0x"),
    hex(130_000),
]


def swap_of(replies: list[Any], pinned: Pinned = PINNED) -> Swap:
    priced = pinned.read(replies)
    assert isinstance(priced, Priced)
    return priced.swap


def test_the_good_answers_make_a_quote() -> None:
    assert len(PINNED.asks()) == len(REPLIES)
    swap = swap_of(REPLIES)
    assert (swap.pay, swap.receive, swap.fee) == (Decimal(2100), Decimal(1), Decimal("0.0005"))
    assert abs(swap.spot - Decimal("2087.84")) < Decimal("1e-12")
    assert (swap.at, swap.block_number, swap.route) == (BLOCK.at, 102, "0.05 %")
    assert (swap.gas.basis, swap.gas.l1_wei) == ("estimate", 70_000)


def test_every_call_is_pinned_to_the_block() -> None:
    for method, params in PINNED.asks():
        assert BLOCK.tag in params, method


def test_without_an_estimate_the_gas_is_the_quoters_and_what_stands_around_it() -> None:
    swap = swap_of([*REPLIES[:-1], RpcFault(-32602, "too many arguments, want at most 2")])
    assert (swap.gas.basis, swap.gas.units) == ("quoter", 90_000 + gas.beyond_quoter(1, holds=True))
    assert PINNED.asks()[-1][0] == "eth_estimateGas"
    assert "eth_estimateGas" not in [method for method, _ in replace(PINNED, places={}).asks()]


def test_a_quote_that_reverts_or_runs_dry_or_gives_nothing_is_none() -> None:
    kinds = ["uint256", "uint160", "uint32", "uint256"]
    nothing: list[Any] = [
        RpcFault(3, "execution reverted", "0x"),
        "0x",
        hexed(kinds, 10**18, 4295128740, 1, 90_000),
        hexed(kinds, 0, 2**96, 0, 90_000),
    ]
    for reply in nothing:
        assert PINNED.read([REPLIES[0], reply, *REPLIES[2:]]) is None


@pytest.mark.parametrize("block", [None, RpcFault(-32000, "header not found"), REPLIES[0] | {"hash": "0x00"}])
def test_a_block_that_is_gone_or_another_one_is_noticed(block: Any) -> None:
    with pytest.raises(Moved):
        PINNED.read([block, *REPLIES[1:]])


FAULTS = st.sampled_from(
    [RpcFault(3, "execution reverted", "0x"), RpcFault(-32000, "header not found"), RpcFault(0, "")]
)


@settings(max_examples=600)
@given(st.integers(0, len(REPLIES) - 1), GARBAGE | FAULTS)
def test_a_damaged_answer_makes_a_sound_quote_or_none(where: int, garbage: Any) -> None:
    check([*REPLIES[:where], garbage, *REPLIES[where + 1 :]])


@settings(max_examples=600)
@given(st.integers(0, len(REPLIES) - 1), st.data())
def test_a_slightly_damaged_answer_makes_a_sound_quote_or_none(where: int, data: st.DataObject) -> None:
    check([*REPLIES[:where], data.draw(mutations(REPLIES[where])), *REPLIES[where + 1 :]])


def check(replies: list[Any]) -> None:
    try:
        priced = PINNED.read(replies)
    except (Garbled, Moved):
        return
    if priced is None:
        return
    swap = priced.swap
    assert swap.pay == Decimal(2100)
    for number in (swap.receive, swap.spot, swap.gas.native):
        assert number.is_finite()
        assert number > 0
    assert swap.gas.units >= 21_000
    assert swap.block_number == 102
