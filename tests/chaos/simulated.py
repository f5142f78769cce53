"""A desk in simulated time: a clock that passes when it is let, a wire and threads that know when they are at rest."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from tests.clock import START, FakeClock
from tests.double import Mischief

# How long the desk waits for an answer, and how long a slow one takes.
_PATIENCE_S, _SLOW_S = 5.0, 1.5
# Turns of the loop in which nothing is on its way, after which nothing more will come of itself.
_CALM_TURNS = 6


class SimulatedClock(FakeClock):
    """Who sleeps wakes when the simulated time has come, in the order in which it comes."""

    def __init__(self) -> None:
        super().__init__()
        self._began = self.mono
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._number += 1
        # A millionth at least, or who waits for the rest of a rounding would wake at the same moment for ever.
        heapq.heappush(self._sleepers, (self.mono + max(seconds, 1e-6), self._number, future))
        await future

    def next_due(self) -> float | None:
        """When the next sleeper is to wake."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def go_to(self, mono: float) -> None:
        """The time is this now: wake who is due."""
        self.mono, self.utc = mono, START + timedelta(seconds=mono - self._began)
        while self._sleepers and self._sleepers[0][0] <= mono:
            future = heapq.heappop(self._sleepers)[2]
            if not future.done():
                future.set_result(None)


class Wire(httpx.AsyncBaseTransport):
    """Real calls over loopback, counted while they are under way. `afoot` says what goes wrong with a source: a call
    that the double cuts because it hangs takes as much simulated time as the desk has patience, a slow one its own."""

    def __init__(self, clock: SimulatedClock, afoot: Callable[[str], set[Mischief]]) -> None:
        self.under_way = 0
        self.calls = 0
        self._clock = clock
        self._afoot = afoot
        self._inner = httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        kinds = self._afoot(request.url.path.split("/")[1])
        try:
            response = await self._passed(request)
        except httpx.TransportError:
            if Mischief.TIMEOUT not in kinds:
                raise
            await self._clock.sleep(_PATIENCE_S)
            raise httpx.ReadTimeout("it hangs", request=request) from None
        if Mischief.SLOW in kinds:
            await self._clock.sleep(_SLOW_S)
        return response

    async def _passed(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        try:
            response = await self._inner.handle_async_request(request)
            whole = b"".join([part async for part in response.aiter_raw()])
            return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(whole))
        finally:
            self.under_way -= 1

    async def aclose(self) -> None:
        await self._inner.aclose()


class Threads(ThreadPoolExecutor):
    """Threads that know how many pieces of work they have."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(max_workers=4)
        self.under_way = 0
        self._loop = loop

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.under_way += 1
        future = super().submit(fn, *args, **kwargs)
        # A turn later than whoever waits for it hears of it.
        future.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._loop.call_soon, self._done))
        return future

    def _done(self) -> None:
        self.under_way -= 1


@dataclass(slots=True)
class Job:
    """What is done every so many seconds, unless it is still at it."""

    every: float
    work: Callable[[], Awaitable[object]]
    due: float = 0.0
    task: "asyncio.Future[object] | None" = None


@dataclass(slots=True)
class Passage:
    """Lets time pass: at every moment at which something is due, all comes to rest before the next one."""

    clock: SimulatedClock
    wire: Wire
    threads: Threads
    jobs: list[Job] = field(default_factory=list[Job])
    failures: list[BaseException] = field(default_factory=list[BaseException])

    async def second(self) -> None:
        """One second goes by, and then the jobs that are due begin."""
        until = self.clock.mono + 1
        while (due := self.clock.next_due()) is not None and due < until:
            self.clock.go_to(due)
            await self.at_rest()
        self.clock.go_to(until)
        for job in self.jobs:
            self._begin(job)
        await self.at_rest()

    async def at_rest(self) -> None:
        """Wait until nothing is on its way but what waits for the clock."""
        calm = 0
        while calm < _CALM_TURNS:
            if self.wire.under_way or self.threads.under_way:
                calm = 0
                await asyncio.sleep(0.0005)
            else:
                calm += 1
                await asyncio.sleep(0)

    def _begin(self, job: Job) -> None:
        if self.clock.mono < job.due or (job.task and not job.task.done()):
            return
        job.due = self.clock.mono + job.every
        job.task = asyncio.ensure_future(job.work())
        job.task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Future[object]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures.append(error)
