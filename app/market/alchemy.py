"""Alchemy Prices: means of DEX trades by contract address; needs a key, which stands in the path."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from app.domain.prices import Reading
from app.domain.tokens import Token
from app.market.budget import per_hour
from app.market.decode import Json, iso_time, raise_error, rows, table, text, text_price
from app.market.source import Answer, Call, Card, batches_by_chain, read_each

_NETWORKS = {1: "eth-mainnet", 10: "opt-mainnet", 137: "polygon-mainnet", 8453: "base-mainnet", 42161: "arb-mainnet"}
_ADDRESSES_A_CALL = 25
_LABEL = "/tokens/by-address"


@dataclass(frozen=True, slots=True)
class Alchemy:
    """One POST prices up to 25 addresses; the free plan allows 300 calls an hour."""

    key: str = field(repr=False)
    url: str = ""
    rank: int = 4

    @property
    def card(self) -> Card:
        return Card(
            name="alchemy",
            title="Alchemy",
            group="alchemy",
            rank=self.rank,
            base_urls=(self.url or "https://api.g.alchemy.com/prices/v1",),
            allowances=(per_hour(300),),
        )

    def covers(self, token: Token) -> bool:
        return token.chain_id in _NETWORKS

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        covered = [token for token in tokens if self.covers(token)]
        return [self._call(batch) for batch in batches_by_chain(covered, _ADDRESSES_A_CALL)]

    def _call(self, tokens: tuple[Token, ...]) -> Call:
        asked = [{"network": _NETWORKS[token.chain_id], "address": token.key.address} for token in tokens]
        return Call(f"/{quote(self.key, safe='')}{_LABEL}", _LABEL, tokens, body={"addresses": asked})

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        answer = table(payload, "the answer")
        raise_error(answer)
        items = _by_place(rows(answer.get("data"), "data"))

        def read(token: Token) -> Reading | None:
            item = items.get((_NETWORKS.get(token.chain_id, ""), token.key.address))
            return None if item is None else _reading(token, item, at)

        return read_each(call.tokens, read)


def _by_place(items: list[Json]) -> dict[tuple[str, str], dict[str, Json]]:
    """The items by network and address; one that names no place is nobody's and is passed over."""
    found: dict[tuple[str, str], dict[str, Json]] = {}
    for item in items:
        if isinstance(item, dict):
            network, address = item.get("network"), item.get("address")
            if isinstance(network, str) and isinstance(address, str):
                found[network, address.lower()] = item
    return found


def _reading(token: Token, item: dict[str, Json], at: datetime) -> Reading | None:
    """An item with an error has an empty list of prices: the token is unknown there."""
    if item.get("prices") is None:
        return None
    for price in rows(item["prices"], "prices"):
        entry = table(price, "a price entry")
        if text(entry.get("currency"), "a currency").lower() == "usd":
            return _in_dollars(token, entry, at)
    return None


def _in_dollars(token: Token, entry: dict[str, Json], at: datetime) -> Reading | None:
    if entry.get("value") is None:
        return None
    stated = entry.get("lastUpdatedAt")
    as_of = iso_time(stated) if stated is not None else None
    return Reading(token.key, text_price(entry["value"]), "alchemy", at, as_of)
