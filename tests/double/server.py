"""The double itself: a real HTTP server on loopback in a thread of its own, and the switches tests turn."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from types import TracebackType

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from app.domain.chains import CHAINS
from app.domain.tokens import Token, TokenKey
from tests.double import aggregators, alchemy, chain, dexes, exchanges, quotes, tally
from tests.double.bench import Ask, Bench, Stall
from tests.double.control import control_routes
from tests.double.floor import PRICED, QUOTING, Floor, utc_now
from tests.double.mischief import SLOW_S, Mischief
from tests.double.tally import Request
from tests.double.tape import Tape
from tests.double.wire import Reply

HOST = "127.0.0.1"
_LISTED = (aggregators, dexes, exchanges, alchemy, chain, quotes)
_PREFIXES = (*PRICED, *QUOTING, "rpc")


@contextmanager
def dead_port() -> Generator[int]:
    """A port of loopback that refuses connections as long as the block lasts: it is bound and nobody listens."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        yield bound.getsockname()[1]


class Double:
    """Eight price sources, two aggregators and the nodes of seven chains on one port.

    `prices` are opening prices by CoinGecko id; `now` is the wall clock that stamps answers and ends histories;
    `hang_s` is how long TIMEOUT holds a call, `slow_s` how long SLOW does, `mono` the clock that stamps the calls that
    arrive. Sources are named coingecko, defillama, dexscreener, geckoterminal,
    coinbase, kraken, alchemy, kyberswap, velora, rpc (all chains), rpc/<chain id>, and chainlink (calls to any
    node that read a feed).
    """

    def __init__(
        self,
        prices: Mapping[str, str | Decimal] | None = None,
        *,
        port: int = 0,
        now: Callable[[], datetime] = utc_now,
        hang_s: float = 60.0,
        slow_s: float = SLOW_S,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self.port = port
        self._floor = Floor(now, prices)
        self._bench = Bench(self._floor, hang_s, slow_s, mono)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> "Double":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listens on the port it had, or on a free one the first time. Raises OSError where it is taken."""
        if self._thread:
            return
        # Named as TCP, or asyncio leaves Nagle's algorithm on, and each answer waits 40 ms for an acknowledgement.
        listener = socket.socket(proto=socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self.port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        server = self._bench.server = uvicorn.Server(_config(self._app()))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listener)), name="double", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the double did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """An outage of everything: hanging calls are cut and the port refuses connections."""
        if self._thread and self._loop:
            self._bench.server.should_exit = True
            self._loop.call_soon_threadsafe(self._bench.released.set)
            self._thread.join(timeout=5)
            if self._thread.is_alive():
                raise RuntimeError("the double did not stop")
        self._thread = self._loop = None

    def restart(self, port: int | None = None) -> None:
        """Comes back, on the same port unless another is given (0 for any free one)."""
        self.stop()
        self.port = self.port if port is None else port
        self.start()

    async def _serve(self, listener: socket.socket) -> None:
        self._bench.released = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        server = self._bench.server
        await server.serve(sockets=[listener])
        # A connection that came while the server was closing is nobody's: left open, it would warn when collected.
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def _app(self) -> Starlette:
        routes = [self._route(stall) for module in _LISTED for stall in module.STALLS]
        unknown = [self._route(Stall(name, "/{rest:path}", _nothing_here, method)) for name, method in _UNKNOWN]
        return Starlette(routes=[*control_routes(self), *routes, *unknown])

    def _route(self, stall: Stall) -> Route:
        return Route(f"/{stall.source}{stall.path}", self._bench.endpoint(stall), methods=[stall.method])

    def url(self, source: str) -> str:
        """The base URL of a source; 'rpc/8453' for a chain's node."""
        return f"http://{HOST}:{self.port}/{source}"

    def environment(self) -> dict[str, str]:
        """The settings that point the product at this double, and at nothing else."""
        sources = {f"DRYDOCK_{name.upper()}_URL": self.url(name) for name in (*PRICED, *QUOTING)}
        return sources | {f"DRYDOCK_RPC_URL_{chain_id}": self.url(f"rpc/{chain_id}") for chain_id in CHAINS}

    @property
    def tape(self) -> Tape:
        return self._floor.tape

    def price(self, asset: str) -> Decimal:
        """The true price in dollars. Raises UnknownAsset."""
        return self.tape.price(asset)

    def set_price(self, asset: str, price: str | Decimal, *, always: bool = False) -> None:
        """The price from now on; with `always` history is rewritten to lead up to it. Raises UnknownAsset."""
        self.tape.price(asset)
        (self.tape.list if always else self.tape.move)(asset, Decimal(price))

    def skew(self, source: str, asset: str, factor: str | int | Decimal) -> None:
        """One source sees the price times `factor`; 1 ends it."""
        self._floor.skew(source, asset, Decimal(factor))

    def misbehave(self, source: str, mischief: Mischief, asset: str | None = None) -> None:
        """Begins a mischief, for all tokens or for one asset; it replaces an earlier one of the same scope."""
        self._floor.misbehave(source, mischief, asset)

    def behave(self, source: str | None = None) -> None:
        """Ends the mischief of one source, or of all. Calls that hang go on hanging."""
        self._floor.behave(source)

    def requests(self, source: str | None = None) -> list[Request]:
        """The calls that arrived so far, oldest first, of one source or of all."""
        return [one for one in list(self._floor.requests) if source is None or source in one.sources]

    def forget_requests(self) -> None:
        """Counts from zero again."""
        self._floor.requests.clear()

    def over_budget(self) -> list[str]:
        """The sources that were asked more often than they document, in any window."""
        return tally.over_budget(self.requests())

    def deploy(
        self,
        chain_id: int,
        address: str,
        symbol: str,
        name: str,
        decimals: int,
        *,
        liquidity_usd: str | int | Decimal | None = None,
        price: str | Decimal = "1",
        bytes32: bool = False,
    ) -> str:
        """Adds an unlisted token, with a market on the DEX sources where `liquidity_usd` is given.

        Answers its name as an asset, for set_price and misbehave. `bytes32` answers name and symbol the old way.
        """
        token = Token(chain_id, address, symbol, name, decimals)
        liquidity = None if liquidity_usd is None else Decimal(liquidity_usd)
        return self._floor.deploy(token, bytes32, liquidity, Decimal(price))

    def deploy_contract(self, chain_id: int, address: str) -> None:
        """Adds a contract that is no token: it has code and every call to it reverts."""
        self._floor.contracts.add(TokenKey(chain_id, address.lower()))

    def delist(self, pair: str) -> None:
        """An exchange no longer knows a pair: 'GRT-USD' is Coinbase's, 'GRTUSD' Kraken's."""
        self._floor.delisted.add(pair)

    def sequencer(self, chain_id: int, *, up: bool) -> None:
        """Changes what the chain's sequencer feed says, from now on."""
        self._floor.sequencers[chain_id] = (not up, self._floor.now())


_UNKNOWN = [(name, method) for name in _PREFIXES for method in ("GET", "POST")]


def _nothing_here(ask: Ask) -> Reply:
    return Reply({"message": "Not Found"}, 404)


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
