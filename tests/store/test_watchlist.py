"""The watchlist of an account."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.registry import on_chain
from app.domain.tokens import Token, TokenKey
from app.store.database import Store
from app.store.watchlist import WatchedToken, add_watched, remove_watched, replace_watched, watched

BASE = [WatchedToken(token) for token in on_chain(8453)[:3]]
NEW = Token(8453, "0xAbCdEf0000000000000000000000000000000001", "NEW", "A new one", 9)


def test_a_watchlist_comes_back_as_it_was_given_in_its_order(store: Store) -> None:
    poor = WatchedToken(NEW, tradable=False, reason="under $10,000 of liquidity", liquidity_usd=Decimal("9999.99"))
    wanted = [BASE[2], poor, BASE[0]]
    replace_watched(store, "live", 8453, wanted)
    assert watched(store, "live", 8453) == wanted
    replace_watched(store, "live", 8453, BASE)
    assert watched(store, "live", 8453) == BASE
    replace_watched(store, "live", 8453, [])
    assert watched(store, "live", 8453) == []


def test_a_token_is_added_at_the_end_and_once(store: Store) -> None:
    replace_watched(store, "live", 8453, BASE)
    assert add_watched(store, "live", WatchedToken(NEW))
    shouted = WatchedToken(replace(NEW, address=NEW.address.upper().replace("X", "x")), tradable=False, reason="thin")
    assert not add_watched(store, "live", replace(shouted, token=NEW))
    assert not add_watched(store, "live", shouted)
    assert watched(store, "live", 8453) == [*BASE, shouted]


def test_a_token_that_stands_twice_is_kept_where_it_stood_first(store: Store) -> None:
    replace_watched(store, "live", 8453, [BASE[1], BASE[0], BASE[1]])
    assert watched(store, "live", 8453) == [BASE[1], BASE[0]]


def test_a_token_is_removed_whatever_the_case_of_its_address(store: Store) -> None:
    replace_watched(store, "live", 8453, BASE)
    key = TokenKey(8453, BASE[1].token.address)
    assert remove_watched(store, "live", key)
    assert not remove_watched(store, "live", key)
    assert watched(store, "live", 8453) == [BASE[0], BASE[2]]
    add_watched(store, "live", BASE[1])
    assert watched(store, "live", 8453) == [BASE[0], BASE[2], BASE[1]]


def test_lists_of_other_markets_chains_and_accounts_are_kept_apart(store: Store) -> None:
    arbitrum = [WatchedToken(token) for token in on_chain(42161)[:2]]
    replace_watched(store, "live", 8453, BASE)
    replace_watched(store, "live", 42161, arbitrum)
    replace_watched(store, "demo", 8453, BASE[:1])
    replace_watched(store, "live", 8453, BASE[1:], account_id="guest")
    assert watched(store, "live", 8453) == BASE
    assert watched(store, "live", 42161) == arbitrum
    assert watched(store, "demo", 8453) == BASE[:1]
    assert watched(store, "live", 8453, account_id="guest") == BASE[1:]


def test_a_token_of_another_chain_does_not_get_onto_a_list(store: Store) -> None:
    replace_watched(store, "live", 8453, BASE)
    with pytest.raises(ValueError, match="is on chain 42161"):
        replace_watched(store, "live", 8453, [WatchedToken(on_chain(42161)[0])])
    assert watched(store, "live", 8453) == BASE
