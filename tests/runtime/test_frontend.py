"""The page is built when it must be, never taken for built when it is not, and serves any host and port."""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from app.runtime import frontend
from app.runtime.frontend import CLIENT, NotBuilt, build, build_environment, fingerprint, fit, reason_to_build

ADDRESSES = (
    "var e={PING:`http://localhost:8000/ping`,EVENT:`ws://localhost:8000/_event`,"
    "UPLOAD:`http://localhost:8000/_upload`,TRANSPORT:`websocket`};export{e as t};"
)
LOCK = '{"packages": {"react": "19"}, "name": "reflex"}'


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def packed_page(root: Path, addresses: str = ADDRESSES) -> Path:
    """A page as Reflex leaves it, before it is fitted."""
    shutil.rmtree(root / ".web" / "build", ignore_errors=True)
    chunk = root / CLIENT / "assets" / "reflex-env-AbCd.js"
    write(chunk, addresses)
    chunk.with_name(chunk.name + ".gz").write_bytes(gzip.compress(addresses.encode()))
    write(root / CLIENT / "index.html", "<!DOCTYPE html>")
    return chunk


class Exports:
    """Stands in for Reflex: counts the builds, and does `during` before each of them ends."""

    def __init__(self, during: Callable[[Path], object] = lambda root: None) -> None:
        self.count = 0
        self.during = during

    def __call__(self, root: Path) -> None:
        self.count += 1
        packed_page(root)
        self.during(root)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    write(tmp_path / "rxconfig.py", "config = 1")
    write(tmp_path / "app" / "main.py", "app = 1")
    write(tmp_path / "app" / "ui" / "pages" / "desk.py", "page = 1")
    write(tmp_path / "app" / "bot" / "levels.py", "LEVELS = 10")
    write(tmp_path / "reflex.lock" / "package-lock.json", LOCK)
    return tmp_path


