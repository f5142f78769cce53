"""Marking: what a session is worth is written down, unless all that it holds is valued at prices of the past."""

from decimal import Decimal

from app.domain.orders import Origin
from app.domain.prices import Reading
from app.domain.tickets import Asked
from app.runtime.house import House
from app.store.equity import Mark, marks
from app.trading.desk import Placed
from tests.clock import FakeClock
from tests.runtime import demo_house
from tests.runtime.bots import LINK, WETH
from tests.runtime.demo_house import pit_of

clock, house = demo_house.clock, demo_house.house


async def marked(house: House) -> list[Mark]:
    """Those that are there once this moment was to be marked."""
    await house.mark()
    return marks(house.store, pit_of(house).session.id)


async def test_a_worth_is_marked_while_one_of_its_positions_has_a_live_price_and_not_when_none_has(
    house: House, clock: FakeClock
) -> None:
    pit = pit_of(house)
    for token in (WETH, LINK):
        placed = await pit.desk.place(Asked(token.symbol, "buy", amount_usd="1000"), token.symbol, Origin.HAND)
        assert isinstance(placed, Placed)
    clock.advance(200)
    link = house.price(LINK).price
    assert link is not None
    house.floor.ticker.post([Reading(LINK.key, link, "demo", clock.utc, clock.utc)], clock.utc)
    house.floor.ticker.settle(clock.utc)
    worth = pit.value()
    assert 0 < worth.stale_value < worth.positions_value
    before = await marked(house)
    assert (before[-1].at, before[-1].equity) == (clock.utc, worth.equity)
    clock.advance(200)
    house.floor.ticker.settle(clock.utc)
    assert pit.value().stale_value == pit.value().positions_value > Decimal(0)
    assert await marked(house) == before
    house.floor.ticker.post([Reading(WETH.key, Decimal(2000), "demo", clock.utc, clock.utc)], clock.utc)
    assert (await marked(house))[-1].at == clock.utc


async def test_while_a_clock_that_was_set_back_comes_there_again_nothing_is_marked(
    house: House, clock: FakeClock
) -> None:
    clock.advance(300)
    house.ring()
    before = await marked(house)
    assert before[-1].at == clock.utc
    clock.jump(-200)
    for _ in range(3):
        clock.advance(60)
        house.ring()
        assert await marked(house) == before
    clock.advance(60)
    house.ring()
    assert [mark.at for mark in await marked(house)] == [*(mark.at for mark in before), clock.utc]
