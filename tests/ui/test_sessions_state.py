"""Sessions as views: the list, a new one by a form that is judged, another name, and two side by side."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from app.domain.tickets import LONGEST_ID
from app.runtime.house import House
from app.runtime.sessions import LONGEST_NAME, draft_of
from app.store.sessions import session as kept_session
from app.ui.state.sessions import PAGE, CompareState, SessionsState, show
from tests.clock import FakeClock
from tests.runtime.houses import house_of
from tests.ui.dealings import bought, pit_of, press
from tests.ui.tabs import Tab, call, demo_settings
from tests.ui.test_hostile_events import HOSTILE

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"name": "Second", "note": "Tighter stops.", "balance": "2,500", "market": "demo", "chain": "8453"}


async def shown() -> SessionsState:
    state = await Tab().get(SessionsState)
    await call(state, "load")
    return state


async def test_the_session_at_work_stands_first_with_what_came_of_it_so_far(own: House) -> None:
    await bought(own, "WETH", "5000")
    state = await shown()
    row = state.rows[0]
    assert (row["id"], row["state"], row["market"], row["chain"], row["trades"]) == (
        "s1",
        "at work",
        "Simulated",
        "Base",
        "1",
    )
    assert (row["balance"], row["returned"][0]) == ("$10,000.00", "−")
    assert row["span"].endswith("– now")
    assert (state.name, state.market, state.chain, state.balance) == (row["name"], "demo", "8453", "10000")
    assert [value for value, _ in state.markets] == ["live", "demo"]
    assert ["84532", "Base Sepolia"] in state.chains


async def test_files_that_can_be_replayed_are_among_the_markets(own: House) -> None:
    folder = own.settings.data_dir / "replays"
    folder.mkdir()
    (folder / "hours.csv").write_text("timestamp,open,high,low,close,volume\n")
    assert ["replay:hours.csv", "Replay of hours.csv"] in (await shown()).markets


async def test_a_form_archives_the_session_and_opens_another(own: House) -> None:
    await bought(own, "WETH", "5000")
    state = await shown()
    await call(state, "open_new", FORM, *press())
    assert (state.said, state.refused, state.busy) == ("“Second” is open.", False, False)
    now, old = state.rows
    assert (now["name"], now["note"], now["balance"], now["state"]) == (
        "Second",
        "Tighter stops.",
        "$2,500.00",
        "at work",
    )
    assert (old["id"], old["state"], old["trades"], old["returned"][0]) == ("s1", "archived", "1", "−")
    assert pit_of(own).session.id == state.present == now["id"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("balance", "a lot", "Type the starting balance as a number"),
        ("balance", "", "Type the starting balance as a number"),
        ("balance", "100,00", "Type the starting balance as a number"),
        ("balance", "0", "a number above zero"),
        ("balance", "0.5", "between $1 and"),
        ("balance", "1e13", "between $1 and $1,000,000,000,000."),
        ("balance", "1e99", "between $1 and $1,000,000,000,000."),
        ("balance", "NaN", "Type the starting balance as a number"),
        ("balance", "5.1234567", "at most 6 decimals"),
        ("chain", "99", "Choose a chain."),
        ("market", "replay:../../etc/passwd", "There is no file"),
        ("market", "moon", "The market is live, demo"),
        ("name", "x" * (LONGEST_NAME + 1), "A name has at most"),
    ],
)
async def test_a_form_that_makes_no_sense_changes_nothing_and_says_why(
    own: House, field: str, value: str, sentence: str
) -> None:
    state = await shown()
    await call(state, "open_new", FORM | {field: value}, *press())
    assert state.refused
    assert sentence in state.said
    assert pit_of(own).session.id == "s1"


async def test_a_balance_is_judged_while_it_is_written_and_anew_in_the_form_of_the_next_session(own: House) -> None:
    state = await shown()
    found: list[str] = []
    for text in ("abc", "1e99", "", "$2,500"):
        await call(state, "judge", text)
        found.append(state.fault)
    kind = "Type the starting balance as a number, like 10000."
    assert found == [kind, "A starting balance is between $1 and $1,000,000,000,000.", kind, ""]
    await call(state, "judge", "abc")
    await own.succeed(draft_of(own.settings, own.floor, own.feed.now()))
    await show(state)
    assert state.fault == ""
    await call(state, "judge", "abc")
    await show(state)
    assert state.fault == kind


async def test_nothing_that_a_browser_can_say_opens_archives_or_renames_a_session(own: House) -> None:
    tab = Tab()
    state, comparing = await tab.get(SessionsState), await tab.get(CompareState)
    before = pit_of(own).session
    order_id, at = press()
    await call(state, "open_new", FORM, order_id, at - 60_000)
    assert "60 s ago" in state.said
    for said in HOSTILE:
        await call(state, "open_new", FORM, order_id, said)
        if not _names_a_press(said):
            await call(state, "open_new", FORM, said, at)
        for form in (said, dict.fromkeys(FORM, said)):
            await call(state, "open_new", form, press()[0], at)
        await call(state, "rename", {"name": said, "note": said} if not isinstance(said, str) else said, at)
        for name in ("take_session", "take_trades"):
            await call(state, name, said)
        await call(comparing, "choose", said)
        await call(state, "judge", said)
        await call(comparing, "choose", "s1")
        assert comparing.names == []
        tab.sent()
    assert pit_of(own).session == before


def _names_a_press(said: object) -> bool:
    return isinstance(said, str) and 0 < len(said) <= LONGEST_ID and said.isprintable()


async def test_a_press_that_comes_twice_opens_one_session(own: House) -> None:
    state = await shown()
    once = press()
    for _ in range(2):
        await call(state, "open_new", FORM, *once)
    assert ([row["id"] for row in state.rows], state.said) == (["s2", "s1"], "“Second” is open.")


async def test_while_a_session_is_being_opened_no_other_press_opens_one(own: House) -> None:
    state = await shown()
    async with own.switching:
        first = asyncio.create_task(call(state, "open_new", FORM, *press()))
        await asyncio.sleep(0)
        assert state.busy
        await call(state, "open_new", FORM, *press())
    await first
    assert ([row["id"] for row in state.rows], state.busy) == (["s2", "s1"], False)


async def test_a_form_that_was_refused_can_be_sent_again_by_another_press(own: House) -> None:
    state = await shown()
    for form in (FORM | {"balance": "100,00"}, FORM | {"balance": "$2,500.50"}):
        await call(state, "open_new", form, *press())
    assert (state.rows[0]["balance"], state.refused) == ("$2,500.50", False)


async def test_an_archived_session_is_read_once_and_the_one_at_work_anew(own: House) -> None:
    await bought(own, "WETH", "100")
    state = await shown()
    await call(state, "open_new", FORM, *press())
    before = state.rows[1]
    assert set(state._settled) == {"s1"}
    state._settled = {"s1": ("+7.00 %", 7)}
    await bought(own, "WETH", "100")
    await call(state, "load")
    assert [row["trades"] for row in state.rows] == ["1", "7"]
    assert before["trades"] == "1"


async def test_the_session_at_work_takes_another_name_everywhere(own: House) -> None:
    state = await shown()
    await call(state, "rename", {"name": " November again ", "note": " Calm. "}, press()[1])
    assert (state.said, state.refused, state.name, state.note) == ("Kept.", False, "November again", "Calm.")
    assert pit_of(own).session.name == "November again"
    on_disk = kept_session(own.store, "s1")
    assert on_disk is not None
    assert (on_disk.name, on_disk.note) == ("November again", "Calm.")
    for name, sentence in (("  ", "needs a name"), ("x" * (LONGEST_NAME + 1), "at most")):
        await call(state, "rename", {"name": name, "note": ""}, press()[1])
        assert sentence in state.said
        assert state.refused
    assert pit_of(own).session.name == "November again"


async def test_two_sessions_stand_side_by_side_and_what_differs_is_marked(own: House) -> None:
    await bought(own, "WETH", "500")
    tab = Tab()
    state, comparing = await tab.get(SessionsState), await tab.get(CompareState)
    await call(state, "open_new", FORM, *press())
    await call(comparing, "choose", "s1")
    assert comparing.names == []
    await call(comparing, "choose", "s2")
    assert comparing.names[1] == "Second"
    settings = {line[0]: line[1:4] for line in comparing.settings}
    assert settings["Starting balance"] == ["$10,000.00", "$2,500.00", "yes"]
    assert settings["Market"] == ["Simulated", "Simulated", ""]
    assert settings["Watchlist"] == ["WETH, LINK", "WETH, LINK", ""]
    outcome = {line[0]: line[1:] for line in comparing.outcome}
    assert outcome["Trades"][:3] == ["1", "0", "yes"]
    assert [
        outcome[f"Fill error {when}, median (above zero is worse)"][0] for when in ("at the next block", "after 30 s")
    ] == [
        "–",
        "–",
    ]
    assert outcome["Won"] == ["–", "–", "", *["No position has been opened and sold out yet."] * 2]
    await call(comparing, "choose", "s1")
    assert (comparing.chosen, comparing.names) == (["s2"], [])


async def test_of_three_that_were_chosen_the_first_is_let_go(own: House) -> None:
    comparing = await Tab().get(CompareState)
    for one in ("s1", "s9", "s8"):
        await call(comparing, "choose", one)
    assert comparing.chosen == ["s9", "s8"]
    assert comparing.said == "There is no session 's9'."


async def test_a_session_is_taken_from_the_api_where_that_is_open(own: House) -> None:
    said = await taken_away("s1")
    assert said["filename"].strip('"') == "drydock-session-s1.json"
    assert said["url"].strip('"') == "/api/sessions/s1/export"
    assert await taken_away("s9") == {}


async def taken_away(session_id: str) -> dict[str, str]:
    event = await SessionsState.event_handlers["take_session"].fn(await shown(), session_id)
    return {str(name): str(value) for name, value in event.args} if event else {}


async def test_behind_a_password_a_session_is_handed_over_as_a_file_that_holds_it(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with house_of(demo_settings(tmp_path, password="open sesame"), clock) as house:
        await house.opened()
        trade = await bought(house, "WETH", "500")
        said = await taken_away("s1")
    assert said["filename"].strip('"') == "drydock-session-s1.json"
    content = json.loads(base64.b64decode(said["url"].strip('"').removeprefix("data:application/json;base64,")))
    assert content["session"]["id"] == "s1"
    assert [known["order_id"] for known in content["trades"]] == [trade.order_id]


async def test_sessions_are_turned_page_by_page(own: House) -> None:
    state = await shown()
    for number in range(PAGE):
        await call(state, "open_new", FORM | {"name": f"n{number}"}, *press())
    assert (len(state.rows), state.older, state.newer) == (PAGE, True, False)
    await call(state, "go_older")
    assert ([row["id"] for row in state.rows], state.older, state.newer) == (["s1"], False, True)
    await call(state, "go_newer")
    assert state.rows[0]["name"] == f"n{PAGE - 1}"
