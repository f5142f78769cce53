"""The curated tokens: unmistakable, and testnets priced by identity."""

from app.domain.chains import CHAINS
from app.domain.registry import REGISTRY, WATCHLISTS, on_chain, priced_as
from app.domain.tokens import Token, is_address
from app.market.erc20 import checksummed


def test_every_curated_address_is_in_the_spelling_of_eip_55() -> None:
    assert [t.address for t in REGISTRY.values() if checksummed(t.address) != t.address] == []


def test_no_symbol_stands_twice_on_a_chain() -> None:
    for chain in CHAINS:
        symbols = [token.symbol.lower() for token in on_chain(chain)]
        assert len(symbols) == len(set(symbols))


def test_every_watchlist_names_known_tokens() -> None:
    assert set(WATCHLISTS) == set(CHAINS)
    for chain, symbols in WATCHLISTS.items():
        assert set(symbols) <= {token.symbol for token in on_chain(chain)}


def test_a_mainnet_token_is_priced_as_itself() -> None:
    assert all(priced_as(token) is token for token in on_chain(8453))


def test_a_testnet_token_is_priced_as_the_mainnet_token_of_the_same_asset_whatever_its_address() -> None:
    for chain in (84532, 11155111):
        for token in on_chain(chain):
            priced = priced_as(token)
            assert priced is not None
            assert (priced.chain_id, priced.coingecko_id) == (CHAINS[chain].reference_id, token.coingecko_id)


def test_an_unknown_testnet_token_is_priced_as_nothing_even_if_its_address_is_known_elsewhere() -> None:
    aero = next(token for token in on_chain(8453) if token.symbol == "AERO")
    assert priced_as(Token(84532, aero.address, "AERO", "Imitation", 18)) is None


def test_an_address_has_forty_hexadecimal_digits() -> None:
    assert is_address("0x" + "aB" * 20)
    assert not any(
        is_address(text) for text in ("0x" + "ab" * 19, "ab" * 20, "0x" + "zz" * 20, "0x" + "ab" * 20 + "\n")
    )
