"""The log of decisions as it is kept: written, asked for by what was decided, noted with what came of it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.decisions import Logged, Verdict
from app.domain.trades import Trade
from app.store.bot_tables import COUNTS, DECISIONS
from app.store.database import Store
from app.store.decision_rows import DECISION, decision_of, decision_row
from app.store.equity import timed_by
from app.store.ledger_tables import SESSIONS
from app.store.rows import asked_for

KEPT_FOR = timedelta(days=30)

_DECISIONS_A_QUERY = 500
_COUNTS_OF = ("seq", "session_id", "at", "address", "level", "verdict", "first_failed")
_ROWS_A_TRANSACTION = 1000
_ID = re.compile(r"d([1-9]\d{0,8})", re.ASCII)

# Each by the name of the value that it asks for.
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "address": DECISIONS.c.address == bindparam("address"),
    "verdict": DECISIONS.c.verdict == bindparam("verdict"),
    "level": DECISIONS.c.level == bindparam("level"),
    "first_failed": DECISIONS.c.first_failed == bindparam("first_failed"),
    "since": DECISIONS.c.at >= bindparam("since"),
    "until": DECISIONS.c.at < bindparam("until"),
    "below": DECISIONS.c.seq < bindparam("below"),
    # Past a decision in the order of time, and of those at one time in that of the log; the first condition alone finds
    # the place in the index.
    "earlier": and_(
        DECISIONS.c.at <= bindparam("earlier"),
        or_(DECISIONS.c.at < bindparam("earlier"), DECISIONS.c.seq < bindparam("number")),
    ),
    "later": and_(
        DECISIONS.c.at >= bindparam("later"),
        or_(DECISIONS.c.at > bindparam("later"), DECISIONS.c.seq > bindparam("number")),
    ),
}
_ONE = DECISION.where(DECISIONS.c.seq == bindparam("decision"))
_AT = select(DECISIONS.c.at).where(DECISIONS.c.seq == bindparam("decision"))
_NOTE = (
    update(DECISIONS).where(DECISIONS.c.seq == bindparam("decision")).values(acted=True, trade_id=bindparam("trade"))
)
_NOTE_OWN = _NOTE.where(DECISIONS.c.session_id == bindparam("session"))
_COUNTED = select(*(DECISIONS.c[name] for name in _COUNTS_OF))
_KIND = ("session_id", "day", "address", "level", "verdict", "first_failed")
_LOG = insert(DECISIONS).returning(DECISIONS.c.seq, sort_by_parameter_order=True)


@dataclass(frozen=True, slots=True, order=True)
class DecisionCount:
    """How many decisions of a kind about a token were dropped of a day (UTC). `first_failed` is empty for none."""

    day: date
    address: str
    level: int
    verdict: Verdict
    first_failed: str
    count: int


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """Which decisions: those about a token (its address in any case), and so on; None is any. `since` <= at < `until`.

    `verdict`, `level` and `first_failed` are the person's account's, not those of the ten opinions.
    """

    address: str | None = None
    verdict: Verdict | None = None
    level: int | None = None
    first_failed: str | None = None
    since: datetime | None = None
    until: datetime | None = None


ALL = DecisionFilter()


def log_decisions(store: Store, rows: Sequence[Logged]) -> list[Logged]:
    """Keep decisions, all or none; they come back with their ids. Raises StoreRefused."""
    if not rows:
        return []
    with store.writing() as connection:
        numbers = connection.scalars(_LOG, [decision_row(row) for row in rows]).all()
    return [replace(row, id=f"d{number}") for row, number in zip(rows, numbers, strict=True)]


def number_of(decision_id: str) -> int | None:
    """The place of a decision in the log, as its id says it; None where that is not the id of one."""
    found = _ID.fullmatch(decision_id)
    return int(found[1]) if found else None


def decisions(
    store: Store, session_id: str, wanted: DecisionFilter, limit: int, before: int | None = None
) -> list[Logged]:
    """The newest decisions of a session that are wanted, those that come after the one numbered `before`.

    Newest first by time, and of those at one time by number. Raises StoreRefused.
    """
    values = _values(session_id, wanted) | {"most": limit}
    with store.reading() as connection:
        if before is not None:
            values = _going_on(connection, values, before)
        rows = connection.execute(_page(tuple(sorted(values)), newest=True), values).all()
    return [decision_of(row) for row in rows]


def each_decision(store: Store, session_id: str, wanted: DecisionFilter = ALL) -> Iterator[Logged]:
    """All decisions of a session that are wanted, in the order of time, read a few hundred at a time: whoever takes
    them slowly keeps no transaction open. Raises StoreRefused."""
    values = _values(session_id, wanted) | {"most": _DECISIONS_A_QUERY}
    while True:
        found = _read(store, _page(tuple(sorted(values)), newest=False), values)
        yield from found
        if len(found) < _DECISIONS_A_QUERY:
            return
        values.pop("since", None)
        values |= {"later": found[-1].at, "number": number_of(found[-1].id)}


def decision(store: Store, decision_id: str) -> Logged | None:
    """The decision with this id; None where there is none. Raises StoreRefused."""
    number = number_of(decision_id)
    found = [] if number is None else _read(store, _ONE, {"decision": number})
    return found[0] if found else None


def last_decisions(store: Store, session_id: str) -> dict[str, Logged]:
    """The newest decision about each token of a session, by address in lower case. Raises StoreRefused."""
    return {row.token.key.address: row for row in _read(store, _last(), {"session": session_id})}


def note_trade(store: Store, decision_id: str, trade_id: str) -> None:
    """Note the trade that came of a decision, which is then kept for ever. Raises StoreRefused."""
    number = number_of(decision_id)
    if number is not None:
        with store.writing() as connection:
            connection.execute(_NOTE, {"decision": number, "trade": trade_id})


def note_trades(connection: Connection, made: Sequence[Trade]) -> None:
    """As note_trade, as part of the connection's transaction: of trades of the person's accounts, whose decisions the
    log holds."""
    notes = [
        {"decision": number, "trade": trade.id, "session": trade.account_id}
        for trade in made
        if trade.decision_id is not None and (number := number_of(trade.decision_id)) is not None
    ]
    if notes:
        connection.execute(_NOTE_OWN, notes)


def prune_decisions(store: Store, now: datetime, market: str | None = None) -> int:
    """Drop the decisions older than KEPT_FOR at `now` that led to nothing, adding them up by day; how many.

    Transactions of 1,000 rows at most, so that no order waits long. Markets as in the thinning of equity.
    Raises StoreRefused.
    """
    mine = select(SESSIONS.c.id).where(timed_by(market))
    old = _COUNTED.where(DECISIONS.c.session_id.in_(mine), DECISIONS.c.at < now - KEPT_FOR)
    idle = old.where(~DECISIONS.c.acted, DECISIONS.c.trade_id.is_(None)).limit(_ROWS_A_TRANSACTION)
    dropped = 0
    while True:
        with store.writing() as connection:
            rows = connection.execute(idle).all()
            if rows:
                connection.execute(delete(DECISIONS).where(DECISIONS.c.seq.in_([row.seq for row in rows])))
                connection.execute(_ADD_UP[connection.dialect.name], _added_up(rows))
        dropped += len(rows)
        if len(rows) < _ROWS_A_TRANSACTION:
            return dropped


def decision_counts(store: Store, session_id: str) -> list[DecisionCount]:
    """What was dropped of a session's log, added up, in the order of the days. Raises StoreRefused."""
    kind = [COUNTS.c[name] for name in _KIND if name != "session_id"]
    query = select(*kind, COUNTS.c["count"]).where(COUNTS.c.session_id == session_id).order_by(*kind)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [_count(*row) for row in rows]


