"""What an address says of itself makes a token, or a refusal in one sentence."""

from typing import Any

import pytest

from app.domain.registry import REGISTRY
from app.domain.tokens import Token
from app.market import erc20
from app.market.erc20 import Refusal
from app.market.source import Fault, Garbled
from tests.market import answers as a
from tests.market import onchain

ADDRESS = a.WETH.address
REVERT: dict[str, Any] = {"code": 3, "message": "execution reverted", "data": "0x"}


def identity(payload: Any) -> Token | Refusal:
    return erc20.identity(payload, 8453, ADDRESS.lower())


def told(*results: object) -> list[Any]:
    """Answers of which those that are dicts are errors."""
    return [
        {"jsonrpc": "2.0", "id": i, "error" if isinstance(result, dict) else "result": result}
        for i, result in enumerate(results, start=1)
    ]


def described(decimals: object, symbol: object, name: object) -> list[Any]:
    return told(hex(8453), onchain.DEPLOYED, decimals, symbol, name)


def test_a_token_is_what_its_contract_says() -> None:
    assert identity(onchain.IDENTITY) == Token(8453, ADDRESS, "WETH", "Wrapped Ether", 18)


def test_the_question_is_one_batch_of_five() -> None:
    methods = [entry["method"] for entry in erc20.question(ADDRESS)]
    assert methods == ["eth_chainId", "eth_getCode", "eth_call", "eth_call", "eth_call"]


def test_checksums_are_those_of_the_curated_tokens() -> None:
    assert all(erc20.checksummed(token.address.lower()) == token.address for token in REGISTRY.values())
    assert erc20.checksummed("0x" + "AB" * 20) == erc20.checksummed("0x" + "ab" * 20)


@pytest.mark.parametrize("text", ["", "0x12", ADDRESS[2:], ADDRESS + "0", ADDRESS + "\n"])
def test_what_is_no_address_has_no_checksum(text: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        erc20.checksummed(text)


def test_an_address_without_code_is_no_contract() -> None:
    expected = Refusal("no_contract", f"There is no contract at {ADDRESS} on Base.")
    assert identity(told(hex(8453), "0x", "0x", "0x", "0x")) == expected


@pytest.mark.parametrize(
    ("decimals", "symbol"),
    [
        (REVERT, onchain.text_hex("A")),
        ({"code": -32000, "message": "execution reverted"}, onchain.text_hex("A")),
        ("0x", onchain.text_hex("A")),
        ("0x12", onchain.text_hex("A")),
        (onchain.number_hex(18), REVERT),
        (onchain.number_hex(18), "0x"),
    ],
)
def test_code_without_decimals_or_symbol_is_no_token(decimals: Any, symbol: Any) -> None:
    assert identity(described(decimals, symbol, REVERT)) == Refusal("not_a_token", f"{ADDRESS} is not a token.")


@pytest.mark.parametrize("decimals", [37, 255, 2**256 - 1])
def test_more_than_36_decimals_are_refused(decimals: int) -> None:
    refusal = identity(described(onchain.number_hex(decimals), onchain.text_hex("A"), onchain.text_hex("A")))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "too_many_decimals"


@pytest.mark.parametrize("symbol", ["", " ", "\x00\x01", "\u200b\u202e"])
def test_a_symbol_that_cannot_be_shown_is_refused(symbol: str) -> None:
    refusal = identity(described(onchain.number_hex(36), onchain.text_hex(symbol), onchain.text_hex("A")))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_symbol"


def test_older_tokens_state_32_bytes() -> None:
    symbol, name = ("0x" + words.encode().ljust(32, b"\0").hex() for words in ("MKR", "Maker"))
    assert identity(described(onchain.number_hex(18), symbol, name)) == Token(8453, ADDRESS, "MKR", "Maker", 18)


def test_a_text_is_stripped_of_controls_and_kept_short() -> None:
    hostile = onchain.text_hex("  A\n\u202eB\u2028C\x7f  " + "x" * 100)
    token = identity(described(onchain.number_hex(0), hostile, hostile))
    assert isinstance(token, Token)
    assert token.symbol == "AB C " + "x" * 15
    assert token.name == "AB C " + "x" * 55


def test_broken_utf8_is_left_out() -> None:
    data = onchain.bytes_hex(b"A\xff\xfeB")
    assert getattr(identity(described(onchain.number_hex(0), data, data)), "symbol", "") == "AB"


@pytest.mark.parametrize("name", [REVERT, "0x", "0x1234", "0x" + "ff" * 64, onchain.text_hex("")])
def test_a_token_without_a_name_goes_by_its_symbol(name: Any) -> None:
    assert identity(described(onchain.number_hex(6), onchain.text_hex("A"), name)) == Token(8453, ADDRESS, "A", "A", 6)


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (described({"code": -32016, "message": "over rate limit"}, "0x", "0x"), Fault.RATE_LIMITED),
        (described({"code": -32000, "message": "header not found"}, "0x", "0x"), Fault.REFUSED),
        (described(None, "0x", "0x"), Fault.GARBLED),
        (told("0x1", onchain.DEPLOYED, "0x", "0x", "0x"), Fault.REFUSED),
        (told(hex(8453), None, "0x", "0x", "0x"), Fault.GARBLED),
        (told(hex(8453)), Fault.GARBLED),
        ({"error": {"code": 429, "message": "no"}}, Fault.RATE_LIMITED),
        (None, Fault.GARBLED),
    ],
)
def test_a_node_that_failed_makes_no_statement_about_the_token(payload: Any, fault: Fault) -> None:
    with pytest.raises(Garbled) as caught:
        identity(payload)
    assert caught.value.fault is fault
