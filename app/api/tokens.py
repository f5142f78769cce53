"""Tokens: found by what people call them, and by their address once they are sold; and as the watchlist shows them."""

from app.api.door import pit_of, unless_refused
from app.api.shapes import TokenShape
from app.domain.refusal import Refusal
from app.domain.registry import REGISTRY, named
from app.domain.session import Session
from app.domain.tokens import Token, TokenKey, is_address
from app.domain.trades import trade_id
from app.store.database import Store
from app.store.trades import trade
from app.store.watchlist import WatchedToken
from app.trading.venue import barred


def address_of(session: Session, text: str) -> str:
    """The address that a symbol (any case) or an address stands for in a session. Raises Problem."""
    if is_address(text):
        return text.lower()
    pit = pit_of(session)
    entry = pit.floor.watchlist.find(text) if pit else None
    if entry is not None and not isinstance(entry, Refusal):
        return entry.token.key.address
    if entry is not None and entry.code == "ambiguous_symbol":
        return unless_refused(entry)
    curated = named(session.chain_id, text)
    unknown = Refusal("unknown_token", f"No token is known as {text[:60]!r} here; its address would find it.")
    return unless_refused(curated.key.address if curated else unknown)


def token_at(session: Session, address: str) -> Token | None:
    """The token at an address in lower case, where it is watched or well known."""
    pit = pit_of(session)
    watched = pit.token(address) if pit else None
    return watched or REGISTRY.get(TokenKey(session.chain_id, address))


def token_traded(store: Store, session: Session, number: int) -> Token:
    """The token of a session's trade. Raises StoreRefused."""
    found = trade(store, trade_id(session.id, number))
    assert found is not None, "a position has ended without a trade"
    return found.token


def token_shape(entry: WatchedToken) -> TokenShape:
    """A watched token, and why it is not traded where it is not."""
    token, refusal = entry.token, barred(entry)
    return TokenShape(
        symbol=token.symbol,
        name=token.name,
        address=token.address,
        decimals=token.decimals,
        tradable=refusal is None,
        reason=refusal.sentence if refusal and entry.tradable else entry.reason,
    )
