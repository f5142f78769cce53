"""A session that is worth taking away: trades, an open order and one that ended, a flattening, marks and bars."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.bars import Bar, Interval
from app.domain.orders import OrderState, Side
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.runtime.exporting import session_json
from app.store.bars import SeriesKey, write_bars
from app.store.books import Batch, write
from app.store.database import Store, open_store
from app.store.flattens import Flatten, begin_flatten, end_flatten
from app.store.sessions import set_hold
from app.store.trades import each_trade
from tests.store.drawn import order
from tests.store.fresh import with_database
from tests.store.trading_day import BEGIN, TOKENS, fill, opened

TRADES = 80
TOKEN = TOKENS[0]
MINUTE = timedelta(minutes=1)


@contextmanager
def fresh_store(folder: Path) -> Iterator[Store]:
    """An empty database of its own."""
    folder.mkdir(exist_ok=True)
    with_database(folder)
    store = open_store(f"sqlite:///{folder / 'drydock.db'}")
    try:
        yield store
    finally:
        store.close()


def traded(store: Store, trades: int = TRADES) -> Session:
    """The session, which is open."""
    session = opened(store)
    account = fill(store, trades, session.id)
    waiting = replace(order("waiting", session.id), created_at=BEGIN)
    gone = replace(order("gone", session.id, OrderState.CANCELLED), created_at=BEGIN, ended_at=BEGIN + MINUTE)
    write(store, [Batch(session.id, account.version, orders=(waiting, gone))])
    at = BEGIN + timedelta(hours=1)
    made = list(each_trade(store, session.id))
    sold = [(trade.order_id, trade.token.key.address) for trade in made if trade.side is Side.SELL]
    begin_flatten(store, Flatten("flat", session.id, at, [("flat-1", made[0].token.key.address), *sold[:1]]))
    end_flatten(store, "flat", {"flat-1": Refusal("too_small", "The smallest trade is $1.")})
    begin_flatten(store, Flatten("flat again", session.id, at, []))
    set_hold(store, session.id, {TOKEN.key.address: Decimal("2500.5")})
    write_bars(store, [(SeriesKey("demo", *TOKEN.key), *item) for item in bars()])
    return session


def bars() -> list[tuple[Interval, Bar]]:
    """An hour of bars of five minutes before the session and two in it, the last hour of these in minutes too."""
    fives = [(Interval.M5, bar(BEGIN + number * Interval.M5.length, number)) for number in range(-12, 24)]
    return fives + [(Interval.M1, bar(BEGIN + number * MINUTE, number)) for number in range(60, 120)]


def bar(at: Any, number: int) -> Bar:
    price = Decimal(2500) + number
    return Bar(at, price, price + 2, price - 1, price + 1, Decimal("1000.25"), "demo")


def exported(store: Store, session_id: str = "s1") -> str:
    text = session_json(store, session_id)
    assert isinstance(text, str), text
    return text


def document(store: Store, session_id: str = "s1") -> dict[str, Any]:
    return json.loads(exported(store, session_id))
