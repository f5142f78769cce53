"""The bot as views: pressed, moved, and what it makes of the chosen token, said in a few bytes."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from app.domain.decisions import at_least
from app.domain.refusal import Refusal
from app.runtime.bot import Bot
from app.runtime.house import House, settle_in
from app.runtime.looks import LevelLine, Look
from app.store.equity import Mark
from app.ui.state import bot as bot_state
from app.ui.state import ledgers, why
from app.ui.state.bot import SliderState, level_of
from app.ui.state.chart import ChartState
from app.ui.state.ledgers import CURVE, SMALL, EquityState, LedgersState, curves, letters, ranked, spaced
from app.ui.state.toasts import ToastState
from app.ui.state.why import LastDecisionsState, WhyState, return_of
from tests.clock import START, FakeClock
from tests.ui.dealings import pit_of, press
from tests.ui.tabs import Tab, call, tick
from tests.ui.test_hostile_events import HOSTILE

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What a tick of the bot may cost a tab, all of its views together.
MOST_BYTES = 2048


def bot_of(house: House) -> Bot:
    return pit_of(house).bot


async def slider(tab: Tab | None = None) -> SliderState:
    state = await (tab or Tab()).get(SliderState)
    await call(state, "load")
    return state


async def told(state: SliderState) -> list[str]:
    return [str(toast["text"]) for toast in (await state.get_state(ToastState)).toasts]


async def chosen(tab: Tab, key: str = "WETH") -> WhyState:
    """The tab's view of the reasons, with this token on its chart."""
    await call(await tab.get(ChartState), "choose", key)
    state = await tab.get(WhyState)
    await call(state, "load")
    return state


async def a_look(house: House) -> Look:
    """What the bot thinks of WETH after one tick."""
    await house.think()
    return bot_of(house).looks()[0]


# -- presses and moves


async def test_one_press_starts_the_bot_and_the_others_pause_and_stop_it(own: House) -> None:
    state = await slider()
    assert (state.bot, state.level) == ("stopped", 5)
    for action, after in (("start", "running"), ("pause", "paused"), ("start", "running"), ("stop", "stopped")):
        await call(state, "command", action, *press())
        assert (state.bot, bot_of(own).record.state.value) == (after, after)
    assert await told(state) == []


async def test_the_second_press_of_a_double_click_does_not_undo_the_first(own: House) -> None:
    state, known = await slider(), press()
    await call(state, "command", "start", *known)
    await call(state, "command", "pause", *known)
    assert state.bot == "running"


async def test_a_press_that_waited_while_the_desk_was_away_does_nothing_and_says_so(own: House) -> None:
    state, (order_id, now) = await slider(), press()
    await call(state, "command", "start", order_id, now - 60_000)
    await call(state, "move", 9, now - 60_000)
    assert (bot_of(own).record.state.value, bot_of(own).record.level) == ("stopped", 5)
    assert len(await told(state)) == 2
    assert all("nothing was done" in text for text in await told(state))


async def test_a_move_sets_the_level_and_is_found_again_by_every_tab(own: House) -> None:
    state = await slider()
    for level in (9, 1, 10):
        await call(state, "move", level, press()[1])
        assert (state.level, bot_of(own).record.level, (await slider()).level) == (level, level, level)


async def test_fifty_moves_to_and_fro_end_where_the_last_one_went(own: House) -> None:
    state = await slider()
    for move in range(50):
        await call(state, "move", 3 if move % 2 else 8, press()[1])
    assert (state.level, bot_of(own).record.level) == (3, 3)


async def test_what_is_no_level_or_no_command_changes_nothing(own: House) -> None:
    state = await slider()
    for said in [*HOSTILE, 11, 5.5, "5"]:
        await call(state, "move", said, press()[1])
        await call(state, "command", said, *press())
        assert (bot_of(own).record.state.value, bot_of(own).record.level) == ("stopped", 5), said
    assert [level_of(value) for value in (1, 10, 0, 11, True, 5.0, "5", None)] == [1, 10, *[None] * 6]


