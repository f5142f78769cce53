"""The log as a view: lines by level, tag and text, small pushes, held still, and no argument that breaks it."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from app.runtime.house import House
from app.runtime.logbook import BOOK
from app.ui.state.log import MOST, LogState, show
from tests.ui.tabs import Tab, call
from tests.ui.test_hostile_events import HOSTILE

pytestmark = pytest.mark.asyncio(loop_scope="module")
DECISION = (
    "[DECISION] id=d{} token=VIRTUAL price=1.3128495 source=demo age=0s state=live level=5 verdict=SKIP "
    "first_failed=confidence size=0 occasion=look bot=stopped"
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A log that begins and ends empty."""
    BOOK.clear()
    yield
    BOOK.clear()


def log(*texts: str, level: int = logging.INFO, trace: str = "") -> None:
    for text in texts:
        record = logging.LogRecord("drydock", level, "", 0, text, (), None)
        record.exc_text = trace or None
        BOOK.handle(record)


async def opened() -> tuple[Tab, LogState]:
    tab = Tab()
    state = await tab.get(LogState)
    await call(state, "load")
    tab.sent()
    return tab, state


def messages(rows: Any) -> list[str]:
    return [row[4] for row in rows["rows"]]


def on_screen(state: LogState, told: list[dict[str, Any]]) -> list[str]:
    """What the browser shows after these pushes: each goes on where the one before it ended."""
    base: Any = state.base
    shown, upto = messages(base), base["upto"]
    for fresh in told:
        assert (fresh["epoch"], fresh["since"]) == (base["epoch"], upto)
        shown, upto = messages(fresh) + shown, fresh["upto"]
    return shown


async def test_a_page_begins_with_the_newest_lines_and_all_that_they_say(house: House) -> None:
    log(*(f"[PRICE] n={number}" for number in range(MOST + 5)))
    log("[TRADE] work=failed", level=logging.ERROR, trace="Traceback")
    _, state = await opened()
    assert len(messages(state.base)) == MOST
    rows: Any = state.base["rows"]
    assert rows[0][2:] == ["error", "TRADE", "work=failed", "Traceback"]
    assert messages(state.base)[1] == f"n={MOST + 4}"


async def test_what_comes_is_told_once_and_goes_on_where_the_last_push_ended(house: House) -> None:
    tab, state = await opened()
    await call(state, "show_tag", "TRADE")
    told: list[dict[str, Any]] = []
    for texts in (["[TRADE] n=1"], ["[PRICE] n=2"], ["[TRADE] n=3", "[GAS] n=4", "[TRADE] n=5"]):
        tab.sent()
        log(*texts)
        await show(state)
        told += [vars["fresh"] for vars in [tab.sent()] if "fresh" in vars]
    assert len(told) == 2
    assert on_screen(state, told) == ["n=5", "n=3", "n=1"]


async def test_a_push_of_five_lines_is_small_however_many_are_shown(house: House) -> None:
    log(*(DECISION.format(number) for number in range(MOST)))
    tab, state = await opened()
    log(*(DECISION.format(number) for number in range(5)))
    await show(state)
    sent = tab.sent()
    assert set(sent) == {"fresh"}
    assert len(json.dumps(sent)) < 2_000
    await show(state)
    assert tab.sent() == {}


async def test_chips_choose_and_a_second_press_shows_all_again(house: House) -> None:
    log("[PRICE] n=1", "[TRADE] n=2")
    log("[TRADE] n=3", level=logging.WARNING)
    _, state = await opened()
    for name, value, found in (
        ("show_tag", "TRADE", ["n=3", "n=2"]),
        ("show_level", "warning", ["n=3"]),
        ("show_tag", "TRADE", ["n=3"]),
        ("show_level", "warning", ["n=3", "n=2", "n=1"]),
        ("search", "N=2", ["n=2"]),
        ("search", "[trade]", ["n=3", "n=2"]),
        ("show_tag", "PRICE", []),
        ("search", "", ["n=1"]),
        ("show_tag", "", ["n=3", "n=2", "n=1"]),
    ):
        await call(state, name, value)
        assert messages(state.base) == found, (name, value)
        assert state.fresh == {}


async def test_one_press_takes_every_choice_away(house: House) -> None:
    log("[PRICE] n=1", "[TRADE] n=2")
    _, state = await opened()
    for name, value in (("show_tag", "TRADE"), ("show_level", "error"), ("search", "nowhere")):
        await call(state, name, value)
    assert messages(state.base) == []
    await call(state, "show_all")
    assert (state.level, state.tag, state.q) == ("", "", "")
    assert messages(state.base) == ["n=2", "n=1"]


async def test_held_still_it_only_counts_what_fits_and_shows_it_when_it_goes_on(house: House) -> None:
    tab, state = await opened()
    await call(state, "show_tag", "TRADE")
    await call(state, "pause")
    tab.sent()
    log("[TRADE] n=1", "[PRICE] n=2", "[TRADE] n=3")
    await show(state)
    log("[TRADE] n=4")
    await show(state)
    assert tab.sent() == {"waiting": 3}
    log(*["[TRADE] n=5"] * (MOST + 1))
    await show(state)
    assert state.waiting == MOST
    await call(state, "pause")
    assert (state.paused, state.waiting, messages(state.base)[0]) == (False, 0, "n=5")


async def test_an_epoch_never_comes_again_not_even_from_a_desk_that_was_started_anew(house: House) -> None:
    _, before = await opened()
    known = [before.base["epoch"]]
    for name, *arguments in (("load",), ("search", "x"), ("pause",), ("pause",)):
        await call(before, name, *arguments)
        known.append(before.base["epoch"])
    await asyncio.sleep(0.02)
    _, after = await opened()
    known.append(after.base["epoch"])
    assert known == sorted(known)
    assert len(set(known)) == 5


async def test_what_is_shown_of_a_line_is_bounded(house: House) -> None:
    log("[PRICE] why=" + "x" * 50_000, trace="y" * 50_000 + "end")
    _, state = await opened()
    rows: Any = state.base["rows"]
    assert len(json.dumps(rows)) < 6_000
    assert rows[0][5].endswith("end")


async def test_no_argument_breaks_a_filter(house: House) -> None:
    log("[PRICE] n=1")
    tab, state = await opened()
    for argument in HOSTILE:
        for name in ("show_level", "show_tag", "search"):
            await call(state, name, argument)
            await show(state)
            tab.sent()
        assert (state.level, state.tag) == ("", "")
        assert len(state.q) <= 200
