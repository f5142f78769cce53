"""The batch of a ladder: what it asks, and that good and damaged answers end up as the right swap or as none."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.domain.quotes import Leg, Swap
from app.domain.refusal import Refusal
from app.domain.registry import named
from app.market.pinned import Moved, Pinned
from app.market.rpc import RpcFault
from app.market.rungs import Rungs
from app.market.source import Garbled
from app.market.uniswap import Route
from tests.market import offers as o
from tests.market.test_pinned import ASK, BLOCK, PINNED, REPLIES, USDC, hexed

DAI = named(8453, "DAI") or USDC
KINDS = ["uint256", "uint160", "uint32", "uint256"]
WANTED = Refusal("no_pool", "There is none.")


def sized(dollars: int, route: Route = PINNED.route) -> Pinned:
    ask = replace(ASK, amount=Decimal(dollars))
    return replace(PINNED, ask=ask, amount=dollars * 10**6, route=route)


LONGER = sized(9_000, Route((USDC, DAI, ASK.token), (100, 500)))
RUNGS = Rungs(BLOCK, (sized(21), WANTED, sized(2_100), LONGER))
SLOT = REPLIES[2]
GIVES = [hexed(KINDS, amount, 2**96, 1, 90_000) for amount in (10**16, 10**18)]
TWO = hexed(["uint256", "uint160[]", "uint32[]", "uint256"], 4 * 10**18, [2**96] * 2, [1, 1], 190_000)
GOOD: list[Any] = [REPLIES[0], *GIVES, TWO, SLOT, SLOT, SLOT]


def test_all_is_asked_at_one_block_and_a_pool_s_price_only_once() -> None:
    asked = RUNGS.asks()
    assert len(asked) == len(GOOD)
    assert all(BLOCK.tag in params for _, params in asked)
    assert Rungs(BLOCK, (sized(21), sized(2_100))).asks() == [*asked[:3], asked[4]]


def test_each_answer_is_that_of_its_own_swap_and_what_was_refused_stays_in_its_place() -> None:
    small, refused, large, longer = RUNGS.read(GOOD, o.GAS)
    assert refused == WANTED
    assert isinstance(small, Swap)
    assert isinstance(large, Swap)
    assert isinstance(longer, Swap)
    assert [(one.pay, one.receive) for one in (small, large, longer)] == [
        (Decimal(21), Decimal("0.01")),
        (Decimal(2_100), Decimal(1)),
        (Decimal(9_000), Decimal(4)),
    ]
    assert (longer.route, longer.fee) == ("0.01 % → DAI → 0.05 %", Decimal("0.00059995"))
    assert {(one.gas, one.at, one.block_number) for one in (small, large, longer)} == {(o.GAS, BLOCK.at, 102)}


def test_a_swap_is_what_a_quote_of_it_reads() -> None:
    quoted = PINNED.read(REPLIES)
    assert quoted
    laddered = Rungs(BLOCK, (PINNED,)).read(REPLIES[:3], quoted.swap.gas)
    assert laddered == [quoted.swap]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (RpcFault(3, "execution reverted", "0x"), "beyond_liquidity"),
        (hexed(KINDS, 10**18, 4295128740, 1, 90_000), "beyond_liquidity"),
        (hexed(KINDS, 10**18, 1461446703485210103287273052203988822378723970341, 1, 90_000), "beyond_liquidity"),
        (hexed(KINDS, 0, 2**96, 0, 90_000), "quote_failed"),
    ],
)
def test_a_size_that_the_pools_do_not_give_whole_is_refused_and_the_others_are_not(reply: Any, code: str) -> None:
    found = RUNGS.read([*GOOD[:2], reply, *GOOD[3:]], o.GAS)
    assert [one.code if isinstance(one, Refusal) else "" for one in found] == ["", "no_pool", code, ""]


@pytest.mark.parametrize("block", [None, RpcFault(-32000, "header not found"), REPLIES[0] | {"hash": "0x00"}])
def test_another_block_is_noticed(block: Any) -> None:
    with pytest.raises(Moved):
        RUNGS.read([block, *GOOD[1:]], o.GAS)


@pytest.mark.parametrize("place", [1, 4])
def test_a_node_that_cannot_tell_or_talks_nonsense_spoils_all(place: int) -> None:
    with pytest.raises(Moved):
        RUNGS.read([*GOOD[:place], RpcFault(-32000, "header not found"), *GOOD[place + 1 :]], o.GAS)
    with pytest.raises(Garbled):
        RUNGS.read([*GOOD[:place], "0x1234", *GOOD[place + 1 :]], o.GAS)


def test_an_exact_amount_received_is_laddered_too() -> None:
    wanted = replace(sized(21), ask=replace(ASK, exact=Leg.RECEIVE, amount=Decimal(1)), amount=10**18)
    reply = hexed(KINDS, 2_101_000_000, 2**96, 1, 90_000)
    (found,) = Rungs(BLOCK, (wanted,)).read([GOOD[0], reply, SLOT], o.GAS)
    assert isinstance(found, Swap)
    assert (found.pay, found.receive) == (Decimal(2101), Decimal(1))
