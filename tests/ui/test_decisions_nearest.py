"""What is nearest to being bought: how decisions are ordered, what is said to be missing, and the switch that shows
it."""

from dataclasses import replace

import pytest

from app.domain.decisions import Verdict, at_least, at_most
from app.runtime.house import House
from app.ui.state import decisions
from app.ui.state.decision_rows import closeness, look_row, missing, nearness
from app.ui.state.decisions import DecisionsState
from tests.ui.dealings import pit_of
from tests.ui.tabs import Tab, call
from tests.ui.test_decisions_state import decision, ids, log, opened

FAR = (at_least("confidence", 20, 65), at_most("risk", 90, 50))

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_nearest_to_a_purchase_has_the_fewest_failing_conditions_then_the_least_distance() -> None:
    buys = decision(at_least("confidence", 71, 65), verdict=Verdict.BUY)
    near = decision(at_least("confidence", 64, 65))
    far = decision(at_least("confidence", 20, 65))
    two = decision(at_least("confidence", 64.9, 65), at_most("risk", 50.1, 50))
    unknown = decision(at_least("edge", None, 20))
    assert sorted([two, unknown, far, near, buys], key=nearness) == [buys, near, far, unknown, two]


async def test_what_is_missing_is_said_with_its_figures() -> None:
    assert missing(decision(at_least("confidence", 64, 65))) == "1 condition fails: Confidence 64 < 65"
    five = [at_most(name, 60, 50) for name in ("risk", "slippage", "daily_loss", "rest", "patience")]
    assert missing(decision(*five)).startswith("5 conditions fail: Risk 60 > 50, ")
    assert missing(decision(*five)).endswith(" and 2 more")


async def test_conditions_for_keeping_what_is_held_are_not_in_the_way_of_buying() -> None:
    kept = decision(at_least("stop", 1.0, 2.0, keeps=True), verdict=Verdict.SELL)
    assert (nearness(kept)[0], missing(kept)) == (0, "It has to be sold first.")


async def test_the_switch_shows_the_watched_tokens_as_the_bot_sees_them_now(own: House) -> None:
    log(own, 1)
    pit = pit_of(own)
    await pit.bot.tick()
    state = await opened()
    await call(state, "switch")
    looks = sorted(pit.bot.looks(), key=closeness)
    assert state.closest and looks
    assert ids(state) == [look.token.key.address for look in looks]
    await call(state, "lay_open", ids(state)[0])
    assert state.laid["gates"]
    await pit.bot.set_level(9)
    await pit.bot.tick()
    await decisions.show_looks(state)
    assert (state.level, state.rows[0]["level"], state.opened) == (9, "9", ids(state)[0])
    await call(state, "switch")
    assert (state.closest, state.opened, state.rows[0]["id"][0]) == (False, "", "d")


async def test_a_token_whose_price_is_not_live_stands_last_and_says_so(own: House) -> None:
    pit = pit_of(own)
    await pit.bot.tick()
    live = replace(pit.bot.looks()[0], state="live", decision=decision(*FAR))
    stale = replace(live, state="stale", decision=decision(at_least("confidence", 64, 65)))
    assert sorted([stale, live], key=closeness) == [live, stale]
    assert look_row(stale)["missing"] == "Its price is not live (stale). 1 condition fails: Confidence 64 < 65"
    assert look_row(live)["missing"].startswith("2 conditions fail")


async def test_a_tick_of_the_bot_leaves_the_page_of_the_log_as_it_is(own: House) -> None:
    log(own, 1)
    tab = Tab()
    state = await tab.get(DecisionsState)
    await call(state, "load")
    tab.sent()
    log(own, 1)
    await decisions.show_looks(state)
    assert tab.sent() == {}
