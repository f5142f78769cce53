"""Empty databases of this version, migrated once and copied from then on."""

import tempfile
from functools import cache
from pathlib import Path

from app.store.database import migrate


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "drydock.db"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()


def with_database(folder: Path) -> Path:
    """The folder, with an empty database of this version unless it has one."""
    file = folder / "drydock.db"
    if not file.exists():
        file.write_bytes(_migrated())
    return folder
