"""What the trader remembers: what the person sells is not its own any more, and a restart finds what it holds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.decisions import Verdict
from app.domain.orders import Origin
from app.store.bots import holdings, memories
from app.trading.terms import Terms
from app.trading.trader import Trader
from tests.trading.floor import trading_floor
from tests.trading.traders import ASSET, Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with trading_floor(tmp_path) as floor:
        yield Place(floor)


class TestThePersonsSales:
    @pytest.mark.parametrize(("share", "left"), [("100", 0), ("60", 1)])
    async def test_what_the_person_has_sold_it_holds_no_more(self, place: Place, share: str, left: int) -> None:
        await place.bought()
        await place.by_hand("sell", share_pct=share)
        assert place.held == place.floor.desk.books.account.held(ASSET)
        assert len(place.trader.holdings) == left
        await place.tick(WETH="2200")
        assert place.floor.desk.books.account.held(ASSET) == 0
        assert place.floor.desk.repeats.outcomes[Origin.BOT.value, "not_held"] == 0

    async def test_the_persons_own_go_first(self, place: Place) -> None:
        await place.by_hand("buy", amount_usd="1000")
        its = (await place.bought()).quantity
        await place.by_hand("sell", share_pct="40")
        assert place.held == its

    async def test_what_is_left_costs_its_share(self, place: Place) -> None:
        trade = await place.bought()
        await place.by_hand("sell", share_pct="75")
        holding = place.trader.holdings[ASSET]
        assert float(holding.cost) == pytest.approx(float(trade.value) / 4)


class TestRemembering:
    async def test_it_goes_on_where_it_was_left(self, place: Place) -> None:
        await place.bought()
        await place.tick(WETH="2780")
        await place.trader.keep()
        again = recalled(place)
        assert (again.holdings, again.diary, again.upto) == (
            place.trader.holdings,
            place.trader.diary,
            place.trader.upto,
        )
        [holding] = again.holdings.values()
        assert holding.rungs == 1

    async def test_trades_that_were_not_kept_are_read_from_the_ledger(self, place: Place) -> None:
        await place.bought()
        await place.trader.keep()
        await place.by_hand("buy", amount_usd="300")
        await place.decide(Verdict.SELL, why="strength")
        await place.bought("400")
        again = recalled(place)
        assert again.holdings == place.trader.holdings
        assert again.diary == place.trader.diary
        assert again.upto == place.floor.desk.books.account.version

    async def test_after_a_sale_by_hand_that_was_not_kept_it_holds_no_more_than_there_is(self, place: Place) -> None:
        await place.bought()
        await place.trader.keep()
        await place.by_hand("sell", share_pct="100")
        await place.bought("400")
        again = recalled(place)
        assert again.holdings[ASSET].quantity == place.floor.desk.books.account.held(ASSET)

    async def test_a_holding_that_is_gone_is_gone_from_the_disk(self, place: Place) -> None:
        await place.bought()
        await place.trader.keep()
        assert set(holdings(place.floor.store, place.floor.desk.session.id)) == {ASSET}
        await place.tick(WETH="2200")
        assert holdings(place.floor.store, place.floor.desk.session.id) == {}

    async def test_with_no_news_nothing_is_written(self, place: Place, tmp_path: Path) -> None:
        await place.bought()
        await place.trader.keep()
        with closing(sqlite3.connect(tmp_path / "drydock.db")) as other:
            before = other.execute("PRAGMA data_version").fetchone()
            await place.trader.keep()
            await place.tick()
            assert other.execute("PRAGMA data_version").fetchone() == before
            await place.tick(WETH="2780")
            assert other.execute("PRAGMA data_version").fetchone() != before

    async def test_a_session_that_was_traded_by_hand_owes_the_bot_nothing(self, place: Place) -> None:
        await place.by_hand("buy", amount_usd="300")
        again = Trader(place.floor.desk, Terms())
        again.recall({}, None, [])
        assert (again.holdings, again.upto) == ({}, 2)


def recalled(place: Place) -> Trader:
    """The trader as a restart finds it."""
    store, name = place.floor.store, place.floor.desk.session.id
    memory = memories(store, name)[name]
    again = Trader(place.floor.reopen(), Terms())
    again.level = place.trader.level
    again.recall(holdings(store, name), memory, place.made())
    return again
