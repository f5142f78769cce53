"""From nothing to the tables of today and back, and what is refused on the way."""

import importlib
import io
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade, upgrade
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, MetaData, Table, inspect

from app.domain.ledger import deposit
from app.domain.session import shadow_id
from app.store.books import Batch, entries, version_of, write
from app.store.database import Store, StoreRefused, alembic_config, migrate, open_store, pending, scripts
from app.store.rows import entry_row
from app.store.sessions import session
from app.store.shadows import add_shadows
from app.store.watch_tables import METADATA
from tests.store.drawn import NOON, gas_entry

ROOT = Path(__file__).resolve().parents[2]
OURS = {"series", "bars", "watched", "spending"} | {
    "sessions",
    "accounts",
    "entries",
    "orders",
    "trades",
    "closed",
    "equity",
    "flattens",
    "bots",
    "holdings",
    "bot_memory",
    "decisions",
    "decision_counts",
    "alerts",
    "sign_ins",
}


def tables(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(inspect(connection).get_table_names())


def differences(store: Store, metadata: MetaData) -> list[object]:
    with store.reading() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_an_empty_database_is_brought_up_to_date_once(url: str) -> None:
    assert pending(url)
    assert migrate(url)
    assert not pending(url)
    assert not migrate(url)


def test_asking_what_is_pending_creates_nothing(tmp_path: Path) -> None:
    assert pending(f"sqlite:///{tmp_path}/data/desk.db")
    assert list(tmp_path.iterdir()) == []


def test_after_the_migrations_nothing_is_left_to_generate(store: Store) -> None:
    assert tables(store) == OURS | {"alembic_version"}
    assert differences(store, METADATA) == []


def test_a_table_or_a_type_that_no_migration_made_would_be_noticed(store: Store) -> None:
    changed = MetaData()
    for table in METADATA.tables.values():
        if table.name != "spending":
            table.to_metadata(changed)
    Table("spending", changed, Column("source", Integer, primary_key=True))
    Table("unheard_of", changed, Column("id", Integer, primary_key=True))
    assert len(differences(store, changed)) >= 3


def test_the_bars_have_no_row_number_of_their_own(store: Store) -> None:
    with store.reading() as connection:
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'bars'").scalar()
    assert "WITHOUT ROWID" in str(made)


def test_every_migration_can_be_undone_and_done_again(url: str, store: Store) -> None:
    with store.writing() as connection:
        downgrade(alembic_config(connection), "base")
    assert tables(store) == {"alembic_version"}
    assert migrate(url)
    assert differences(store, METADATA) == []


def test_what_the_previous_release_kept_is_there_after_the_upgrade_and_goes_on(url: str) -> None:
    store = open_store(url)
    with store.writing() as connection:
        upgrade(alembic_config(connection), "0002")
        opened = {"id": "s1", "seq": 1, "market": "demo", "chain_id": 8453, "started_at": NOON, "settings": "{}"}
        names = {"name": "Old", "note": "", "starting_balance": Decimal("123.45")}
        connection.execute(METADATA.tables["sessions"].insert().values(opened | names))
        account = {"id": "s1", "session_id": "s1", "version": 1, "kind": "person"}
        connection.execute(METADATA.tables["accounts"].insert().values(account))
        put = entry_row("s1", deposit(1, NOON, Decimal("123.45")), None)
        connection.execute(METADATA.tables["entries"].insert().values(put))
    assert migrate(url)
    assert differences(store, METADATA) == []
    kept = session(store, "s1")
    assert kept is not None and (kept.name, kept.starting_balance) == ("Old", Decimal("123.45"))
    assert list(entries(store, "s1")) == [deposit(1, NOON, Decimal("123.45"))]
    add_shadows(store, "s1", NOON)
    write(store, [Batch(shadow_id("s1", 10), 1, (gas_entry(2),))])
    assert (version_of(store, "s1"), version_of(store, shadow_id("s1", 10))) == (1, 2)
    store.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    store = open_store(url)
    with store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE watched (note TEXT)")
    with pytest.raises(StoreRefused, match="already exists"):
        migrate(url)
    assert tables(store) == {"watched"}
    store.close()


def test_the_newest_revision_is_known_without_alembic_and_is_the_one_alembic_knows(store: Store) -> None:
    with store.reading() as connection:
        scripted = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
        stored = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert stored == scripted


def test_a_start_that_has_nothing_to_migrate_does_not_load_alembic(url: str, store: Store) -> None:
    code = (
        "import sys; from app.store import database, bars, watchlist, spending; "
        f"assert not database.migrate({url!r}); database.open_store({url!r}).close(); "
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_database_of_a_newer_drydock_is_refused_in_one_sentence(url: str, store: Store) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for use in (pending, migrate):
        with pytest.raises(StoreRefused, match=r"newer Drydock .*9999.*\.$") as refusal:
            use(url)
        assert "\n" not in str(refusal.value)


def test_the_scripts_are_found_in_the_project_and_in_a_wheel(tmp_path: Path) -> None:
    assert scripts() == ROOT / "alembic"
    room = tmp_path / "app" / "store"
    library = tmp_path / "alembic"
    (library / "templates").mkdir(parents=True)
    (room / "_alembic").mkdir(parents=True)
    with pytest.raises(StoreRefused):
        scripts(room)
    (room / "_alembic" / "alembic.ini").touch()
    assert scripts(room) == room / "_alembic"


def test_the_library_of_the_same_name_is_not_taken_for_our_scripts() -> None:
    library = importlib.import_module("alembic")
    assert not (Path(str(library.__file__)).parent / "alembic.ini").exists()


def test_a_developer_can_use_the_command_line_of_alembic(url: str, store: Store) -> None:
    settings = {"ALEMBIC_CONFIG": str(ROOT / "alembic" / "alembic.ini"), "DRYDOCK_DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "check"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "No new upgrade operations detected."), done.stderr


def test_postgresql_gets_real_numbers_and_real_times(store: Store) -> None:
    said = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": said, "target_metadata": METADATA}
    )
    with store.reading() as connection, Operations.context(context):
        for script in reversed(list(ScriptDirectory.from_config(alembic_config(connection)).walk_revisions())):
            script.module.upgrade()
    lines = {line.strip().rstrip(",") for line in said.getvalue().splitlines()}
    assert {"close NUMERIC NOT NULL", "volume NUMERIC NOT NULL", "liquidity_usd NUMERIC"} <= lines
    assert "at TIMESTAMP WITH TIME ZONE NOT NULL" in lines
    assert {"starting_balance NUMERIC NOT NULL", "realized_pnl NUMERIC", "highest NUMERIC"} <= lines
    assert {"cost NUMERIC NOT NULL", "age_s FLOAT", "detail BYTEA NOT NULL", "day DATE NOT NULL"} <= lines
    assert {"seq SERIAL NOT NULL", "ended_at TIMESTAMP WITH TIME ZONE", "block_number BIGINT"} <= lines
