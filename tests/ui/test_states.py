"""The states as views: they show what the house knows, and send only what has changed."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.main import VIEWS
from app.runtime.house import House, settle_in
from app.runtime.reach import Reach
from app.store.watchlist import WatchedToken
from app.ui.state import chart, feed, market, prices
from app.ui.state.chart import ChartState
from app.ui.state.feed import FeedState
from app.ui.state.market import MarketState
from app.ui.state.prices import PricesState, WatchState
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.desk import settings_from, settings_of
from tests.runtime.houses import at_rest, house_of, opened_house
from tests.store.held import held
from tests.ui.dealings import press
from tests.ui.tabs import Tab, call, demo_settings, tick

WETH, LINK = (next(token for token in on_chain(8453) if token.symbol == symbol) for symbol in ("WETH", "LINK"))


pytestmark = pytest.mark.asyncio(loop_scope="module")


# -- only what has changed


async def test_a_second_showing_of_the_same_sends_nothing(house: House) -> None:
    tab = Tab()
    await tab.show_all()
    await chart.show_tick(await tab.get(ChartState))
    assert {"quotes", "rows", "history", "tick", "badge", "facts"} <= tab.sent().keys()
    # The feed's page counts what was read meanwhile, and a history takes back the tick before it.
    for view in VIEWS:
        if view not in (feed.VIEW, chart.CHART):
            await view.show(await tab.get(view.state))
    assert tab.sent() == {}


async def test_a_tick_sends_the_prices_and_the_newest_bar_and_nothing_that_stood_still(
    house: House, clock: FakeClock
) -> None:
    tab = Tab()
    await tab.show_all()
    tab.sent()
    tick(house, clock)
    for view in (prices.PRICES, chart.TICK, chart.READINGS, market.VIEW, prices.WATCHLIST):
        await view.show(await tab.get(view.state))
    sent = tab.sent()
    assert sent.keys() == {"quotes", "server_ms", "tick", "rows"}
    assert sent["rows"][0][0] == "Simulated market"


async def test_nothing_is_shown_before_the_desk_is_open() -> None:
    settle_in(None)
    tab = Tab()
    tab.sent()
    await tab.show_all()
    assert tab.sent() == {}


# -- the market


async def test_the_badge_says_which_market_it_is(house: House) -> None:
    tab = Tab()
    state = await tab.get(MarketState)
    await market.show(state)
    assert (state.kind, state.badge, state.feed) == ("demo", "SIMULATED · Base", "own")
    assert not state.offers_live


async def test_a_live_market_says_how_many_sources_answer(tmp_path: Path, clock: FakeClock) -> None:
    with Double(now=lambda: clock.utc) as double:
        sources = ("dexscreener", "kraken")
        settings = settings_of(tmp_path, market="live", sources=sources, **settings_from(double.environment()))
        async with house_of(settings, clock) as house:
            await house.opened()
            state = await Tab().get(MarketState)
            for trouble, said in (
                ((), ("live", "live", "2 of 2 sources live")),
                (("kraken",), ("live", "some", "1 of 2 sources live")),
                (sources, ("down", "down", "0 of 2 sources live")),
            ):
                for source in trouble:
                    double.misbehave(source, Mischief.SERVER_ERROR)
                tick(house, clock, 16)
                await at_rest(house)
                tick(house, clock, 1)
                await market.show(state)
                assert (state.kind, state.feed, state.health) == said
            assert state.badge == "NO FEED · Base"
            assert (state.no_source, state.trouble) == (True, "")
            double.misbehave("rpc", Mischief.SERVER_ERROR)
            for _ in range(2):
                await Reach(house).look()
            await market.show(state)
            assert state.trouble == "No usable node for Base answers, so nothing can be bought or sold."


async def test_a_stand_in_says_why_and_that_live_has_come_back(tmp_path: Path, clock: FakeClock) -> None:
    with Double(now=lambda: clock.utc) as double:
        double.misbehave("kraken", Mischief.REFUSE)
        values = {"market": "auto", "sources": ("kraken",), "watchlist": "WETH"} | settings_from(double.environment())
        async with house_of(settings_of(tmp_path, **values), clock) as house:
            await house.opened()
            state = await Tab().get(MarketState)
            await market.show(state)
            assert state.kind == "demo"
            assert "Drydock keeps trying" in state.why
            await call(state, "go_live", *press())
            assert state.kind == "demo"
            double.behave()
            clock.advance(30)
            await house.probe()
            await market.show(state)
            assert state.offers_live
            await call(state, "go_live", *press())
            assert (state.kind, state.why, state.offers_live) == ("live", "", False)


async def test_trouble_with_the_database_is_shown(own: House) -> None:
    state = await Tab().get(MarketState)
    with held(own.store):
        await own.write_down()
        await market.show(state)
        assert "locked by another program" in state.trouble


def recording(folder: Path) -> Path:
    lines = [f"{number * 3600},{number + 1},{number + 2},{number + 1},{number + 2},1" for number in range(50)]
    file = folder / "hours.csv"
    file.write_text("\n".join(["timestamp,open,high,low,close,volume", *lines]))
    return file


async def test_a_replay_shows_recorded_time_and_its_own_bars(tmp_path: Path, clock: FakeClock) -> None:
    settings = settings_of(tmp_path, market=f"replay:{recording(tmp_path)}", replay_speed=Decimal(3600))
    async with opened_house(settings, clock) as house:
        tick(house, clock, 10)
        tab = Tab()
        await tab.show_all()
        state, shown, quotes = await tab.get(MarketState), await tab.get(ChartState), await tab.get(PricesState)
        assert (state.kind, state.badge) == ("replay", "REPLAY · Base")
        assert state.health == "recorded 01 Jan 1970 10:00 UTC · 3,600×"
        assert "50 bars of 1 h" in state.why
        assert (shown.shown, shown.bars, quotes.quotes["WETH"][0]) == ("1h", 10, "11.000")
        for asked, given in (("1m", "1h"), ("15m", "1h"), ("1h", "1h"), ("1d", "1d")):
            await call(shown, "switch", asked)
            assert shown.shown == given
        tick(house, clock, 100)
        await market.show(state)
        assert state.badge == "REPLAY · Base · ended"


# -- the watchlist


async def test_a_row_says_who_a_token_is(house: House) -> None:
    state = await Tab().get(WatchState)
    await prices.show_watchlist(state)
    assert [(row["key"], row["symbol"], row["name"], row["note"]) for row in state.rows] == [
        ("WETH", "WETH", "Wrapped Ether", ""),
        ("LINK", "LINK", "Chainlink", ""),
    ]
    assert all(len(row["spark"].split()) > 20 for row in state.rows)
    assert state.opened


async def test_two_tokens_of_one_symbol_have_rows_of_their_own(own: House) -> None:
    twin = Token(8453, "0x" + "1" * 40, "LINK", "Not Chainlink", 18)
    own.floor.watchlist.add(WatchedToken(twin, False, "Its pools hold less than $10,000."))
    tab = Tab()
    await tab.show_all()
    rows, quotes = (await tab.get(WatchState)).rows, (await tab.get(PricesState)).quotes
    assert [row["key"] for row in rows] == ["WETH", LINK.address, twin.address]
    assert rows[2]["note"] == "Its pools hold less than $10,000."
    assert quotes.keys() == {"WETH", LINK.address, twin.address}
    assert quotes[twin.address] == ["–", "–", "none", 0]


async def test_a_testnet_row_says_where_its_price_comes_from(tmp_path: Path, clock: FakeClock) -> None:
    async with house_of(demo_settings(tmp_path, chain_id=84532, watchlist="WETH"), clock) as house:
        await house.opened()
        state = await Tab().get(WatchState)
        await prices.show_watchlist(state)
        assert state.rows[0]["note"] == "Priced as its mainnet asset."


async def test_a_quote_is_the_price_its_change_its_state_and_its_moment(house: House, clock: FakeClock) -> None:
    state = await Tab().get(PricesState)
    tick(house, clock)
    await prices.show_prices(state)
    price, change, how, at = state.quotes["WETH"]
    assert str(price).replace(",", "") == f"{house.price(WETH).price:.2f}"
    assert str(change)[0] in "+−0"
    assert (how, at) == ("live", round(clock.utc.timestamp() * 1000))
    assert state.lives["WETH"] == 30_000


async def test_a_token_is_added_with_a_word_at_every_step(own: House) -> None:
    state = await Tab().get(WatchState)
    await call(state, "open_dialog")
    assert state.adding
    await call(state, "write", "  aero ")
    steps = [state.said async for _ in WatchState.event_handlers["add"].fn(state, press()[1])]
    assert steps == ["Looking it up…"]
    assert (state.said, state.refused, state.asked) == ("AERO is on the watchlist.", False, "")
    assert [row["key"] for row in state.rows] == ["WETH", "LINK", "AERO"]
    await call(state, "close_dialog")
    assert not state.adding


@pytest.mark.parametrize(("asked", "said"), [("", "Type a token's address"), ("weth", "already"), ("NOPE", "neither")])
async def test_a_token_that_is_refused_says_why_and_keeps_what_was_typed(own: House, asked: str, said: str) -> None:
    state = await Tab().get(WatchState)
    await call(state, "write", asked)
    await call(state, "add", press()[1])
    assert said in state.said
    assert (state.refused, state.asked) == (True, asked)
    assert len(own.floor.watchlist) == 2


async def test_a_change_that_the_database_refuses_is_said(own: House) -> None:
    state = await Tab().get(WatchState)
    await call(state, "write", "AERO")
    with held(own.store):
        await call(state, "add", press()[1])
        assert "locked by another program" in state.said
        assert state.refused
        await call(state, "remove", "LINK", *press())
    assert len(own.floor.watchlist) == 2


async def test_a_row_is_removed_by_its_key(own: House) -> None:
    state = await Tab().get(WatchState)
    await call(state, "remove", "LINK", *press())
    assert [row["key"] for row in state.rows] == ["WETH"]
    await call(state, "remove", "WETH", *press())
    assert len(own.floor.watchlist) == 1


async def test_the_feed_page_tells_of_every_source_and_of_every_read(house: House) -> None:
    state = await Tab().get(FeedState)
    for _ in range(3):
        house.price(WETH)
    await feed.show(state)
    assert [row["title"] for row in state.rows] == ["Simulated market"]
    assert (state.rows[0]["budget"], state.rows[0]["state"]) == ("none needed", "live")
    facts = dict(state.facts)
    assert int(facts["Prices read from the board"].replace(",", "")) == house.board.reads.hits >= 3
    assert facts["Calls made to sources"] == "0"
