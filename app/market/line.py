"""The line to one source: makes its calls within its budget and breaker, and counts how they went."""

import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from statistics import quantiles
from typing import Protocol, TypeVar

import httpx

from app.market.breaker import Breaker, failed, succeeded, told_to_wait
from app.market.budget import Budget, Instant, due, spent, used
from app.market.decode import Json, decoded
from app.market.source import Call, Card, Fault, Garbled

LONGEST_ANSWER = 8_000_000
LONGEST_RETRY_AFTER = 86_400.0
PATIENCE = 5.0
TIMEOUT = httpx.Timeout(5.0, connect=3.0)

T = TypeVar("T")
# The rooms above hold a client, and never use it themselves.
Client = httpx.AsyncClient

_log = logging.getLogger("drydock.price")


def open_client(agent: str) -> Client:
    """One client for all lines, with connections of its own to keep; to be closed by who opened it."""
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=20)
    return httpx.AsyncClient(headers={"user-agent": agent, "accept": "application/json"}, limits=limits)


class Clock(Protocol):
    """Tells the time and waits; the running desk gives the real one, a test its own."""

    def instant(self) -> Instant: ...

    async def sleep(self, seconds: float) -> None: ...


class NoAnswer(Exception):
    """A call gave nothing: it failed, or was not made because the budget or the breaker forbids it."""

    def __init__(self, why: str, fault: Fault | None) -> None:
        super().__init__(why)
        self.fault = fault


@dataclass(slots=True)
class Meter:
    """Plain counters of one line. Latencies are seconds of the last 500 calls that were answered."""

    requests: int = 0
    faults: Counter[Fault] = field(default_factory=Counter[Fault])
    rejected: int = 0
    latencies: deque[float] = field(default_factory=lambda: deque[float](maxlen=500))
    last_success_at: datetime | None = None
    last_fault: str = ""

    @property
    def errors(self) -> int:
        """Calls that failed, and single prices that were refused."""
        return sum(count for fault, count in self.faults.items() if fault is not Fault.NOT_HERE) + self.rejected

    def latency_ms(self, percentile: int) -> int | None:
        if not self.latencies:
            return None
        if len(self.latencies) == 1:
            return round(self.latencies[0] * 1000)
        return round(quantiles(self.latencies, n=100, method="inclusive")[percentile - 1] * 1000)


class Line:
    """Asks one source. Only this touches the world; what to ask and what it means is the source's own."""

    def __init__(self, card: Card, client: Client, clock: Clock, rest: float = 30.0) -> None:
        self.card = card
        self.meter = Meter()
        self.budget = Budget(card.allowances)
        self.breaker = Breaker()
        self.rest = rest
        self._client = client
        self._clock = clock
        self._turn = 0
        self._retry_after: float | None = None

    async def ask(self, call: Call, read: Callable[[Json, Call, datetime], T]) -> T:
        """What `read` makes of (the decoded answer, the call, the time). Raises NoAnswer with the reason."""
        await self._admission()
        try:
            payload = await self._exchange(call)
            answer = read(payload, call, self._clock.instant().utc)
        except Garbled as error:
            if error.fault is Fault.NOT_HERE and call.otherwise is not None:
                self.meter.faults[error.fault] += 1
                return await self.ask(call.otherwise, read)
            raise self._faulted(call, error.fault, str(error)) from error
        self.breaker = succeeded()
        self.meter.last_success_at = self._clock.instant().utc
        return answer

    def used(self) -> list[tuple[int, int, int]]:
        """Per window: calls used, calls allowed, seconds."""
        spent_ = used(self._clock.instant(), self.budget)
        return [(count, allowance.calls, allowance.seconds) for allowance, count in spent_]

    async def _admission(self) -> None:
        """Returns when a call may be made, having booked it. Raises NoAnswer where it may not."""
        while True:
            now = self._clock.instant()
            if not self.breaker.permits(now.mono):
                raise NoAnswer("the source rests after faults", None)
            wait = due(now, self.budget)
            if wait <= 0:
                self.budget = spent(now, self.budget)
                return
            if wait > PATIENCE:
                raise NoAnswer("the source's budget is used up", None)
            await self._clock.sleep(wait)

    async def _exchange(self, call: Call) -> Json:
        began = self._clock.instant().mono
        self.meter.requests += 1
        try:
            response = await self._send(call)
        except httpx.TimeoutException as error:
            raise Garbled("no answer in time", Fault.TIMEOUT) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Garbled(f"not reachable ({type(error).__name__})", Fault.UNREACHABLE) from error
        self.meter.latencies.append(self._clock.instant().mono - began)
        self._heed(response)
        if len(response.content) > LONGEST_ANSWER:
            raise Garbled("the answer is too long")
        return decoded(response.text)

    async def _send(self, call: Call) -> httpx.Response:
        bases = self.card.base_urls
        url = bases[self._turn % len(bases)] + call.path
        headers = dict(self.card.headers)
        if call.body is not None:
            return await self._client.post(url, json=call.body, headers=headers, timeout=TIMEOUT)
        return await self._client.get(url, params=call.params, headers=headers, timeout=TIMEOUT)

    def _heed(self, response: httpx.Response) -> None:
        """Raise Garbled for a status that is not an answer."""
        if response.status_code in (418, 429):
            self._retry_after = retry_after(response.headers.get("retry-after"), self._clock.instant().utc)
            raise Garbled(f"status {response.status_code}", Fault.RATE_LIMITED)
        if response.status_code == 404:
            raise Garbled("status 404", Fault.ABSENT)
        if not response.is_success:
            raise Garbled(f"status {response.status_code}", Fault.HTTP)

    def _faulted(self, call: Call, fault: Fault, why: str) -> NoAnswer:
        mono = self._clock.instant().mono
        self.meter.faults[fault] += 1
        self.meter.last_fault = why[:200]
        self._turn += 1
        if fault is Fault.RATE_LIMITED:
            self.breaker = told_to_wait(self.breaker, mono, self._retry_after)
            self._retry_after = None
        elif fault is not Fault.ABSENT:
            self.breaker = failed(self.breaker, mono, self.rest)
        _log.warning("[PRICE] source=%s call=%s fault=%s why=%r", self.card.name, call.label, fault.value, why[:200])
        return NoAnswer(why, fault)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header: a number of seconds or an HTTP date; None where it says nothing usable."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(seconds, LONGEST_RETRY_AFTER) if seconds >= 0 else None