def test_a_page_never_built_is_built_and_says_so_in_one_line(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(house, export=Exports()) == "there is no finished build"
    assert capsys.readouterr().out == "Building the page: there is no finished build.\n"


def test_unchanged_inputs_build_nothing_and_say_nothing(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exports = Exports()
    build(house, export=exports)
    capsys.readouterr()
    assert build(house, export=exports) is None
    assert exports.count == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "name",
    [
        "app/ui/pages/desk.py",
        "app/ui/components/candles.jsx",
        "app/bot/levels.py",
        "app/main.py",
        "rxconfig.py",
        "assets/desk.css",
        "reflex.lock/package-lock.json",
    ],
)
def test_what_a_page_can_show_builds_it_again(house: Path, name: str) -> None:
    build(house, export=Exports())
    write(house / name, "{}")
    assert build(house, export=Exports()) == "its sources changed"


def test_a_page_that_was_removed_or_renamed_builds_it_again(house: Path) -> None:
    build(house, export=Exports())
    (house / "app/ui/pages/desk.py").rename(house / "app/ui/pages/table.py")
    assert reason_to_build(house) == "its sources changed"


@pytest.mark.parametrize(
    "name",
    [
        "tests/ui/test_desk.py",
        "app/api/routes.py",
        "README.md",
        ".data/desk.sqlite3",
        "alembic/env.py",
        "app/ui/__pycache__/desk.pyc",
        "assets/external/candles.jsx",
    ],
)
def test_what_no_page_can_show_builds_nothing(house: Path, name: str) -> None:
    build(house, export=Exports())
    write(house / name, "{}")
    assert reason_to_build(house) is None


def test_a_first_build_that_was_interrupted_is_done_again(house: Path) -> None:
    def interrupted(root: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(house, export=Exports(interrupted))
    assert (house / CLIENT / "index.html").exists()
    assert build(house, export=Exports()) == "there is no finished build"


def test_an_interrupted_build_is_not_taken_for_the_one_before_it(house: Path) -> None:
    build(house, export=Exports())
    before = (house / "app" / "main.py").read_text()
    write(house / "app" / "main.py", "app = 2")

    def interrupted(root: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(house, export=interrupted)
    write(house / "app" / "main.py", before)
    assert reason_to_build(house) == "there is no finished build"


def test_a_page_that_could_not_be_fitted_is_not_taken_for_finished(house: Path) -> None:
    with pytest.raises(NotBuilt):
        build(house, export=Exports(lambda root: packed_page(root, "var e={}")))
    assert reason_to_build(house) == "there is no finished build"


def test_what_changes_during_a_build_is_built_next_time(house: Path) -> None:
    build(house, export=Exports(lambda root: write(root / "app" / "main.py", "app = 2")))
    assert reason_to_build(house) == "its sources changed"


def test_a_lock_rewritten_in_another_order_is_put_back(house: Path) -> None:
    lock = house / "reflex.lock" / "package-lock.json"
    build(house, export=Exports(lambda root: write(lock, '{"name": "reflex", "packages": {"react": "19"}}')))
    assert lock.read_text() == LOCK
    assert reason_to_build(house) is None


def test_a_lock_with_other_packages_is_kept_and_named(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = house / "reflex.lock" / "package-lock.json"
    build(house, export=Exports(lambda root: write(lock, '{"packages": {"react": "20"}}')))
    assert lock.read_text() == '{"packages": {"react": "20"}}'
    assert "commit it" in capsys.readouterr().out
    assert reason_to_build(house) is None


def test_a_fingerprint_does_not_depend_on_the_folder_it_is_taken_in(house: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(house, tmp_path.with_name("an other house"))
    assert fingerprint(copy) == fingerprint(house)


def test_the_page_calls_the_host_and_port_it_came_from(house: Path) -> None:
    chunk = packed_page(house)
    fit(house / CLIENT)
    text = chunk.read_text()
    assert "localhost:" not in text
    assert "EVENT:`${location.origin.replace(/^http/,'ws')}/_event`" in text
    assert "PING:`${location.origin}/ping`" in text
    assert gzip.decompress(chunk.with_name(chunk.name + ".gz").read_bytes()).decode() == text


@pytest.mark.parametrize(
    "addresses",
    [
        "var e={PING:`/ping`,EVENT:`/_event`}",
        ADDRESSES.replace("ws://localhost:8000", "wss://desk.example"),
        ADDRESSES.replace("`ws://localhost:8000/_event`", '"ws://localhost:8000/_event"'),
        ADDRESSES.replace("`http://localhost:8000/ping`", '"http://localhost:8000/ping"'),
    ],
)
def test_addresses_in_another_form_are_refused(house: Path, addresses: str) -> None:
    packed_page(house, addresses)
    with pytest.raises(NotBuilt):
        fit(house / CLIENT)


@pytest.mark.parametrize("name", ["assets/reflex-env-Other.js", "assets/root.js", "index.html"])
def test_an_address_in_a_second_place_is_refused(house: Path, name: str) -> None:
    packed_page(house)
    write(house / CLIENT / name, "fetch('http://localhost:8000/ping')")
    with pytest.raises(NotBuilt):
        fit(house / CLIENT)


def test_a_page_without_its_compressed_twin_is_refused(house: Path) -> None:
    chunk = packed_page(house)
    chunk.with_name(chunk.name + ".gz").unlink()
    with pytest.raises(NotBuilt):
        fit(house / CLIENT)


def test_no_setting_reaches_the_build() -> None:
    around = {"DRYDOCK_PORT": "9", "REFLEX_API_URL": "x", "__REFLEX_SKIP_COMPILE": "true", "VITE_MINIFY": "0"}
    environment = build_environment(around | {"HOME": "/h", "PATH": "/bin"})
    assert not environment.keys() & around.keys()
    assert environment["HOME"] == "/h"


def test_the_build_finds_the_node_of_this_environment_first() -> None:
    first, *rest = build_environment({"PATH": "/bin"})["PATH"].split(os.pathsep)
    assert (Path(first) / "node").exists()
    assert rest == ["/bin"]


PAGE = '''
"""The smallest desk: one page with one state, and one route."""

import reflex as rx
from fastapi import FastAPI


class Count(rx.State):
    """One number."""

    number: int = 0


api = FastAPI()


@api.get("/api/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


app = rx.App(api_transformer=api)


def guarded():
    return app()

app.add_page(lambda: rx.text(Count.number), route="/", title="Desk")
'''

SERVE = """
import socket
from app.runtime.serving import serve
serve(socket.create_server(("127.0.0.1", 0)))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that holds the rooms as they are and the smallest desk, built by the real Reflex."""
    root = tmp_path_factory.mktemp("built") / "a house"
    for folder in ("app", "reflex.lock"):
        shutil.copytree(frontend.ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(frontend.ROOT / "rxconfig.py", root)
    write(root / "app" / "main.py", PAGE)
    subprocess.run([sys.executable, "-m", "app.runtime.frontend"], cwd=root, check=True)
    return root


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    """Where the built project serves: a port other than the one it was built with."""
    server = subprocess.Popen([sys.executable, "-c", SERVE], cwd=built, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        said = server.stdout.readline()
        assert "127.0.0.1:" in said, f"the server ended before it served: {said}"
        yield said.split("http://")[1].strip()
    finally:
        server.terminate()
        server.communicate()


@pytest.mark.slow
def test_a_real_build_names_no_address_and_leaves_the_lock_without_any(built: Path) -> None:
    (chunk,) = (built / CLIENT / "assets").glob("reflex-env-*.js")
    assert "localhost:" not in chunk.read_text()
    assert "`${location.origin.replace(/^http/,'ws')}/_event`" in chunk.read_text()
    assert '"resolved"' not in (built / "reflex.lock" / "package-lock.json").read_text()
    assert not (built / "reflex.lock" / "bun.lock").exists()
    assert reason_to_build(built) is None


@pytest.mark.slow
def test_one_process_serves_the_page_compressed_the_api_and_the_websocket(address: str) -> None:
    with httpx.Client(base_url=f"http://{address}", transport=httpx.HTTPTransport(retries=5), timeout=60) as browser:
        page = browser.get("/", headers={"accept-encoding": "gzip"})
        assert (page.status_code, page.headers["content-encoding"]) == (200, "gzip")
        assert "<title>Desk</title>" in page.text
        assert browser.get("/api/health").json() == {"status": "ok"}
        assert browser.get("/nowhere").status_code == 404
    with connect(f"ws://{address}/_event/?EIO=4&transport=websocket", origin=Origin(f"http://{address}")) as tab:
        assert str(tab.recv(timeout=10)).startswith('0{"sid"')
