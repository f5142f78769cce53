"""Bars as they are kept: written as ticks build them, filled from history, read back, pruned by age."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.bars import PART, Bar, Interval
from app.store.database import Store
from app.store.tables import BARS, SERIES

# How long a bar of each length is kept, counted from its beginning; None is for ever.
KEPT_FOR: dict[Interval, timedelta | None] = {
    Interval.M1: timedelta(days=7),
    Interval.M5: timedelta(days=30),
    Interval.M15: timedelta(days=90),
    Interval.H1: timedelta(days=2 * 365),
    Interval.D1: None,
}

_RECENT = timedelta(hours=2)
_ROWS_A_TRANSACTION = 2000
_SERIES_A_QUERY = 500
_BY_SECONDS = {interval.seconds: interval for interval in Interval}
_FIGURES = (BARS.c.at, BARS.c.open, BARS.c.high, BARS.c.low, BARS.c.close, BARS.c.volume, BARS.c.origin)


class SeriesKey(NamedTuple):
    """Whose bars: a market ('live', 'demo', 'replay:<name>', or 'replay:/<session id>' for what came with an imported
    session) and a token in it; the address counts in lower case."""

    market: str
    chain_id: int
    address: str


class _Outdated(NamedTuple):
    """The bars of one series and length (seconds) that begin before the cutoff."""

    series_id: int
    interval: int
    cutoff: datetime


# Built once: composing it for every series would cost more than running it.
_IDENTITY = (BARS.c.series_id, BARS.c.interval, BARS.c.at)
_DROP_OLDEST = delete(BARS).where(
    tuple_(*_IDENTITY).in_(
        select(*_IDENTITY)
        .where(
            BARS.c.series_id == bindparam("series_id"),
            BARS.c.interval == bindparam("interval"),
            BARS.c.at < bindparam("cutoff"),
        )
        .order_by(BARS.c.at)
        .limit(bindparam("most"))
    )
)


def write_bars(store: Store, items: Iterable[tuple[SeriesKey, Interval, Bar]]) -> None:
    """Keep bars, each in place of what was kept for the same series, interval and time. One transaction: all or none.

    Raises StoreRefused.
    """
    _put(store, list(items), replacing=True)


def fill_bars(store: Store, key: SeriesKey, interval: Interval, bars: Iterable[Bar]) -> int:
    """Keep the bars of a history where none is kept yet, or only a PART of one; how many were new.

    Raises StoreRefused.
    """
    return _put(store, [(key, interval, bar) for bar in bars], replacing=False)


def read_bars(
    store: Store, key: SeriesKey, interval: Interval, limit: int, before: datetime | None = None
) -> list[Bar]:
    """The newest `limit` bars that begin before `before`, oldest first. Raises StoreRefused."""
    query = select(*_FIGURES).where(_of(key, interval)).order_by(BARS.c.at.desc()).limit(limit)
    if before is not None:
        query = query.where(BARS.c.at < before)
    with store.reading() as connection:
        return [Bar(*row) for row in reversed(connection.execute(query).all())]


def close_before(store: Store, key: SeriesKey, at: datetime) -> Bar | None:
    """The bar, of any interval, that ended last at or before `at`; None where none did in the two hours before.

    Of those that ended together, the shortest. Its close is the price at that time, for the change over a day.
    Raises StoreRefused.
    """
    newest: tuple[datetime, Bar] | None = None
    with store.reading() as connection:
        for interval in sorted(Interval, key=lambda interval: interval.seconds):
            bar = _last_ended(connection, key, interval, at)
            if bar is not None and (newest is None or bar.at + interval.length > newest[0]):
                newest = (bar.at + interval.length, bar)
    return newest[1] if newest else None


def latest_at(store: Store, key: SeriesKey, interval: Interval) -> datetime | None:
    """When the newest bar that is kept begins. Raises StoreRefused."""
    with store.reading() as connection:
        return connection.scalar(select(BARS.c.at).where(_of(key, interval)).order_by(BARS.c.at.desc()).limit(1))


def prune(store: Store, now: datetime, market: str | None = None) -> int:
    """Drop the bars that KEPT_FOR no longer covers at `now`; how many. Transactions of 2,000 rows at most.

    Without a market it is all whose time is the present: a replay keeps the time of its recording, and is pruned
    only by name and with its own clock. Raises StoreRefused.
    """
    mine = SERIES.c.market == market if market is not None else ~SERIES.c.market.startswith("replay:", autoescape=True)
    with store.reading() as connection:
        series = connection.scalars(select(SERIES.c.id).where(mine)).all()
    lengths = [(interval, now - kept) for interval, kept in KEPT_FOR.items() if kept is not None]
    outdated = [_Outdated(id_, interval.seconds, cutoff) for id_ in series for interval, cutoff in lengths]
    dropped = 0
    while outdated:
        with store.writing() as connection:
            dropped += _drop_some(connection, outdated)
    return dropped


def counts(store: Store) -> dict[Interval, int]:
    """How many bars of each length are kept, all series together. Reads the whole table. Raises StoreRefused."""
    query = select(BARS.c.interval, func.count()).group_by(BARS.c.interval)
    with store.reading() as connection:
        found = {_BY_SECONDS[seconds]: count for seconds, count in connection.execute(query)}
    return {interval: found.get(interval, 0) for interval in Interval}


def _put(store: Store, items: list[tuple[SeriesKey, Interval, Bar]], *, replacing: bool) -> int:
    if not items:
        return 0
    with store.writing() as connection:
        ids = _ids(connection, {_spelled(key) for key, _, _ in items})
        rows = [_row(ids[_spelled(key)], interval, bar) for key, interval, bar in items]
        return connection.execute(_insert_bars(connection, replacing=replacing), rows).rowcount


def _row(series_id: int, interval: Interval, bar: Bar) -> dict[str, Any]:
    return {
        "series_id": series_id,
        "interval": interval.seconds,
        "at": bar.at,
        "open": bar.open,
        "high": bar.high,
        "low": bar.low,
        "close": bar.close,
        "volume": bar.volume,
        "origin": bar.origin,
    }


def _insert_bars(connection: Connection, *, replacing: bool) -> sqlite.Insert | postgresql.Insert:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(BARS)
    figures = {column.name: statement.excluded[column.name] for column in _FIGURES if column is not BARS.c.at}
    # What saw the whole interval is never given up for what saw a part of it.
    part = BARS.c.origin == PART
    whose = or_(part, statement.excluded.origin != PART) if replacing else part
    return statement.on_conflict_do_update(index_elements=list(BARS.primary_key), set_=figures, where=whose)


def _ids(connection: Connection, keys: set[SeriesKey]) -> dict[SeriesKey, int]:
    """The number of every series; those that have none get one."""
    found = _known_ids(connection, keys)
    if missing := keys - found.keys():
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(SERIES).on_conflict_do_nothing(), [key._asdict() for key in missing])
        found |= _known_ids(connection, missing)
    return found


def _known_ids(connection: Connection, keys: set[SeriesKey]) -> dict[SeriesKey, int]:
    identity = (SERIES.c.market, SERIES.c.chain_id, SERIES.c.address)
    found: dict[SeriesKey, int] = {}
    asked = list(keys)
    for start in range(0, len(asked), _SERIES_A_QUERY):
        query = select(SERIES.c.id, *identity).where(tuple_(*identity).in_(asked[start : start + _SERIES_A_QUERY]))
        found |= {SeriesKey(*rest): id_ for id_, *rest in connection.execute(query)}
    return found


def _of(key: SeriesKey, interval: Interval) -> ColumnElement[bool]:
    market, chain_id, address = _spelled(key)
    whose = and_(SERIES.c.market == market, SERIES.c.chain_id == chain_id, SERIES.c.address == address)
    return and_(
        BARS.c.series_id == select(SERIES.c.id).where(whose).scalar_subquery(), BARS.c.interval == interval.seconds
    )


def _spelled(key: SeriesKey) -> SeriesKey:
    return key._replace(address=key.address.lower())


def _last_ended(connection: Connection, key: SeriesKey, interval: Interval, at: datetime) -> Bar | None:
    begins = at - interval.length
    query = (
        select(*_FIGURES)
        .where(_of(key, interval), BARS.c.at <= begins, BARS.c.at >= begins - _RECENT)
        .order_by(BARS.c.at.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return Bar(*row) if row else None


def _drop_some(connection: Connection, outdated: list[_Outdated]) -> int:
    """Work off the list from its end until one transaction's worth of rows is gone."""
    left = _ROWS_A_TRANSACTION
    while outdated and left > 0:
        left -= connection.execute(_DROP_OLDEST, outdated[-1]._asdict() | {"most": left}).rowcount
        if left > 0:
            outdated.pop()
    return _ROWS_A_TRANSACTION - left
