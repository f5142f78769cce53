"""The watchlist as it is kept: what is taken off, and what a restart finds."""

from pathlib import Path

from app.domain.refusal import Refusal
from app.domain.registry import WATCHLISTS, on_chain
from app.runtime.house import House
from app.runtime.listing import unlist_token
from app.runtime.sessions import new_session
from app.store.watchlist import WatchedToken, replace_watched
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime import listing_house
from tests.runtime.houses import at_rest, opened_house, until
from tests.runtime.listings import listed, listing_settings, refused, symbols
from tests.store.held import held

clock, running, double = listing_house.clock, listing_house.running, listing_house.double
new, house = listing_house.new, listing_house.house


async def test_a_token_is_taken_off_by_symbol_or_address_and_its_price_with_it(house: House, double: Double) -> None:
    entry = await listed(house, "LINK")
    house.ring()
    await at_rest(house)
    assert house.board.peek(entry.token.key).price is not None
    gone = await unlist_token(house, entry.token.address.lower())
    assert gone == entry
    assert house.board.peek(entry.token.key).price is None
    assert symbols(house) == ["WETH"]


async def test_a_testnet_token_frees_the_price_that_stood_for_it(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    link = next(token for token in on_chain(8453) if token.symbol == "LINK")
    async with opened_house(listing_settings(double, tmp_path, chain_id=84532, watchlist="WETH,LINK"), clock) as house:
        assert house.board.peek(link.key).price is not None
        await unlist_token(house, "LINK")
        assert house.board.peek(link.key).price is None


async def test_an_answer_that_comes_after_a_token_was_taken_off_is_left_aside(
    house: House, double: Double, clock: FakeClock
) -> None:
    entry = await listed(house, "LINK")
    double.misbehave("dexscreener", Mischief.SLOW)
    clock.advance(120)
    double.forget_requests()
    house.ring()
    await until(lambda: bool(double.requests("dexscreener")))
    await unlist_token(house, "LINK")
    await at_rest(house)
    assert house.board.peek(entry.token.key).price is None


async def test_the_last_token_stays_and_an_unknown_one_is_not_there(house: House) -> None:
    for text, code in (("WETH", "last_token"), ("AERO", "unknown_token"), ("", "unknown_token")):
        answer = await unlist_token(house, text)
        assert isinstance(answer, Refusal)
        assert answer.code == code


# -- kept


async def test_a_list_survives_a_restart_with_what_was_added_and_without_what_was_removed(
    tmp_path: Path, double: Double, clock: FakeClock, new: str
) -> None:
    double.deploy(8453, new, "NEW", "A New One", 7, liquidity_usd=50_000)
    settings = listing_settings(double, tmp_path, watchlist=())
    async with opened_house(settings, clock) as house:
        assert symbols(house) == list(WATCHLISTS[8453])
        await listed(house, new)
        await unlist_token(house, "AERO")
        before = list(house.floor.watchlist)
    async with opened_house(settings, clock) as house:
        assert list(house.floor.watchlist) == before
        assert symbols(house) == [*(name for name in WATCHLISTS[8453] if name != "AERO"), "NEW"]


async def test_markets_and_chains_have_lists_of_their_own(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    async with opened_house(listing_settings(double, tmp_path, watchlist=()), clock) as house:
        await listed(house, "MORPHO")
    async with opened_house(listing_settings(double, tmp_path, watchlist=(), market="demo"), clock) as house:
        assert symbols(house) == list(WATCHLISTS[8453])
    async with opened_house(listing_settings(double, tmp_path, watchlist=()), clock) as house:
        assert symbols(house) == [*WATCHLISTS[8453], "MORPHO"]
        await new_session(house, chain_id=10)
        assert symbols(house) == list(WATCHLISTS[10])


async def test_what_the_settings_name_comes_first(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    async with opened_house(listing_settings(double, tmp_path, watchlist=()), clock) as house:
        replace_watched(house.store, "live", 8453, [WatchedToken(token) for token in on_chain(8453)[:3]])
    async with opened_house(listing_settings(double, tmp_path, watchlist="aero,weth"), clock) as house:
        assert symbols(house) == ["AERO", "WETH", "USDC", "USDbC"]


async def test_a_change_that_cannot_be_written_down_is_not_made(house: House) -> None:
    await listed(house, "LINK")
    with held(house.store):
        assert await refused(house, "AERO") == "database_refused"
        answer = await unlist_token(house, "LINK")
        assert isinstance(answer, Refusal)
        assert answer.code == "database_refused"
        assert set(symbols(house)) == {"WETH", "LINK"}
    assert (await listed(house, "AERO")).token.symbol == "AERO"
