"""What the stream tells of the house as it is: prices, the account, its positions, the bot, the desk's health."""

from collections.abc import Set
from typing import Any, NamedTuple

from pydantic import BaseModel
from starlette.requests import Request

from app.api.account import _closed, _open, account
from app.api.bot import _shape as bot_shape
from app.api.routes import _price, health
from app.api.shapes import Health
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


async def tidings(house: House, topics: Set[Topic], held: Set[str]) -> list[Tiding]:
    """What these topics may have changed. `held` are the addresses of the positions that were open when this was asked
    last: those that are not are told once more, closed. Never gives way to another task."""
    found: list[Tiding] = []
    if topics & _OF_PRICES:
        found += [_tiding("price", _price(house, entry), entry.token.key.address) for entry in house.floor.watchlist]
    pit = house.pit
    if pit is not None and topics & _OF_ACCOUNT:
        found += [_tiding("account", await account()), *_positions(pit, held)]
    if pit is not None and topics & _OF_BOT:
        found.append(_tiding("bot", bot_shape(pit)))
    found.append(_tiding("health", await _health(house)))
    return found


async def _health(house: House) -> Health:
    """Whoever hears the stream may know why the database refuses, which the call tells to some only."""
    said = await health(Request({"type": "http", "headers": []}))
    return said.model_copy(update={"database": house.trouble or "ok"})


def _positions(pit: Pit, held: Set[str]) -> list[Tiding]:
    now, open_ones = pit.desk.venue.now(), {each.token.key.address: each for each in holdings(pit)}
    found = [_tiding("position", _open(each, now), address) for address, each in open_ones.items()]
    for address in sorted(held - open_ones.keys()):
        ended, token = pit.account.positions.get(address), token_at(pit.session, address)
        if ended is not None and token is not None and not ended.is_open:
            found.append(_tiding("position", _closed(pit, ended, token), address))
    return found


def _tiding(event: str, shape: BaseModel, key: str = "") -> Tiding:
    item = shape.model_dump()
    return Tiding(event, f"{event} {key}", item, _gist(item))


def _gist(item: dict[str, Any]) -> dict[str, Any]:
    gist = {name: value for name, value in item.items() if name not in _AGES}
    if "readings" in gist:
        gist["readings"] = [_gist(reading) for reading in gist["readings"]]
    return gist
