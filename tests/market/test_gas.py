"""What a unit of gas and the data of a transaction cost, read from what nodes say, and from garbage."""

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bids import Bid
from app.domain.quotes import Gas, Leg
from app.market import gas, overrides
from app.market.erc20 import checksummed
from app.market.gas import Fees
from app.market.rpc import RpcFault
from app.market.source import Garbled
from tests.market.garbage import GARBAGE, mutations

HISTORY: dict[str, Any] = {
    "oldestBlock": "0x64",
    "baseFeePerGas": ["0x3b9aca00", "0x3b9aca01", "0x3b9aca02", "0x77359400"],
    "gasUsedRatio": [],
    "reward": [["0x2", "0x2", "0x5", "0x6", "0x10"], ["0x0"] * 2 + ["0x1"] * 3, ["0x1", "0x3", "0x3", "0x3", "0x20"]],
}


def word(value: int) -> bytes:
    return encode(["uint256"], [value])


def tipped(base_wei: int, tip_wei: int) -> Fees:
    """Fees of a chain where every bid gives the same tip."""
    return Fees(1, base_wei, (tip_wei,) * 5)


def unbid(found: Gas) -> Gas:
    """What the standard bid pays, without what the others would."""
    return replace(found, fares=())


def test_one_call_asks_for_the_tip_of_every_bid() -> None:
    assert gas.fees_ask("latest") == ("eth_feeHistory", ["0x5", "latest", [10, 25, 50, 75, 90]])


def test_a_unit_costs_the_next_blocks_base_fee_and_the_median_of_tips() -> None:
    assert gas.fees(HISTORY, 1) == Fees(block=102, base_wei=2_000_000_000, tips=(1, 2, 3, 3, 16))
    assert gas.fees(HISTORY, 1).unit_wei == 2_000_000_003


def test_a_tip_is_at_least_a_thousandth_of_a_gwei_on_op_chains_and_none_on_arbitrum() -> None:
    assert [gas.fees(HISTORY, chain_id).tip_wei for chain_id in (8453, 10, 42161, 137)] == [10**6, 10**6, 0, 3]
    dear = HISTORY | {"reward": [["0x1", "0x1", "0x2", "0x3", "0x1e8480"]] * 3}
    assert gas.fees(dear, 8453).tips == (10**6,) * 4 + (2 * 10**6,)
    assert gas.fees(dear, 42161).tips == (0,) * 5


@pytest.mark.parametrize(
    "block",
    [[], ["0x1"], ["0x1"] * 4, ["0x1"] * 6, ["0x1", "0x1", "0x1", "0x1", None], ["0x1", "0x1", "0x3", "0x2", "0x4"]],
)
def test_a_block_whose_tips_are_not_those_that_were_asked_for_or_fall_is_garbled(block: list[str | None]) -> None:
    for chain_id in (1, 8453, 42161):
        with pytest.raises(Garbled):
            gas.fees(HISTORY | {"reward": [HISTORY["reward"][0], block, HISTORY["reward"][2]]}, chain_id)


@pytest.mark.parametrize("missing", ["baseFeePerGas", "reward", "oldestBlock"])
def test_a_history_that_lacks_something_is_garbled(missing: str) -> None:
    with pytest.raises(Garbled):
        gas.fees({key: value for key, value in HISTORY.items() if key != missing}, 1)


@settings(max_examples=300)
@given(GARBAGE | mutations(HISTORY))
def test_a_damaged_history_makes_sound_fees_or_none(history: Any) -> None:
    for chain_id in (1, 8453, 42161):
        try:
            found = gas.fees(history, chain_id)
        except Garbled:
            continue
        assert 0 <= found.unit_wei <= 2**101
        assert found.block >= 0
        assert list(found.tips) == sorted(found.tips) and len(found.tips) == 5


@given(GARBAGE)
def test_a_damaged_estimate_makes_sound_units_or_none(result: Any) -> None:
    try:
        assert 21_000 < gas.units(result) <= 100_000_000
    except Garbled:
        return


@given(st.none() | st.binary(max_size=64))
def test_whatever_an_oracle_returns_is_a_fee_or_garbled(data: bytes | None) -> None:
    for chain_id in (8453, 42161):
        try:
            found = gas.cost(chain_id, tipped(10**9, 0), 150_000, "quoter", [data, data])
        except Garbled:
            continue
        assert found.l1_wei >= 0
        assert found.units > 0


