"""A whole desk behind a real server on loopback, in a thread of its own: its jobs run, its clock is the machine's."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from app.api.application import application
from app.api.cable import Cable
from app.api.guard import guard
from app.runtime.house import House
from app.runtime.lifespan import open_house
from app.runtime.serving import listening
from app.runtime.settings import Settings
from tests.runtime.desk import settings_of
from tests.runtime.houses import at_rest
from tests.store.fresh import with_database

_PATIENCE_S = 60.0


class Loopback:
    """REST behind the guard, with no page; `url` is where."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bound = listening("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._bound.getsockname()[1]}"
        self._rest = application()
        config = uvicorn.Config(guard(self._rest), log_config=None, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._open = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Returns when the market is open, and its past is all there."""
        self._thread.start()
        if not self._open.wait(_PATIENCE_S) or self._fault is not None:
            raise RuntimeError("the desk did not open") from self._fault

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(_PATIENCE_S)
        self._bound.close()
        assert not self._thread.is_alive()
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as fault:  # noqa: BLE001 - it is raised again by the thread that waits
            self._fault = fault
            self._open.set()

    async def _serve(self) -> None:
        async with open_house(self._settings) as house:
            await _opened(house)
            cable = self._rest.state.cable = Cable(house)
            hearing = cable.start()
            self._open.set()
            await self._server.serve(sockets=[self._bound])
            hearing.cancel()


@contextmanager
def desk_on_loopback(folder: Path, **settings: object) -> Iterator[str]:
    """The address of a desk in the invented market, which is thrown away afterwards."""
    folder.mkdir(exist_ok=True)
    with_database(folder)
    running = Loopback(settings_of(folder, market="demo", **settings))
    running.start()
    try:
        yield running.url
    finally:
        running.stop()


async def _opened(house: House) -> None:
    await house.opened()
    await at_rest(house)
