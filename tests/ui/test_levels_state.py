"""The levels as a view: their ledgers ranked with holding and cash, their curves, and what each of them is."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from app.bot.levels import LEVELS, Level
from app.domain.session import Session
from app.runtime.house import House
from app.runtime.looks import LevelLine
from app.runtime.sessions import new_session
from app.store.equity import Mark
from app.ui.components.levels import what_is
from app.ui.state import levels
from app.ui.state.levels import TOGETHER, Held, LevelsState, curved, fallen, held_from, ranked
from tests.clock import START, FakeClock
from tests.ui.dealings import pit_of
from tests.ui.tabs import Tab, call

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
BALANCE = Decimal(10_000)
SESSION = Session("s1", "One", "", "demo", 8453, BALANCE, START)


def line(level: int, returned: str) -> LevelLine:
    pct = Decimal(returned)
    return LevelLine(
        level, BALANCE * (1 + pct / 100), pct, Decimal("2.5"), 1234, Decimal(1), Decimal("2.5"), Decimal("0.25"), 1, ()
    )


def marked(*worths: str | None, first: datetime = START, hold: bool = False) -> list[Mark]:
    """Marks from minute to minute; None where there is none."""
    return [
        Mark(first + place * MINUTE, BALANCE if hold else Decimal(worth), BALANCE, Decimal(worth) if hold else None)
        for place, worth in enumerate(worths)
        if worth is not None
    ]


def ten(of: Mapping[int, list[Mark]]) -> dict[int, list[Mark]]:
    return {number: of.get(number, []) for number in range(11)}


# -- the ranking


async def test_the_best_stands_first_and_holding_and_cash_stand_among_the_ledgers() -> None:
    rows = ranked([line(1, "0.5"), line(2, "-3"), line(3, "2")], BALANCE, Held(BALANCE, Decimal(10_100)), 2)
    assert [(row["rank"], row["level"] or row["name"]) for row in rows] == [
        ("1", "3"),
        ("", "Holding"),
        ("2", "1"),
        ("", "Cash"),
        ("3", "2"),
    ]
    assert [row["returned"] for row in rows] == ["+2.00 %", "+1.00 %", "+0.50 %", "0.00 %", "−3.00 %"]
    assert [row["level"] for row in rows if row["chosen"]] == ["2"]


async def test_ledgers_that_are_equal_stand_by_their_level() -> None:
    rows = ranked([line(number, "0") for number in range(1, 11)], BALANCE, Held(BALANCE, None), 5)
    assert [row["level"] for row in rows if row["level"]] == [str(number) for number in range(1, 11)]


async def test_holding_stands_last_without_a_figure_while_nobody_knows_it() -> None:
    rows = ranked([line(1, "-5")], BALANCE, Held(BALANCE, None), 5)
    assert (rows[-1]["name"], rows[-1]["returned"], rows[-1]["equity"]) == ("Holding", "–", "–")


async def test_a_row_says_what_it_cost_and_how_much_may_be_open() -> None:
    row = ranked([line(10, "1")], BALANCE, Held(BALANCE, None), 5)[0]
    assert (row["equity"], row["drawn"], row["trades"]) == ("$10,100.00", "2.50 %", "1,234")
    assert (row["costs"], row["parts"]) == ("$3.75", "gas $1.00 · fees $2.50 · impact $0.25")
    assert row["positions"] == "1 of 8"


async def test_holding_has_a_deepest_fall_and_cash_has_none() -> None:
    rows = ranked([], BALANCE, Held(BALANCE, Decimal(9_900), Decimal("12.346")), 5)
    assert {row["kind"]: row["drawn"] for row in rows} == {"hold": "12.35 %", "cash": "–"}
    assert ranked([], BALANCE, Held(BALANCE, None), 5)[-1]["drawn"] == "–"


async def test_the_fall_of_holding_begins_with_the_ledgers_and_lies_below_its_highest_point() -> None:
    early, own = marked("90000", hold=True), marked("11000", "9900", "12000", "11400", first=START + MINUTE, hold=True)
    found = fallen(BALANCE, START + MINUTE, early + own)
    assert (found.highest, found.deepest_pct) == (12_000, 10)


# -- the curves


async def test_curves_begin_at_nought_when_the_ledgers_did() -> None:
    found = curved(SESSION, START - MINUTE, ten({1: marked("10100"), 10: marked("9900")}), BALANCE)
    assert found["t"] == [round((START - MINUTE).timestamp() * 1000), round(START.timestamp() * 1000)]
    assert (found["of"][0], found["of"][9]) == ([0.0, 1.0], [0.0, -1.0])
    assert [len(part) for part in found["of"]] == [2] * 11


async def test_a_line_is_known_at_the_times_of_the_others_by_its_last_mark() -> None:
    of = {1: marked("10000", "10100", "10200"), 2: marked("10000", None, "10300"), 3: marked(None, "9000")}
    found = curved(SESSION, START - MINUTE, ten(of), BALANCE)["of"]
    assert found[1] == [0.0, 0.0, 0.0, 3.0]
    assert found[2] == [0.0, None, -10.0, -10.0]
    assert found[3] == [0.0, None, None, None]
    assert found[10] == [None] * 4


async def test_holding_is_measured_from_the_starting_balance() -> None:
    own = marked("10000", "10500", hold=True)
    assert held_from(SESSION, START + TOGETHER, own) == BALANCE
    found = curved(SESSION, START - MINUTE, ten({0: own, 1: marked("10000", "10000")}), BALANCE)
    assert found["of"][10] == [0.0, 0.0, 5.0]


async def test_ledgers_that_began_late_are_measured_against_holding_from_then_on() -> None:
    began = START + TOGETHER + MINUTE
    own = marked("12000", hold=True) + marked("20000", "15000", first=began, hold=True)
    base = held_from(SESSION, began, own)
    assert base == Decimal(20_000)
    found = curved(SESSION, began, ten({0: own, 1: marked("10000", "10000", first=began)}), base)
    assert found["of"][10] == [0.0, -25.0]


# -- the view


async def opened(house: House) -> tuple[Tab, LevelsState]:
    tab = Tab()
    state = await tab.get(LevelsState)
    await call(state, "load")
    return tab, state


async def test_a_new_session_has_ten_ledgers_at_nought_and_curves_that_begin(own: House) -> None:
    _, state = await opened(own)
    assert len(state.rows) == 12
    assert {row["returned"] for row in state.rows if row["level"]} == {"0.00 %"}
    assert (state.level, state.asked, state.history["key"]) == (5, True, pit_of(own).session.id)
    assert (state.tip[0], len(state.tip)) == (state.history["key"], 13)
    assert state.since.endswith("UTC")


async def test_holding_is_taken_from_the_picture_and_put_back(own: House) -> None:
    _, state = await opened(own)
    for expected in (True, False):
        await call(state, "switch_holding")
        assert state.bare is expected


async def test_time_alone_moves_the_tips_and_sends_nothing_else(own: House, clock: FakeClock) -> None:
    tab, state = await opened(own)
    tab.sent()
    await levels.show(state)
    assert tab.sent() == {}
    clock.advance(1)
    await levels.show(state)
    assert tab.sent().keys() == {"tip"}


async def test_the_sliders_level_stands_out_as_soon_as_it_is_moved(own: House) -> None:
    tab, state = await opened(own)
    tab.sent()
    assert await pit_of(own).bot.set_level(9) is None
    await levels.show(state)
    assert (state.level, [row["level"] for row in state.rows if row["chosen"]]) == (9, ["9"])
    assert tab.sent().keys() == {"level", "rows"}


async def test_another_session_begins_with_its_own_curves(own: House) -> None:
    _, state = await opened(own)
    await new_session(own, name="Two")
    await levels.show(state)
    assert state.history["key"] == state.tip[0] == pit_of(own).session.id == "s2"


# -- what each level is


@pytest.mark.parametrize("name", [field.name for field in fields(Level) if field.name not in ("number", "name")])
async def test_every_column_of_the_levels_is_shown(name: str) -> None:
    other = LEVELS[0] if getattr(LEVELS[4], name) != getattr(LEVELS[0], name) else LEVELS[9]
    changed = replace(LEVELS[4], **{name: getattr(other, name)})
    assert what_is(changed) != what_is(LEVELS[4]), name


async def test_a_level_is_said_in_words_with_units() -> None:
    said = {word: text.replace("\u00a0", " ") for word, text in what_is(LEVELS[9]).items()}
    weights = [text for word, text in said.items() if word.startswith(("Leans on", "… "))]
    assert len(weights) == 6 and all(float(text) >= 0 for text in weights)
    assert {word: said[word] for word in [*said][:-6]} == {
        "Risk tolerated": "100",
        "Lens": "× 0.80",
        "Confidence needed": "40",
        "Largest position": "20–25 %",
        "Smallest trade": "$100",
        "Positions at once": "8",
        "Stop": "by volatility",
        "Profit ladder": "half at +15 %, then half at +30 %",
        "Trailing": "8 %",
        "Patience": "120 h",
        "Sold when the signal falls below": "−0.25",
        "Rest": "1 h",
        "Horizon": "48 h",
        "Costs may eat": "80 %",
        "Gas bid": "by conditions, × 1.25",
    }