def test_an_op_chain_charges_for_the_data_and_for_the_operator_where_there_is_one() -> None:
    fees = tipped(10, 1)
    assert unbid(gas.cost(8453, fees, 100_000, "estimate", [word(70), word(5)])) == Gas(100_000, 11, 75, "estimate")
    assert unbid(gas.cost(8453, fees, 100_000, "estimate", [word(70), None])) == Gas(100_000, 11, 70, "estimate")
    with pytest.raises(Garbled):
        gas.cost(8453, fees, 100_000, "estimate", [None, None])


def test_arbitrum_counts_the_data_in_gas_that_its_estimate_holds_already() -> None:
    fees = tipped(10, 0)
    assert unbid(gas.cost(42161, fees, 100_000, "estimate", [word(4_000)])) == Gas(96_000, 10, 40_000, "estimate")
    assert unbid(gas.cost(42161, fees, 100_000, "quoter", [word(4_000)])) == Gas(100_000, 10, 40_000, "quoter")


def test_ethereum_charges_for_nothing_else() -> None:
    assert gas.data_asks(1, overrides.HOLDER, "0x00", "latest", 1) == []
    assert unbid(gas.cost(1, tipped(10, 1), 5, "quoter", [])) == Gas(5, 11, 0, "quoter")


def test_a_bid_pays_its_tip_and_the_data_costs_it_what_the_chain_makes_of_that() -> None:
    fees = Fees(1, 100, (1, 2, 4, 8, 16))
    on_ethereum = gas.cost(1, fees, 50_000, "quoter", [])
    on_base = gas.cost(8453, fees, 50_000, "quoter", [word(70), word(5)])
    on_arbitrum = gas.cost(42161, fees, 50_000, "quoter", [word(1_000)])
    units = [100 + tip for tip in fees.tips]
    bids = [Bid.MINIMAL, Bid.LOW, Bid.STANDARD, Bid.RAISED, Bid.URGENT]
    assert [unbid(on_ethereum.bid(bid)) for bid in bids] == [Gas(50_000, unit, 0, "quoter") for unit in units]
    assert [unbid(on_base.bid(bid)) for bid in bids] == [Gas(50_000, unit, 75, "quoter") for unit in units]
    dearer = [Gas(50_000, unit, 1_000 * unit, "quoter") for unit in units]
    assert [unbid(on_arbitrum.bid(bid)) for bid in bids] == dearer
    for found in (on_ethereum, on_base, on_arbitrum):
        assert found.bid(Bid.STANDARD) == found


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        (b"", "80"),
        ([], "c0"),
        (b"\x0f", "0f"),
        (b"\x04\x00", "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (b"Lorem ipsum dolor sit amet, consectetur adipisicing elit", "b838" + b"Lorem ipsum dolor sit amet".hex()),
    ],
)
def test_rlp_is_as_ethereum_documents_it(item: gas.Rlp, encoded: str) -> None:
    assert gas.rlp(item).hex().startswith(encoded)


def test_the_unsigned_transaction_is_of_its_type_and_holds_the_call() -> None:
    raw = gas.unsigned(8453, overrides.HOLDER, "0x" + "ab" * 300)
    assert raw[0] == 2
    assert b"\xab" * 300 in raw
    assert raw[1] == 0xF9
    assert int.from_bytes(raw[2:4], "big") == len(raw) - 4


@given(st.integers(60_000, 2_000_000), st.sampled_from(list(Leg)), st.integers(1, 2))
def test_what_is_used_is_less_than_what_has_to_be_brought(estimated: int, exact: Leg, pools: int) -> None:
    refunds = 2_800 if exact is Leg.RECEIVE else 19_900 * (pools - 1)
    used = gas.used(estimated, exact, pools)
    assert used < estimated
    # The two ends of what nodes may answer for such a swap, from the gas it used up.
    least, most = used + refunds, (used + refunds + 2_300) * 64 // 63
    assert least <= estimated + 1
    assert abs(estimated - (least + most) // 2) <= (most - least) // 2 + 40


@given(GARBAGE, GARBAGE)
def test_whatever_a_probe_answers_the_place_is_one_that_was_marked_or_unknown(one: Any, other: Any) -> None:
    assert overrides.places(one, other, overrides.HOLDER) is None


def test_a_fault_in_place_of_a_probe_is_no_place() -> None:
    fault = RpcFault(-32602, "too many arguments, want at most 2")
    assert overrides.places(fault, fault, overrides.HOLDER) is None


def test_the_wallet_that_estimates_is_nobodys() -> None:
    assert checksummed("0x" + keccak(b"drydock: the wallet that estimates")[12:].hex()) == overrides.HOLDER
