"""The pit: what it values, what its drawdown sees, and what is left of it once it is closed."""

import asyncio
import gc
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.orders import OrderState, Origin
from app.domain.prices import PriceState, Reading
from app.domain.quotes import Ask
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tickets import Asked
from app.domain.valuation import valued
from app.runtime.figures import performance
from app.runtime.house import House
from app.runtime.sessions import new_session
from app.runtime.standing import holdings, standing
from app.store.equity import marks
from app.store.orders import find_order
from app.store.trades import measured
from app.store.watchlist import WatchedToken, replace_watched
from app.trading.bell import Topic
from app.trading.desk import Placed
from tests.clock import FakeClock
from tests.runtime import demo_house
from tests.runtime.demo_house import pit_of
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, opened_house

clock, house = demo_house.clock, demo_house.house


async def placed(house: House, order_id: str, symbol: str = "WETH", **fields: Any) -> Placed:
    told: dict[str, Any] = {"side": "buy"} | fields
    outcome = await pit_of(house).desk.place(Asked(order_id, **told), symbol, Origin.HAND)
    assert isinstance(outcome, Placed), outcome
    return outcome


def tick(house: House, price: str | Decimal, age_s: int = 0) -> None:
    """WETH's price, as old as that."""
    now = house.clock.instant().utc
    house.floor.ticker.post([Reading(WETH.key, Decimal(price), "demo", now, now - timedelta(seconds=age_s))], now)


# -- value


async def test_the_worth_is_that_reckoned_anew_after_every_trade_and_tick(house: House, clock: FakeClock) -> None:
    pit = pit_of(house)

    def price(asset: str) -> tuple[Decimal | None, bool]:
        token = pit.token(asset)
        held = pit.desk.venue.price(token) if token else None
        return (held.price, held.state is PriceState.LIVE) if held else (None, False)

    deals = [{"symbol": "WETH"}, {"symbol": "LINK"}, {"symbol": "WETH", "side": "sell"}, {"symbol": "WETH"}]
    for number, deal in enumerate(deals):
        size = {"share_pct": "100"} if "side" in deal else {"amount_usd": "400"}
        await placed(house, f"o{number}", **deal, **size)
        assert pit.value() == valued(pit.account, price)
        for step in (1, 100, 1):
            clock.advance(step)
            house.floor.ticker.settle(clock.utc)
            assert pit.value() == valued(pit.account, price)
            house.ring()
            assert pit.value() == valued(pit.account, price)


# -- drawdown


async def test_the_drawdown_sees_no_price_that_is_not_live(house: House, clock: FakeClock) -> None:
    pit = pit_of(house)
    await placed(house, "b1", amount_usd="5000")
    price = house.price(WETH).price
    assert price is not None
    before = standing(pit).max_drawdown_pct
    clock.advance(300)
    tick(house, price / 2, age_s=200)
    assert house.price(WETH).state is PriceState.DELAYED
    assert pit.value().equity < 8000
    await house.mark()
    assert standing(pit).max_drawdown_pct == before < 1
    tick(house, price / 2)
    assert standing(pit).max_drawdown_pct > 20


async def test_performance_has_the_drawdown_that_the_account_has(house: House, clock: FakeClock) -> None:
    pit = pit_of(house)
    for order, symbol in (("b1", "WETH"), ("b2", "LINK")):
        await placed(house, order, symbol, amount_usd="2000")
    price = house.price(WETH).price
    assert price is not None
    clock.advance(300)
    house.ring()
    # A mark in which one of two prices is old is kept, and is no drawdown.
    tick(house, price / 3, age_s=200)
    await house.mark()
    figures = await performance(house.store, pit.session, pit)
    assert figures.max_drawdown_pct.value == standing(pit).max_drawdown_pct


# -- performance


async def test_figures_of_the_same_state_are_reckoned_once(house: House) -> None:
    pit = pit_of(house)
    await placed(house, "b1", amount_usd="100")
    first = await performance(house.store, pit.session, pit)
    assert await performance(house.store, pit.session, pit) is first
    await placed(house, "b2", amount_usd="100")
    assert (await performance(house.store, pit.session, pit)).costs.gas > first.costs.gas


async def test_a_measured_fill_is_among_the_figures_at_once(house: House) -> None:
    pit = pit_of(house)
    trade = (await placed(house, "b1", amount_usd="100")).trade
    assert trade is not None
    assert (await performance(house.store, pit.session, pit)).fill_error_30s_median_bps.value is None
    measured(house.store, trade.id, None, Decimal("1.5"))
    house.bell.ring(Topic.ACCOUNT)
    found = await performance(house.store, pit.session, pit)
    assert (found.fill_error_30s_median_bps.value, found.fill_error_median_bps.value) == (Decimal("1.5"), None)


# -- closing


class Gated:
    """Pools that say when they are asked, and answer when they are let."""

    def __init__(self, behind: Any) -> None:
        self.behind = behind
        self.asked, self.gate = asyncio.Event(), asyncio.Event()

    async def quote(self, ask: Ask, **how: Any) -> Any:
        self.asked.set()
        await self.gate.wait()
        return await self.behind.quote(ask, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)


async def test_an_order_under_way_is_filled_before_a_pit_is_closed_and_not_after(house: House) -> None:
    pit = pit_of(house)
    price = house.price(WETH).price
    assert price is not None
    pools = Gated(pit.desk.venue.quoter)
    await placed(house, "l1", amount_usd="100", type="limit", limit_price=str(round(price * Decimal("1.1"), 2)))
    pit.desk.venue = replace(pit.desk.venue, quoter=pools)
    tick(house, price)
    await asyncio.wait_for(pools.asked.wait(), 10)
    closing = asyncio.create_task(pit.close())
    await asyncio.sleep(0.02)
    assert not closing.done()
    pools.gate.set()
    await closing
    version = pit.account.version
    ended = find_order(house.store, "l1")
    assert ended is not None
    assert (ended.state, version) == (OrderState.FILLED, 2)
    tick(house, price * Decimal("0.7"))
    await asyncio.sleep(0.02)
    assert (pit.account.version, find_order(house.store, "l1")) == (version, ended)
    assert marks(house.store, pit.session.id)[-1].cash == pit.account.cash


async def test_who_holds_a_closed_pit_finds_its_books_and_with_the_last_of_them_they_go(house: House) -> None:
    old = pit_of(house)
    await placed(house, "b1", amount_usd="100")
    opened = await new_session(house, name="Next")
    assert isinstance(opened, Session)
    gc.collect()
    assert set(house.rounds.accounts) == {old.session.id, opened.id}
    assert old.account.version == 2
    assert [holding.token.symbol for holding in holdings(old)] == ["WETH"]
    late = await old.desk.place(Asked("late", "buy", amount_usd="10"), "WETH", Origin.HAND)
    assert isinstance(late, Refusal) and late.code == "no_session"
    del old
    gc.collect()
    assert set(house.rounds.accounts) == {opened.id}


# -- opening


async def test_what_open_orders_wait_for_is_watched_after_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    settings = settings_of(tmp_path, market="demo", watchlist="WETH,LINK")
    async with opened_house(settings, clock) as house:
        await placed(house, "l1", "LINK", amount_usd="100", type="limit", limit_price="1")
        replace_watched(house.store, "demo", 8453, [WatchedToken(WETH)])
    async with opened_house(settings, clock) as house:
        assert [entry.token.symbol for entry in house.floor.watchlist] == ["WETH", "LINK"]
        assert set(pit_of(house).desk.books.orders) == {"l1"}
