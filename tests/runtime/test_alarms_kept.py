"""Alarms are kept and told: over a restart, past a database that refuses, to the webhook, and past their own faults."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.alerts import AlertKind, Condition
from app.runtime.house import House
from app.store.alerts import ALL, AlertFilter
from app.trading.bell import Topic
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import house_of
from tests.runtime.watch import ROOM, Watch, posted_to
from tests.store.held import held

DISK, BOT = AlertKind.DISK_NEARLY_FULL, AlertKind.BOT_STALLED
FULL = (1000, 10**12)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def watched(house: House, clock: FakeClock) -> Watch:
    """An invented market that is open; its past, which is not needed, is not made up."""
    await house.opened()
    await house.feed.stop()
    return Watch(house, clock)


async def test_what_lasts_over_a_restart_is_not_raised_again_and_what_does_not_is_ended(
    tmp_path: Path, clock: FakeClock
) -> None:
    settings = settings_of(tmp_path, market="demo", watchlist="WETH")
    async with house_of(settings, clock) as house:
        watch = await watched(house, clock)
        watch.room = FULL
        watch.alarms.say(Condition(BOT, "", "It stands still.", "It goes on."))
        await watch.looks(20)
        assert watch.standing == [(BOT, ""), (DISK, "")]
    async with house_of(settings, clock) as house:
        watch = await watched(house, clock)
        watch.room = FULL
        await watch.looks(60)
        assert (watch.standing, watch.told) == ([(DISK, "")], [("recovered", BOT)])
        assert watch.on_disk() == [("a1", BOT, False), ("a2", DISK, True)]
        watch.room = ROOM
        await watch.looks(90)
        assert watch.on_disk()[1] == ("a2", DISK, False)
        assert watch.alarms.counts == {}


async def test_an_alert_that_the_database_refuses_is_told_and_kept_once_it_can_be(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with house_of(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        watch = await watched(house, clock)
        await watch.looks(5)
        with held(house.store):
            watch.alarms.say(Condition(BOT, "", "It stands still.", "It goes on."), lasting_s=8)
            watch.room = FULL
            with caplog.at_level(logging.INFO, logger="drydock"):
                await watch.looks(40)
            assert watch.told == [("raised", BOT), ("recovered", BOT), ("raised", DISK)]
            assert [alert.id for alert in watch.alarms.standing] == ["u2"]
            assert [alert.id for alert in await watch.alarms.listed(ALL, 10)] == ["u2", "u1"]
            assert [alert.id for alert in await watch.alarms.listed(AlertFilter(standing=False), 10)] == ["u1"]
        lines = [record.getMessage() for record in caplog.records]
        assert "[ALERT] kind=bot_stalled about='' said='It stands still.'" in lines
        assert "[ALERT] recovered=bot_stalled about='' said='It goes on.'" in lines
        assert len([line for line in lines if "store=refused" in line]) == 1
        await watch.looks(5)
        assert watch.on_disk() == [("a1", BOT, False), ("a2", DISK, True)]
        assert [alert.id for alert in watch.alarms.standing] == ["a2"]
        assert len(watch.told) == 3


async def test_what_was_raised_before_the_past_could_be_read_is_not_kept_twice(
    tmp_path: Path, clock: FakeClock
) -> None:
    settings = settings_of(tmp_path, market="demo", watchlist="WETH")
    async with house_of(settings, clock) as house:
        watch = await watched(house, clock)
        watch.room = FULL
        await watch.looks(20)
    async with house_of(settings, clock) as house:
        watch = await watched(house, clock)
        watch.room = FULL
        file = tmp_path / "drydock.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("ALTER TABLE alerts RENAME TO elsewhere")
            await watch.looks(20)
            assert [alert.id for alert in watch.alarms.standing] == ["u1"]
            other.execute("ALTER TABLE elsewhere RENAME TO alerts")
        await watch.looks(5)
        assert watch.on_disk() == [("a1", DISK, True)]
        assert [alert.id for alert in watch.alarms.standing] == ["a1"]


async def test_the_webhook_is_told_what_is_raised_and_what_is_over(tmp_path: Path, clock: FakeClock) -> None:
    async with posted_to() as (url, got):
        settings = settings_of(tmp_path, market="demo", watchlist="WETH", webhook_url=url)
        async with house_of(settings, clock) as house:
            watch = await watched(house, clock)
            heard = house.bell.listener()
            watch.alarms.say(Condition(BOT, "", "It stands still.", "It goes on."), lasting_s=20)
            await watch.looks(10)
            assert Topic.ALERT in await heard.wait()
            await watch.looks(30)
            assert Topic.ALERT in await heard.wait()
            heard.leave()
            await watch.alarms.webhook.quiet()
        raised, recovered = got
        assert raised["event"] == "raised"
        assert raised["desk"].keys() == {"market", "session_id", "version"}
        assert (raised["desk"]["market"], raised["desk"]["session_id"]) == ("demo", "s1")
        assert raised["alert"] == {
            "id": "a1",
            "kind": "bot_stalled",
            "about": "",
            "sentence": "It stands still.",
            "session_id": "s1",
            "raised_at": "2026-11-02T12:00:05.000Z",
            "recovered_at": None,
            "recovery": "It goes on.",
        }
        assert recovered["event"] == "recovered"
        assert recovered["alert"] == raised["alert"] | {"recovered_at": "2026-11-02T12:00:20.000Z"}


async def test_a_recovery_is_posted_under_the_id_that_the_alert_was_raised_under(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with posted_to() as (url, got):
        settings = settings_of(tmp_path, market="demo", watchlist="WETH", webhook_url=url)
        async with house_of(settings, clock) as house:
            watch = await watched(house, clock)
            await watch.looks(5)
            with held(house.store):
                watch.alarms.say(Condition(BOT, "", "It stands still.", "It goes on."), lasting_s=12)
                watch.room = FULL
                await watch.looks(50)
                assert watch.standing == [(DISK, "")]
            watch.room = ROOM
            await watch.looks(90)
            assert watch.on_disk() == [("a1", BOT, False), ("a2", DISK, False)]
            watch.alarms.say(Condition(BOT, "", "It stands still.", "It goes on."), lasting_s=12)
            await watch.looks(20)
            await watch.alarms.webhook.quiet()
    told = [(it["event"], it["alert"]["id"], it["alert"]["kind"]) for it in got]
    assert told == [
        *(("raised", "u1", "bot_stalled"), ("recovered", "u1", "bot_stalled")),
        *(("raised", "u2", "disk_nearly_full"), ("recovered", "u2", "disk_nearly_full")),
        *(("raised", "a3", "bot_stalled"), ("recovered", "a3", "bot_stalled")),
    ]
    assert got[2]["alert"]["raised_at"] == got[3]["alert"]["raised_at"]


async def test_what_is_told_once_is_raised_once_and_over_after_ten_minutes(tmp_path: Path, clock: FakeClock) -> None:
    settings = settings_of(tmp_path, market="demo", watchlist="WETH")
    async with house_of(settings, clock) as house:
        watch = await watched(house, clock)
        watch.alarms.tell(AlertKind.RESTARTED, "Drydock was ended in the midst of its work.")
        await watch.looks(300)
        assert [alert.condition.kind for alert in watch.alarms.standing] == [AlertKind.RESTARTED]
    async with house_of(settings, clock) as house:
        watch = await watched(house, clock)
        watch.alarms.tell(AlertKind.RESTARTED, "And once more.")
        await watch.looks(5)
        (ended,) = await watch.alarms.listed(AlertFilter(standing=False), 10)
        assert ended.condition.recovery == "That was said before the last start."
        assert watch.told == [("raised", AlertKind.RESTARTED), ("recovered", AlertKind.RESTARTED)]
        assert [alert.condition.sentence for alert in watch.alarms.standing] == ["And once more."]
        await watch.looks(600)
        assert watch.standing == []
        assert (await watch.alarms.listed(ALL, 1))[0].condition.recovery == "That was ten minutes ago."


async def test_a_look_that_fails_is_told_and_ends_none_of_those_to_come(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with house_of(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        watch = await watched(house, clock)
        watch.room = ()  # pyright: ignore[reportAttributeAccessIssue] # as a bug would have it
        await watch.looks(5)
        assert [record.getMessage() for record in caplog.records if record.exc_info] == ["[ALERT] look=failed"]
        watch.room = FULL
        await watch.looks(20)
        assert watch.standing == [(DISK, "")]


async def test_before_the_market_is_open_nothing_is_looked_at(tmp_path: Path, clock: FakeClock) -> None:
    async with house_of(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        watch = Watch(house, clock)
        watch.room = FULL
        await watch.alarms.look()
        assert not house.is_open
        assert watch.told == []
        await house.opened()
