"""Jobs that keep their pace when the machine's clock is set, by which the scheduler reckons, and that end in order."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED
from apscheduler.job import Job
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

PATIENCE_S = 2.0


class Steadily(BaseTrigger):
    """So long after now, every time.

    The library's own interval goes on from when a job was due: after a night's sleep of the machine it would first
    count every quarter of a second of the night, on the event loop.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def __str__(self) -> str:
        return f"every {self.interval.total_seconds():g} s"

    # The library declares no type and its stub takes that for None.
    def get_next_fire_time(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime:
        return now + self.interval


class Pace:
    """The jobs of a scheduler that is not started yet, all of them coroutines. Those that come at an interval come
    steadily from now on; when each is due first stays as it is."""

    def __init__(self, scheduler: BaseScheduler, patience_s: float = PATIENCE_S) -> None:
        self._scheduler = scheduler
        self._patience_s = patience_s
        self._ended = False
        self._running = 0
        self._none = asyncio.Event()
        scheduler.add_listener(self._begun, EVENT_JOB_SUBMITTED)
        scheduler.add_listener(self._done, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        for job in self._jobs():
            trigger: Any = job.trigger
            job.modify(func=self._quiet_at_the_end(job.func))
            if isinstance(trigger, IntervalTrigger):
                job.modify(trigger=Steadily(trigger.interval))

    def hurry(self) -> None:
        """Have every job done now: after a clock was set back, the next would be due only when it has caught up."""
        for job in self._jobs():
            job.modify(next_run_time=datetime.now(UTC))

    async def end(self) -> None:
        """Begin no job any more, and wait for those under way; who takes longer than two seconds is cancelled, which
        is nothing that failed."""
        self._ended = True
        self._scheduler.pause()
        if self._running:
            self._none.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._none.wait(), self._patience_s)
        self._scheduler.shutdown(wait=False)

    def _jobs(self) -> list[Job]:
        return list(self._scheduler.get_jobs())

    def _quiet_at_the_end(self, work: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[None]]:
        @wraps(work)
        async def working(*args: object, **named: object) -> None:
            try:
                await work(*args, **named)
            except asyncio.CancelledError:
                # The library would log it as an error, with a trace.
                if not self._ended:
                    raise

        return working

    def _begun(self, _event: object) -> None:
        self._running += 1

    def _done(self, _event: object) -> None:
        self._running -= 1
        if self._running == 0:
            self._none.set()
