"""The decisions as a view: pages, filters, what is laid open, what is nearest to a purchase, and the file."""

import csv
import io
import re
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from app.bot.words import said as spoken
from app.domain.decisions import Decision, Gate, Logged, Verdict, at_least, at_most
from app.domain.performance import Figure
from app.runtime.house import House
from app.runtime.outcomes import Outcome
from app.store.decisions import ALL, DecisionFilter, log_decisions
from app.store.sessions import open_session
from app.ui.state import decisions
from app.ui.state.decision_files import decisions_file, newest
from app.ui.state.decision_rows import logged_row
from app.ui.state.decisions import PAGE, DecisionsState
from app.ui.state.weighing import weighed
from tests.clock import FakeClock
from tests.store.drawn import NOON, draft
from tests.store.drawn_decisions import a_decision
from tests.ui.dealings import bought, pit_of
from tests.ui.tabs import Tab, call
from tests.ui.test_hostile_events import HOSTILE

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
UNKNOWN = Figure(None, "So much time has not passed yet.")
NO_OUTCOME = Outcome(UNKNOWN, UNKNOWN, UNKNOWN)


_minutes = count()


def log(house: House, many: int, **values: Any) -> list[Logged]:
    """So many decisions about the first watched token, each a minute later than the one before."""
    pit = pit_of(house)
    now, token = pit.desk.venue.now(), next(iter(pit.floor.watchlist)).token
    rows = [
        a_decision(pit.session.id, now + next(_minutes) * MINUTE, **({"token": token, "failed": "risk"} | values))
        for _ in range(many)
    ]
    return log_decisions(house.store, rows)


def decision(*gates: Gate, verdict: Verdict = Verdict.SKIP) -> Decision:
    return Decision(5, verdict, (at_least("price", 2, 2), *gates), Decimal(0), 60.0, 40.0, 30.0)


async def opened() -> DecisionsState:
    state = await Tab().get(DecisionsState)
    await call(state, "load")
    return state


def ids(state: DecisionsState) -> list[str]:
    return [row["id"] for row in state.rows]


# -- pages and filters


async def test_the_newest_decision_stands_first_and_says_what_was_made_of_what(own: House) -> None:
    old, new = log(own, 2)
    state = await opened()
    assert ids(state) == [new.id, old.id]
    row = state.rows[0]
    assert (row["symbol"], row["price"], row["level"], row["verdict"], row["failed"]) == (
        "WETH",
        "1.5000",
        "5",
        "SKIP",
        "Risk",
    )
    assert (row["ten"], row["size"], row["trust"]) == ("–" * 10, "–", "live, coinbase, 2 s old")
    assert row["ten_said"].startswith("level 1 SKIP, level 2 SKIP")


async def test_pages_are_turned_by_what_was_last_on_them_so_that_new_decisions_move_nothing(own: House) -> None:
    kept = [row.id for row in reversed(log(own, PAGE + 5))]
    state = await opened()
    assert (ids(state), state.older, state.newer, state.first) == (kept[:PAGE], True, False, 1)
    await call(state, "go_older")
    assert (ids(state), state.older, state.newer, state.first) == (kept[PAGE:], False, True, PAGE + 1)
    log(own, 3)
    await decisions.show(state)
    assert ids(state) == kept[PAGE:]
    await call(state, "go_older")
    assert ids(state) == kept[PAGE:]
    await call(state, "go_newer")
    assert (len(state.rows), state.first) == (PAGE, 1)


async def test_filters_leave_what_fits(own: House) -> None:
    log(own, 2)
    log(own, 1, level=7, verdict=Verdict.HOLD, failed="edge")
    link = list(pit_of(own).floor.watchlist)[1].token
    log(own, 1, token=link)
    state = await opened()
    assert [pair[1] for pair in state.tokens] == ["LINK", "WETH"]
    for name, value, left in (
        ("level", "7", 1),
        ("verdict", "HOLD", 1),
        ("failed", "risk", 0),
        ("failed", "edge", 1),
        ("verdict", "", 1),
        ("token", link.address, 0),
    ):
        await call(state, "narrow", name, value)
        assert len(state.rows) == left, (name, value)
    await call(state, "widen")
    assert (len(state.rows), set(state.wanted.values())) == (4, {""})


async def test_a_new_decision_appears_without_losing_the_filter(own: House) -> None:
    log(own, 1)
    state = await opened()
    await call(state, "narrow", "level", "7")
    assert state.rows == []
    new = log(own, 2, level=7)
    log(own, 1)
    await decisions.show(state)
    assert ids(state) == [new[1].id, new[0].id]


async def test_what_is_held_says_what_keeps_it_and_that_no_more_is_bought(own: House) -> None:
    gates = (at_least("stop", 2512, 2386.78, keeps=True), at_most("room", 9, 5), at_most("risk", 90, 50))
    held = replace(decision(*gates, verdict=Verdict.HOLD), size_usd=Decimal(0))
    row = logged_row(replace(log(own, 1)[0], decision=held, said=spoken(held, "WETH")), NO_OUTCOME)
    assert row["failed"] == "Holds: would be SELL if the price were below $2,386.78; no more bought: Room for it"
    assert row["said"] == "HOLD WETH."


# -- laid open


async def test_what_is_open_stays_open_even_when_newer_ones_push_it_off_the_page(own: House) -> None:
    first = log(own, 1)[0]
    state = await opened()
    await call(state, "lay_open", first.id)
    assert (state.opened, state.laid["level"]) == (first.id, "5")
    log(own, PAGE + 3)
    await decisions.show(state)
    assert (len(state.rows), state.rows[-1]["id"], state.opened) == (PAGE + 1, first.id, first.id)
    # Older ones still begin after the page itself.
    await call(state, "go_older")
    assert (ids(state)[-1], len(state.rows), state.opened) == (first.id, 4, "")


