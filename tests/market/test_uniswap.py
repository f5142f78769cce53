"""Uniswap's arithmetic and encodings against figures from its documentation, and against garbage."""

from decimal import Decimal

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quotes import Leg
from app.domain.registry import named, on_chain, usdc_of
from app.domain.tokens import Token
from app.market import uniswap
from app.market.source import Garbled
from app.market.uniswap import BOOKS, FEES, Quoted, Route

# Uniswap's limits of sqrtPriceX96, one inside each.
FLOOR, CEILING = 4295128740, 1461446703485210103287273052203988822378723970341


def token(chain_id: int, symbol: str) -> Token:
    found = named(chain_id, symbol)
    assert found
    return found


WETH, USDC, LINK = token(8453, "WETH"), usdc_of(8453), token(8453, "LINK")
ONE = Route((WETH, USDC), (500,))
TWO = Route((USDC, WETH, LINK), (500, 3000))


@pytest.mark.parametrize(
    ("chain_id", "one", "other", "fee", "address"),
    [
        (1, "WETH", "USDC", 500, "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640"),
        (8453, "WETH", "USDC", 500, "0xd0b53D9277642d899DF5C87A3966A349A798F224"),
        (42161, "WETH", "USDC", 500, "0xC6962004f452bE9203591991D15f6b388e09E8D0"),
        (10, "WETH", "USDC", 500, "0x1fb3cf6e48F1E7B10213E7b6d87D4c073C7Fdb7b"),
        (137, "WETH", "USDC", 500, "0xA4D8c89f0c20efbe54cBa9e7e7a7E509056228D9"),
        (1, "USDC", "USDT", 100, "0x3416cF6C708Da44DB2624D63ea0AAef7113527C6"),
        (1, "LINK", "WETH", 3000, "0xa6Cc3C2531FdaA6Ae1A3CA84c2855806728693e8"),
        (8453, "cbBTC", "USDC", 500, "0xfBB6Eed8e7aa03B138556eeDaF5D271A5E1e43ef"),
    ],
)
def test_pools_are_where_the_chains_have_them(chain_id: int, one: str, other: str, fee: int, address: str) -> None:
    factory, first, second = BOOKS[chain_id].factory, token(chain_id, one).address, token(chain_id, other).address
    assert uniswap.pool_address(factory, first, second, fee) == address
    assert uniswap.pool_address(factory, second, first, fee) == address


def test_a_quote_of_one_pool_is_encoded_as_documented() -> None:
    expected = (
        "0xc6a5026a"
        "0000000000000000000000004200000000000000000000000000000000000006"
        "000000000000000000000000833589fcd6edb6e08f4c7c32d4f71b54bda02913"
        "0000000000000000000000000000000000000000000000000de0b6b3a7640000"
        "00000000000000000000000000000000000000000000000000000000000001f4"
        "0000000000000000000000000000000000000000000000000000000000000000"
    )
    assert uniswap.quote_data(ONE, Leg.PAY, 10**18) == expected
    assert uniswap.quote_data(ONE, Leg.RECEIVE, 10**18) == expected.replace("c6a5026a", "bd21704a")


def test_a_path_is_told_from_the_end_that_is_exact() -> None:
    forward = f"{USDC.address[2:]}0001f4{WETH.address[2:]}000bb8{LINK.address[2:]}".lower()
    backward = f"{LINK.address[2:]}000bb8{WETH.address[2:]}0001f4{USDC.address[2:]}".lower()
    assert uniswap.quote_data(TWO, Leg.PAY, 7).startswith("0xcdca1753")
    assert forward in uniswap.quote_data(TWO, Leg.PAY, 7)
    assert uniswap.quote_data(TWO, Leg.RECEIVE, 7).startswith("0x2f80bb1d")
    assert backward in uniswap.quote_data(TWO, Leg.RECEIVE, 7)
    assert forward in uniswap.swap_data(TWO, Leg.PAY, 7, 5, WETH.address)
    assert backward in uniswap.swap_data(TWO, Leg.RECEIVE, 7, 5, WETH.address)


