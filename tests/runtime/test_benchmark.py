"""The benchmark: what holding from the beginning would be worth, whatever becomes of what is watched."""

from decimal import Decimal
from pathlib import Path

from app.domain.money import ratio
from app.domain.prices import Reading
from app.domain.refusal import Refusal
from app.domain.registry import named
from app.domain.tokens import Token
from app.runtime.benchmark import PATIENCE
from app.runtime.house import House
from app.runtime.listing import unlist_token
from app.runtime.sessions import new_session
from app.store.equity import marks
from app.store.sessions import session as find_session
from app.store.watchlist import WatchedToken
from tests.clock import FakeClock
from tests.runtime import demo_house
from tests.runtime.demo_house import pit_of
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, opened_house


def _token(symbol: str) -> Token:
    token = named(8453, symbol)
    assert token is not None
    return token


AERO, LINK, USDC = _token("AERO"), _token("LINK"), _token("USDC")
WAIT = PATIENCE.total_seconds()

clock, house = demo_house.clock, demo_house.house


def tick(house: House, clock: FakeClock, token: Token, price: str) -> None:
    """A price of now, and no other source's."""
    now = clock.utc
    house.floor.ticker.post([Reading(token.key, Decimal(price), "demo", now, now)], now)


async def marked(house: House) -> Decimal | None:
    """What the newest mark says that holding is worth."""
    await house.mark()
    return marks(house.store, pit_of(house).session.id)[-1].hold


async def begun(house: House) -> None:
    """A session begins at the prices that there are now."""
    assert not isinstance(await new_session(house), Refusal)


def base_of(house: House) -> set[str] | None:
    found = find_session(house.store, pit_of(house).session.id)
    assert found is not None
    return None if found.hold is None else set(found.hold)


async def test_the_base_waits_until_all_that_is_watched_has_a_live_price(house: House, clock: FakeClock) -> None:
    house.floor.ticker.forget(LINK.key)
    await begun(house)
    assert await marked(house) is None
    assert base_of(house) is None
    tick(house, clock, LINK, "12.5")
    assert await marked(house) == 10_000
    assert base_of(house) == {WETH.key.address, LINK.key.address}


async def test_it_begins_with_its_session_and_not_with_the_first_mark(house: House, clock: FakeClock) -> None:
    for token, price in ((WETH, "2500"), (LINK, "10")):
        tick(house, clock, token, price)
    await begun(house)
    clock.advance(1)
    tick(house, clock, WETH, "5000")
    assert await marked(house) == 15_000


async def test_a_third_of_the_balance_each_is_the_whole_balance(house: House, clock: FakeClock) -> None:
    house.floor.watchlist.add(WatchedToken(AERO))
    tick(house, clock, AERO, "0.7")
    await begun(house)
    assert await marked(house) == 10_000


async def test_a_price_that_is_not_live_is_no_base(house: House, clock: FakeClock) -> None:
    clock.advance(200)
    house.floor.ticker.settle(clock.utc)
    await begun(house)
    assert await marked(house) is None
    tick(house, clock, WETH, "2500")
    assert await marked(house) is None


async def test_after_ten_minutes_those_with_a_price_are_the_base(house: House, clock: FakeClock) -> None:
    house.floor.ticker.forget(LINK.key)
    await begun(house)
    clock.advance(WAIT - 1)
    tick(house, clock, WETH, "2500")
    assert await marked(house) is None
    clock.advance(1)
    tick(house, clock, WETH, "2500")
    assert await marked(house) == 10_000
    assert base_of(house) == {WETH.key.address}
    tick(house, clock, WETH, "5000")
    assert await marked(house) == 20_000


async def test_the_cash_is_never_part_of_it(house: House) -> None:
    house.floor.watchlist.add(WatchedToken(USDC))
    await begun(house)
    assert await marked(house) == 10_000
    assert base_of(house) == {WETH.key.address, LINK.key.address}


async def test_what_is_no_longer_watched_counts_at_its_last_price(house: House, clock: FakeClock) -> None:
    for token, price in ((WETH, "2500"), (LINK, "10")):
        tick(house, clock, token, price)
    await begun(house)
    assert await marked(house) == 10_000
    clock.advance(1)
    tick(house, clock, LINK, "30")
    assert not isinstance(await unlist_token(house, "LINK"), Refusal)
    assert house.price(LINK).price is None
    assert await marked(house) == 20_000
    tick(house, clock, WETH, "5000")
    assert await marked(house) == 25_000


async def test_after_a_restart_the_last_price_is_that_of_the_last_bar(tmp_path: Path) -> None:
    clock, settings = FakeClock(), settings_of(tmp_path, market="demo")
    async with opened_house(settings, clock) as house:
        for entry in house.floor.watchlist:
            if entry.token.key not in {WETH.key, LINK.key}:
                await unlist_token(house, entry.token.address)
        await begun(house)
        assert await marked(house) == 10_000
        clock.advance(60)
        house.ring()
        last = house.price(LINK).price
        await house.write_down()
        assert not isinstance(await unlist_token(house, "LINK"), Refusal)
        before = pit_of(house).benchmark.worth()
    # Long enough that no bar is of the last two hours.
    clock.advance(86_400)
    async with opened_house(settings, clock) as house:
        assert [entry.token.symbol for entry in house.floor.watchlist] == ["WETH"]
        session, now = pit_of(house).session, house.price(WETH).price
        assert session.hold is not None and now is not None and last is not None
        shares = (ratio(now, session.hold[WETH.key.address]), ratio(last, session.hold[LINK.key.address]))
        worth = await marked(house)
        assert worth is not None and before is not None and worth != before
        assert abs(worth - 5000 * sum(shares)) < Decimal("0.00001")
