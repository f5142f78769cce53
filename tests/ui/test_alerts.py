"""Alerts on the pages: toasts in every open tab, a badge that counts, and a list of those that were."""

from datetime import timedelta

import pytest

from app.domain.alerts import Alert, AlertKind, Condition
from app.runtime.alarms import Alarms
from app.runtime.house import House
from app.ui.state import alerts, toasts
from app.ui.state.alerts import AlertsState, lasted, row
from app.ui.state.toasts import STAYING, ToastState, tell
from tests.clock import START, FakeClock
from tests.ui.tabs import Tab, call

pytestmark = pytest.mark.asyncio(loop_scope="module")

FULL = Condition(AlertKind.DISK_NEARLY_FULL, "", "The disk is nearly full.", "The disk has room again.")
STALLED = Condition(AlertKind.BOT_STALLED, "", "The bot stands still.", "The bot goes on.")


@pytest.fixture
def alarms(own: House) -> Alarms:
    own.alarms = Alarms(own, free=lambda _: (10**12, 10**12))
    return own.alarms


class Pages:
    """A tab that is open, and is pushed what the bell tells of."""

    def __init__(self) -> None:
        self.tab = Tab()

    async def load(self) -> "Pages":
        await call(await self.tab.get(ToastState), "load")
        return self

    async def told(self) -> list[tuple[str, str]]:
        state = await self.tab.get(ToastState)
        await toasts.ALERTS.show(state)
        return [(str(toast["kind"]), str(toast["text"])) for toast in state.toasts]


async def looks(alarms: Alarms, clock: FakeClock, seconds: float = 5) -> None:
    clock.advance(seconds)
    await alarms.look()


async def test_every_open_tab_is_told_once_and_a_tab_opened_later_is_not(alarms: Alarms, clock: FakeClock) -> None:
    tabs = [await Pages().load(), await Pages().load()]
    alarms.say(FULL)
    await looks(alarms, clock)
    later = await Pages().load()
    for tab in tabs:
        assert await tab.told() == [(STAYING, "The disk is nearly full.")]
        assert await tab.told() == [(STAYING, "The disk is nearly full.")]
    assert await later.told() == []


async def test_that_it_is_over_takes_the_place_of_the_alert(alarms: Alarms, clock: FakeClock) -> None:
    tab = await Pages().load()
    alarms.say(FULL, lasting_s=8)
    alarms.say(STALLED)
    await looks(alarms, clock)
    await tab.told()
    await looks(alarms, clock)
    assert await tab.told() == [(STAYING, "The bot stands still."), ("recovered", "The disk has room again.")]


async def test_an_alert_stays_past_a_change_of_page_and_past_whatever_else_is_said(
    alarms: Alarms, clock: FakeClock
) -> None:
    tab = await Pages().load()
    alarms.say(FULL)
    await looks(alarms, clock)
    await tab.told()
    state = await tab.tab.get(ToastState)
    for number in range(6):
        await tell(state, "filled", str(number))
    kinds = [toast["kind"] for toast in state.toasts]
    assert kinds == [STAYING, *["filled"] * toasts.MOST]
    state.toasts = [toast | {"at": float(toast["at"]) - 60_000} for toast in state.toasts]
    await call(state, "load")
    assert [toast["kind"] for toast in state.toasts] == [STAYING]


async def test_that_the_desk_was_started_anew_is_a_note_that_goes_by_itself(alarms: Alarms, clock: FakeClock) -> None:
    tab = await Pages().load()
    alarms.tell(AlertKind.RESTARTED, "It ended in the midst of its work.")
    await looks(alarms, clock)
    assert await tab.told() == [("note", "It ended in the midst of its work.")]
    await looks(alarms, clock, 600)
    assert await tab.told() == [("note", "It ended in the midst of its work.")]


async def test_a_tab_that_comes_back_after_a_restart_was_told_is_told_of_it_once(
    alarms: Alarms, clock: FakeClock
) -> None:
    alarms.tell(AlertKind.RESTARTED, "It ended in the midst of its work.")
    alarms.say(FULL)
    await looks(alarms, clock)
    said = [("note", "It ended in the midst of its work.")]
    fresh, outlived = await Pages().load(), Pages()
    (await outlived.tab.get(ToastState))._heard = 40
    assert await fresh.told() == await outlived.told() == said
    assert await (await fresh.load()).told() == await (await outlived.load()).told() == said


async def test_a_tab_that_outlived_the_desk_is_told_what_comes_and_nothing_of_before(
    alarms: Alarms, own: House, clock: FakeClock
) -> None:
    tab = await Pages().load()
    (await tab.tab.get(ToastState))._heard = 40
    assert await tab.told() == []
    alarms.say(FULL)
    await looks(alarms, clock)
    assert await tab.told() == [(STAYING, "The disk is nearly full.")]


async def test_the_badge_counts_what_stands_and_the_list_has_the_newest_first(alarms: Alarms, clock: FakeClock) -> None:
    state = await Tab().get(AlertsState)
    await call(state, "load")
    await call(state, "load_rows")
    assert (state.standing, state.rows, state.asked) == (0, [], True)
    alarms.say(FULL, lasting_s=65)
    await looks(alarms, clock)
    alarms.say(STALLED, lasting_s=1000)
    await looks(alarms, clock)
    await looks(alarms, clock, 70)
    await alerts.BADGE.show(state)
    alarms.webhook.untaken = 2
    await alerts.VIEW.show(state)
    assert (state.standing, state.newest, state.untaken) == (1, "The bot stands still.", 2)
    assert [line[1:] for line in state.rows] == [
        ["Bot stalled", "The bot stands still.", "", "yes"],
        ["Disk nearly full", "The disk is nearly full.", "1 min", ""],
    ]


async def test_what_a_start_had_to_say_stands_on_every_page_and_is_nothing_wrong(
    alarms: Alarms, clock: FakeClock
) -> None:
    state = await Tab().get(AlertsState)
    alarms.tell(AlertKind.RESTARTED, "Drydock was ended without warning.")
    await looks(alarms, clock)
    await alerts.BADGE.show(state)
    assert (state.standing, state.note) == (0, "Drydock was ended without warning.")
    await looks(alarms, clock, 700)
    await alerts.BADGE.show(state)
    assert (state.standing, state.note) == (0, "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3 * 3600 + 1200, "3 h 20 min"), (200_000, "2 d 7 h")],
)
async def test_how_long_it_lasted_is_said_in_two_words(seconds: int, words: str) -> None:
    assert lasted(START, START + timedelta(seconds=seconds)) == words


@pytest.mark.parametrize("kind", list(AlertKind))
async def test_every_kind_has_a_name_for_people(kind: AlertKind) -> None:
    assert row(Alert("a1", Condition(kind, "", "", ""), "s1", START))[1]
