"""What the stream tells of the house as it is: prices, the account, its positions, the bot, the desk's health."""

from collections.abc import Set
from typing import Any, NamedTuple

from pydantic import BaseModel

from app.api.account import account_shape, closed_shape, open_shape
from app.api.bot import bot_shape
from app.api.routes import health_shape, price_shape
from app.api.tokens import token_at
from app.runtime.house import House
from app.runtime.pit import Pit
from app.runtime.standing import holdings
from app.trading.bell import Topic

_OF_PRICES = frozenset({Topic.PRICES, Topic.MARKET, Topic.WATCHLIST})
_OF_ACCOUNT = frozenset({Topic.PRICES, Topic.MARKET, Topic.ACCOUNT, Topic.SESSION})
_OF_BOT = frozenset({Topic.BOT, Topic.SESSION, Topic.WATCHLIST})
# What grows with the clock alone is not news.
_AGES = frozenset({"age_s", "price_age_s"})


class Tiding(NamedTuple):
    """Something as it is now: `key` says what, `item` is as REST answers it, `gist` the same without ages."""

    event: str
    key: str
    item: dict[str, Any]
    gist: dict[str, Any]


def tidings(house: House, topics: Set[Topic], held: Set[str]) -> list[Tiding]:
    """What these topics may have changed. `held` are the addresses of the positions that were open when this was asked
    last: those that are not are told once more, closed."""
    found: list[Tiding] = []
    if topics & _OF_PRICES:
        found += [_tiding("price", price_shape(house, each), each.token.key.address) for each in house.floor.watchlist]
    pit = house.pit
    if pit is not None and topics & _OF_ACCOUNT:
        found += [_tiding("account", account_shape(pit)), *_positions(pit, held)]
    if pit is not None and topics & _OF_BOT:
        found.append(_tiding("bot", bot_shape(pit)))
    # Whoever hears the stream may use the API.
    found.append(_tiding("health", health_shape(house, tells_why=True)))
    return found


def _positions(pit: Pit, held: Set[str]) -> list[Tiding]:
    now, open_ones = pit.desk.venue.now(), {each.token.key.address: each for each in holdings(pit)}
    found = [_tiding("position", open_shape(each, now), address) for address, each in open_ones.items()]
    for address in sorted(held - open_ones.keys()):
        ended, token = pit.account.positions.get(address), token_at(pit.session, address)
        if ended is not None and token is not None and not ended.is_open:
            found.append(_tiding("position", closed_shape(pit, ended, token), address))
    return found


def _tiding(event: str, shape: BaseModel, key: str = "") -> Tiding:
    item = shape.model_dump()
    return Tiding(event, f"{event} {key}", item, _gist(item))


def _gist(item: dict[str, Any]) -> dict[str, Any]:
    gist = {name: value for name, value in item.items() if name not in _AGES}
    if "readings" in gist:
        gist["readings"] = [_gist(reading) for reading in gist["readings"]]
    return gist
