"""The states as views: they show what the house knows, send only what has changed, and no argument breaks them."""

import inspect
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio
import reflex as rx

from app.domain.bars import Interval
from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.main import VIEWS
from app.runtime.house import House, settle_in
from app.runtime.settings import Settings
from app.store.watchlist import WatchedToken
from app.ui.state import chart, feed, market, prices
from app.ui.state.chart import ChartState, ReadingsState
from app.ui.state.feed import FeedState
from app.ui.state.market import MarketState
from app.ui.state.prices import PricesState, WatchState
from app.ui.state.view import SIGHTS
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.desk import settings_from, settings_of
from tests.runtime.houses import at_rest, house_of, opened_house

S = TypeVar("S", bound=rx.State)
WETH, LINK = (next(token for token in on_chain(8453) if token.symbol == symbol) for symbol in ("WETH", "LINK"))


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def nobody_looks() -> Iterator[None]:
    yield
    SIGHTS.clear()


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


def demo_settings(folder: Path, **values: object) -> Settings:
    return settings_of(folder, **({"market": "demo", "watchlist": "WETH,LINK"} | values))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def furnished(tmp_path_factory: pytest.TempPathFactory, clock: FakeClock) -> AsyncIterator[House]:
    async with opened_house(demo_settings(tmp_path_factory.mktemp("furnished")), clock) as opened:
        yield opened


@pytest.fixture
def house(furnished: House) -> House:
    """A demo market with all its past, in which only the clock goes on from test to test."""
    settle_in(furnished)
    return furnished


@pytest_asyncio.fixture(loop_scope="module")
async def own(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    """A demo market of the test's own, to be changed; its past is not all there yet."""
    async with house_of(demo_settings(tmp_path), clock) as opened:
        await opened.opened()
        yield opened


class Tab:
    """All the states of one browser tab."""

    def __init__(self) -> None:
        self.root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue] # how Reflex makes a state

    async def get(self, state: type[S]) -> S:
        return await self.root.get_state(state)

    async def show_all(self) -> None:
        """What a tab is shown when it comes to the desk."""
        for view in VIEWS:
            await view.show(await self.get(view.state))

    def sent(self) -> dict[str, Any]:
        """What has been set since the last call, by the name of the var: it has to be JSON."""
        delta = self.root.get_delta()
        self.root._clean()
        vars = {name.removesuffix("_rx_state_"): value for values in delta.values() for name, value in values.items()}
        json.dumps(vars, allow_nan=False)
        return vars


def tick(house: House, clock: FakeClock, seconds: float = 1) -> None:
    clock.advance(seconds)
    house.ring()


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
            assert state.no_source


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
            await call(state, "go_live")
            assert state.kind == "demo"
            double.behave()
            clock.advance(30)
            await house.probe()
            await market.show(state)
            assert state.offers_live
            await call(state, "go_live")
            assert (state.kind, state.why, state.offers_live) == ("live", "", False)


