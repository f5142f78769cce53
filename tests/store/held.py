"""A database that somebody else writes to, for as long as a test wants it."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import event

from app.store.database import Store


@contextmanager
def held(store: Store) -> Generator[None]:
    """Another program holds the database, once whoever writes has ended. Who would write meanwhile is refused without
    a wait; nobody else ever is."""

    def impatient(driver: Any, *_: object) -> None:
        driver.execute("PRAGMA busy_timeout = 1")

    with closing(sqlite3.connect(str(store.engine.url.database), timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        event.listen(store.engine, "checkout", impatient)
        try:
            yield
        finally:
            event.remove(store.engine, "checkout", impatient)
            other.execute("ROLLBACK")
            # The connections that were made impatient are not used again.
            store.engine.dispose()
