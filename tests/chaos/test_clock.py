"""The machine's clock is set while Drydock runs and while it is away: it trades on, and one sentence tells."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.forked import Forked
from tests.chaos.test_faults import ask, bought, is_sound
from tests.standing import Standby

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What the bot decides on unless it is told otherwise.
BAR = timedelta(minutes=5)


class Set:
    """The server's clock, and the hand that sets it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clock"
        self.by(timedelta(0))

    def by(self, step: timedelta) -> None:
        """So far from the real time, from now on."""
        self.step = step
        beside = self.file.with_suffix(".part")
        beside.write_text(str(step.total_seconds()), "utf-8")
        beside.replace(self.file)

    def shows(self) -> datetime:
        return datetime.now(UTC) + self.step


@pytest.fixture
def clock(tmp_path: Path) -> Set:
    return Set(tmp_path)


@pytest.fixture
def server(standby: Standby, tmp_path: Path, clock: Set) -> Iterator[Forked]:
    server = Forked(standby, tmp_path, {"DRYDOCK_BOT_TICK_SECONDS": "1"}, clock=clock.file)
    yield server
    server.kill()


def until_told(server: Forked, sentence: str) -> None:
    for _ in range(600):
        if sentence in server.last_said:
            return
        time.sleep(0.05)
    raise AssertionError(f"{sentence!r} was never told: {server.last_said}")


def is_live_again(server: Forked, clock: Set) -> None:
    """Every price is of the time that the clock shows by now, and none stands still."""
    for _ in range(200):
        prices = server.get("/api/prices").json()
        ages = [abs(clock.shows() - datetime.fromisoformat(each["as_of"])) for each in prices if each["as_of"]]
        if len(ages) == len(prices) and all(each["state"] == "live" for each in prices) and max(ages) < HOUR / 60:
            return
        time.sleep(0.1)
    raise AssertionError(f"not live at {clock.shows()}: {server.get('/api/prices').text[:1500]}")


def until_remembered(server: Forked) -> None:
    """The past that the bot wants has been written down."""
    for _ in range(200):
        if len(server.get("/api/prices/WETH/bars?interval=5m&limit=120").json()) == 120:
            return
        time.sleep(0.05)
    raise AssertionError("there is no past")


def rests_on_what_has_closed(server: Forked, *levels: int) -> None:
    """What the bot thinks at one of these levels, each new to it, rests on the last bar that has closed by the clock as
    it stands, and on none ahead of it."""
    thoughts = [thought_at(server, levels[0])]
    while not _rests(thoughts[-1]):
        assert len(thoughts) < len(levels), thoughts
        thoughts.append(thought_at(server, levels[len(thoughts)]))


def _rests(thought: dict[str, Any]) -> bool:
    at, bar_at = datetime.fromisoformat(thought["at"]), thought["bar_at"]
    return bar_at is not None and BAR <= at - datetime.fromisoformat(bar_at) < 2 * BAR


def thought_at(server: Forked, level: int) -> dict[str, Any]:
    httpx.put(f"{server.url}/api/bot/level", json={"level": level}, timeout=30).raise_for_status()
    for _ in range(200):
        for thought in server.get(f"/api/decisions?token=WETH&level={level}&limit=1").json()["items"]:
            return thought
        time.sleep(0.1)
    raise AssertionError(f"nothing was thought at level {level}: {server.get('/api/decisions').text[:1500]}")


@pytest.mark.slow
def test_a_clock_that_is_set_back_and_forward_stops_no_trading_and_unbalances_nothing(
    server: Forked, clock: Set
) -> None:
    server.start()
    httpx.post(f"{server.url}/api/bot", json={"action": "start"}, timeout=30).raise_for_status()
    heard = bought(server, "at first")
    until_remembered(server)
    # A step that is not told, so that the bot looks for the past again at once.
    clock.by(-HOUR / 180)
    rests_on_what_has_closed(server, 1, 2, 3)
    clock.by(-HOUR)
    until_told(server, "The clock went back by 1 hour to ")
    is_live_again(server, clock)
    rests_on_what_has_closed(server, 6, 7, 8)
    later = (clock.shows() + HOUR * 2).isoformat()
    waits = {"type": "limit", "limit_price": "1", "expires_at": later}
    assert ask(server, "until later", **waits).status_code == 201
    assert ask(server, "for ever", type="limit", limit_price="1").status_code == 201
    earlier = bought(server, "an hour earlier")
    clock.by(DAY)
    until_told(server, "The clock went forward by 1 day to ")
    is_live_again(server, clock)
    a_day_later = bought(server, "a day later")
    for each in (earlier, a_day_later):
        heard.acknowledged |= each.acknowledged
    states = {name: server.get(f"/api/orders/{name}").json()["status"] for name in ("until later", "for ever")}
    assert states == {"until later": "expired", "for ever": "open"}
    assert server.get("/api/bot").json()["state"] == "running"
    assert server.get("/api/prices/WETH/bars").status_code == 200
    is_sound(server, heard)
    server.stop()
    clock.by(timedelta(0))
    server.start()
    assert "The clock went back by 1 day while Drydock was away." in server.last_said
    is_live_again(server, clock)
    heard.acknowledged |= bought(server, "back again").acknowledged
    is_sound(server, heard)
    assert "Traceback" not in server.said
