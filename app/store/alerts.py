"""Alerts as they are kept: raised, ended, asked for by the page, and let go of once they are old."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, insert, select, update

from app.domain.alerts import Alert, AlertKind, Condition
from app.store.database import Store
from app.store.watch_tables import ALERTS

KEPT_FOR = timedelta(days=90)

_ID = re.compile(r"a([1-9]\d{0,17})", re.ASCII)
_ROWS_A_TRANSACTION = 1000
_RAISE = insert(ALERTS).returning(ALERTS.c.seq)
_END = (
    update(ALERTS)
    .where(ALERTS.c.seq == bindparam("number"))
    .values(recovered_at=bindparam("at"), recovery=bindparam("said"))
)


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts: of a kind; `standing` True are those that have not ended, False those that have; None is any."""

    kind: AlertKind | None = None
    standing: bool | None = None


ALL = AlertFilter()


def number_of(alert_id: str) -> int | None:
    """The place of an alert among all, as its id says it; None where that is not the id of one that is kept."""
    found = _ID.fullmatch(alert_id)
    return int(found[1]) if found else None


def write_alerts(store: Store, changed: Sequence[Alert]) -> list[Alert]:
    """Keep alerts as they are now, all or none: those without a place get one, and come back with their ids; of the
    others it is written when they ended, and what is said of that. Raises StoreRefused."""
    if not changed:
        return []
    with store.writing() as connection:
        return [_written(connection, alert) for alert in changed]


def standing(store: Store) -> list[Alert]:
    """Those that have not ended, oldest first. Raises StoreRefused."""
    with store.reading() as connection:
        rows = connection.execute(select(ALERTS).where(ALERTS.c.recovered_at.is_(None)).order_by(ALERTS.c.seq)).all()
    return [_alert(row) for row in rows]


def alerts(store: Store, wanted: AlertFilter, limit: int, before: int | None = None) -> list[Alert]:
    """The newest that are wanted, newest first; those numbered below `before`. Raises StoreRefused."""
    query = select(ALERTS).where(*_conditions(wanted, before)).order_by(ALERTS.c.seq.desc()).limit(limit)
    with store.reading() as connection:
        return [_alert(row) for row in connection.execute(query).all()]


def fits(alert: Alert, wanted: AlertFilter) -> bool:
    """Whether an alert is one of those that are wanted."""
    right = wanted.kind is None or alert.condition.kind is wanted.kind
    return right and wanted.standing in (None, alert.recovered_at is None)


def prune_alerts(store: Store, now: datetime) -> int:
    """Drop what ended longer than KEPT_FOR ago; how many. Transactions of 1,000 rows at most. Raises StoreRefused."""
    old = select(ALERTS.c.seq).where(ALERTS.c.recovered_at < now - KEPT_FOR).limit(_ROWS_A_TRANSACTION)
    dropped = 0
    while True:
        with store.writing() as connection:
            gone = connection.execute(delete(ALERTS).where(ALERTS.c.seq.in_(old))).rowcount
        dropped += gone
        if gone < _ROWS_A_TRANSACTION:
            return dropped


def _conditions(wanted: AlertFilter, before: int | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        found.append(ALERTS.c.kind == wanted.kind.value)
    if wanted.standing is not None:
        ended = ALERTS.c.recovered_at
        found.append(ended.is_(None) if wanted.standing else ended.is_not(None))
    if before is not None:
        found.append(ALERTS.c.seq < before)
    return found


def _written(connection: Connection, alert: Alert) -> Alert:
    number = number_of(alert.id)
    if number is not None:
        connection.execute(_END, {"number": number, "at": alert.recovered_at, "said": alert.condition.recovery})
        return alert
    told = alert.condition
    row = {
        "session_id": alert.session_id,
        "kind": told.kind.value,
        "about": told.about,
        "sentence": told.sentence,
        "recovery": told.recovery,
        "raised_at": alert.raised_at,
        "recovered_at": alert.recovered_at,
    }
    return replace(alert, id=f"a{connection.execute(_RAISE, row).scalar_one()}")


def _alert(row: Row[Any]) -> Alert:
    told = Condition(AlertKind(row.kind), row.about, row.sentence, row.recovery)
    return Alert(f"a{row.seq}", told, row.session_id, row.raised_at, row.recovered_at)
