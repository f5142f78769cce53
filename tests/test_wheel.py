"""What a wheel of the project holds: the rooms, the migrations and the command, and nothing of the workshop."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built with what is installed, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return zipfile.ZipFile(built)


def test_a_wheel_installs_the_command_drydock(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "drydock = app.runtime.cli:main" in wheel.read(name).decode().splitlines()


def test_a_wheel_holds_every_file_of_the_rooms(wheel: zipfile.ZipFile) -> None:
    files = [path for path in (ROOT / "app").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT).as_posix() for path in files} <= set(wheel.namelist())


def test_a_wheel_holds_the_migrations_where_the_store_looks_for_them(wheel: zipfile.ZipFile) -> None:
    scripts = [path.name for path in (ROOT / "alembic" / "versions").glob("*.py")]
    expected = {"alembic.ini", "env.py", "script.py.mako"} | {f"versions/{name}" for name in scripts}
    assert {f"app/store/_alembic/{name}" for name in expected} <= set(wheel.namelist())


def test_a_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"app", "drydock"}
