"""The ticket as a view: what it asks, what stands on offer, and which press is an order."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal
from app.market.quoting import Quoter
from app.runtime.house import House
from app.runtime.pit import Pit
from app.runtime.sessions import draft_of
from app.ui.state import ticket as tickets
from app.ui.state.chart import ChartState
from app.ui.state.market import server_ms
from app.ui.state.quote import QuoteState
from app.ui.state.ticket import TicketState
from app.ui.state.toasts import ToastState
from tests.clock import FakeClock
from tests.ui.tabs import Tab, call

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Hand:
    """A browser tab with the ticket on it, and the hand that presses its buttons."""

    def __init__(self, house: House) -> None:
        self.tab = Tab()
        assert house.pit is not None
        self.pit: Pit = house.pit
        self.ticket: TicketState
        self.quote: QuoteState
        self.chart: ChartState

    async def sits(self) -> "Hand":
        await self.tab.show_all()
        self.ticket, self.quote = await self.tab.get(TicketState), await self.tab.get(QuoteState)
        self.chart = await self.tab.get(ChartState)
        await call(self.ticket, "load")
        return self

    @property
    def version(self) -> int:
        return self.pit.account.version

    async def types(self, amount: str) -> None:
        await call(self.ticket, "write_amount", amount)

    async def presses(self, order_id: str = "", quote_id: str | None = None, token: str = "WETH", at: int = 0) -> None:
        shown = self.quote.quote_id if quote_id is None else quote_id
        await call(self.ticket, "press", order_id or uuid4().hex, at or server_ms(), shown, token)

    async def taps(self, name: str, *, armed: bool, token: str = "WETH", at: int = 0) -> None:
        await call(self.ticket, "preset", name, armed, token, uuid4().hex, at or server_ms())

    async def hits(self, side: str, *, armed: bool = True) -> None:
        await call(self.ticket, "hit", side, armed, self.chart.chosen, uuid4().hex, server_ms())

    async def arms(self) -> None:
        await call(self.ticket, "arm", uuid4().hex, server_ms())

    async def told(self) -> list[str]:
        return [f"{toast['kind']}: {toast['text']}" for toast in (await self.tab.get(ToastState)).toasts]


class Slow:
    """A market's pools whose first answer is waited for until it is let go."""

    def __init__(self, inner: Quoter) -> None:
        self._inner = inner
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()
        self._first = True

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        first, self._first = self._first, False
        if first:
            self.asked.set()
            await self.let_go.wait()
        return await self._inner.quote(ask)

    async def gas(self, token_address: str) -> Gas | Refusal:
        return await self._inner.gas(token_address)

    async def head(self) -> int | None:
        return await self._inner.head()


@pytest.fixture
def hand(own: House) -> Hand:
    return Hand(own)


# -- asking


async def test_a_typed_amount_shows_what_it_would_come_to_and_changes_nothing(hand: Hand) -> None:
    await hand.sits()
    await hand.types("250")
    quote = hand.quote
    assert quote.quote_id
    assert quote.verb.startswith("Buy 0.")
    assert quote.verb.endswith(" WETH")
    assert [row[0].split(" 0")[0] for row in quote.rows] == [
        "You receive",
        "At least",
        "Price impact",
        "Pool fee",
        "Gas (L2 + L1 data)",
        "Total cost",
    ]
    assert "even at +" in quote.rows[-1][1]
    assert (quote.grade, quote.kind) == ("C", "reckoned")
    assert quote.until_ms > 0
    assert hand.version == 1
    assert await hand.told() == []


async def test_a_refusal_stands_in_place_of_the_figures(hand: Hand) -> None:
    await hand.sits()
    await hand.types("250000")
    assert (hand.quote.quote_id, hand.quote.rows) == ("", [])
    assert hand.quote.refusal.startswith("This needs $250,000")
    await hand.types("1,5")
    assert hand.quote.refusal == "Type the amount as a number, like 250 or 0.1."
    await hand.types("")
    assert hand.quote.refusal == ""
    assert hand.quote.until_ms == 0


async def test_the_answer_to_an_older_question_is_not_shown(hand: Hand) -> None:
    await hand.sits()
    slow = Slow(hand.pit.desk.venue.quoter)
    hand.pit.desk.venue = replace(hand.pit.desk.venue, quoter=slow)
    older = asyncio.create_task(hand.types("100"))
    await slow.asked.wait()
    await hand.types("200")
    standing = hand.quote.rows
    slow.let_go.set()
    await older
    assert hand.quote.rows == standing
    assert hand.ticket.amount == "200"


