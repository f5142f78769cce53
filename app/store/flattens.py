"""Flattenings as they are kept: begun before the first sell, ended with what was refused, so that a repeat is one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from app.domain.refusal import Refusal
from app.store.database import Store
from app.store.ledger_tables import FLATTENS


@dataclass(frozen=True, slots=True)
class Flatten:
    """The sells of one flattening: each the id of its order and the token's address in lower case. `refusals` by id are
    those that came to nothing; None while it was not ended."""

    order_id: str
    account_id: str
    at: datetime
    orders: Sequence[tuple[str, str]]
    refusals: Mapping[str, Refusal] | None = None


def find_flatten(store: Store, order_id: str) -> Flatten | None:
    """The flattening with this id, whosever it is. Raises StoreRefused."""
    with store.reading() as connection:
        row = connection.execute(select(FLATTENS).where(FLATTENS.c.order_id == order_id)).mappings().first()
    if row is None:
        return None
    orders: list[tuple[str, str]] = [(child, address) for child, address in json.loads(row["orders"])]
    told: dict[str, list[str]] | None = json.loads(row["refusals"]) if row["refusals"] is not None else None
    refusals = None if told is None else {child: Refusal(code, sentence) for child, (code, sentence) in told.items()}
    return Flatten(row["order_id"], row["account_id"], row["at"], orders, refusals)


def begin_flatten(store: Store, begun: Flatten) -> None:
    """Keep a flattening that is about to begin. Raises StoreRefused."""
    values = {"order_id": begun.order_id, "account_id": begun.account_id, "at": begun.at}
    with store.writing() as connection:
        connection.execute(insert(FLATTENS).values(**values, orders=json.dumps([list(pair) for pair in begun.orders])))


def end_flatten(store: Store, order_id: str, refusals: Mapping[str, Refusal]) -> None:
    """Keep what was refused of a flattening, all the rest of it having been sold. Raises StoreRefused."""
    text = json.dumps({child: [refusal.code, refusal.sentence] for child, refusal in refusals.items()})
    with store.writing() as connection:
        connection.execute(update(FLATTENS).where(FLATTENS.c.order_id == order_id).values(refusals=text))
