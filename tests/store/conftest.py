"""Real SQLite files, migrated as a user's would be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.database import Store, migrate, open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data/desk.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    migrate(url)
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples of a property; each example keeps its bars under an address of its own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('shared')}/desk.db"
    migrate(url)
    opened = open_store(url)
    yield opened
    opened.close()
