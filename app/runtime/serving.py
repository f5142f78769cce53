"""Serving: the built page, the websocket and the API from one process, without Node."""

import os
import signal
import socket
from types import FrameType

from app.runtime.frontend import FINISHED

# Two of these are Reflex's own internal names; tests/runtime/test_serving.py fails when an upgrade drops them.
PRODUCTION = {
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
}

_GONE_MS = 20_000
# All tabs come back at once when a desk has been started again.
_WAITING = 2_048


class NoPage(Exception):
    """The front end has not been built."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. Raises OSError."""
    host = host.strip("[]")
    # Told that it is TCP, asyncio sends at once; else every second answer on a kept connection waits for 40 ms.
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, proto=socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Whoever takes nothing for so long is gone; closing would wait for the rest to be taken.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_MS)
    bound.bind((host, port))
    bound.listen(_WAITING)
    return bound


def serve(bound: socket.socket) -> None:
    """Serve on the bound socket until a signal ends it. Raises NoPage."""
    if not FINISHED.is_file():
        raise NoPage("The page has not been built here: run `make setup` in Drydock's folder first.")
    os.environ.update(PRODUCTION)
    # uvicorn ends as told, and then raises the signal once more.
    signal.signal(signal.SIGTERM, _ended)
    import uvicorn

    from app.runtime.doors import AT_A_TIME, doors, open_files, places
    from app.runtime.house import current
    from app.runtime.repeats import hold_back

    hold_back()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            # asyncio takes one figure for how many wait and for how many it accepts in a turn.
            bound.listen(_WAITING)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # Whoever listens without end is told so first: uvicorn waits for every answer.
            house = current()
            for tell in house.at_end if house else ():
                tell()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        "app.main:guarded",
        factory=True,
        access_log=False,
        # On by default, for whoever asks from this machine. Anybody can send such headers.
        proxy_headers=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=3,
        http=doors(places(open_files())),
        ws="websockets-sansio",
        backlog=AT_A_TIME,
    )
    host, port = bound.getsockname()[:2]
    print(f"Drydock is on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)  # noqa: T201
    Server(config).run(sockets=[bound])


def _ended(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
