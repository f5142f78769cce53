"""Listing: what may be watched, what may only be watched, and what is refused in which words."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.prices import PriceState
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.market.erc20 import checksummed
from app.runtime.house import House
from app.runtime.listing import unlist_token
from app.store.watchlist import WatchedToken
from app.trading.watchlist import LONGEST
from tests.clock import FakeClock
from tests.double import Double, Mischief, dead_port
from tests.runtime import listing_house
from tests.runtime.desk import settings_of
from tests.runtime.houses import at_rest, house_of, opened_house
from tests.runtime.listings import listed, listing_settings, refused

BOTH = ("dexscreener", "geckoterminal")

clock, running, double = listing_house.clock, listing_house.running, listing_house.double
new, house = listing_house.new, listing_house.house


async def test_a_token_is_what_the_chain_says_and_trades_where_its_pool_is_deep(
    house: House, double: Double, new: str
) -> None:
    double.deploy(8453, new, "NEW", "A New One", 7, liquidity_usd=10_000, price="0.0125")
    entry = await listed(house, f"  {new.lower()} ")
    assert entry.token == Token(8453, checksummed(new), "NEW", "A New One", 7)
    assert (entry.tradable, entry.reason, entry.liquidity_usd) == (True, None, Decimal(10_000))


async def test_a_new_token_is_asked_for_at_once(house: House, double: Double, new: str) -> None:
    double.deploy(8453, new, "NEW", "A New One", 7, liquidity_usd=50_000, price="0.0125")
    entry = await listed(house, new)
    house.ring()
    await at_rest(house)
    held = house.price(entry.token)
    assert (held.state, held.price) == (PriceState.LIVE, Decimal("0.0125"))


@pytest.mark.parametrize("liquidity", [1, 5_000, 9_999])
async def test_a_token_with_a_shallow_pool_is_only_watched(
    house: House, double: Double, liquidity: int, new: str
) -> None:
    double.deploy(8453, new, "THIN", "Thin", 18, liquidity_usd=liquidity)
    entry = await listed(house, new)
    assert not entry.tradable
    assert entry.reason == "Its pools hold less than $10,000."
    house.ring()
    await at_rest(house)
    assert house.price(entry.token).state is PriceState.NONE


@pytest.mark.parametrize(
    "text", ["AERO", "aero", "0x940181a94A35A4569E4529A3CDfB74e38FD98631", "0x940181A94A35A4569E4529A3CDFB74E38FD98631"]
)
async def test_a_known_token_needs_no_call_to_be_found(house: House, double: Double, text: str) -> None:
    double.forget_requests()
    entry = await listed(house, text)
    assert (entry.token.symbol, entry.token.coingecko_id, entry.tradable) == ("AERO", "aerodrome-finance", True)
    assert double.requests("rpc") == []


@pytest.mark.parametrize("text", ["", "   ", "NOPE", "0x12", "0x" + "g" * 40, "WETH,LINK", "x" * 10_000, "weth\n!"])
async def test_what_is_no_address_and_no_known_symbol_is_refused(house: House, double: Double, text: str) -> None:
    double.forget_requests()
    assert await refused(house, text) == "not_an_address"
    assert double.requests() == []


async def test_a_token_that_is_watched_already_is_refused(house: House) -> None:
    assert await refused(house, "weth") == "already_watched"


async def test_an_address_without_a_contract_is_refused(house: House) -> None:
    assert await refused(house, "0x" + "77" * 20) == "no_contract"


async def test_a_contract_that_is_no_token_is_refused(house: House, double: Double) -> None:
    double.deploy_contract(8453, "0x" + "88" * 20)
    assert await refused(house, "0x" + "88" * 20) == "not_a_token"


async def test_a_token_with_absurd_decimals_is_refused(house: House, double: Double, new: str) -> None:
    double.deploy(8453, new, "ODD", "Odd", 77, liquidity_usd=50_000)
    assert await refused(house, new) == "too_many_decimals"


async def test_a_token_that_no_source_has_heard_of_is_refused(house: House, double: Double) -> None:
    unheard = "0x" + "99" * 20
    double.deploy(8453, unheard, "LOST", "Lost", 18)
    assert await refused(house, unheard) == "no_market"


async def test_while_no_source_of_markets_answers_a_token_is_refused_for_now(
    tmp_path: Path, double: Double, clock: FakeClock, new: str
) -> None:
    double.deploy(8453, new, "NEW", "A New One", 7, liquidity_usd=50_000)
    async with house_of(listing_settings(double, tmp_path, sources=BOTH), clock) as house:
        await house.opened()
        for source in BOTH:
            double.misbehave(source, Mischief.SERVER_ERROR)
        assert await refused(house, new) == "no_source"
        double.behave("geckoterminal")
        assert (await listed(house, new)).tradable


async def test_a_watchlist_that_is_full_is_refused(tmp_path: Path, double: Double, clock: FakeClock) -> None:
    async with opened_house(listing_settings(double, tmp_path), clock) as house:
        for number in range(LONGEST - 1):
            house.floor.watchlist.add(WatchedToken(Token(8453, f"0x{number:040x}", f"T{number}", "T", 18)))
        assert await refused(house, "AERO") == "watchlist_full"


# -- the chain's nodes


async def test_without_a_node_that_answers_nothing_is_looked_up(
    tmp_path: Path, double: Double, clock: FakeClock, new: str
) -> None:
    with dead_port() as port:
        dead = (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/other")
        async with opened_house(listing_settings(double, tmp_path, rpc_url_8453=dead), clock) as house:
            assert await refused(house, new) == "rpc_unreachable"
            assert (await listed(house, "AERO")).token.symbol == "AERO"


async def test_a_node_of_another_chain_is_not_believed(
    tmp_path: Path, double: Double, clock: FakeClock, new: str
) -> None:
    double.deploy(1, new, "ELSEWHERE", "On another chain", 18, liquidity_usd=50_000)
    async with opened_house(listing_settings(double, tmp_path, rpc_url_8453=(double.url("rpc/1"),)), clock) as house:
        assert await refused(house, new) == "rpc_unreachable"


@pytest.mark.parametrize("trouble", [None, Mischief.RATE_LIMITED, Mischief.HTML, Mischief.REFUSE, Mischief.TIMEOUT])
async def test_where_the_first_node_is_no_use_the_second_is_asked(
    tmp_path: Path, double: Double, clock: FakeClock, trouble: Mischief | None, new: str
) -> None:
    double.deploy(8453, new, "NEW", "A New One", 7, liquidity_usd=50_000)
    if trouble:
        double.misbehave("rpc/10", trouble)
    nodes = (double.url("rpc/10"), double.url("rpc/8453"))
    async with opened_house(listing_settings(double, tmp_path, rpc_url_8453=nodes), clock) as house:
        assert (await listed(house, new)).token.symbol == "NEW"


# -- other markets


async def test_a_testnet_lists_what_stands_for_a_mainnet_asset_and_nothing_else(
    tmp_path: Path, double: Double, clock: FakeClock, new: str
) -> None:
    double.deploy(84532, new, "TEST", "A test token", 18)
    async with opened_house(listing_settings(double, tmp_path, chain_id=84532), clock) as house:
        assert await refused(house, new) == "testnet_no_market"
        entry = await listed(house, "LINK")
        house.ring()
        await at_rest(house)
        assert house.price(entry.token).price == double.price("chainlink")


async def test_the_demo_lists_known_tokens_and_asks_nobody(
    tmp_path: Path, double: Double, clock: FakeClock, new: str
) -> None:
    async with opened_house(listing_settings(double, tmp_path, market="demo"), clock) as house:
        assert await refused(house, new) == "simulated"
        entry = await listed(house, "AERO")
        clock.advance(1)
        house.ring()
        assert house.price(entry.token).state is PriceState.LIVE
        assert double.requests() == []


async def test_a_replay_lists_nothing_and_keeps_its_token(tmp_path: Path, clock: FakeClock, new: str) -> None:
    file = tmp_path / "two.csv"
    file.write_text("timestamp,open,high,low,close\n0,1,1,1,1\n3600,2,2,2,2\n")
    async with opened_house(settings_of(tmp_path, market=f"replay:{file}"), clock) as house:
        for text in ("AERO", new, "nonsense"):
            assert await refused(house, text) == "replay"
        gone = await unlist_token(house, "WETH")
        assert isinstance(gone, Refusal)
        assert gone.code == "last_token"