def test_the_spot_is_what_a_whole_token_is_worth() -> None:
    root = 3620163544262845532635117
    assert abs(uniswap.spot((WETH, USDC), (root,)) - Decimal("2087.84")) < Decimal("1e-12")
    both = uniswap.spot((WETH, USDC), (root,)) * uniswap.spot((USDC, WETH), (root,))
    assert abs(both - 1) < Decimal("1e-16")


@given(st.integers(FLOOR, CEILING), st.integers(FLOOR, CEILING))
def test_a_spot_has_18_digits_and_is_above_zero(one: int, other: int) -> None:
    for tokens, roots in (((WETH, USDC), (one,)), ((USDC, WETH, LINK), (one, other))):
        found = uniswap.spot(tokens, roots)
        assert found > 0
        assert len(found.as_tuple().digits) <= 18


def test_a_route_goes_by_its_fees_and_the_token_between() -> None:
    assert (ONE.label, TWO.label) == ("0.05 %", "0.05 % → WETH → 0.3 %")
    assert [Route((WETH, USDC), (fee,)).label for fee in FEES] == ["0.01 %", "0.05 %", "0.3 %", "1 %"]


def test_the_fee_of_two_pools_is_taken_one_after_the_other() -> None:
    assert (ONE.fee, TWO.fee) == (Decimal("0.0005"), 1 - Decimal("0.9995") * Decimal("0.997"))


def test_every_fee_is_tried_directly_and_through_ether() -> None:
    assert [len(uniswap.routes(8453, USDC, other)) for other in (WETH, LINK)] == [4, 20]
    through = {way.tokens[1].symbol for way in uniswap.routes(137, usdc_of(137), token(137, "LINK")) if way.fees[1:]}
    assert through == {"WETH", "WPOL"}


def test_every_chain_with_a_book_has_tokens_to_trade() -> None:
    for chain_id, book in BOOKS.items():
        assert len(on_chain(chain_id)) > 2
        assert len({book.factory, book.quoter, book.router}) == 3


@pytest.mark.parametrize(("after", "dry"), [(FLOOR, True), (CEILING, True), (FLOOR + 1, False), (2**96, False)])
def test_a_pool_at_the_end_of_all_prices_has_run_dry(after: int, dry: bool) -> None:
    one = encode(["uint256", "uint160", "uint32", "uint256"], [5, after, 1, 90_000])
    assert uniswap.quoted(one, ONE) == Quoted(5, 90_000, dry)
    kinds = ["uint256", "uint160[]", "uint32[]", "uint256"]
    two = encode(kinds, [5, [2**96, after], [1, 1], 180_000])
    assert uniswap.quoted(two, TWO) == Quoted(5, 180_000, dry)


def test_an_answer_for_another_number_of_pools_is_garbled() -> None:
    data = encode(["uint256", "uint160[]", "uint32[]", "uint256"], [5, [2**96], [1], 180_000])
    with pytest.raises(Garbled):
        uniswap.quoted(data, TWO)


@given(st.binary(max_size=400))
def test_whatever_bytes_come_they_are_a_quote_or_garbled(data: bytes) -> None:
    for route in (ONE, TWO):
        try:
            found = uniswap.quoted(data, route)
        except Garbled:
            continue
        assert found.amount >= 0
        assert found.gas >= 0


@given(st.binary(max_size=64))
def test_whatever_bytes_come_they_are_a_price_uniswap_knows_or_garbled(data: bytes) -> None:
    try:
        found = uniswap.sqrt_price(data)
    except Garbled:
        return
    assert found == 0 or FLOOR <= found <= CEILING


@given(st.integers(1, 2**255 - 1), st.integers(0, 36))
def test_base_units_and_whole_tokens_are_the_same_amount(units: int, decimals: int) -> None:
    assert uniswap.units_of(uniswap.whole(units, decimals), decimals) == units


@pytest.mark.parametrize("amount", ["0", "-1", "0.0000001", "1e80"])
def test_what_is_no_number_of_base_units_is_no_amount(amount: str) -> None:
    assert uniswap.units_of(Decimal(amount), 6) is None
