"""The ticket's presets and keys: they fill in, and trade at once only where page and desk both hold it armed."""

from typing import Any
from uuid import uuid4

import pytest

from app.runtime.house import House
from app.runtime.sessions import draft_of
from app.ui.state import ticket as tickets
from app.ui.state.view import server_ms
from tests.clock import FakeClock
from tests.ui.hand import Hand
from tests.ui.tabs import call

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def hand(own: House) -> Hand:
    return Hand(own)


async def test_a_preset_only_fills_in_until_page_and_desk_are_both_armed(hand: Hand) -> None:
    await hand.sits()
    await hand.taps("$100", armed=False)
    await hand.taps("$100", armed=True)
    assert (hand.ticket.amount, hand.ticket.unit, hand.version) == ("100", "usd", 1)
    await hand.arms()
    await hand.taps("$100", armed=False)
    assert hand.version == 1
    await hand.taps("$50", armed=True)
    assert hand.version == 2
    assert (await hand.told())[-1].startswith("filled: Bought ")
    await call(hand.ticket, "disarm")
    await hand.taps("$50", armed=True)
    assert hand.version == 2


async def test_an_armed_press_that_is_old_or_for_another_token_does_nothing(hand: Hand) -> None:
    await hand.sits()
    await hand.arms()
    await hand.taps("$50", armed=True, at=server_ms() - 6_000)
    await hand.taps("$50", armed=True, token="LINK")
    assert hand.version == 1
    assert [text[:8] for text in await hand.told()] == ["refused:", "refused:"]


async def test_a_late_click_does_not_arm(hand: Hand) -> None:
    await hand.sits()
    await call(hand.ticket, "arm", "id", server_ms() - 6_000)
    assert not hand.ticket.armed


async def test_a_page_that_loads_and_another_session_are_not_armed(own: House, hand: Hand, clock: FakeClock) -> None:
    await hand.sits()
    await hand.arms()
    assert hand.ticket.armed
    await call(hand.ticket, "load")
    assert not hand.ticket.armed
    await hand.arms()
    await own.succeed(draft_of(own.settings, own.floor, own.feed.now()))
    await hand.taps("$50", armed=True)
    assert own.pit is not None
    assert own.pit.account.version == 1
    await tickets.show(hand.ticket)
    assert not hand.ticket.armed


async def test_only_market_orders_are_armed_because_nothing_else_trades_at_one_press(hand: Hand) -> None:
    await hand.sits()
    await hand.arms()
    await call(hand.ticket, "choose_type", "limit")
    assert not hand.ticket.armed
    await hand.arms()
    assert not hand.ticket.armed
    assert await hand.told() == ["refused: Only market orders trade at one click; choose Market first."]
    await call(hand.ticket, "choose_type", "market")
    assert not hand.ticket.armed
    await hand.arms()
    await hand.taps("$50", armed=True)
    assert hand.version == 2


async def test_a_key_chooses_the_side_first_and_trades_only_when_it_is_chosen_and_armed(hand: Hand) -> None:
    await hand.sits()
    await hand.taps("$100", armed=False)
    await hand.hits("buy")
    assert hand.version == 1
    await hand.arms()
    await hand.hits("buy", armed=False)
    assert hand.version == 1
    await hand.hits("buy")
    assert hand.version == 2
    await hand.taps("25%", armed=False)
    await hand.hits("sell")
    assert (hand.version, hand.ticket.side, hand.ticket.amount) == (2, "sell", "")
    await hand.taps("All", armed=True)
    assert hand.version == 3
    assert not hand.pit.account.open_positions


async def test_a_share_that_a_button_filled_in_is_none_any_more_once_it_is_typed_over(hand: Hand) -> None:
    await hand.sits()
    await hand.taps("Max", armed=False)
    assert (hand.ticket.amount, hand.ticket.unit) == ("100", "pct")
    await hand.types("50")
    assert (hand.ticket.amount, hand.ticket.unit) == ("50", "usd")
    await call(hand.ticket, "choose_unit", "pct")
    await hand.types("30")
    assert hand.ticket.unit == "pct"


HOSTILE: list[Any] = [
    None,
    True,
    0,
    float("nan"),
    "",
    "x" * 10_000,
    "__class__",
    [],
    {},
    ["buy"],
    {"side": "buy"},
    b"$50",
]


async def test_a_timely_press_with_nonsense_on_it_trades_nothing(hand: Hand) -> None:
    await hand.sits()
    await hand.types("250")
    await hand.arms()
    standing = hand.quote.quote_id
    for nonsense in HOSTILE:
        await call(hand.ticket, "press", uuid4().hex, server_ms(), nonsense, "WETH")
        await call(hand.ticket, "press", uuid4().hex, server_ms(), standing, nonsense)
        await call(hand.ticket, "press", nonsense, nonsense, standing, "WETH")
        await call(hand.ticket, "preset", nonsense, True, "WETH", uuid4().hex, server_ms())
        await call(hand.ticket, "preset", "$50", nonsense or False, "WETH", nonsense, nonsense)
        await call(hand.ticket, "hit", nonsense, True, "WETH", uuid4().hex, server_ms())
        hand.tab.sent()
    assert hand.version == 1
    assert len(await hand.told()) == 4
