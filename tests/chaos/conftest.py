"""What the servers of these tests are forked from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.forked import Forked
from tests.standing import Standby


@pytest.fixture(scope="session")
def standby() -> Iterator[Standby]:
    with Standby() as standing:
        yield standing


@pytest.fixture
def server(standby: Standby, tmp_path: Path) -> Iterator[Forked]:
    """A server that is not started yet, and does not outlive the test."""
    server = Forked(standby, tmp_path)
    yield server
    server.kill()
