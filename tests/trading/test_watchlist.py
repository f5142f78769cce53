"""The watchlist: found by symbol or address, refused in a sentence."""

from app.domain.refusal import Refusal
from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.store.watchlist import WatchedToken
from app.trading.watchlist import LONGEST, Watchlist, board_key

BASE = on_chain(8453)


def code(answer: object) -> str:
    assert isinstance(answer, Refusal)
    assert answer.sentence.endswith(".")
    return answer.code


def test_a_token_is_found_by_symbol_in_any_case_and_by_address_in_any_case() -> None:
    watchlist = Watchlist([WatchedToken(token) for token in BASE])
    for text in ("weth", "WETH", BASE[0].address, BASE[0].address.lower()):
        found = watchlist.find(text)
        assert isinstance(found, WatchedToken)
        assert found.token == BASE[0]


def test_a_symbol_that_two_tokens_share_needs_its_address() -> None:
    imitation = Token(8453, "0x" + "ab" * 20, "WETH", "Imitation", 18)
    watchlist = Watchlist([WatchedToken(BASE[0]), WatchedToken(imitation)])
    assert code(watchlist.find("WETH")) == "ambiguous_symbol"
    assert watchlist.find(imitation.address) == WatchedToken(imitation)


def test_what_is_not_watched_is_refused() -> None:
    assert code(Watchlist().find("WETH")) == "unknown_token"
    assert code(Watchlist().find("x" * 10_000)) == "unknown_token"


def test_a_token_is_added_once_and_the_list_stays_bounded() -> None:
    watchlist = Watchlist([WatchedToken(BASE[0])])
    assert code(watchlist.add(WatchedToken(BASE[0]))) == "already_watched"
    for number in range(LONGEST - 1):
        assert watchlist.add(WatchedToken(Token(8453, f"0x{number:040x}", f"T{number}", "", 18))) is None
    assert code(watchlist.add(WatchedToken(BASE[1]))) == "watchlist_full"
    assert watchlist.remove(BASE[0].key) == WatchedToken(BASE[0])
    assert len(watchlist) == LONGEST - 1


def test_a_testnet_token_stands_on_the_board_where_its_mainnet_asset_does() -> None:
    sepolia = next(token for token in on_chain(84532) if token.symbol == "LINK")
    base = next(token for token in BASE if token.symbol == "LINK")
    assert board_key(sepolia) == base.key
    assert board_key(Token(84532, base.address, "LINK", "", 18)) is None
