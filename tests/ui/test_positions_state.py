"""Positions as views: what is held and what it is worth, sold by a click that is judged first."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.orders import Origin
from app.runtime.house import House
from app.runtime.standing import holdings
from app.trading.exits import Exits, exits_of, set_exits
from app.ui.state import positions
from app.ui.state.exits import ExitsState
from app.ui.state.positions import PositionsState, WorthState
from app.ui.state.toasts import ToastState
from app.ui.state.view import Sight
from tests.clock import FakeClock
from tests.ui.dealings import bought, pit_of, placed, press, sold
from tests.ui.tabs import Tab, call, tick
from tests.ui.test_hostile_events import HOSTILE
from tests.ui.test_why_state import hold

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def shown(house: House) -> PositionsState:
    state = await Tab().get(PositionsState)
    await call(state, "load")
    return state


async def test_nothing_is_held_at_first_and_that_is_known(own: House) -> None:
    state = await shown(own)
    assert (state.rows, state.measured, state.asked) == ([], "", True)


async def test_a_position_says_what_was_paid_for_it_all_in_and_how_well_it_was_quoted(own: House) -> None:
    trade = await bought(own, "WETH", "1000")
    row = (await shown(own)).rows[0]
    assert (row["key"], row["symbol"], row["exits"], row["grade"]) == ("WETH", "WETH", "none", "C")
    assert row["entry"].replace(",", "") == f"{trade.price:.2f}"
    assert row["source"] == f"Last fill quoted by {trade.quote_source}"
    assert row["levels"] == "No exits are set."


async def test_the_grade_is_that_of_the_last_fill_however_many_others_came_after_it(own: House) -> None:
    first = await bought(own, "LINK", "50")
    others = [replace(first, token=replace(first.token, address="0x" + "1" * 40)) for _ in range(3)]
    found = await positions._last_fills(own, pit_of(own), others)
    assert found[first.token.key.address].id == first.id


async def test_a_tick_changes_what_positions_are_worth_and_none_of_their_rows(own: House, clock: FakeClock) -> None:
    await bought(own, "WETH")
    tab = Tab()
    state, worth = await tab.get(PositionsState), await tab.get(WorthState)
    await call(state, "load")
    before = worth.worth["WETH"]
    tab.sent()
    for _ in range(30):
        tick(own, clock)
    await positions.show_worth(worth)
    await positions.show_positions(state)
    assert tab.sent().keys() == {"worth"}
    assert worth.worth["WETH"] != before
    held = holdings(pit_of(own))[0]
    assert held.value is not None and held.unrealized is not None
    value, gain = worth.worth["WETH"]
    assert Decimal(value.replace(",", "")) == round(held.value, 2)
    assert gain[0] == ("+" if held.unrealized > 0 else "−")
    assert gain.endswith(" %)")


async def test_what_is_cried_at_a_tick_is_what_the_state_itself_shows(own: House) -> None:
    await bought(own, "WETH")
    worth = await Tab().get(WorthState)
    await positions.show_worth(worth)
    alike = positions.WORTH.alike
    assert alike is not None
    assert alike(own, Sight("/", "any|chart")) == {"worth": worth.worth}
    assert alike(own, Sight("/feed")) == {}


async def test_a_press_sells_half_and_another_the_rest(own: House) -> None:
    held = (await bought(own, "WETH")).quantity
    tab = Tab()
    state, toasts = await tab.get(PositionsState), await tab.get(ToastState)
    await call(state, "sell", "WETH", "50", *press())
    left = holdings(pit_of(own))[0].position.quantity
    assert abs(left * 2 - held) <= Decimal("1e-17")
    await call(state, "sell", "WETH", "100", *press())
    assert holdings(pit_of(own)) == []
    assert [toast["kind"] for toast in toasts.toasts] == ["filled", "filled"]


async def test_the_same_press_that_comes_twice_sells_once(own: House) -> None:
    await bought(own, "WETH")
    state = await Tab().get(PositionsState)
    once = press()
    await call(state, "sell", "WETH", "50", *once)
    left = pit_of(own).account.open_positions[0].quantity
    await call(state, "sell", "WETH", "50", *once)
    assert pit_of(own).account.open_positions[0].quantity == left


async def test_a_press_that_waited_while_the_desk_was_away_sells_nothing(own: House) -> None:
    await bought(own, "WETH")
    tab = Tab()
    state, toasts = await tab.get(PositionsState), await tab.get(ToastState)
    order_id, at = press()
    before = pit_of(own).account
    await call(state, "sell", "WETH", "100", order_id, at - 60_000)
    assert pit_of(own).account == before
    assert toasts.toasts[0]["kind"] == "refused"
    assert "60 s ago" in str(toasts.toasts[0]["text"])


async def test_nothing_that_a_browser_can_say_sells_or_guards_what_it_should_not(own: House) -> None:
    await bought(own, "WETH")
    tab = Tab()
    state, exits = await tab.get(PositionsState), await tab.get(ExitsState)
    before = pit_of(own).account
    order_id, at = press()
    for said in HOSTILE:
        for arguments in ((said, "100", order_id, at), ("WETH", said, order_id, at), ("WETH", "100", order_id, said)):
            await call(state, "sell", *arguments)
        await call(state, "sell", "WETH", "100", said, float("nan"))
        await call(exits, "edit", said)
        await call(exits, "save", said, at)
        await call(exits, "edit", "WETH")
        for name in ("stop_loss", "take_profit", "trailing_pct"):
            await call(exits, "save", {name: said, "extra": said}, said)
        await call(exits, "clear", said, said)
        await call(exits, "close")
        tab.sent()
    assert pit_of(own).account == before
    assert pit_of(own).desk.books.orders == {}


# -- exits


async def test_exits_are_set_shown_as_distances_from_the_entry_and_cleared(own: House) -> None:
    trade = await bought(own, "WETH")
    stop, target = (str(round(trade.price * factor, 2)) for factor in (Decimal("0.95"), Decimal("1.04")))
    tab = Tab()
    state, exits = await tab.get(PositionsState), await tab.get(ExitsState)
    await call(exits, "edit", "WETH")
    assert (exits.key, exits.symbol, exits.stop_loss) == ("WETH", "WETH", "")
    await call(exits, "save", {"stop_loss": stop, "take_profit": target, "trailing_pct": " 3.5 "}, press()[1])
    assert (exits.key, exits.said) == ("", "")
    row = state.rows[0]
    assert row["exits"] == "−5 % / +4 % / trail 3.5 %"
    assert row["stop"] == "SL −5 %"
    assert row["levels"].endswith(", trailing stop 3.5 % below the highest price.")
    await call(exits, "edit", "WETH")
    assert (exits.stop_loss, exits.take_profit, exits.trailing_pct) == (stop, target, "3.5")
    await call(exits, "clear", *press())
    assert state.rows[0]["exits"] == "none"


async def test_an_exit_that_would_sell_at_once_is_refused_in_a_sentence_and_the_others_stay(own: House) -> None:
    await bought(own, "WETH")
    desk = pit_of(own).desk
    token = holdings(pit_of(own))[0].token
    await set_exits(desk, token, {"stop_loss": "1000"}, Origin.HAND)
    exits = await Tab().get(ExitsState)
    await call(exits, "edit", "WETH")
    await call(exits, "save", {"stop_loss": "999999"}, press()[1])
    assert "is not below the price" in exits.said
    assert exits.key == "WETH"
    assert exits_of(desk, token).stop_loss == Decimal(1000)


async def test_a_stop_that_was_moved_up_is_still_the_stop(own: House) -> None:
    await bought(own, "WETH")
    held = holdings(pit_of(own))[0]
    worse = Exits(stop_loss=Decimal(102), take_profit=Decimal(99))
    position = replace(held.position, quantity=Decimal(1), cost=Decimal(100))
    found = positions._row(own, replace(held, exits=worse, position=position), {})
    assert (found["exits"], found["stop"]) == ("+2 % / −1 %", "SL +2 %")


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("stop_loss", "low", "Type the stop as a number, like 2400."),
        ("stop_loss", "1,00", "Type the stop as a number, like 2400."),
        ("take_profit", "-5", "Type the target as a number above zero, like 2800."),
        ("trailing_pct", "100", "The trailing stop is between 0 and 99 %."),
        ("trailing_pct", "0", "The trailing stop is between 0 and 99 %."),
        ("trailing_pct", "five", "Type the trailing stop in percent as a number, like 5."),
        ("trailing_pct", f"1.{'1' * 19}", "The trailing stop has at most 18 decimals."),
    ],
)
async def test_an_exit_that_is_no_level_is_refused_in_the_words_of_its_field(
    own: House, field: str, text: str, sentence: str
) -> None:
    await bought(own, "WETH")
    exits = await Tab().get(ExitsState)
    await call(exits, "edit", "WETH")
    await call(exits, "save", {field: text}, press()[1])
    assert (exits.said, exits.key) == (sentence, "WETH")
    assert pit_of(own).desk.books.orders == {}


async def test_levels_may_be_written_as_people_write_them(own: House) -> None:
    await bought(own, "WETH")
    exits = await Tab().get(ExitsState)
    await call(exits, "edit", "WETH")
    await call(exits, "save", {"stop_loss": "$1,000.50", "trailing_pct": "7.5 %"}, press()[1])
    assert exits.said == ""
    found = exits_of(pit_of(own).desk, holdings(pit_of(own))[0].token)
    assert (found.stop_loss, found.trailing_pct) == (Decimal("1000.50"), Decimal("7.5"))


async def test_exits_of_a_position_that_has_gone_are_not_set_and_that_is_said(own: House) -> None:
    await bought(own, "WETH")
    tab = Tab()
    exits, toasts = await tab.get(ExitsState), await tab.get(ToastState)
    await call(exits, "edit", "WETH")
    await sold(own, "WETH")
    await call(exits, "save", {"stop_loss": "1000"}, press()[1])
    assert exits.key == ""
    assert [toast["text"] for toast in toasts.toasts] == ["No WETH is held any more; nothing was set."]


async def test_orders_that_wait_to_sell_a_position_stand_beside_its_exits(own: House) -> None:
    await bought(own, "WETH")
    await placed(own, "buy", "WETH", type="limit", limit_price="1", amount_usd="50")
    assert (await shown(own)).rows[0]["exits"] == "none"
    await placed(own, "sell", "WETH", type="stop_loss", stop_price="1000", share_pct="100")
    row = (await shown(own)).rows[0]
    assert (row["exits"], row["stop"]) == ("none +1 order", "1 order")
    assert row["levels"] == "No exits are set. Besides, 1 order waits to sell."
    await placed(own, "sell", "WETH", type="limit", limit_price="99999", share_pct="50")
    exits = await set_exits(pit_of(own).desk, holdings(pit_of(own))[0].token, {"trailing_pct": "5"}, Origin.HAND)
    assert isinstance(exits, Exits), exits
    row = (await shown(own)).rows[0]
    assert (row["exits"], row["stop"]) == ("trail 5 % +2 orders", "trail 5 % +2 orders")
    assert row["levels"].endswith("price. Besides, 2 orders wait to sell.")


async def test_exits_of_a_bot_that_is_stopped_are_not_watched_and_say_so(own: House) -> None:
    hold(own, await bought(own))
    bot = pit_of(own).bot
    row = (await shown(own)).rows[0]
    assert row["exits"].startswith("bot −") and row["exits"].endswith(", not watched")
    assert (row["stop"], row["watched"]) == ("not watched", "no")
    assert row["levels"].endswith(" The bot is stopped: it sells nothing.")
    await bot.command("start")
    row = (await shown(own)).rows[0]
    assert "not watched" not in row["exits"]
    assert row["stop"].startswith("bot SL −")
    assert row["watched"] == ""


async def test_exits_that_come_late_are_not_set(own: House) -> None:
    await bought(own, "WETH")
    exits = await Tab().get(ExitsState)
    await call(exits, "edit", "WETH")
    await call(exits, "save", {"stop_loss": "1000"}, press()[1] - 60_000)
    assert "60 s ago" in exits.said
    assert pit_of(own).desk.books.orders == {}
