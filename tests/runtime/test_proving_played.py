"""Whatever a desk has really done can be proven: sessions played by the bot and by hand are imported as they were."""

from pathlib import Path

from app.domain.money import plain
from app.domain.orders import Origin
from app.domain.session import Session
from app.domain.tickets import Asked
from app.runtime.audit import audited
from app.runtime.house import House
from app.runtime.importing import import_session
from app.runtime.sessions import new_session
from app.store.database import Store
from app.store.equity import marks, thin
from app.store.trades import each_trade
from app.trading.exits import set_exits
from tests.clock import FakeClock
from tests.runtime.bot_replays import Played, bot_of, play_on, playing, settings_for, settled, walk_rows, written
from tests.runtime.demo_house import pit_of
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, opened_house
from tests.runtime.taken import exported, fresh_store

BARS = 320


async def taken(store: Store, session_id: str, other: Store) -> Session:
    """A session, exported and imported elsewhere: in balance, and exported and imported once more."""
    text = exported(store, session_id)
    mine = import_session(other, text)
    assert isinstance(mine, Session), mine
    assert (await audited(other, mine, None)).balanced
    again = import_session(other, exported(other, mine.id))
    assert isinstance(again, Session), again
    return mine


async def guarded(house: House, order_id: str) -> None:
    """Something bought by hand, with a stop, a target and a trailing stop close to the price."""
    pit = pit_of(house)
    await pit.desk.place(Asked(order_id, "buy", amount_usd="300"), "WETH", Origin.HAND)
    price = pit.desk.venue.price(WETH).price
    assert price is not None
    levels = {"stop_loss": plain(price * 98 / 100), "take_profit": plain(price * 103 / 100), "trailing_pct": "1.5"}
    await set_exits(pit.desk, WETH, levels, Origin.HAND)


async def test_a_replay_is_played_by_the_bot_and_by_hand_left_and_gone_on_with(tmp_path: Path) -> None:
    settings = settings_for(written(tmp_path, walk_rows(BARS)), tmp_path)
    with fresh_store(tmp_path / "other") as other:
        for bars in (120, 240, BARS):
            async with playing(settings, Played()) as house:
                bot = bot_of(house)
                await bot.set_level(10)
                await bot.command("start")
                await play_on(house, bars - 40)
                await guarded(house, f"by hand {bars}")
                await play_on(house, bars)
                await settled(house)
                await house.mark()
                await taken(house.store, "s1", other)
        async with playing(settings, Played()) as house:
            await pit_of(house).flatten("out", Origin.HAND)
            assert isinstance(await new_session(house, name="next"), Session)
            mine = await taken(house.store, "s1", other)
        made, seen = list(each_trade(other, mine.id)), marks(other, mine.id)
        residuals = (await audited(other, mine, None)).residuals
    assert len(made) > 5 and {trade.origin for trade in made} == {Origin.BOT, Origin.HAND}
    assert len(seen) > 200 and {mark.at for mark in seen} & {trade.at for trade in made}
    assert residuals["equity"] == 0


async def test_marks_that_were_thinned_and_of_several_tokens_are_believed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH,LINK"), clock) as house:
        for number in range(60):
            clock.advance(60)
            house.ring()
            asked = Asked(f"o{number}", "buy", amount_usd="100")
            if number % 7 == 6:
                asked = Asked(f"o{number}", "sell", share_pct="50")
            await pit_of(house).desk.place(asked, ("WETH", "LINK")[number % 2], Origin.HAND)
            await house.mark()
        clock.advance(40 * 86_400)
        house.ring()
        await house.mark()
        assert thin(house.store, clock.utc) > 40
        with fresh_store(tmp_path / "other") as other:
            await taken(house.store, "s1", other)
