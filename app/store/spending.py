"""What the sources' monthly budgets have used, so that a restart does not hand the month out again."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from app.store.database import Store
from app.store.tables import SPENDING


def month_calls(store: Store, source: str, month: str) -> int:
    """The calls a source has had in a month ('2026-11', UTC). Raises StoreRefused."""
    query = select(SPENDING.c.calls).where(SPENDING.c.source == source, SPENDING.c.month == month)
    with store.reading() as connection:
        return connection.scalar(query) or 0


def record(store: Store, calls: Mapping[str, int], month: str) -> None:
    """Keep each source's count of a month; a count never falls, whoever writes last. Raises StoreRefused."""
    rows = [{"source": source, "month": month, "calls": count} for source, count in calls.items()]
    if not rows:
        return
    with store.writing() as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        new = insert(SPENDING)
        larger = SPENDING.c.calls < new.excluded.calls
        keys = [SPENDING.c.source, SPENDING.c.month]
        connection.execute(
            new.on_conflict_do_update(index_elements=keys, set_={"calls": new.excluded.calls}, where=larger), rows
        )
