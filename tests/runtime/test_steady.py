"""Whatever the machine's clock is set to, jobs go on at their pace; and at the end those under way are done."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.runtime.jobs import ONCE_BUT_SURELY
from app.runtime.steady import Pace, Steadily


class Work:
    """A job that takes as long as it is told to."""

    def __init__(self) -> None:
        self.begun, self.done, self.may_end, self.was_cancelled = 0, 0, asyncio.Event(), False
        self.may_end.set()

    async def work(self) -> None:
        self.begun += 1
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        self.done += 1

    async def until_begun(self, times: int) -> None:
        for _ in range(1000):
            if self.begun >= times:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it was never done")


@pytest.fixture
async def work() -> Work:
    return Work()


@pytest.fixture
async def scheduler(work: Work) -> AsyncIterator[AsyncIOScheduler]:
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=ONCE_BUT_SURELY)
    scheduler.add_job(work.work, "interval", seconds=3600, id="work")
    yield scheduler
    if scheduler.running:
        scheduler.shutdown(wait=False)


async def test_a_job_that_a_clock_set_back_would_keep_waiting_is_done_at_once(
    scheduler: AsyncIOScheduler, work: Work
) -> None:
    pace = Pace(scheduler)
    scheduler.start()
    pace.hurry()
    await work.until_begun(1)


async def test_the_quarters_of_a_second_of_a_day_are_not_made_up_for(scheduler: AsyncIOScheduler, work: Work) -> None:
    asked: list[datetime] = []

    class Told(Steadily):
        def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]
            asked.append(now)
            return super().get_next_fire_time(previous_fire_time, now)

    scheduler.reschedule_job("work", trigger=Told(timedelta(seconds=0.25)))
    pace = Pace(scheduler)
    scheduler.start()
    scheduler.modify_job("work", next_run_time=datetime.now(UTC) - timedelta(days=1))
    await work.until_begun(1)
    assert len(asked) < 20
    await pace.end()


async def test_what_a_stalled_loop_was_late_for_is_done_once_and_not_left_out(
    scheduler: AsyncIOScheduler, work: Work
) -> None:
    missed: list[object] = []
    scheduler.add_listener(missed.append, EVENT_JOB_MISSED)
    pace = Pace(scheduler)
    scheduler.start()
    scheduler.modify_job("work", next_run_time=datetime.now(UTC) - timedelta(seconds=10))
    await work.until_begun(1)
    await pace.end()
    assert (work.begun, missed) == (1, [])


async def test_intervals_become_steady_and_a_first_time_stays(scheduler: AsyncIOScheduler) -> None:
    first = datetime(2100, 1, 1, tzinfo=UTC)
    scheduler.add_job(asyncio.sleep, "interval", seconds=15, id="first", next_run_time=first, args=[0])
    Pace(scheduler)
    scheduler.start()
    job = scheduler.get_job("first")
    assert job is not None and job.next_run_time == first and str(job.trigger) == "every 15 s"


async def test_the_end_waits_for_a_job_under_way_and_begins_none(scheduler: AsyncIOScheduler, work: Work) -> None:
    pace = Pace(scheduler)
    scheduler.start()
    work.may_end.clear()
    pace.hurry()
    await work.until_begun(1)
    ending = asyncio.create_task(pace.end())
    await asyncio.sleep(0)
    assert not ending.done()
    work.may_end.set()
    await ending
    assert (work.begun, work.done, scheduler.running) == (1, 1, False)


async def test_a_job_that_the_end_does_not_wait_for_is_cancelled_and_that_is_no_failure(
    scheduler: AsyncIOScheduler, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[object] = []
    scheduler.add_listener(failed.append, EVENT_JOB_ERROR)
    pace = Pace(scheduler, patience_s=0.01)
    scheduler.start()
    work.may_end.clear()
    pace.hurry()
    await work.until_begun(1)
    with caplog.at_level(logging.WARNING):
        await pace.end()
        await asyncio.sleep(0.01)
    assert (work.was_cancelled, work.done, scheduler.running) == (True, 0, False)
    assert (failed, caplog.messages) == ([], [])


async def test_a_job_that_is_cancelled_before_the_end_has_failed(
    scheduler: AsyncIOScheduler, caplog: pytest.LogCaptureFixture
) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    scheduler.add_job(cancelled, "interval", seconds=3600, id="cancelled")
    failed = asyncio.Event()
    scheduler.add_listener(lambda _event: failed.set(), EVENT_JOB_ERROR)
    pace = Pace(scheduler)
    scheduler.start()
    pace.hurry()
    await asyncio.wait_for(failed.wait(), 10)
    assert "raised an exception" in caplog.text
    await pace.end()
