"""Serving: one desk a data folder and a port, refusals in one sentence, and the names of Reflex that it leans on."""

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from filelock import FileLock
from reflex.config import Config
from reflex.environment import EnvVar, environment

from app.runtime.frontend import build
from app.runtime.serving import PRODUCTION, listening
from tests.browser.server import DRYDOCK, ROOT, Desk, clean_environment


def test_every_variable_that_makes_reflex_serve_a_built_page_still_exists() -> None:
    declared = [getattr(environment, name) for name in dir(environment)]
    names = {variable.name for variable in declared if isinstance(variable, EnvVar)}
    settings = {f"REFLEX_{name.upper()}" for name in Config.class_fields()}
    assert set(PRODUCTION) <= names | settings


def refused(data: Path, port: int = 0) -> str:
    """What a start says that ends at once with exit code 1."""
    settings = {"DRYDOCK_DATA_DIR": str(data), "DRYDOCK_MARKET": "demo"}
    done = subprocess.run(
        [DRYDOCK, "run", "--port", str(port)],
        cwd=ROOT,
        env=clean_environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.strip()


def test_a_second_start_on_a_data_folder_in_use_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with FileLock(tmp_path / "drydock.lock"):
        assert refused(tmp_path) == f"Another Drydock is using the data folder {tmp_path}."


def test_a_port_in_use_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(tmp_path, port) == f"Drydock cannot serve on 127.0.0.1:{port}: Address already in use."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk as it is run, in the market that needs no network."""
    build()
    with Desk(tmp_path_factory.mktemp("desk") / "data", {"DRYDOCK_MARKET": "demo"}) as desk:
        yield desk


@pytest.mark.slow
def test_page_and_api_are_served_from_one_port_and_the_page_compressed(desk: Desk) -> None:
    with httpx.Client(base_url=desk.url, follow_redirects=True) as browser:
        page = browser.get("/", headers={"accept-encoding": "gzip"})
        assert (page.status_code, page.headers["content-encoding"]) == (200, "gzip")
        assert "<title>Drydock</title>" in page.text
        assert browser.get("/feed").status_code == 200
        health = browser.get("/api/health").json()
        assert (health["market"]["mode"], health["database"]) == ("demo", "ok")
        assert browser.get("/api/nothing").status_code == 404


@pytest.mark.slow
def test_a_second_desk_neither_disturbs_the_first_on_its_folder_nor_on_its_port(desk: Desk, tmp_path: Path) -> None:
    assert "Another Drydock is using the data folder" in refused(desk.data)
    assert "Address already in use" in refused(tmp_path, desk.port)
    assert desk.answers()


@pytest.mark.slow
def test_a_desk_that_is_told_to_end_ends_well_and_can_be_started_again(tmp_path: Path) -> None:
    build()
    desk = Desk(tmp_path / "data", {"DRYDOCK_MARKET": "demo"})
    for _ in range(2):
        desk.start()
        assert desk.stop() == 0
    assert "Traceback" not in desk.said


async def test_an_answer_is_sent_at_once_and_not_kept_for_the_next_one() -> None:
    taken: list[int] = []

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    bound = listening("127.0.0.1", 0)
    async with await asyncio.start_server(answer, sock=bound):
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        await reader.read()
        writer.close()
    assert taken == [1]
