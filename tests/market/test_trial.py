"""Trials and searches without a chain: what replies come to, and what nodes that fail leave undecided."""

from decimal import Decimal
from typing import Any

import pytest
from eth_abi.abi import encode

from app.domain.orders import Side
from app.domain.quotes import Ask, Leg
from app.market.pinned import Block
from app.market.rpc import RpcFault
from app.market.search import Search
from app.market.source import Garbled
from app.market.trial import Plan, Trial, Verdict
from tests.clock import START
from tests.market import answers as a
from tests.market import onchain

BLOCK = Block(41_000_000, "0x" + "ab" * 32, START)
PLAN = Plan(("eth_simulateV1", []), 100_000_000)
MISSING = RpcFault(-32601, "the method eth_simulateV1 does not exist/is not available")
REVERTED = RpcFault(3, "execution reverted", "0x")
# About the middle of what a sqrtPriceX96 can be for WETH and USDC on Base, where WETH is the lower address: $2,000.
ROOT = int((2000 * 10**-12) ** 0.5 * 2**96)


def simulated(*statuses: str, back: int = 99_000_000) -> Any:
    """What a node says of two blocks of two calls, the last of which returns so much USDC."""
    calls = [{"status": status, "returnData": "0x", "gasUsed": "0x5208"} for status in statuses]
    calls[-1]["returnData"] = onchain.number_hex(back)
    return [{"number": "0x1", "calls": calls[:2]}, {"number": "0x2", "calls": calls[2:]}]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (simulated("0x1", "0x1", "0x1", "0x1"), Verdict.PASSED),
        (simulated("0x1", "0x1", "0x1", "0x1", back=50_000_000), Verdict.PASSED),
        (simulated("0x1", "0x1", "0x1", "0x1", back=49_999_999), Verdict.FAILED),
        (simulated("0x1", "0x1", "0x1", "0x1", back=0), Verdict.FAILED),
        (simulated("0x1", "0x0", "0x1", "0x0"), Verdict.FAILED),
        (simulated("0x1", "0x1", "0x1", "0x0"), Verdict.FAILED),
        (simulated("0x1", "0x1", "0x0", "0x1"), Verdict.FAILED),
        (RpcFault(-32000, "method handler crashed"), Verdict.UNKNOWN),
    ],
)
def test_a_trial_is_passed_where_all_goes_through_and_half_comes_back(reply: Any, verdict: Verdict) -> None:
    assert PLAN.verdict(reply) is verdict


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {},
        [],
        [{}],
        [{"calls": None}],
        [None],
        simulated("0x1", "0x1", "0x1"),
        simulated("1", "0x1", "0x1", "0x1"),
        [{"calls": [None] * 4}],
        [{"calls": [{"status": "0x1", "returnData": "nothing"}] * 4}],
    ],
)
def test_a_simulation_that_makes_no_sense_is_garbled(reply: Any) -> None:
    with pytest.raises(Garbled):
        PLAN.verdict(reply)


def test_a_node_without_simulations_or_overrides_leaves_the_trial_undecided() -> None:
    trial = Trial(a.LINK, BLOCK)
    nothing = [REVERTED] * len(trial.asks())
    assert trial.plan([MISSING, *nothing[1:]]) is Verdict.UNKNOWN
    assert trial.plan([[], *nothing[1:]]) is Verdict.UNKNOWN


def search(exact: Leg = Leg.PAY) -> Search:
    return Search(Ask(a.LINK, a.USDC, Side.BUY, exact, Decimal(1000)), 1_000_000_000, BLOCK)


def replies(made: Search, gwei: object, **amounts: tuple[int, int]) -> list[Any]:
    """Quotes by the name of their way, as (amount, gas); what a unit of gas costs; the pools of the native coin."""
    quotes = [_quoted(way.fees, *amounts[way.label]) if way.label in amounts else REVERTED for way in made.ways]
    wei = hex(int(gwei * 10**9)) if isinstance(gwei, int) else "0x0"
    history = {"oldestBlock": "0x1", "baseFeePerGas": [wei] * 2, "reward": [["0x0"] * 5], "gasUsedRatio": [0.5]}
    pools = [onchain.number_hex(ROOT), onchain.number_hex(10**18)] + [REVERTED, REVERTED] * 3
    return [*quotes, history if isinstance(gwei, int) else gwei, *pools]


def _quoted(fees: tuple[int, ...], amount: int, gas: int) -> str:
    if len(fees) == 1:
        return "0x" + encode(["uint256", "uint160", "uint32", "uint256"], [amount, 10**20, 0, gas]).hex()
    kinds = ["uint256", "uint160[]", "uint32[]", "uint256"]
    return "0x" + encode(kinds, [amount, [10**20] * 2, [0, 0], gas]).hex()


SHORT, LONG = "0.05 %", "0.05 % → WETH → 0.3 %"


def chosen(made: Search, said: list[Any]) -> str:
    return made.best(made.found(said), said).route.label


@pytest.mark.parametrize("exact", Leg)
@pytest.mark.parametrize(("gwei", "label"), [(0, LONG), (1, LONG), (30, SHORT)])
def test_the_best_way_is_the_best_after_its_gas(exact: Leg, gwei: int, label: str) -> None:
    # The longer way is better by 50 cents of $1,000; its 91,000 units more cost 18 cents a gwei at $2,000 a coin.
    made = search(exact)
    better, unit = (10_005, 10**14) if exact is Leg.PAY else (9_995, 10**5)
    assert len(made.asks()) == len(replies(made, gwei))
    amounts = {SHORT: (10_000 * unit, 90_000), LONG: (better * unit, 90_000 + 91_000 + 10_000)}
    assert chosen(made, replies(made, gwei, **amounts)) == label


@pytest.mark.parametrize("history", [RpcFault(-32601, "no eth_feeHistory"), None, {"baseFeePerGas": []}])
def test_where_the_gas_has_no_price_the_amounts_alone_are_compared(history: object) -> None:
    amounts = {SHORT: (10_000 * 10**14, 90_000), LONG: (10_001 * 10**14, 900_000)}
    assert chosen(search(), replies(search(), history, **amounts)) == LONG


def test_where_no_pool_tells_what_the_native_coin_is_worth_the_amounts_alone_are_compared() -> None:
    amounts = {SHORT: (10_000 * 10**14, 90_000), LONG: (10_001 * 10**14, 900_000)}
    said = replies(search(), 30, **amounts)
    for price, liquidity in ((REVERTED, REVERTED), (onchain.number_hex(0), onchain.number_hex(0)), ("0x", "0x")):
        assert chosen(search(), [*said[:-8], price, liquidity, *said[-6:]]) == LONG
    assert chosen(search(), said) == SHORT