def _count(day: date, address: str, level: int, verdict: str, first_failed: str, count: int) -> DecisionCount:
    return DecisionCount(day, address, level, Verdict(verdict), first_failed, count)


def _added_up(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    kinds = Counter(
        (row.session_id, row.at.date(), row.address, row.level, row.verdict, row.first_failed or "") for row in rows
    )
    return [dict(zip(_KIND, kind, strict=True)) | {"count": count} for kind, count in kinds.items()]


def _adding(statement: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    more = {"count": COUNTS.c["count"] + statement.excluded["count"]}
    return statement.on_conflict_do_update(index_elements=list(COUNTS.primary_key), set_=more)


_ADD_UP = {"sqlite": _adding(sqlite.insert(COUNTS)), "postgresql": _adding(postgresql.insert(COUNTS))}


def _values(session_id: str, wanted: DecisionFilter) -> dict[str, Any]:
    """What is asked for, by name; what is not asked for has no name."""
    return {"session": session_id, **asked_for(wanted)}


def _read(store: Store, query: Select[Any], values: dict[str, Any]) -> list[Logged]:
    with store.reading() as connection:
        rows = connection.execute(query, values).all()
    return [decision_of(row) for row in rows]


def _going_on(connection: Connection, values: dict[str, Any], before: int) -> dict[str, Any]:
    """What is asked for by a page that comes after another. Of a decision that was dropped meanwhile only the number is
    known. Of two bounds the nearer stays: the index is entered at one, and would be read from the other on."""
    at: datetime | None = connection.scalar(_AT, {"decision": before})
    if at is None:
        return values | {"below": before}
    until: datetime | None = values.get("until")
    if until is not None and until <= at:
        return values
    return {name: value for name, value in values.items() if name != "until"} | {"earlier": at, "number": before}


@cache
def _page(stated: tuple[str, ...], *, newest: bool) -> Select[Any]:
    """A page of decisions by the names of what is asked for; composing it anew would take as long as running it.

    The numbers first: the indexes hold all that is asked for, and each is a tenth of the table.
    """
    mine = DECISIONS.c.session_id == bindparam("session")
    order = [column.desc() if newest else column for column in (DECISIONS.c.at, DECISIONS.c.seq)]
    numbers = select(DECISIONS.c.seq).where(mine, *(_CONDITIONS[name] for name in stated if name in _CONDITIONS))
    return DECISION.where(DECISIONS.c.seq.in_(numbers.order_by(*order).limit(bindparam("most")))).order_by(*order)


@cache
def _last() -> Select[Any]:
    """The newest decision about each token. From one token to the next by the index: grouping would read all of it."""
    mine, address = DECISIONS.c.session_id == bindparam("session"), DECISIONS.c.address
    tokens = select(func.min(address).label("address")).where(mine).cte("tokens", recursive=True)
    following = select(func.min(address)).where(mine, address > tokens.c.address).scalar_subquery()
    tokens = tokens.union_all(select(following).where(tokens.c.address.is_not(None)))
    order = (DECISIONS.c.at.desc(), DECISIONS.c.seq.desc())
    newest = select(DECISIONS.c.seq).where(mine, address == tokens.c.address).order_by(*order).limit(1)
    each = select(newest.scalar_subquery()).where(tokens.c.address.is_not(None))
    return DECISION.where(DECISIONS.c.seq.in_(each))
