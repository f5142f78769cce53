"""What the sources' budgets have used, so that a restart does not hand a window out again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from app.store.database import Store
from app.store.tables import SPENDING

# A clock may go wrong by a month, or by years, and be set right again.
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Spent:
    """A source's calls in a calendar month UTC, the moments of those that its shorter windows still count, and its
    calls in `others`, by month ('2026-10')."""

    calls: int
    recent: tuple[datetime, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict[str, int])


def spent_before(store: Store, source: str, month: str) -> Spent:
    """What a source has had in a month ('2026-11', UTC) and in the latest ones that are known besides, and lately in
    whichever month. Raises StoreRefused."""
    columns = (SPENDING.c.month, SPENDING.c.calls, SPENDING.c.recent)
    query = select(*columns).where(SPENDING.c.source == source).order_by(SPENDING.c.month.desc())
    with store.reading() as connection:
        rows = connection.execute(query).all()
    others = {str(row[0]): int(row[1]) for row in rows[:_MONTHS] if row[0] != month}
    calls = next((int(row[1]) for row in rows if row[0] == month), 0)
    recent = Counter[int]()
    for row in rows:
        recent |= Counter(int(moment) for moment in str(row[2]).split(",") if moment)
    moments = (datetime.fromtimestamp(moment / 1000, UTC) for moment in sorted(recent.elements()))
    return Spent(calls, tuple(moments), others)


def record(store: Store, spent: Mapping[str, Spent], month: str) -> None:
    """Keep what each source has used of a month and of the others; a count never falls, whoever writes last. The
    moments are kept with the month alone. Raises StoreRefused."""
    rows = [row for source, used in spent.items() for row in _rows(source, used, month)]
    if not rows:
        return
    with store.writing() as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        new = insert(SPENDING)
        stored, given = SPENDING.c, new.excluded
        news = or_(stored.calls < given.calls, and_(stored.calls == given.calls, stored.recent != given.recent))
        values = {"calls": given.calls, "recent": given.recent}
        keys = [stored.source, stored.month]
        connection.execute(new.on_conflict_do_update(index_elements=keys, set_=values, where=news), rows)


def _rows(source: str, used: Spent, month: str) -> list[dict[str, int | str]]:
    moments = ",".join(str(round(at.timestamp() * 1000)) for at in used.recent)
    now = {"source": source, "month": month, "calls": used.calls, "recent": moments}
    others = ((other, calls) for other, calls in used.others.items() if other != month)
    return [now, *({"source": source, "month": other, "calls": calls, "recent": ""} for other, calls in others)]
