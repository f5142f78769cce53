"""What the sources' budgets have used, so that a restart does not hand a window out again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from app.store.database import Store
from app.store.tables import SPENDING


@dataclass(frozen=True, slots=True)
class Spent:
    """A source's calls in a calendar month UTC, and the moments of those that its shorter windows still count."""

    calls: int
    recent: tuple[datetime, ...] = ()


def spent_before(store: Store, source: str, month: str) -> Spent:
    """What a source has had in a month ('2026-11', UTC), and lately in whichever month. Raises StoreRefused."""
    columns = (SPENDING.c.month, SPENDING.c.calls, SPENDING.c.recent)
    query = select(*columns).where(SPENDING.c.source == source).order_by(SPENDING.c.month)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    calls = {str(row[0]): int(row[1]) for row in rows}
    recent = [int(moment) for moment in str(rows[-1][2]).split(",") if moment] if rows else []
    return Spent(calls.get(month, 0), tuple(datetime.fromtimestamp(moment / 1000, UTC) for moment in recent))


def record(store: Store, spent: Mapping[str, Spent], month: str) -> None:
    """Keep what each source has used of a month; a count never falls, whoever writes last. Raises StoreRefused."""
    rows = [{"source": source, "month": month, **_columns(used)} for source, used in spent.items()]
    if not rows:
        return
    with store.writing() as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        new = insert(SPENDING)
        larger = SPENDING.c.calls < new.excluded.calls
        keys = [SPENDING.c.source, SPENDING.c.month]
        values = {"calls": new.excluded.calls, "recent": new.excluded.recent}
        connection.execute(new.on_conflict_do_update(index_elements=keys, set_=values, where=larger), rows)


def _columns(used: Spent) -> dict[str, int | str]:
    moments = (round(at.timestamp() * 1000) for at in used.recent)
    return {"calls": used.calls, "recent": ",".join(str(moment) for moment in moments)}
