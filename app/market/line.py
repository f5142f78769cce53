"""The line to one source: makes its calls within its budget and breaker, and counts how they went."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from statistics import quantiles
from typing import Protocol, TypeVar

import httpx

from app.domain.buckets import Buckets
from app.domain.fields import as_field
from app.market.breaker import Breaker, failed, succeeded, told_to_wait
from app.market.budget import Budget, Instant, due, spent, used
from app.market.decode import Json, decoded, routeless
from app.market.intake import PACKING, text_of
from app.market.source import Call, Card, Fault, Garbled

LONGEST_RETRY_AFTER = 86_400.0
PATIENCE = 5.0
WHOLE_ANSWER = 10.0
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
class Tally:
    """How all calls of a source went (`ok`, or the fault), and the seconds of those that were answered."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    seconds: Buckets = field(default_factory=Buckets)

    def take(self, other: "Tally") -> None:
        """Count what the other has counted too."""
        self.outcomes.update(other.outcomes)
        self.seconds.take(other.seconds)


@dataclass(slots=True)
class Meter:
    """Plain counters of one line. Latencies are seconds of the last 500 calls that were answered. The `tally` may be
    one that outlives the line."""

    requests: int = 0
    faults: Counter[Fault] = field(default_factory=Counter[Fault])
    rejected: int = 0
    latencies: deque[float] = field(default_factory=lambda: deque[float](maxlen=500))
    last_success_at: datetime | None = None
    last_fault: str = ""
    tally: Tally = field(default_factory=Tally)

    @property
    def failures(self) -> int:
        """Calls that failed; a token that the source does not have is none of its failures."""
        return sum(count for fault, count in self.faults.items() if fault is not Fault.NOT_HERE)

    @property
    def errors(self) -> int:
        """Calls that failed, and single prices that were refused."""
        return self.failures + self.rejected

    def answered(self, seconds: float) -> None:
        self.latencies.append(seconds)
        self.tally.seconds.see(seconds)

    def failed(self, fault: Fault) -> None:
        self.faults[fault] += 1
        self.tally.outcomes[fault.value] += 1

    def succeeded(self, at: datetime) -> None:
        self.last_success_at = at
        self.tally.outcomes["ok"] += 1

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
        self._wait: float | None = None
        self._rests: dict[int, float] = {}

    async def ask(self, call: Call, read: Callable[[Json, Call, datetime], T], *, reserve: int = 0) -> T:
        """What `read` makes of (the decoded answer, the call, the time). Raises NoAnswer with the reason.

        With a `reserve` the call can wait: so much of every minute is left to others, and its faults are counted but
        do not keep them from asking.
        """
        await self._admission(reserve)
        try:
            payload = await self._exchange(call)
            answer = read(payload, call, self._clock.instant().utc)
        except Garbled as error:
            if error.fault is Fault.NOT_HERE and call.otherwise is not None:
                self.meter.failed(error.fault)
                return await self.ask(call.otherwise, read, reserve=reserve)
            raise self._faulted(call, error, patient=reserve > 0) from error
        now = self._clock.instant()
        self.breaker = succeeded(self.breaker, now.mono)
        self.meter.succeeded(now.utc)
        return answer

    def used(self) -> list[tuple[int, int, int]]:
        """Per window: calls used, calls allowed, seconds."""
        spent_ = used(self._clock.instant(), self.budget)
        return [(count, allowance.calls, allowance.seconds) for allowance, count in spent_]

    async def _admission(self, reserve: int) -> None:
        """Returns when a call may be made, having booked it. Raises NoAnswer where it may not."""
        while True:
            now = self._clock.instant()
            if not self.breaker.permits(now.mono):
                raise NoAnswer("the source rests after faults", None)
            wait = due(now, self.budget, reserve=reserve)
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
            # httpx bounds each read; a server that trickles would hold the line for as long as it likes.
            async with asyncio.timeout(WHOLE_ANSWER), self._sent(call) as response:
                text = await text_of(response)
        except (httpx.TimeoutException, TimeoutError) as error:
            raise Garbled("no answer in time", Fault.TIMEOUT) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Garbled(f"not reachable ({type(error).__name__})", Fault.UNREACHABLE) from error
        self.meter.answered(self._clock.instant().mono - began)
        self._heed(call, response, text)
        if isinstance(text, Garbled):
            raise text
        return decoded(text)

    def _sent(self, call: Call) -> AbstractAsyncContextManager[httpx.Response]:
        bases = self.card.base_urls
        mono = self._clock.instant().mono
        resting = (self._rests.get((self._turn + step) % len(bases), 0.0) > mono for step in range(len(bases)))
        self._turn += next((step for step, rests in enumerate(resting) if not rests), 0)
        url = bases[self._turn % len(bases)] + call.path
        headers = {"accept-encoding": PACKING, **dict(self.card.headers)}
        if call.body is not None:
            return self._client.stream("POST", url, json=call.body, headers=headers, timeout=TIMEOUT)
        return self._client.stream("GET", url, params=call.params, headers=headers, timeout=TIMEOUT)

    def _heed(self, call: Call, response: httpx.Response, text: str | Garbled) -> None:
        """Raise Garbled for a status that is not an answer."""
        if response.is_success:
            return
        self._wait = retry_after(response.headers.get("retry-after"), self._clock.instant().utc)
        why, status = f"status {response.status_code}", response.status_code
        if status in (418, 429):
            raise Garbled(why, Fault.RATE_LIMITED)
        # Of a batch, or of an address that is wrong as a whole, a status says nothing about a token.
        absent = len(call.tokens) == 1 and isinstance(text, str) and _absent(status, text[:200])
        raise Garbled(why, Fault.ABSENT if absent else Fault.HTTP)

    def _faulted(self, call: Call, error: Garbled, *, patient: bool) -> NoAnswer:
        """Count the fault, and say for how long nothing, or nothing of this address, is to be asked."""
        mono, wait = self._clock.instant().mono, self._wait
        self._wait = None
        self.meter.failed(error.fault)
        why = self._masked(str(error))[:200]
        again = self.breaker.faults > 0 and why == self.meter.last_fault
        self.meter.last_fault = why
        if error.fault is Fault.RATE_LIMITED or wait is not None:
            self._told_to_wait(mono, wait)
        elif error.fault is not Fault.ABSENT and not patient:
            self.breaker = failed(self.breaker, mono, self.rest)
        self._turn += 1
        # An outage says once what it is; how often it happened is counted.
        level = logging.DEBUG if again else logging.WARNING
        name, label = self.card.name, as_field(call.label)
        _log.log(level, "[PRICE] source=%s call=%s fault=%s why=%r", name, label, error.fault.value, why)
        return NoAnswer(why, error.fault)

    def _told_to_wait(self, mono: float, seconds: float | None) -> None:
        """One address of several rests alone, and counts as a fault; the line rests when all of them do."""
        waiting = told_to_wait(self.breaker, mono, seconds)
        here = self._turn % len(self.card.base_urls)
        self._rests[here] = waiting.open_until
        others = [self._rests.get(turn, 0.0) for turn in range(len(self.card.base_urls))]
        free = min(others) <= mono
        self.breaker = failed(self.breaker, mono, self.rest) if free else replace(waiting, open_until=min(others))

    def _masked(self, why: str) -> str:
        """A provider may repeat what it was sent."""
        for _, secret in self.card.headers:
            why = why.replace(secret, "***")
        return why


def _absent(status: int, words: str) -> bool:
    """Whether the status and the first words say that the one thing asked for does not exist."""
    joined = words.replace(" ", "").lower()
    if status == 404 and "notfound" in joined:
        return True
    return status in (400, 404, 422) and (routeless(words) or "tokennotfound" in joined)


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
