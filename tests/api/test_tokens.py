"""The watchlist through REST: added, refused, removed."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.api.tokens import token_shape
from app.domain.prices import PriceState
from app.domain.registry import usdc_of
from app.domain.tokens import Token
from app.market.erc20 import checksummed
from app.runtime.house import House
from app.store.watchlist import WatchedToken
from tests.api.doors import caller
from tests.clock import FakeClock
from tests.double import Double
from tests.runtime.desk import settings_from, settings_of
from tests.runtime.houses import at_rest, opened_house

NEW = "0xabcdefabcdefabcdefabcdefabcdefabcdefabcd"
AERO = "0x940181a94A35A4569E4529A3CDfB74e38FD98631"


@pytest.fixture
async def house(tmp_path: Path, double: Double, clock: FakeClock) -> AsyncIterator[House]:
    values = settings_from(double.environment()) | {"watchlist": "WETH,LINK", "sources": "dexscreener"}
    async with opened_house(settings_of(tmp_path, market="live", **values), clock) as opened:
        yield opened


async def symbols(client: httpx.AsyncClient) -> list[str]:
    return [token["symbol"] for token in (await client.get("/api/tokens")).json()]


async def test_a_token_is_added_by_its_address_and_has_a_price_at_once(house: House, double: Double) -> None:
    double.deploy(8453, NEW, "NEW", "A New One", 9, liquidity_usd=250_000, price="0.00042")
    async with caller() as client:
        added = await client.post("/api/tokens", json={"address": NEW})
        assert added.status_code == 201
        assert added.json() == {
            "symbol": "NEW",
            "name": "A New One",
            "address": checksummed(NEW),
            "decimals": 9,
            "tradable": True,
            "reason": None,
        }
        house.ring()
        await at_rest(house)
        price = (await client.get(f"/api/prices/{NEW}")).json()
        assert (price["price"], price["state"]) == ("0.00042", PriceState.LIVE)
        assert await symbols(client) == ["WETH", "LINK", "NEW"]


async def test_a_known_token_is_added_by_its_symbol_or_address_in_any_case(house: House) -> None:
    async with caller() as client:
        assert (await client.post("/api/tokens/", json={"address": " aero "})).json()["address"] == AERO
        again = await client.post("/api/tokens", json={"address": AERO.lower()})
        assert (again.status_code, again.json()["code"]) == (409, "already_watched")
        assert await symbols(client) == ["WETH", "LINK", "AERO"]


async def test_what_is_never_traded_says_so_and_why() -> None:
    cash = token_shape(WatchedToken(usdc_of(8453)))
    assert (cash.symbol, cash.tradable) == ("USDC", False)
    assert cash.reason == "USDC is what the cash is held in; it is not bought or sold."
    poor = token_shape(WatchedToken(Token(8453, NEW, "NEW", "A New One", 9), tradable=False, reason="It is poor."))
    assert (poor.tradable, poor.reason) == (False, "It is poor.")
    alone = token_shape(WatchedToken(Token(84532, NEW, "NEW", "A New One", 9)))
    assert (alone.tradable, alone.reason) == (False, "NEW has no market that could stand for it.")
    rich = token_shape(WatchedToken(Token(8453, NEW, "NEW", "A New One", 9)))
    assert (rich.tradable, rich.reason) == (True, None)


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("WETH", 409, "already_watched"),
        ("NOPE", 422, "not_an_address"),
        ("0x1234", 422, "not_an_address"),
        (" ", 422, "not_an_address"),
        ("0x" + "9" * 40, 409, "no_contract"),
    ],
)
async def test_a_refusal_is_told_with_its_code(house: House, asked: str, status: int, code: str) -> None:
    async with caller() as client:
        answer = await client.post("/api/tokens", json={"address": asked})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert await symbols(client) == ["WETH", "LINK"]


async def test_a_token_is_removed_by_address_or_symbol_but_not_the_last_one(house: House) -> None:
    async with caller() as client:
        removed = await client.delete("/api/tokens/0x4200000000000000000000000000000000000006")
        assert (removed.status_code, removed.json()["symbol"]) == (200, "WETH")
        assert (await client.get("/api/prices/WETH")).status_code == 404
        last = await client.delete("/api/tokens/link")
        assert (last.status_code, last.json()["code"]) == (409, "last_token")
        gone = await client.delete("/api/tokens/WETH")
        assert (gone.status_code, gone.json()["code"]) == (404, "unknown_token")
        assert await symbols(client) == ["LINK"]


async def test_the_cash_is_listed_as_not_tradable_with_the_reason(tmp_path: Path, clock: FakeClock) -> None:
    async with opened_house(settings_of(tmp_path, market="demo", chain_id=84532), clock), caller() as client:
        [cash] = [each for each in (await client.get("/api/tokens")).json() if each["symbol"] == "USDC"]
        assert cash["tradable"] is False
        assert cash["reason"] == "USDC is what the cash is held in; it is not bought or sold."


async def test_a_testnet_token_is_priced_as_its_mainnet_asset_and_says_so(tmp_path: Path, clock: FakeClock) -> None:
    async with opened_house(settings_of(tmp_path, market="demo", chain_id=84532), clock), caller() as client:
        prices = {price["symbol"]: price for price in (await client.get("/api/prices")).json()}
        assert prices.keys() == {"WETH", "LINK", "USDC"}
        assert {price["reference_price_from"] for price in prices.values()} == {"mainnet"}
        assert {price["chain_id"] for price in prices.values()} == {84532}
        assert all(price["price"] for price in prices.values())
        removed = await client.delete("/api/tokens/LINK")
        assert removed.status_code == 200
        assert await symbols(client) == ["WETH", "USDC"]
