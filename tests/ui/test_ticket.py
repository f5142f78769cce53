"""The ticket as a view: what it asks, what stands on offer, and which press is an order."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal
from app.market.quoting import Quoter
from app.runtime.house import House
from app.ui.state.view import server_ms
from tests.clock import FakeClock
from tests.ui.hand import Hand
from tests.ui.tabs import call

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Slow:
    """A market's pools whose first answer is waited for until it is let go."""

    def __init__(self, inner: Quoter) -> None:
        self._inner = inner
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()
        self._first = True

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        return await self._inner.several(asks)

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
    assert hand.quote.refusal == "With its gas this costs $240,000.00 more than the cash, $10,000.00."
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
    await call(hand.ticket, "write_price", "1000")
    await call(hand.ticket, "choose_expiry", "1d")
    await call(hand.ticket, "choose_side", "buy")
    assert hand.ticket.type == "market"
    assert (hand.ticket.price, hand.ticket.expiry) == ("", "")


async def test_another_type_starts_with_terms_of_its_own(hand: Hand) -> None:
    await hand.sits()
    await call(hand.ticket, "choose_type", "limit")
    await call(hand.ticket, "write_price", "1000")
    await call(hand.ticket, "write_slippage", "2")
    await call(hand.ticket, "choose_expiry", "1h")
    await call(hand.ticket, "choose_type", "take_profit")
    assert (hand.ticket.price, hand.ticket.slippage, hand.ticket.expiry) == ("", "", "")


async def test_a_sale_has_nothing_to_come_even_with(hand: Hand) -> None:
    await hand.sits()
    await hand.types("250")
    await hand.presses()
    await call(hand.ticket, "choose_side", "sell")
    await hand.types("100")
    label, figure, _ = hand.quote.rows[-1]
    assert label == "Total cost"
    assert figure.endswith(" bp")