async def test_the_same_press_again_closes_it(own: House) -> None:
    first = log(own, 1)[0]
    state = await opened()
    for expected in (first.id, "", first.id):
        await call(state, "lay_open", first.id)
        assert state.opened == expected


async def test_a_decision_of_another_session_is_not_laid_open(own: House) -> None:
    other = log_decisions(own.store, [a_decision(open_session(own.store, draft(), NOON).id, failed="risk")])[0]
    state = await opened()
    await call(state, "lay_open", other.id)
    assert (state.opened, state.rows) == ("", [])


async def test_conditions_are_said_in_their_order_with_value_threshold_and_outcome(own: House) -> None:
    logged = replace(log(own, 1)[0], decision=decision(at_least("confidence", 71, 65), at_most("risk", 60, 50)))
    laid = await weighed(own, logged)
    assert laid["gates"] == [
        ["Price is live", "live", "yes", "to buy"],
        ["Confidence", "71 ≥ 65", "yes", "to buy"],
        ["Risk", "60 > 50", "no", "to buy"],
    ]
    assert laid["flip"] == "Would have been BUY if risk were 50 or less."
    assert laid["opinions"][9] == ["10", "Autonomous", "SKIP", "Risk", "–", "20", "56", "70"]
    assert ["Because", "a bar has closed"] in laid["facts"]


async def test_the_trade_that_came_of_it_is_told(own: House) -> None:
    logged = replace(log(own, 1)[0], decision=replace(decision(), verdict=Verdict.BUY))
    trade = await bought(own, "WETH", "500")
    assert (await weighed(own, replace(logged, acted=True, trade_id=trade.id)))["trade"].startswith("Bought 0.")
    assert (await weighed(own, replace(logged, acted=True)))["trade"].startswith("An order came of it")
    assert (await weighed(own, logged))["trade"] == "Nothing was traded."
    skipped = replace(logged, decision=replace(decision(), verdict=Verdict.SKIP))
    assert (await weighed(own, skipped))["trade"] == ""


async def test_a_gate_of_an_older_release_is_named_as_it_was(own: House) -> None:
    logged = log(own, 1, failed="no such gate")[0]
    state = await opened()
    await call(state, "lay_open", logged.id)
    assert state.rows[0]["failed"] == "no such gate"
    assert ["no such gate", "", "no", "to buy"] in state.laid["gates"]


# -- what came of it


async def test_what_is_not_known_yet_is_a_dash_that_says_why(own: House) -> None:
    outcome = Outcome(Figure(Decimal("0.42")), Figure(Decimal("-1.231")), UNKNOWN)
    row = logged_row(log(own, 1)[0], outcome)
    assert [row[name] for name in ("after_5m", "after_1h", "after_24h")] == ["+0.42 %", "−1.23 %", "—"]
    assert row["after_24h_why"] == UNKNOWN.reason
    assert "since the decision" in row["after_5m_why"]


async def test_an_outcome_appears_when_its_time_has_passed(own: House, clock: FakeClock) -> None:
    pit = pit_of(own)
    token = next(iter(pit.floor.watchlist)).token
    now = pit.desk.venue.now()
    log_decisions(own.store, [replace(a_decision(pit.session.id, now, token, failed="risk"), price=Decimal(2500))])
    state = await opened()
    assert state.rows[0]["after_5m_why"] == UNKNOWN.reason
    for _ in range(7):
        clock.advance(60)
        own.ring()
    await decisions.show(state)
    assert state.rows[0]["after_5m_why"] != UNKNOWN.reason
    assert state.rows[0]["after_1h_why"] == UNKNOWN.reason


async def test_a_row_just_logged_has_no_outcome(own: House) -> None:
    log(own, 1)
    assert [(await opened()).rows[0][name] for name in ("after_5m", "after_24h")] == ["—", "—"]


# -- the file


async def test_the_file_holds_what_the_filters_leave(own: House) -> None:
    log(own, 3)
    log(own, 2, level=7)
    session = pit_of(own).session.id
    event = await decisions_file(own.store, session, DecisionFilter(level=7))
    assert event is not None
    packed = re.search(r"base64,([\w+/=]+)", str(event.args))
    assert packed is not None
    rows = list(csv.DictReader(io.StringIO(b64decode(packed[1]).decode())))
    assert [row["level"] for row in rows] == ["7", "7"]
    assert f"drydock-decisions-{session}.csv" in str(event.args)


async def test_a_file_of_a_long_log_holds_the_newest(own: House) -> None:
    kept = log(own, 10)
    session = pit_of(own).session.id
    assert newest(own.store, session, ALL, 4).since == kept[6].at
    assert newest(own.store, session, ALL, 11) == ALL
    assert newest(own.store, "nobody", ALL, 4) == ALL


# -- what a browser may say


async def test_nothing_that_a_browser_can_say_breaks_the_page(own: House) -> None:
    kept = log(own, 1)[0]
    tab = Tab()
    state = await tab.get(DecisionsState)
    await call(state, "load")
    for said in [*HOSTILE, "d0", "d99999999999", "d1 ", "0", "11", "buy"]:
        for name in ("token", "verdict", "level", "failed", said):
            await call(state, "narrow", name, said)
        assert set(state.wanted.values()) == {""}, said
        await call(state, "lay_open", said)
        assert (state.opened, ids(state)) == ("", [kept.id]), said
        tab.sent()


async def test_another_session_begins_with_its_own_decisions_and_no_filter(own: House) -> None:
    log(own, 1)
    state = await opened()
    await call(state, "narrow", "level", "7")
    state._session = "another"
    await decisions.show(state)
    assert (len(state.rows), state.wanted["level"]) == (1, "")