async def test_before_there_is_a_session_nothing_is_shown_and_a_press_says_that_the_desk_is_opening(own: House) -> None:
    settle_in(None)
    tab = Tab()
    for view in (bot_state.VIEW, why.WHY, why.LAST_DECISIONS, ledgers.LEDGERS, ledgers.EQUITY):
        await view.show(await tab.get(view.state))
    state = await slider(tab)
    await call(state, "command", "start", *press())
    await call(state, "move", 3, press()[1])
    assert (state.bot, state.level) == ("", 0)
    assert await told(state) == ["The desk is still opening; nothing was done."] * 2
    assert isinstance(bot_state.bot_now(), Refusal)


# -- why


async def test_a_bot_that_has_not_looked_yet_says_when_it_does(own: House) -> None:
    state = await chosen(Tab())
    assert (state.token, state.gates, state.verdicts) == ("WETH", [], [])
    assert state.note == "The bot has not looked yet; it does so every 15 s."


async def test_the_reasons_are_the_accounts_own_gates_in_their_order(house: House) -> None:
    look = await a_look(house)
    state = await chosen(Tab())
    assert len(state.gates) == len(state.values) == len(state.passed) == len(look.decision.gates)
    assert state.gates[0] == "Price is live"
    assert state.values[0].startswith("live, ")
    assert [mark == "y" for mark in state.passed] == [gate.passed for gate in look.decision.gates]
    assert f"{state.lead} {state.rest}".strip() == look.said
    assert state.at == f"{look.at:%H:%M:%S}"
    assert [verdict for verdict, _ in state.verdicts] == [opinion.verdict.value for opinion in look.opinions]
    assert len(state.returns) == 10


async def test_a_stopped_bot_says_that_it_only_thinks_and_a_paused_one_what_it_still_does(own: House) -> None:
    tab = Tab()
    await a_look(own)
    assert (await chosen(tab)).stance == "The bot is stopped: it only thinks."
    await bot_of(own).command("pause")
    assert "opens nothing" in (await chosen(tab)).stance
    await bot_of(own).command("start")
    assert (await chosen(tab)).stance == ""


async def test_another_token_has_other_reasons(own: House) -> None:
    tab = Tab()
    await a_look(own)
    assert (await chosen(tab)).token == "WETH"
    state = await chosen(tab, "LINK")
    assert state.token == "LINK"
    assert "LINK" in state.lead


async def test_too_little_history_is_said_with_its_bars_and_hides_what_is_not_known(own: House) -> None:
    look = await a_look(own)
    gates = (
        look.decision.gates[0],
        at_least("history", 41.0, 96.0),
        at_least("risk", None, 50.0),
        at_least("quote", 1.0, 1.0),
    )
    short = replace(look, decision=replace(look.decision, gates=gates))
    seen = thought(short)
    assert seen["note"] == "Too little history yet: 41 of 96 bars."
    assert seen["gates"] == ["Price is live", "History", "Quote"]


async def test_a_price_that_is_not_live_is_said_first(own: House) -> None:
    look = await a_look(own)
    assert thought(replace(look, state="stale"))["note"].startswith("The price of WETH is stale")
    assert thought(replace(look, price=None))["note"] == "There is no price of WETH yet."


def thought(look: Look) -> dict[str, Any]:
    return dict(why._thought(look, "WETH"))


async def test_the_last_decisions_are_the_newest_ten_with_the_gate_that_decided(own: House) -> None:
    state = await Tab().get(LastDecisionsState)
    await call(state, "load")
    assert (state.rows, state.asked) == ([], True)
    await a_look(own)
    await call(state, "load")
    assert {row[2] for row in state.rows} == {"WETH", "LINK"}
    for level in range(1, 11):
        await bot_of(own).set_level(level)
        await own.think()
    await call(state, "load")
    assert len(state.rows) == 10
    assert all(row[1] in ("BUY", "SELL", "HOLD", "SKIP") and row[4] for row in state.rows)


# -- ledgers


def line(level: int, pct: str, *spark: str) -> LevelLine:
    some = Decimal(1)
    return LevelLine(level, some, Decimal(pct), some, 0, some, some, some, 0, tuple(map(Decimal, spark)))


