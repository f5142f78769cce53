"""The watchlist: the tokens that a desk looks at, in order, and how each is found."""

from collections.abc import Iterable, Iterator

from app.domain.refusal import Refusal
from app.domain.registry import priced_as
from app.domain.tokens import Token, TokenKey, is_address
from app.store.watchlist import WatchedToken

LONGEST = 50


class Watchlist:
    """Entries in order. A testnet token is priced by identity: `board_key` is where its price stands."""

    def __init__(self, entries: Iterable[WatchedToken] = ()) -> None:
        self._entries: dict[TokenKey, WatchedToken] = {}
        # A list is of one chain.
        self._by_address: dict[str, WatchedToken] = {}
        for entry in entries:
            self._put(entry)

    def __iter__(self) -> Iterator[WatchedToken]:
        return iter(list(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: WatchedToken) -> Refusal | None:
        if entry.token.key in self._entries:
            return Refusal("already_watched", f"{entry.token.symbol} is already on the watchlist.")
        if len(self._entries) >= LONGEST:
            return Refusal("watchlist_full", f"The watchlist holds {LONGEST} tokens; remove one first.")
        self._put(entry)
        return None

    def remove(self, key: TokenKey) -> WatchedToken | None:
        self._by_address.pop(key.address, None)
        return self._entries.pop(key, None)

    def at(self, address: str) -> WatchedToken | None:
        """The entry with this address (lower case)."""
        return self._by_address.get(address)

    def find(self, text: str) -> WatchedToken | Refusal:
        """The entry with this symbol (any case) or address; a symbol that two tokens share needs its address."""
        wanted = text.lower()
        if is_address(text):
            entry = self.at(wanted)
            found = [entry] if entry else []
        else:
            found = [entry for entry in self if entry.token.symbol.lower() == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            return Refusal("ambiguous_symbol", f"More than one watched token is called {text[:20]}; use its address.")
        return Refusal("unknown_token", f"{text[:60]!r} is not on the watchlist.")

    def _put(self, entry: WatchedToken) -> None:
        self._entries[entry.token.key] = entry
        self._by_address[entry.token.key.address] = entry


def board_key(token: Token) -> TokenKey | None:
    """Where on the board this token's price stands; None for a testnet token that no mainnet asset stands for."""
    priced = priced_as(token)
    return priced.key if priced else None
