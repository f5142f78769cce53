"""Why, as a view, while something is held: who looks after it, and what keeps it, apart from what adds to it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.bots import Holding
from app.domain.decisions import at_least, at_most
from app.domain.trades import Trade
from app.runtime.house import House
from app.ui.state.view import Sight
from app.ui.state.why import WHY
from tests.clock import START
from tests.ui.dealings import bought, pit_of
from tests.ui.tabs import Tab
from tests.ui.test_bot_state import a_look, chosen, thought

pytestmark = pytest.mark.asyncio(loop_scope="module")


def hold(house: House, trade: Trade) -> None:
    """What was bought is from now on the bot's to look after, with a stop at nine tenths of its price."""
    asset, stop = trade.token.key.address, trade.price * Decimal("0.9")
    held = Holding(asset, trade.quantity, trade.quantity * trade.price, START, stop, trade.price)
    pit_of(house).bot.trader.holdings[asset] = held


async def test_a_stopped_bot_says_that_nobody_looks_after_what_it_holds(own: House) -> None:
    hold(own, await bought(own))
    assert (await chosen(Tab())).stance == "The bot is stopped: nobody looks after the WETH it holds."
    assert (await chosen(Tab(), "LINK")).stance == "The bot is stopped: it only thinks."


async def test_what_keeps_a_position_stands_apart_and_only_what_passes_is_folded_away(own: House) -> None:
    look = await a_look(own)
    gates = (
        at_least("price", 2.0, 1.0),
        at_least("stop", 9.0, 8.0, keeps=True),
        at_least("quote", 1.0, 1.0),
        at_least("allowed", 1.0, 1.0),
        at_most("risk", 40.0, 50.0),
        at_least("size", 1.0, 50.0),
    )
    seen = thought(replace(look, decision=replace(look.decision, gates=gates)))
    assert (seen["parts"], seen["more"]) == ("bkmmbb", 2)
    assert seen["whose"] == f"your account, level {look.decision.level}"


async def test_who_asked_for_no_token_is_told_of_the_first_as_its_chart_is(own: House) -> None:
    assert WHY.alike is not None
    seen = WHY.alike(own, Sight("/", "a chart"))
    assert seen is not None
    assert seen["token"] == "WETH"