async def test_the_best_return_comes_first_and_of_two_that_are_equal_the_calmer_level() -> None:
    lines = [line(1, "0"), line(2, "2.5"), line(3, "-1"), line(4, "2.5")]
    assert [each.level for each in ranked(lines)] == [2, 4, 1, 3]


async def test_a_line_is_a_letter_a_point_from_the_bottom_to_the_top() -> None:
    assert letters([Decimal(n) for n in (0, 12, 24)]) == "amy"
    assert letters([Decimal(24), Decimal(0)]) == "ya"
    assert set(letters([Decimal(7)] * 5)) == {"m"}
    assert letters([Decimal(7)]) == letters([]) == ""
    many = letters([Decimal(n) for n in range(60)])
    assert (len(many), many[0], many[-1]) == (SMALL, "a", "y")


@pytest.mark.parametrize(
    ("pct", "said"),
    [("2.49", "+2.5%"), ("-2.2", "−2.2%"), ("0.04", "0.0%"), ("-12.3", "−12%"), ("9.97", "+10%"), ("0", "0.0%")],
)
async def test_a_return_fits_a_cell(pct: str, said: str) -> None:
    assert return_of(line(1, pct)) == said


async def test_ten_ledgers_stand_there_from_the_beginning(own: House) -> None:
    state = await Tab().get(LedgersState)
    await call(state, "load")
    assert [row[0] for row in state.rows] == [str(level) for level in range(1, 11)]
    assert {tuple(row[1:3]) for row in state.rows} == {("0.00 %", "0.0")}


def mark(minute: int, equity: int, hold: int | None = None) -> Mark:
    held = None if hold is None else Decimal(hold)
    return Mark(START + timedelta(minutes=minute), Decimal(equity), Decimal(0), held)


async def test_a_curve_is_drawn_on_one_scale_with_what_holding_would_be() -> None:
    drawn: dict[str, Any] = dict(curves([mark(0, 100), mark(1, 110, 90), mark(2, 105, 95)]))
    assert drawn["equity"] == [500, 0, 250]
    assert drawn["hold"] == [1000, 1000, 750]
    assert drawn["bounds"] == ["$110.00", "$90.00"]
    assert drawn["returns"] == ["+5.00 %", "+5.56 %"]
    assert curves([mark(0, 100)])["equity"] == []
    assert curves([mark(0, 100), mark(1, 100)])["equity"] == [500, 500]


async def test_a_long_curve_is_thinned_evenly_in_time_and_keeps_both_ends() -> None:
    found = [mark(minute, minute) for minute in range(1000)]
    kept = spaced(found, CURVE)
    assert (len(kept), kept[0], kept[-1]) == (CURVE, found[0], found[-1])
    gaps = {round((b.at - a.at) / timedelta(minutes=1)) for a, b in pairwise(kept)}
    assert gaps <= {12, 13}


async def test_the_curve_is_that_of_the_session_and_grows_with_its_marks(own: House, clock: FakeClock) -> None:
    state = await Tab().get(EquityState)
    await call(state, "load")
    assert state.asked
    before = len(state.equity)
    for _ in range(3):
        tick(own, clock, 60)
        await own.mark()
    await call(state, "load")
    assert len(state.equity) >= max(3, before)
    assert len(state.ends) == len(state.bounds) == len(state.returns) == 2


# -- bytes


async def test_a_tick_of_the_bot_sends_little_and_one_that_changed_nothing_next_to_nothing(
    own: House, clock: FakeClock
) -> None:
    tab = Tab()
    await chosen(tab)
    # The chart's candles: as many as the market's past has by now.
    tab.sent()
    views = (bot_state.VIEW, why.WHY, ledgers.LEDGERS)
    sizes: list[int] = []
    for _ in range(5):
        tick(own, clock)
        await own.think()
        for view in views:
            await view.show(await tab.get(view.state))
        sizes.append(len(json.dumps(tab.sent())))
    for view in views:
        await view.show(await tab.get(view.state))
    assert tab.sent() == {}
    assert max(sizes) <= MOST_BYTES