async def test_trouble_with_the_database_is_shown(own: House) -> None:
    state = await Tab().get(MarketState)
    with closing(sqlite3.connect(own.settings.data_dir / "drydock.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
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
    steps = [state.said async for _ in WatchState.event_handlers["add"].fn(state)]
    assert steps == ["Looking it up…"]
    assert (state.said, state.refused, state.asked) == ("AERO is on the watchlist.", False, "")
    assert [row["key"] for row in state.rows] == ["WETH", "LINK", "AERO"]
    await call(state, "close_dialog")
    assert not state.adding


@pytest.mark.parametrize(("asked", "said"), [("", "Type a token's address"), ("weth", "already"), ("NOPE", "neither")])
async def test_a_token_that_is_refused_says_why_and_keeps_what_was_typed(own: House, asked: str, said: str) -> None:
    state = await Tab().get(WatchState)
    await call(state, "write", asked)
    await call(state, "add")
    assert said in state.said
    assert (state.refused, state.asked) == (True, asked)
    assert len(own.floor.watchlist) == 2


async def test_a_change_that_the_database_refuses_is_said(own: House) -> None:
    state = await Tab().get(WatchState)
    await call(state, "write", "AERO")
    with closing(sqlite3.connect(own.settings.data_dir / "drydock.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await call(state, "add")
        assert "locked by another program" in state.said
        assert state.refused
        await call(state, "remove", "LINK")
    assert len(own.floor.watchlist) == 2


async def test_a_row_is_removed_by_its_key(own: House) -> None:
    state = await Tab().get(WatchState)
    await call(state, "remove", "LINK")
    assert [row["key"] for row in state.rows] == ["WETH"]
    await call(state, "remove", "WETH")
    assert len(own.floor.watchlist) == 1


# -- the chart


async def test_the_chart_shows_the_first_token_by_the_hour_at_first(house: House) -> None:
    tab = Tab()
    state = await tab.get(ChartState)
    await chart.show_history(state)
    assert (state.chosen, state.name, state.shown, state.bars) == ("WETH", "Wrapped Ether", "1h", 300)
    history = state.history
    assert history["key"] == state.key
    assert history["step"] == 3_600_000
    assert {len(history[name]) for name in "tohlcv"} == {300}  # pyright: ignore[reportArgumentType] # they are lists
    assert history["t"] == sorted(history["t"])  # pyright: ignore[reportArgumentType] # a list of numbers


async def test_another_token_and_another_length_are_shown_when_chosen(house: House, clock: FakeClock) -> None:
    tab = Tab()
    state, readings = await tab.get(ChartState), await tab.get(ReadingsState)
    keys = set[str]()
    for interval in Interval:
        await call(state, "switch", interval.value)
        await call(state, "choose", "LINK")
        assert (state.chosen, state.shown, state.interval, state.token) == ("LINK", interval, interval, "LINK")
        keys.add(state.key)
    assert len(keys) == 5
    assert [row[0] for row in readings.rows] == ["Simulated market"]
    assert readings.agree == "simulated"


async def test_a_tick_goes_with_the_history_that_it_belongs_to(house: House, clock: FakeClock) -> None:
    tab = Tab()
    state = await tab.get(ChartState)
    await chart.show_tick(state)
    assert state.bars == 300
    for _ in range(3):
        tick(house, clock)
        await chart.show_tick(state)
        key, at, *figures = state.tick
        assert (key, at) == (state.key, state.history["t"][-1])  # pyright: ignore[reportIndexIssue] # a list
        assert figures[3] == float(house.price(WETH).price or 0)


async def test_a_chart_whose_token_was_taken_off_shows_another(own: House) -> None:
    tab = Tab()
    state, watch = await tab.get(ChartState), await tab.get(WatchState)
    await call(state, "choose", "LINK")
    await call(watch, "remove", "LINK")
    await chart.show_tick(state)
    assert state.chosen == "WETH"


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


# -- hostile arguments

HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    float("nan"),
    "",
    " ",
    "x" * 10_000,
    "\0",
    "1H",
    "__class__",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    b"WETH",
    [],
    ["WETH"],
    [[[[]]]],
    {},
    {"address": "WETH"},
    {"__proto__": {"x": 1}},
    object(),
]


async def call(state: rx.State, name: str, *arguments: Any) -> None:
    """Run an event handler to its end, as an event from a browser does."""
    done = type(state).event_handlers[name].fn(state, *arguments)
    if inspect.isasyncgen(done):
        async for _ in done:
            pass
    elif inspect.isawaitable(done):
        await done


def handlers() -> list[tuple[type[rx.State], str, int]]:
    """Every event handler of ours, with the number of its arguments."""
    states = dict.fromkeys(view.state for view in VIEWS) | dict.fromkeys([ReadingsState])
    return [
        (state, name, len(inspect.signature(handler.fn).parameters) - 1)
        for state in states
        for name, handler in state.event_handlers.items()
        if handler.fn.__module__.startswith("app.")
    ]


async def test_every_event_handler_is_among_those_that_are_tried() -> None:
    names = {(state.__name__, name) for state, name, _ in handlers()}
    assert {
        ("ChartState", "choose"),
        ("ChartState", "switch"),
        ("WatchState", "add"),
        ("WatchState", "remove"),
    } <= names
    assert {("WatchState", "write"), ("MarketState", "go_live"), ("FeedState", "load")} <= names


async def test_no_argument_of_an_event_breaks_anything(house: House) -> None:
    before = list(house.floor.watchlist)
    for cls, name, count in handlers():
        tab = Tab()
        await tab.show_all()
        for argument in HOSTILE if count else [None]:
            await call(await tab.get(cls), name, *([argument] * count))
            tab.sent()
            assert list(house.floor.watchlist) == before, (name, argument)
            assert house.feed.mode == "demo"
        shown, watch = await tab.get(ChartState), await tab.get(WatchState)
        assert (shown.chosen, shown.shown, shown.bars) == ("WETH", "1h", 300)
        assert shown.interval in {"", *Interval}
        assert len(shown.token) <= 64
        assert len(watch.asked) <= 100


async def test_nothing_that_a_browser_stores_breaks_the_chart(house: House) -> None:
    for stored in HOSTILE:
        tab = Tab()
        state = await tab.get(ChartState)
        # Reflex sets what the browser stores without a look at its type.
        state.token = state.interval = stored
        await tab.show_all()
        await call(state, "load")
        assert (state.chosen, state.shown, state.bars) == ("WETH", "1h", 300), stored
        assert (await tab.get(ReadingsState)).agree == "simulated"


async def test_whatever_was_typed_is_looked_up_as_text(house: House) -> None:
    state = await Tab().get(WatchState)
    for argument in HOSTILE:
        await call(state, "write", argument)
        await call(state, "add")
        assert state.refused
        assert len(state.said) < 300
    assert len(house.floor.watchlist) == 2


async def test_a_state_offers_no_way_to_set_its_vars_from_outside() -> None:
    names = {name for state, name, _ in handlers()}
    assert not {name for name in names if name.startswith("set")}
