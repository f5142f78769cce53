"""The watchlist of an account: its tokens in order, and whether each may be traded."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from app.domain.tokens import Token, TokenKey
from app.store.database import Store
from app.store.tables import DESK, WATCHED


@dataclass(frozen=True, slots=True)
class WatchedToken:
    """A token on the watchlist.

    `reason` says why it is not `tradable`; `liquidity_usd` is its pool's worth in US dollars where it was looked at.
    """

    token: Token
    tradable: bool = True
    reason: str | None = None
    liquidity_usd: Decimal | None = None


def watched(store: Store, market: str, chain_id: int, account_id: str = DESK) -> list[WatchedToken]:
    """The watchlist in its order; empty where there is none. Raises StoreRefused."""
    query = select(WATCHED).where(_list(account_id, market, chain_id)).order_by(WATCHED.c.position)
    with store.reading() as connection:
        return [_token(dict(row)) for row in connection.execute(query).mappings()]


def replace_watched(
    store: Store, market: str, chain_id: int, tokens: Sequence[WatchedToken], account_id: str = DESK
) -> None:
    """Make these the watchlist, in this order; of a token that stands twice the first counts. Raises StoreRefused."""
    unique = {item.token.key: item for item in reversed(tokens)}
    ordered = sorted(unique.values(), key=lambda item: tokens.index(item))
    _check_chain(chain_id, ordered)
    rows = [_row(account_id, market, item, position) for position, item in enumerate(ordered)]
    with store.writing() as connection:
        connection.execute(delete(WATCHED).where(_list(account_id, market, chain_id)))
        if rows:
            connection.execute(insert(WATCHED), rows)


def add_watched(store: Store, market: str, item: WatchedToken, account_id: str = DESK) -> bool:
    """Put a token at the end of its chain's list; whether it is new.

    One that is there already stays in its place and takes over what is now known of it. Raises StoreRefused.
    """
    mine = _list(account_id, market, item.token.chain_id)
    this = and_(mine, WATCHED.c.address == item.token.key.address)
    with store.writing() as connection:
        position = connection.scalar(select(WATCHED.c.position).where(this))
        if position is not None:
            connection.execute(update(WATCHED).where(this), _row(account_id, market, item, position))
            return False
        connection.execute(insert(WATCHED), _row(account_id, market, item, _end_of(connection, mine)))
        return True


def remove_watched(store: Store, market: str, key: TokenKey, account_id: str = DESK) -> bool:
    """Take a token off the list; whether it was there. Raises StoreRefused."""
    this = and_(_list(account_id, market, key.chain_id), WATCHED.c.address == key.address.lower())
    with store.writing() as connection:
        return connection.execute(delete(WATCHED).where(this)).rowcount > 0


def _list(account_id: str, market: str, chain_id: int) -> ColumnElement[bool]:
    return and_(WATCHED.c.account_id == account_id, WATCHED.c.market == market, WATCHED.c.chain_id == chain_id)


def _end_of(connection: Connection, mine: ColumnElement[bool]) -> int:
    last = connection.scalar(select(func.max(WATCHED.c.position)).where(mine))
    return 0 if last is None else last + 1


def _check_chain(chain_id: int, items: Sequence[WatchedToken]) -> None:
    for item in items:
        if item.token.chain_id != chain_id:
            raise ValueError(f"{item.token.symbol} is on chain {item.token.chain_id}, not on {chain_id}")


def _row(account_id: str, market: str, item: WatchedToken, position: int) -> dict[str, Any]:
    token = item.token
    return {
        "account_id": account_id,
        "market": market,
        "chain_id": token.chain_id,
        "address": token.key.address,
        "shown_address": token.address,
        "symbol": token.symbol,
        "name": token.name,
        "decimals": token.decimals,
        "coingecko_id": token.coingecko_id,
        "position": position,
        "tradable": item.tradable,
        "reason": item.reason,
        "liquidity_usd": item.liquidity_usd,
    }


def _token(row: dict[str, Any]) -> WatchedToken:
    token = Token(
        row["chain_id"], row["shown_address"], row["symbol"], row["name"], row["decimals"], row["coingecko_id"]
    )
    return WatchedToken(token, row["tradable"], row["reason"], row["liquidity_usd"])
