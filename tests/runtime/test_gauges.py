"""The gauges: counts go on over sessions, markets and boards that are left, and come back to."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from app.domain.orders import Origin
from app.domain.prices import Reading
from app.domain.session import Session
from app.domain.tickets import Asked
from app.market.line import Tally
from app.market.source import Fault
from app.runtime.gauges import Reads
from app.runtime.house import House
from app.runtime.live import LiveFeed
from app.runtime.sessions import new_session, pollers_of
from app.trading.board import Board
from tests.clock import FakeClock
from tests.double import Double
from tests.runtime import demo_house
from tests.runtime.demo_house import pit_of
from tests.runtime.houses import WETH, at_rest, opened_house, settings_on

clock, house = demo_house.clock, demo_house.house


def read(board: Board, times: int) -> None:
    """Look at what is not there."""
    for _ in range(times):
        board.read(WETH.key)


async def buy(house: House, order_id: str) -> None:
    await pit_of(house).desk.place(Asked(order_id, "buy", amount_usd="100"), "WETH", Origin.HAND)


def tick(house: House, price: Decimal) -> None:
    now = house.clock.instant().utc
    house.floor.ticker.post([Reading(WETH.key, price, "demo", now, now)], now)


class TestReads:
    def test_what_was_read_of_a_board_counts_once_however_often_it_is_followed(self) -> None:
        reads, board = Reads(), Board({})
        read(board, 3)
        for _ in range(3):
            reads.follow(board)
        read(board, 2)
        reads.follow(board)
        assert (reads.hits, reads.misses) == (0, 5)

    def test_a_board_that_is_left_and_come_back_to_counts_on(self) -> None:
        reads, first, other = Reads(), Board({}), Board({})
        read(first, 3)
        reads.follow(first)
        # What is read of a board after it was looked at last is not lost with it.
        read(first, 1)
        read(other, 10)
        reads.follow(other)
        assert reads.misses == 14
        read(first, 2)
        reads.follow(first)
        reads.follow(first)
        assert reads.misses == 16


class TestPositionUpdates:
    async def test_a_trade_and_each_price_of_what_is_held_are_one_each(self, house: House, clock: FakeClock) -> None:
        gauges = house.gauges
        tick(house, Decimal(2000))
        assert gauges.position_updates == 0
        await buy(house, "b1")
        assert gauges.position_updates == 1
        for price, updates in ((2000, 1), (2001, 2), (2001, 2), (2002, 3)):
            clock.advance(1)
            tick(house, Decimal(price))
            assert gauges.position_updates == updates

    async def test_looking_at_the_account_changes_nothing(self, house: House, clock: FakeClock) -> None:
        await buy(house, "b1")
        tick(house, Decimal(2001))
        updates = house.gauges.position_updates
        for _ in range(3):
            pit_of(house).value()
            pit_of(house).see()
        assert house.gauges.position_updates == updates


class TestSwitches:
    async def test_orders_of_the_next_session_count_on(self, house: House) -> None:
        await buy(house, "b1")
        assert isinstance(await new_session(house, name="Next"), Session)
        await buy(house, "b2")
        assert sum(house.gauges.blotter.orders.values()) == house.gauges.blotter.seconds.count == 2

    async def test_the_sources_of_the_next_live_market_count_on_where_the_last_ones_stopped(
        self, tmp_path: Path
    ) -> None:
        clock = FakeClock()
        with Double(now=lambda: clock.utc) as double:
            async with opened_house(settings_on(double, tmp_path, sources="dexscreener"), clock) as house:
                tally = house.gauges.sources["dexscreener"]
                first = tally.outcomes["ok"]
                assert isinstance(house.feed, LiveFeed) and first == len(double.requests("dexscreener")) > 0
                await new_session(house, market="demo")
                assert list(pollers_of(house)) == [] and house.gauges.sources["dexscreener"].outcomes["ok"] == first
                clock.advance(timedelta(minutes=2).total_seconds())
                await new_session(house, market="live")
                await at_rest(house)
                [poller] = pollers_of(house)
                assert poller.line.meter.tally is tally and poller.line.meter.requests < tally.outcomes["ok"]
                assert tally.outcomes["ok"] == tally.seconds.count == len(double.requests("dexscreener")) > first

    def test_a_tally_takes_over_what_another_has_counted(self) -> None:
        kept, other = Tally(), Tally()
        for tally, seconds in ((kept, 0.1), (other, 0.2)):
            tally.outcomes[Fault.HTTP.value] += 1
            tally.seconds.see(seconds)
        kept.take(other)
        assert (kept.outcomes, kept.seconds.count) == ({"http": 2}, 2)
