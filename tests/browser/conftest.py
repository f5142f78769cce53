"""What all browser tests share: the built page, one browser, tabs that are checked, and a double of the providers."""

import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.server import ROOT, Desk
from tests.browser.tabs import PATIENCE_MS, Tabs
from tests.double import Double

ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Without windows to draw, the first needs half the processor time of the second.
DEBIANS = [Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")]


class Slip:
    """Where desks are launched from; those of a test end with it, those of a module with the module."""

    def __init__(self, running: ExitStack, folders: Callable[[], Path]) -> None:
        self.desks: list[Desk] = []
        self._running = running
        self._folders = folders

    def __call__(self, settings: Mapping[str, str], data: Path | None = None) -> Desk:
        """A running desk, by default on a data folder of its own."""
        desk = Desk(data or self._folders() / "data", settings)
        self.desks.append(desk)
        return self._running.enter_context(desk)

    def clear(self, left: int) -> None:
        """Stops all but the first so many desks."""
        while len(self.desks) > left:
            self.desks.pop().stop()


@pytest.fixture(scope="session")
def built() -> None:
    """The page is that of today's sources."""
    subprocess.run([sys.executable, "-m", "app.runtime.frontend"], cwd=ROOT, check=True)


@pytest.fixture(scope="package")
def browser(built: None) -> Iterator[Browser]:
    """Chromium. Not for the whole session: Playwright's loop would stand in the way of other tests' own."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        path = None if own.exists() else next(path for path in DEBIANS if path.exists())
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def tabs(browser: Browser) -> Iterator[Tabs]:
    """Tabs; a test that ends well has also shown that none of them had anything to complain of."""
    opened = Tabs(browser)
    try:
        yield opened
        opened.check()
    finally:
        opened.close()


@pytest.fixture(scope="module")
def exchange() -> Iterator[Double]:
    """The doubled providers of one module."""
    with Double() as double:
        yield double


@pytest.fixture
def double(exchange: Double) -> Iterator[Double]:
    """The doubled providers; what a test does to them is undone."""
    yield exchange
    exchange.start()
    exchange.behave()


@pytest.fixture(scope="module")
def launch(built: None, exchange: Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slip]:
    """Starts desks, and stops them all when the module is done, before the providers they may be asking."""
    with ExitStack() as running:
        yield Slip(running, lambda: tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def cleared(launch: Slip) -> Iterator[None]:
    """A test's own desks would go on working beside the tests after it."""
    before = len(launch.desks)
    yield
    launch.clear(before)


@pytest.fixture(scope="module")
def desk(launch: Slip, exchange: Double) -> Desk:
    """A live desk on the doubled providers, which asks as often as it may."""
    return launch(live_on(exchange))


def live_on(double: Double, **more: str) -> dict[str, str]:
    """The settings of a live desk on doubled providers."""
    return double.environment() | {"DRYDOCK_MARKET": "live", "DRYDOCK_REFRESH_SECONDS": "1"} | more


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the desks had to say."""
    report = yield
    slip = getattr(item, "funcargs", {}).get("launch")
    if report.failed and isinstance(slip, Slip):
        report.sections += [(f"what the desk at {desk.url} said", desk.said[-4000:]) for desk in slip.desks]
    return report