async def test_the_page_may_ask_anew_once_in_eight_seconds_and_for_another_token_at_once(hand: Hand) -> None:
    await hand.sits()
    await hand.types("250")
    await call(hand.ticket, "renew", "WETH")
    first = hand.quote.quote_id
    await call(hand.ticket, "renew", "WETH")
    assert hand.quote.quote_id == first
    await call(hand.chart, "choose", "LINK")
    await call(hand.ticket, "renew", "LINK")
    assert hand.quote.token == "LINK"
    assert hand.quote.verb.endswith(" LINK")


async def test_so_many_of_one_token_are_not_so_many_of_the_next(hand: Hand) -> None:
    await hand.sits()
    await call(hand.ticket, "choose_unit", "token")
    await hand.types("0.1")
    await call(hand.chart, "choose", "LINK")
    await call(hand.ticket, "renew", "LINK")
    assert (hand.ticket.amount, hand.quote.quote_id) == ("", "")


# -- pressing


async def test_a_press_takes_the_offer_on_the_screen_and_says_what_came_of_it(hand: Hand, clock: FakeClock) -> None:
    await hand.sits()
    await hand.types("250")
    before = hand.quote.quote_id
    clock.advance(1)
    await hand.presses()
    assert hand.version == 2
    assert [text.split(":")[0] for text in await hand.told()] == ["filled"]
    assert hand.quote.quote_id not in ("", before)
    assert not hand.ticket.busy


async def test_a_double_click_and_a_replayed_event_are_one_trade_told_once(hand: Hand) -> None:
    await hand.sits()
    await hand.types("250")
    quote_id = hand.quote.quote_id
    await asyncio.gather(hand.presses("once", quote_id), hand.presses("once", quote_id))
    await hand.presses("once", quote_id)
    assert hand.version == 2
    assert len(await hand.told()) == 1


async def test_a_press_that_was_taken_before_the_tab_lost_its_memory_is_told_with_its_trade(
    own: House, hand: Hand
) -> None:
    await hand.sits()
    await hand.types("250")
    quote_id = hand.quote.quote_id
    await hand.presses("once", quote_id)
    later = await Hand(own).sits()
    await later.presses("once", quote_id)
    assert later.version == 2
    assert await later.told() == await hand.told()


async def test_an_old_click_does_nothing_and_says_how_old_it_is(hand: Hand) -> None:
    await hand.sits()
    await hand.types("250")
    await hand.presses(at=server_ms() - 12_000)
    assert hand.version == 1
    assert (await hand.told())[0].startswith("refused: That click was made 12 s ago")


async def test_what_the_screen_showed_has_to_be_what_stands(hand: Hand) -> None:
    await hand.sits()
    await hand.types("250")
    shown = hand.quote.quote_id
    await hand.types("500")
    await hand.presses(quote_id=shown)
    await hand.presses(token="LINK")
    await call(hand.chart, "choose", "LINK")
    await hand.presses(token="WETH")
    assert hand.version == 1
    assert {text.split(",")[0] for text in await hand.told()} == {"refused: The ticket changed meanwhile"}


async def test_an_order_that_rests_is_put_on_the_book_by_the_same_button(hand: Hand) -> None:
    await hand.sits()
    await call(hand.ticket, "choose_type", "limit")
    await hand.types("100")
    await call(hand.ticket, "write_price", "1000")
    await call(hand.ticket, "choose_expiry", "1d")
    assert hand.quote.quote_id == ""
    await hand.presses()
    (order,) = hand.pit.desk.books.orders.values()
    assert (order.ticket.limit_price, order.ticket.expires_at is None) == (1000, False)
    assert await hand.told() == ["rests: Limit order to buy $100.00 of WETH rests at 1,000.00."]
    assert hand.version == 1


async def test_only_a_sell_stops(hand: Hand) -> None:
    await hand.sits()
    await call(hand.ticket, "choose_type", "stop_loss")
    assert hand.ticket.side == "sell"
    await call(hand.ticket, "choose_side", "buy")
    assert hand.ticket.type == "market"


# -- presets, keys and being armed


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
