"""What tests of trading over REST share: a desk that is asked, and all that it keeps, to be compared."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from app.domain.ledger import Account
from app.domain.quotes import Ask, Gas, Grade, Swap
from app.domain.refusal import Refusal
from app.market.quoting import Quoter
from app.runtime.house import House
from app.runtime.pit import Pit
from tests.api.doors import caller

# On Base the desk of these tests watches WETH and LINK; this is WETH of Ethereum.
ELSEWHERE = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
_numbers = count(1)


def fresh() -> str:
    """An order id that no test has used."""
    return f"order-{next(_numbers)}"


def pit_of(house: House) -> Pit:
    assert house.pit is not None
    return house.pit


def kept(house: House) -> tuple[dict[str, list[Any]], Account, dict[str, Any]]:
    """Every row of every table, and the books in memory."""
    file = Path(house.settings.data_dir, "drydock.db")
    with closing(sqlite3.connect(file)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: sorted(database.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in tables}
    books = pit_of(house).desk.books
    return rows, books.account, dict(books.orders)


@asynccontextmanager
async def unchanged(house: House) -> AsyncIterator[None]:
    """Whatever is done inside leaves disk and memory as they were."""
    before = kept(house)
    yield
    await pit_of(house).desk.quiet()
    assert kept(house) == before


async def asked(method: str, path: str, body: Any = None) -> httpx.Response:
    async with caller() as client:
        return await client.request(method, f"/api{path}", json=body)


async def got(path: str) -> Any:
    answer = await asked("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def placed(**fields: Any) -> dict[str, Any]:
    """A new order, which has to be taken; {order, trade}."""
    answer = await asked("POST", "/orders", {"order_id": fresh(), "token": "WETH", "side": "buy"} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def previewed(**fields: Any) -> dict[str, Any]:
    answer = await asked("POST", "/orders/preview", {"token": "WETH", "side": "buy"} | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that must be a problem with one plain sentence."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"].endswith(".")
    return answer.status_code, body["code"]


class Pools:
    """Pools that refuse, or quote as those behind them do but for what is changed."""

    def __init__(self, behind: Quoter, refusal: Refusal | None = None, gives: str = "1", block_age_s: int = 0) -> None:
        self._behind, self._refusal = behind, refusal
        self._gives, self._block_age_s = gives, block_age_s

    async def quote(self, ask: Ask) -> Swap | Refusal:
        swap = self._refusal or await self._behind.quote(ask)
        if isinstance(swap, Refusal):
            return swap
        less = replace(swap, receive=round(swap.receive * type(swap.receive)(self._gives), 6))
        old = swap.at - timedelta(seconds=self._block_age_s)
        return replace(less, at=old, block_number=1, grade=Grade.A)

    async def gas(self, token_address: str) -> Gas | Refusal:
        return await self._behind.gas(token_address)

    async def head(self) -> int | None:
        return 1


@asynccontextmanager
async def pools(house: House, **changed: Any) -> AsyncIterator[None]:
    """The desk's pools replaced by such Pools for a while."""
    desk = pit_of(house).desk
    venue = desk.venue
    desk.venue = replace(venue, quoter=Pools(venue.quoter, **changed))
    try:
        yield
    finally:
        desk.venue = venue
