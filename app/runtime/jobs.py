"""The scheduler's jobs: it only rings; what is due is decided elsewhere."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.runtime.house import House
from app.runtime.reach import Reach
from app.runtime.sessions import pollers_of

RING_SECONDS = 0.25
WRITE_SECONDS = 15
PROBE_SECONDS = 30
LOOK_BACK_SECONDS = 60
PRUNE_SECONDS = 3600
MARK_SECONDS = 60
MEASURE_SECONDS = 1
THINK_AFTER = 5
ALARM_SECONDS = 5
UPTIME_SECONDS = 1
REACH_SECONDS = 15
JOT_SECONDS = 1
# What is late is done, once: the library would leave out whatever a stalled loop is a second late for.
ONCE_BUT_SURELY: Mapping[str, int | bool | None] = MappingProxyType(
    {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
)


def scheduler_of(house: House) -> AsyncIOScheduler:
    """A scheduler with every job of the house, not yet started."""

    async def ring() -> None:
        house.ring()

    async def watch() -> None:
        house.uptime.look()

    async def jot() -> None:
        await house.spending.jot(house.store, pollers_of(house), house.clock.instant())

    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=ONCE_BUT_SURELY)
    scheduler.add_job(ring, "interval", seconds=RING_SECONDS)
    scheduler.add_job(house.write_down, "interval", seconds=WRITE_SECONDS)
    scheduler.add_job(house.probe, "interval", seconds=PROBE_SECONDS)
    scheduler.add_job(house.look_back, "interval", seconds=LOOK_BACK_SECONDS)
    scheduler.add_job(house.mark, "interval", seconds=MARK_SECONDS)
    # Some seconds after the prices, which begin with the house: it would else always think about the oldest.
    first = house.clock.instant().utc + timedelta(seconds=min(THINK_AFTER, house.settings.bot_tick_seconds))
    scheduler.add_job(house.think, "interval", seconds=house.settings.bot_tick_seconds, next_run_time=first)
    scheduler.add_job(house.measure, "interval", seconds=MEASURE_SECONDS)
    scheduler.add_job(house.alarms.look, "interval", seconds=ALARM_SECONDS)
    scheduler.add_job(watch, "interval", seconds=UPTIME_SECONDS)
    scheduler.add_job(Reach(house).look, "interval", seconds=REACH_SECONDS)
    scheduler.add_job(jot, "interval", seconds=JOT_SECONDS)
    scheduler.add_job(house.prune, "interval", seconds=PRUNE_SECONDS)
    return scheduler
