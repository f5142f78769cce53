"""Where alembic meets our tables: on the connection it is handed, or on the database of the settings."""

import os

from sqlalchemy import Connection

from alembic import context
from app.store.database import open_store
from app.store.watch_tables import METADATA


def run(connection: Connection) -> None:
    """Every migration that is due, in the transaction of the connection."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_alone() -> None:
    """As `run`, for the command line."""
    url = os.environ.get("DRYDOCK_DATABASE_URL") or context.config.get_main_option("sqlalchemy.url") or ""
    store = open_store(url, foreign_keys=False)
    try:
        with store.writing() as connection:
            run(connection)
    finally:
        store.close()


handed: Connection | None = context.config.attributes.get("connection")
if handed is None:
    run_alone()
else:
    run(handed)
